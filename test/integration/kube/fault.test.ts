import { expect, it } from 'vitest';
import { LEASES, leaseSpecOf } from '#operator/leader/lease.ts';
import { adminConnection, sharedKubeconfig, soon, testKube, testNamespace } from '#test/support/kube.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { startOperator } from '#test/support/operator.ts';
import { until } from '#test/support/until.ts';

trackLeaks();

/** Run in the operator before its own program: a promise that fails, and that nobody waits for. */
const FAULT = 'process.on("SIGUSR2", () => void Promise.reject(new Error("out of step")))';

it('an operator with a fault that nobody caught ends at once, says why, and does not hand its lease on', async () => {
  const connection = await adminConnection(sharedKubeconfig());
  const kube = testKube(connection);
  const namespace = await testNamespace(kube);
  const operator = await startOperator(sharedKubeconfig(), {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(FAULT)}`,
    WATCH_NAMESPACES: namespace,
    LEASE_NAME: namespace,
  });
  await until(() => operator.leads(), { describe: 'the operator to lead', timeoutMs: 20_000 });
  process.kill(operator.child.pid, 'SIGUSR2');
  await until(() => !operator.child.isRunning, { describe: 'the operator to end' });
  expect(operator.child.exitCode).toBe(1);
  const last = operator.child.log().trim().split('\n').at(-1) ?? '';
  expect(JSON.parse(last)).toMatchObject({
    level: 'fatal',
    origin: 'unhandledRejection',
    err: { message: 'out of step' },
  });
  // It may have been in the middle of a write: the next leader waits until that cannot arrive any more.
  const lease = await kube.get(LEASES, { namespace: connection.namespace, name: namespace }, soon());
  expect(lease === null ? '' : leaseSpecOf(lease).holderIdentity).toMatch(/^operator-/);
});
