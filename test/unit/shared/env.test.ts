import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { IngressEnv, WorkerEnv } from '#shared/contract.ts';
import { durationMs, json, port, readEnv, urlsWithoutLogin, urlWithoutLogin, whole } from '#shared/env.ts';
import { INGRESS_ENV, WORKER_ENV } from '#test/support/environments.ts';

it.each([
  ['ingress', IngressEnv, INGRESS_ENV],
  ['worker', WorkerEnv, WORKER_ENV],
] as const)('the environment of the %s is written and read as one', (name, schema, values) => {
  const written = z.encode(z.object(schema.shape), values) as Record<string, string>;
  for (const value of Object.values(written)) expect(value).toBeTypeOf('string');
  expect(readEnv(name, schema, { ...written, PATH: '/bin' })).toEqual(values);
});

it('names every variable that is missing', () => {
  const names = Object.keys(IngressEnv.shape);
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) expect(() => readEnv('ingress', IngressEnv, {})).toThrow(`${name}: `);
});

it('names every fault at once, and the process', () => {
  const written = z.encode(IngressEnv, INGRESS_ENV);
  const faulty = { ...written, TOPICS: '[', PORT: '65536', NATS_URL: 'http://nats' };
  const read = () => readEnv('ingress', IngressEnv, faulty);
  expect(read).toThrow(/^ingress: the environment is not usable: /);
  expect(read).toThrow('TOPICS: must be JSON');
  expect(read).toThrow('PORT: ');
  expect(read).toThrow('NATS_URL.0: ');
});

describe('whole numbers', () => {
  it('come back as they were', () => {
    const codec = whole(0, Number.MAX_SAFE_INTEGER);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), (value) => {
        expect(z.decode(codec, z.encode(codec, value))).toBe(value);
      }),
    );
  });

  it.each(['', ' 1', '1.0', '-1', '1e3', '0x10', '٣', '1'.repeat(16)])('are not read from %j', (text) => {
    expect(whole(0, 1e15).safeParse(text).success).toBe(false);
  });

  it('keep to their bounds', () => {
    expect(port().safeParse('65535').success).toBe(true);
    expect(port().safeParse('65536').success).toBe(false);
    expect(durationMs().safeParse(String(366 * 86_400_000)).success).toBe(true);
    expect(durationMs().safeParse(String(366 * 86_400_000 + 1)).success).toBe(false);
  });
});

it('lists and maps come back as they were, and must fit their schema', () => {
  const list = json(z.array(z.string().max(5)));
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 5 })), (value) => {
      expect(z.decode(list, z.encode(list, value))).toEqual(value);
    }),
  );
  for (const text of ['', '{}', '[1]', '["123456"]', '["a"']) expect(list.safeParse(text).success).toBe(false);
});

describe('URLs', () => {
  const url = urlWithoutLogin(/^(nats|tls)$/);

  it('are those of the protocols named', () => {
    for (const text of ['nats://nats:4222', 'tls://nats.example:4222']) expect(url.parse(text)).toBe(text);
    for (const text of ['http://nats', 'nats', '', '//nats:4222']) expect(url.safeParse(text).success).toBe(false);
  });

  it('can be several, for the servers of one cluster', () => {
    const urls = urlsWithoutLogin(/^nats$/);
    expect(urls.parse('nats://a:4222, nats://b:4222')).toEqual(['nats://a:4222', 'nats://b:4222']);
    expect(z.encode(urls, ['nats://a:4222', 'nats://b:4222'])).toBe('nats://a:4222,nats://b:4222');
    for (const text of ['', 'nats://a,', 'nats://a,http://b', 'nats://a,nats://u:p@b']) {
      expect(urls.safeParse(text).success).toBe(false);
    }
  });

  it('hold no password, as everybody can read them', () => {
    const text = 'nats://user:hunter2@nats:4222';
    expect(url.safeParse(text).error?.message).toContain('must not hold a user, token or password');
    const read = () => readEnv('ingress', IngressEnv, { ...z.encode(IngressEnv, INGRESS_ENV), NATS_URL: text });
    expect(read).toThrow('NATS_URL.0: must not hold a user, token or password; mount it as a file');
    expect(read).not.toThrow('hunter2');
    expect(url.safeParse('nats://token@nats:4222').success).toBe(false);
    const redisFault = (url: string) => WorkerEnv.shape.REDIS_URL.safeParse(url).error?.issues[0]?.message;
    expect(redisFault('redis://:hunter2@redis:6379')).toContain('must not hold a user, token or password');
    expect(redisFault('redis')).toBe('must be empty, or a redis:// or rediss:// URL without user and password');
    expect(WorkerEnv.shape.REDIS_URL.safeParse('').success).toBe(true);
  });
});
