import { describe, expect, it } from 'vitest';
import { checkNear } from '#test/e2e/cluster/k3d-cluster.ts';
import { chooseWay } from '#test/e2e/cluster/way.ts';

const answers = () => Promise.resolve(null);
const isAway = () => Promise.resolve('docker info: Cannot connect to the Docker daemon');

describe('what end-to-end tests run on', () => {
  it.each([undefined, ''])('is k3d where Docker answers, else a node of this machine: %j', async (asked) => {
    expect(await chooseWay(asked, answers)).toBe('k3d');
    expect(await chooseWay(asked, isAway)).toBe('node');
  });

  it('is what was asked for, whether Docker answers or not', async () => {
    expect(await chooseWay('k3d', answers)).toBe('k3d');
    expect(await chooseWay('node', () => Promise.reject(new Error('nobody has to ask')))).toBe('node');
  });

  it('is not k3d without Docker, and says what Docker complains of', async () => {
    await expect(chooseWay('k3d', isAway)).rejects.toThrow('Cannot connect to the Docker daemon');
  });

  it('is nothing else', async () => {
    await expect(chooseWay('kind', answers)).rejects.toThrow('INTERCOM_E2E is "kind"; give k3d or node');
  });

  it('is not k3d where Docker is on another machine: neither would reach the other', () => {
    expect(() => checkNear('172.18.0.1', ['127.0.0.1', '172.18.0.1'])).not.toThrow();
    expect(() => checkNear('172.18.0.1', ['127.0.0.1', '192.168.1.7'])).toThrow('INTERCOM_E2E=node');
  });
});
