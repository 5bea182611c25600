import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as steps from '#cli/k3d/steps.ts';

const place = { name: 'trial', folder: '/somewhere' };

describe('make k3d', () => {
  it('makes a cluster of a named k3s, and leaves the kubeconfig of the person alone', () => {
    expect(steps.createArgs(place, 60_000).join(' ')).toBe(
      `cluster create trial --image ${steps.K3S_IMAGE} --kubeconfig-update-default=false --wait --timeout 60s`,
    );
    expect(Number(/:v1\.(\d+)\./.exec(steps.K3S_IMAGE)?.[1])).toBeGreaterThanOrEqual(29);
  });

  it('leaves out what k3s would bring by itself, on every server, where that is asked', () => {
    const args = steps.createArgs(place, 60_000, ['traefik', 'servicelb']);
    expect(args.filter((_, at) => args[at - 1] === '--k3s-arg')).toEqual([
      '--disable=traefik@server:*',
      '--disable=servicelb@server:*',
    ]);
    expect(steps.createArgs(place, 60_000)).not.toContain('--k3s-arg');
  });

  it('gives the archive of the image to that cluster', () => {
    expect(steps.importArgs(place)).toEqual(['image', 'import', '/somewhere/image.tar', '--cluster', 'trial']);
  });

  it('installs what is not installed, upgrades what is, and waits', () => {
    expect(steps.installArgs('charts/x', 60_000).join(' ')).toBe(
      'upgrade --install intercom-operator charts/x --namespace intercom-operator --create-namespace --wait --timeout 60s',
    );
  });

  it.each([
    ['[{"name":"trial","serversCount":1}]', true],
    ['[{"name":"trial-2"}]', false],
    ['[]', false],
  ])('finds its cluster in %s: %s', (listed, isThere) => {
    expect(steps.isListed(listed, 'trial')).toBe(isThere);
  });

  it('says how to go on with the kubeconfig that it wrote', () => {
    const text = steps.nextSteps(place);
    expect(text).toContain(`export KUBECONFIG=${resolve(place.folder, 'trial.kubeconfig')}\n`);
    expect(text).toContain('k3d cluster delete trial');
  });

  it("reads its server's address and the machine's from what docker prints", () => {
    const bridge = { IPAddress: '172.17.0.5', Gateway: '172.17.0.1' };
    const own = { IPAddress: '172.18.0.2', Gateway: '172.18.0.1' };
    const printed = (networks: object) => JSON.stringify([{ Id: 'x', NetworkSettings: { Networks: networks } }]);
    expect(steps.inspectArgs(place)).toEqual(['container', 'inspect', 'k3d-trial-server-0']);
    expect(steps.addressesOf(place, printed({ bridge, 'k3d-trial': own }))).toEqual({
      server: '172.18.0.2',
      machine: '172.18.0.1',
    });
    expect(() => steps.addressesOf(place, printed({ bridge }))).toThrow('k3d-trial-server-0 in its network k3d-trial');
    expect(() => steps.addressesOf(place, printed({ 'k3d-trial': { ...own, Gateway: '' } }))).toThrow('gateway ""');
  });
});
