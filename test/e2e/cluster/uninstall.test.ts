import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '#test/support/until.ts';
import { kubectl } from './facts.ts';
import { apply, pods } from './objects.ts';
import { forget, install, NAMESPACE, uninstall } from './release.ts';
import { untilReplaced } from './scene.ts';

const KINDS =
  'all,configmaps,secrets,serviceaccounts,roles,rolebindings,persistentvolumeclaims,poddisruptionbudgets,networkpolicies,leases';
const EVERY_NAMESPACE_HAS = /^(configmap\/kube-root-ca.crt|serviceaccount\/default)$/;
const CLUSTER_KINDS = 'clusterroles,clusterrolebindings,customresourcedefinitions';

const operators = () => pods(NAMESPACE, 'app.kubernetes.io/component=operator');

describe('the end of a release', () => {
  test('leaves what `keep` says, and nothing else', async () => {
    await uninstall();
    await forget();
    const before = await names(CLUSTER_KINDS);
    await install();
    await uninstall();
    const added = (await names(CLUSTER_KINDS)).filter((name) => !before.includes(name));
    expect(added).toEqual(['customresourcedefinition.apiextensions.k8s.io/intercomwebhooks.intercom-operator.io']);
    const kept = ['persistentvolumeclaim/data-intercom-operator-nats-0', 'secret/intercom-operator-nats-keys'];
    // Pods end after what made them.
    await until(
      async () => {
        const left = (await names(KINDS, NAMESPACE)).filter((name) => !EVERY_NAMESPACE_HAS.test(name));
        expect(left).toEqual(kept);
        return true;
      },
      { describe: 'nothing to be left but what is kept', timeoutMs: 60_000, everyMs: 500 },
    );
  });

  test('a second release with namespaces of its own works beside the first', async () => {
    await install();
    onTestFinished(async () => {
      await uninstall({ release: 'second', namespace: 'second-system' });
      await kubectl('delete', 'namespace', 'second-system', 'team-a', 'team-b', '--ignore-not-found', '--wait=false');
    });
    await apply(...['team-a', 'team-b'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));
    const before = await operators();
    await Promise.all([
      install({ set: ['watchNamespaces={team-a}'] }),
      install({
        release: 'second',
        namespace: 'second-system',
        set: ['crds.enabled=false', 'watchNamespaces={team-b}'],
      }),
    ]);
    // Helm does not wait for those that looked after all namespaces to be gone.
    await untilReplaced(operators, before, before.length);
    await apply(
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { namespace: 'team-b', name: 'app' },
        stringData: { key: 'a-secret' },
      },
      {
        apiVersion: 'intercom-operator.io/v1alpha1',
        kind: 'IntercomWebhook',
        metadata: { namespace: 'team-b', name: 'beside' },
        spec: {
          topics: ['conversation.user.created'],
          signing: { secretKeyRefs: [{ name: 'app', key: 'key' }] },
          retention: { maxBytes: '64Mi' },
          handlers: [{ name: 'noop', builtin: { type: 'Noop' } }],
        },
      },
    );
    await kubectl('wait', '--namespace', 'team-b', '--for=condition=Ready', 'icw/beside', '--timeout=120s');
    expect((await pods('team-b')).length).toBe(3);
    await kubectl('delete', '--namespace', 'team-b', 'icw', 'beside', '--timeout=100s');
  });
});

async function names(kinds: string, namespace?: string): Promise<string[]> {
  const where = namespace === undefined ? [] : ['--namespace', namespace];
  const text = await kubectl('get', kinds, ...where, '--output', 'name');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}
