import type { V1Deployment, V1StatefulSet } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import type { Status } from '#operator/api/status.ts';
import { KubeObject } from '#operator/kube/resource.ts';
import { withMayGo } from '#operator/observations/may-go.ts';
import { signingOf } from '#operator/observations/pod-signing.ts';
import { render } from '#operator/render/render.ts';
import { renderFacts } from '#test/support/render-facts.ts';
import { webhook } from '#test/support/webhook.ts';

type Signing = NonNullable<Status['signing']>;
const key = (name: string, lastSignedAt?: string): Signing[number] => ({
  name: 'intercom',
  key: name,
  ...(lastSignedAt === undefined ? {} : { lastSignedAt }),
});
const said = (signing: Signing, before: Signing = [], isWhole = true) => withMayGo(signing, { before, isWhole });
const OLD = '2026-01-01T09:59:00Z';
const FIRST = '2026-01-01T10:00:00Z';
const ALMOST = '2026-01-02T09:59:00Z';
const DAY = '2026-01-02T10:00:00Z';

describe('the old key of a rotation', () => {
  const begun = said([key('new', FIRST), key('old', OLD)]);

  it('is superseded from when another signs', () => {
    expect(begun).toEqual([
      { ...key('new', FIRST), mayGo: false },
      { ...key('old', OLD), supersededAt: FIRST, mayGo: false },
    ]);
  });

  it('may go when others alone have signed for a day', () => {
    const almost = said([key('new', ALMOST), key('old', OLD)], begun);
    expect(almost[1]).toEqual({ ...key('old', OLD), supersededAt: FIRST, mayGo: false });
    expect(said([key('new', DAY), key('old', OLD)], almost)).toEqual([
      { ...key('new', DAY), mayGo: false },
      { ...key('old', OLD), supersededAt: FIRST, mayGo: true },
    ]);
  });

  it('stays where it was silent before the other began, or has signed again', () => {
    expect(said([key('new', DAY), key('old', '2025-12-24T00:00:00Z')])[1]).toMatchObject({ mayGo: false });
    const again = said([key('new', FIRST), key('old', FIRST)], begun);
    expect(again.map(({ mayGo, supersededAt }) => [mayGo, supersededAt])).toEqual([
      [false, undefined],
      [false, undefined],
    ]);
    expect(said([key('new', DAY), key('old', FIRST)], again)[1]).toMatchObject({ supersededAt: DAY, mayGo: false });
    expect(said([key('new', DAY), key('old', FIRST)], begun)[1]).toMatchObject({ supersededAt: DAY, mayGo: false });
  });

  it('does not begin to be free while a receiver cannot be read, and does not cease to', () => {
    const unread = said([key('new', DAY), key('old', OLD)], begun, false);
    expect(unread[1]).toMatchObject({ supersededAt: FIRST, mayGo: false });
    const read = said([key('new', DAY), key('old', OLD)], unread);
    expect(said([key('new', DAY), key('old', OLD)], read, false)[1]).toMatchObject({ mayGo: true });
  });

  it('may go beside one that never signed, which stays: it may be the next', () => {
    const before = said([key('next'), key('new', FIRST), key('old', OLD)]);
    const found = said([key('next'), key('new', DAY), key('old', OLD)], before);
    expect(found.map(({ mayGo }) => mayGo)).toEqual([false, false, true]);
  });

  it('is in use again when the one that superseded it is not named any more', () => {
    expect(said([key('next'), key('old', OLD)], begun)).toEqual([
      { ...key('next'), mayGo: false },
      { ...key('old', OLD), mayGo: false },
    ]);
  });

  it('is not spoken of where it is the only one', () => {
    expect(said([key('old', OLD)], begun)).toEqual([key('old', OLD)]);
    expect(said([])).toEqual([]);
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
