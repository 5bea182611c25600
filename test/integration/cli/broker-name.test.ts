import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BrokerName } from '#cli/drill/broker-name.ts';

let name: BrokerName;

beforeEach(async () => {
  name = await BrokerName.open();
});

afterEach(() => name.close());

const LOOK = `
  const dns = require('node:dns');
  dns.lookup(process.argv[1], { all: true }, (error, found) => console.log(JSON.stringify(error?.code ?? found)));
`;

/** What a process of a drill is answered. */
async function lookUp(host: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', LOOK, host], {
    env: { NODE_OPTIONS: name.nodeOptions },
    timeout: 10_000,
  });
  return JSON.parse(stdout);
}

const host = () => new URL(name.urlFor('nats://127.0.0.1:4222')).hostname;

it('is found until it is forgotten, and again when it is known, by processes that run', async () => {
  expect(name.urlFor('nats://127.0.0.1:4222')).toMatch(/^nats:\/\/[a-z.]+\.test:4222$/);
  expect(await lookUp(host())).toEqual([{ address: '127.0.0.1', family: 4 }]);
  await name.forget();
  expect(await name.misses()).toBe(0);
  expect([await lookUp(host()), await lookUp(host())]).toEqual(['ENOTFOUND', 'ENOTFOUND']);
  expect(await name.misses()).toBe(2);
  await name.know();
  expect(await lookUp(host())).toEqual([{ address: '127.0.0.1', family: 4 }]);
});

it('leaves every other name to the machine', async () => {
  await name.forget();
  expect(await lookUp('localhost')).toContainEqual({ address: '127.0.0.1', family: 4 });
  expect(await name.misses()).toBe(0);
});
