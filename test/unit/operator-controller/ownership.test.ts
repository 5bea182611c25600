import { describe, expect, it } from 'vitest';
import { KubeError } from '#operator/kube/kube-error.ts';
import type { KubeObject } from '#operator/kube/resource.ts';
import { LEASES } from '#operator/leader/lease.ts';
import { operatorName, otherOperatorOf, ownershipOf } from '#operator/ownership.ts';
import { resource } from './objects.ts';
import { faultsOf } from './results.ts';

const SELF = 'intercom/intercom-operator';
const OTHER = 'elsewhere/crm-intercom-operator';
const NOW = '2026-01-02T00:00:00Z';
const HOUR_MS = 3_600_000;

const at = (msBefore: number): string => new Date(Date.parse(NOW) - msBefore).toISOString();
const leaseOf = (spec: object): KubeObject => ({ ...resource(), spec });
const LED = leaseOf({ holderIdentity: 'pod', renewTime: at(2_000) });

/** What comes of a resource with this status, where the API server answers so when it is asked for the Lease. */
async function owned(status: object | null, answer: KubeObject | Error | null = LED, metadata: object = {}) {
  const asked: string[] = [];
  const ownership = await ownershipOf(resource({}, { metadata, ...(status === null ? {} : { status }) }), SELF, {
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
    ['nothing, without a status', null],
    ['nothing', { observedGeneration: 1 }],
    ['our own name', { operator: SELF }],
    ['an empty text', { operator: '' }],
    ['no text', { operator: [OTHER] }],
    ['no namespace', { operator: '/x' }],
    ['no Lease', { operator: 'x' }],
    ['three parts', { operator: 'a/b/c' }],
    ['a way up', { operator: '../x' }],
    ['a way up behind', { operator: 'a/..' }],
    ['what is too long for a name', { operator: `a/${'b'.repeat(200_000)}` }],
  ])('that names %s is ours, and nobody is asked', async (_, status) => {
    expect(await owned(status)).toEqual({ kind: 'ours', asked: [] });
  });

  it('has in its status the longest name there is, which is one', () => {
    const longest = operatorName('n'.repeat(63), 'l'.repeat(253));
    expect(faultsOf({ operator: longest })).toEqual([]);
    expect(faultsOf({ operator: `${longest}l` })).toHaveLength(1);
    expect(otherOperatorOf(resource({}, { status: { operator: longest } }), SELF)).toBe(longest);
  });

  it('is handed over by a command that fits into the Event, however long the other one is called', async () => {
    const ownership = await owned({ operator: `${'n'.repeat(63)}/${'l'.repeat(253)}` });
    if (ownership.kind === 'ours') return expect.unreachable('it is theirs');
    const patch = '{"status":{"operator":"intercom/intercom-operator"}}';
    const { note } = ownership.happening;
    expect(note).toContain(`kubectl -n crm patch icw support --subresource=status --type=merge -p '${patch}'`);
    expect(Buffer.byteLength(note)).toBeLessThan(1024);
  });

  it('that names another one is theirs while that one leads', async () => {
    const { kind, asked } = await owned({ operator: OTHER });
    expect({ kind, asked }).toEqual({ kind: 'theirs', asked: [OTHER] });
    const pausing = leaseOf({ holderIdentity: '', renewTime: at(23 * HOUR_MS) });
    expect(await owned({ operator: OTHER }, pausing)).toMatchObject({ kind: 'theirs' });
  });

  it.each([
    ['is gone', null],
    ['was not renewed for a day', leaseOf({ renewTime: at(25 * HOUR_MS) })],
    ['was never renewed', leaseOf({})],
  ])('is ours where the Lease of the other one %s', async (_, lease) => {
    expect(await owned({ operator: OTHER }, lease)).toEqual({ kind: 'ours', asked: [OTHER] });
  });

  it('is theirs where it may not be learnt whether they are there, and an Event says what is lacking', async () => {
    expect(await owned({ operator: OTHER }, failed('forbidden'))).toMatchObject({
      kind: 'theirs',
      happening: { reason: 'OperatedByAnother', note: expect.stringContaining(`allow ${SELF} to get it`) },
    });
    await expect(owned({ operator: OTHER }, failed('unavailable'))).rejects.toThrow('no');
  });

  it('that is being deleted is left to them for twenty minutes', async () => {
    expect(await owned({ operator: OTHER }, LED, { deletionTimestamp: at(HOUR_MS / 3) })).toMatchObject({
      kind: 'theirs',
    });
    expect(await owned({ operator: OTHER }, LED, { deletionTimestamp: at(HOUR_MS / 3 + 1) })).toEqual({
      kind: 'ours',
      asked: [],
    });
  });
});
