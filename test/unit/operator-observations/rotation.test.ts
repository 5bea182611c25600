import type { V1Deployment, V1StatefulSet } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { KubeObject } from '#operator/kube/resource.ts';
import { keysThatMayGo } from '#operator/observations/may-go.ts';
import { signingOf } from '#operator/observations/pod-signing.ts';
import { render } from '#operator/render/render.ts';
import { renderFacts } from '#test/support/render-facts.ts';
import { webhook } from '#test/support/webhook.ts';

const key = (name: string, lastSignedAt?: string) => ({
  name: 'intercom',
  key: name,
  ...(lastSignedAt === undefined ? {} : { lastSignedAt }),
});
const OLD = { name: 'intercom', key: 'old' };

describe('the key of a finished rotation', () => {
  it('may go when another one has been signing for a day', () => {
    const next = key('new', '2026-01-02T10:00:00Z');
    expect(keysThatMayGo([next, key('old', '2026-01-01T10:00:00Z')])).toEqual([OLD]);
    expect(keysThatMayGo([next, key('old', '2026-01-01T10:01:00Z')])).toEqual([]);
  });

  it('stays where it may be the next one, and where it is the only one', () => {
    expect(keysThatMayGo([key('old', '2026-01-02T10:00:00Z'), key('new')])).toEqual([]);
    expect(keysThatMayGo([key('old', '2026-01-02T10:00:00Z')])).toEqual([]);
    expect(keysThatMayGo([key('old'), key('new')])).toEqual([]);
    expect(keysThatMayGo([])).toEqual([]);
  });
});

describe('the signing keys of a pod', () => {
  const REFS = [
    { name: 'intercom-next', key: 'client-secret' },
    { name: 'intercom', key: 'client-secret' },
    { name: 'intercom', key: 'very-old' },
  ];
  const metadata = { name: 'support-ingress-0', uid: 'u', resourceVersion: '1' };
  const podOf = (kind: 'Deployment' | 'StatefulSet', storage: 'Ephemeral' | 'Persistent') => {
    const resource = webhook({ signing: { secretKeyRefs: REFS }, receiver: { spool: { storage } } });
    const workload = render(resource, renderFacts()).find((object) => object.kind === kind);
    const { spec } = (workload as V1Deployment | V1StatefulSet | undefined)?.spec?.template ?? {};
    return KubeObject.parse({ apiVersion: 'v1', kind: 'Pod', metadata, spec: structuredClone(spec) });
  };

  it.each([
    ['Deployment', 'Ephemeral'],
    ['StatefulSet', 'Persistent'],
  ] as const)('are those that it has mounted, in their places: %s', (kind, storage) => {
    expect(signingOf(podOf(kind, storage))).toEqual(REFS);
  });

  it('are found in any order, beside the volumes that the API server adds', () => {
    const pod = podOf('StatefulSet', 'Persistent');
    const spec = pod['spec'] as { volumes: { name: string; projected?: { sources: unknown[] } }[] };
    for (const { projected } of spec.volumes) projected?.sources.reverse();
    spec.volumes.unshift({
      name: 'kube-api-access-x',
      projected: { sources: [{ serviceAccountToken: { path: 'token' } }, { configMap: { name: 'kube-root-ca.crt' } }] },
    });
    expect(signingOf(pod)).toEqual(REFS);
  });

  it('are none where the pod is another kind of pod', () => {
    const spec = { containers: [{ name: 'x' }] };
    expect(signingOf(KubeObject.parse({ apiVersion: 'v1', kind: 'Pod', metadata, spec }))).toEqual([]);
    expect(signingOf(KubeObject.parse({ apiVersion: 'v1', kind: 'Pod', metadata }))).toEqual([]);
  });
});
