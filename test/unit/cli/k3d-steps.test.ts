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
});
