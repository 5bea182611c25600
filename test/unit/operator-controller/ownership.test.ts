import { describe, expect, it } from 'vitest';
import { OPERATOR_ANNOTATION } from '#operator/intercom-webhooks.ts';
import { KubeError } from '#operator/kube/kube-error.ts';
import type { KubeObject } from '#operator/kube/resource.ts';
import { LEASES } from '#operator/leader/lease.ts';
import { ownershipOf } from '#operator/ownership.ts';
import { resource } from './objects.ts';

const SELF = 'intercom/intercom-operator';
const OTHER = 'elsewhere/crm-intercom-operator';
const NOW = '2026-01-02T00:00:00Z';
const HOUR_MS = 3_600_000;

const at = (msBefore: number): string => new Date(Date.parse(NOW) - msBefore).toISOString();
const leaseOf = (spec: object): KubeObject => ({ ...resource(), spec });
const LED = leaseOf({ holderIdentity: 'pod', renewTime: at(2_000) });

/** What comes of a resource with this annotation, where the API server answers so when it is asked for the Lease. */
async function owned(annotation: string | null, answer: KubeObject | Error | null = LED, metadata: object = {}) {
  const asked: string[] = [];
  const annotations = annotation === null ? {} : { [OPERATOR_ANNOTATION]: annotation };
  const ownership = await ownershipOf(resource({}, { metadata: { annotations, ...metadata } }), SELF, {
    kube: {
      get: async (_, { namespace, name }) => {
        asked.push(`${namespace}/${name}`);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    date: () => new Date(NOW),
    signal: new AbortController().signal,
  });
  return { ...ownership, asked };
}

const failed = (kind: 'forbidden' | 'unavailable') => new KubeError(kind, { verb: 'get', resource: LEASES }, 'no');

describe('a resource', () => {
  it.each([
    ['nothing', null],
    ['our own name', SELF],
    ['an empty text', ''],
    ['no namespace', '/x'],
    ['no Lease', 'x'],
    ['three parts', 'a/b/c'],
    ['a way up', '../x'],
    ['a way up behind', 'a/..'],
    ['what is too long for a name', `a/${'b'.repeat(200_000)}`],
  ])('that names %s is ours, and nobody is asked', async (_, annotation) => {
    expect(await owned(annotation)).toEqual({ kind: 'ours', asked: [] });
  });

  it('that names another one is theirs while that one leads', async () => {
    const { kind, asked } = await owned(OTHER);
    expect({ kind, asked }).toEqual({ kind: 'theirs', asked: [OTHER] });
    const pausing = leaseOf({ holderIdentity: '', renewTime: at(23 * HOUR_MS) });
    expect(await owned(OTHER, pausing)).toMatchObject({ kind: 'theirs' });
  });

  it.each([
    ['is gone', null],
    ['was not renewed for a day', leaseOf({ renewTime: at(25 * HOUR_MS) })],
    ['was never renewed', leaseOf({})],
  ])('is ours where the Lease of the other one %s', async (_, lease) => {
    expect(await owned(OTHER, lease)).toEqual({ kind: 'ours', asked: [OTHER] });
  });

  it('is theirs where it may not be learnt whether they are there, and an Event says what is lacking', async () => {
    expect(await owned(OTHER, failed('forbidden'))).toMatchObject({
      kind: 'theirs',
      happening: { reason: 'OperatedByAnother', note: expect.stringContaining(`allow ${SELF} to get it`) },
    });
    await expect(owned(OTHER, failed('unavailable'))).rejects.toThrow('no');
  });

  it('that is being deleted is left to them for twenty minutes', async () => {
    expect(await owned(OTHER, LED, { deletionTimestamp: at(HOUR_MS / 3) })).toMatchObject({ kind: 'theirs' });
    expect(await owned(OTHER, LED, { deletionTimestamp: at(HOUR_MS / 3 + 1) })).toEqual({ kind: 'ours', asked: [] });
  });
});
