import { describe, expect, it } from 'vitest';
import { KubeError, type KubeFailure } from '#operator/kube/kube-error.ts';
import { KubeObject } from '#operator/kube/resource.ts';
import { createSecretReader, secretKeys } from '#operator/secrets.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { webhook } from '#test/support/webhook.ts';

const SECRETS = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets' };

/** As the API server answers it: in base64. */
const secret = (name: string, data: Readonly<Record<string, string>>): KubeObject =>
  KubeObject.parse({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace: 'crm',
      uid: name,
      resourceVersion: '1',
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(data) },
    },
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
  });

/** One key of each. */
const keysOf = (...names: string[]) => names.map((name) => ({ name, key: 'key' }));

function scene({ random = 0 }: { random?: number } = {}) {
  const clock = createFakeClock();
  const there = new Map<string, KubeObject>();
  const asked: string[] = [];
  let failure: KubeFailure | null = null;
  const reader = createSecretReader({
    clock,
    random: () => random,
    kube: {
      get: async (resource, ref, { signal }) => {
        signal?.throwIfAborted();
        expect(resource).toEqual(SECRETS);
        const key = `${ref.namespace}/${ref.name}`;
        asked.push(key);
        if (failure !== null) throw new KubeError(failure, { verb: 'get', resource, ref }, 'planned');
        return there.get(key) ?? null;
      },
    },
  });
  const { signal } = new AbortController();
  const read = async (...names: string[]) => reader.read('crm', keysOf(...names), signal);
  const fail = (kind: KubeFailure | null) => {
    failure = kind;
  };
  return { clock, there, asked, reader, read, fail };
}

describe('the Secrets that a resource names', () => {
  it('are those of its signing, its handlers and its workspaces, each with its field and who needs it', () => {
    const of = webhook({
      workspaces: [{ id: 'w1' }, { id: 'w2', accessToken: { secretKeyRef: { name: 'rest', key: 'access' } } }],
      signing: {
        secretKeyRefs: [
          { name: 'new', key: 'client-secret' },
          { name: 'old', key: 'client-secret' },
        ],
      },
      handlers: [
        { name: 'a', builtin: {} },
        { name: 'b', http: { url: 'https://crm.example/in', authSecretKeyRef: { name: 'crm', key: 'token' } } },
      ],
    });
    expect(secretKeys(of)).toEqual([
      { name: 'new', key: 'client-secret', field: 'spec.signing.secretKeyRefs[0]', part: 'receiver' },
      { name: 'old', key: 'client-secret', field: 'spec.signing.secretKeyRefs[1]', part: 'receiver' },
      { name: 'crm', key: 'token', field: 'spec.handlers[1].http.authSecretKeyRef', part: 'handler b' },
      { name: 'rest', key: 'access', field: 'spec.workspaces[1].accessToken.secretKeyRef', part: null },
    ]);
  });
});

describe('a reader of Secrets', () => {
  it('reads each once, however often it is named, and in the namespace of the resource alone', async () => {
    const { there, asked, read, reader } = scene();
    there.set('crm/a', secret('a', { key: 'value' }));
    expect(await read('a', 'b', 'a')).toEqual(
      new Map([
        ['a', { kind: 'found', keys: new Set(['key']) }],
        ['b', { kind: 'missing' }],
      ]),
    );
    expect(asked).toEqual(['crm/a', 'crm/b']);
    await reader.read('other', keysOf('a'), new AbortController().signal);
    expect(asked).toEqual(['crm/a', 'crm/b', 'other/a']);
  });

  it('believes what it found for four minutes, and that it found nothing for five seconds', async () => {
    const { clock, there, asked, read, reader } = scene();
    there.set('crm/a', secret('a', { key: 'value' }));
    await read('a', 'b');
    expect(reader.dueInMs('crm', keysOf('a'))).toBe(240_000);
    expect(reader.dueInMs('crm', keysOf('a', 'b'))).toBe(5_000);
    clock.advance(4_999);
    await read('a', 'b');
    expect(asked).toHaveLength(2);
    clock.advance(1);
    there.set('crm/b', secret('b', { key: 'value' }));
    expect((await read('a', 'b')).get('b')).toMatchObject({ kind: 'found' });
    expect(asked).toEqual(['crm/a', 'crm/b', 'crm/b']);
    clock.advance(234_999);
    await read('a');
    expect(asked).toHaveLength(3);
    clock.advance(1);
    there.delete('crm/a');
    expect((await read('a')).get('a')).toEqual({ kind: 'missing' });
  });

  it('looks soon again for a key that is not in a Secret that is there: a rotation has just named it', async () => {
    const { clock, there, asked, read, reader } = scene();
    const { signal } = new AbortController();
    const rotation = [...keysOf('a'), { name: 'a', key: 'next' }];
    there.set('crm/a', secret('a', { key: 'value' }));
    await read('a');
    clock.advance(5_000);
    there.set('crm/a', secret('a', { key: 'value', next: 'other' }));
    expect(reader.dueInMs('crm', rotation)).toBe(1_000);
    expect((await reader.read('crm', rotation, signal)).get('a')).toEqual({
      kind: 'found',
      keys: new Set(['key', 'next']),
    });
    expect(asked).toEqual(['crm/a', 'crm/a']);
    expect(reader.dueInMs('crm', rotation)).toBe(240_000);
  });

  it('spreads its readings over a fifth more', async () => {
    const { there, read, reader } = scene({ random: 0.5 });
    there.set('crm/a', secret('a', { key: 'value' }));
    await read('a', 'b');
    expect(reader.dueInMs('crm', keysOf('a'))).toBe(264_000);
    expect(reader.dueInMs('crm', keysOf('b'))).toBe(5_500);
  });

  it('never asks to come again at once, also for what it does not know or has to read again already', async () => {
    const { clock, read, reader } = scene();
    expect(reader.dueInMs('crm', keysOf('unknown'))).toBe(1_000);
    await read('a');
    clock.advance(60_000);
    expect(reader.dueInMs('crm', keysOf('a'))).toBe(1_000);
  });

  it('sees that a key is empty, or another', async () => {
    const { there, read } = scene();
    there.set('crm/a', secret('a', { empty: '', full: 'x' }));
    expect(await read('a')).toEqual(new Map([['a', { kind: 'found', keys: new Set(['full']) }]]));
  });

  it('says why one cannot be read, and looks again soon', async () => {
    const { read, reader, fail, clock, there } = scene();
    fail('forbidden');
    expect((await read('a')).get('a')).toEqual({
      kind: 'unreadable',
      message: 'cannot get secrets crm/a: forbidden: planned',
    });
    expect(reader.dueInMs('crm', keysOf('a'))).toBe(5_000);
    fail(null);
    there.set('crm/a', secret('a', { key: 'value' }));
    clock.advance(5_000);
    expect((await read('a')).get('a')).toMatchObject({ kind: 'found' });
  });

  it('fails where the pass is cut short, and does not remember that', async () => {
    const { reader, read } = scene();
    await expect(reader.read('crm', keysOf('a'), AbortSignal.abort(new Error('lost')))).rejects.toThrow('lost');
    expect((await read('a')).get('a')).toEqual({ kind: 'missing' });
  });

  it('keeps nothing of what is in them', async () => {
    const { there, reader, read } = scene();
    there.set('crm/a', secret('a', { key: 'hunter2' }));
    const all = [await read('a'), await read('a'), reader];
    const text = JSON.stringify(all, (_, value: unknown) =>
      value instanceof Map || value instanceof Set ? [...value] : value,
    );
    expect(text).toContain('"found"');
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain(Buffer.from('hunter2').toString('base64'));
  });
});
