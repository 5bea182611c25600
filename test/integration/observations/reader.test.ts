import type { ServerResponse } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '#cli/local/free-port.ts';
import { Observed } from '#services/ingress/observed/observed.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { closePods, type Running, startPod, startReader, startSilentPod, target, WEBHOOK } from './pods.ts';

trackLeaks();

let running: Running;
afterEach(async () => {
  await running.close();
  await closePods();
});

const documentOf = (pod: string, webhook = 'support') =>
  new Observed({ namespace: 'crm', webhook, pod, nowMs: Date.now }).document();
const sendJson = (response: ServerResponse, value: unknown) => void response.end(JSON.stringify(value));

it('goes on to read a pod at its pace, however many others are silent', async () => {
  let asked = 0;
  const url = await startPod((response) => {
    asked += 1;
    sendJson(response, documentOf('well'));
  });
  const silent = await Promise.all(Array.from({ length: 60 }, startSilentPod));
  const others = silent.map((silentUrl, i) => target(`silent-${i}`, silentUrl));
  running = startReader([...others, target('well', url)]);
  await until(async () => (await running.unreadPods()) === 60, {
    describe: 'all others to have failed once',
    timeoutMs: 20_000,
  });
  const [before, timeouts] = [asked, await running.reads('timeout')];
  // Eight may have been under way. The ninth took 2 s, in which there are forty rounds.
  await until(async () => (await running.reads('timeout')) > timeouts + 8, {
    describe: 'nine more time-outs',
    timeoutMs: 20_000,
  });
  expect(asked - before).toBeGreaterThan(5);
  expect(running.reader.of(WEBHOOK)?.unread).toHaveLength(60);
});

it.each([
  ['status', (response: ServerResponse) => void response.writeHead(500).end('{}')],
  ['status', (response: ServerResponse) => void response.writeHead(302, { location: '/observed' }).end()],
  ['unreadable', (response: ServerResponse) => void response.end('<html>')],
  ['unreadable', (response: ServerResponse) => sendJson(response, { ...documentOf('pod'), version: 2 })],
  ['unreadable', (response: ServerResponse) => sendJson(response, { ...documentOf('pod'), lastPingAt: 1e15 })],
  ['another-pod', (response: ServerResponse) => sendJson(response, documentOf('other'))],
  ['another-pod', (response: ServerResponse) => sendJson(response, documentOf('pod', 'other'))],
  ['too-large', (response: ServerResponse) => void response.end(' '.repeat(1024 * 1024 + 1))],
  ['unreachable', (response: ServerResponse) => void response.destroy()],
])('takes nothing over from a pod whose answer is no good: %s', async (reason, answer) => {
  running = startReader([target('pod', await startPod(answer))]);
  await until(async () => (await running.reads(reason)) > 0, { describe: `a reading that failed: ${reason}` });
  expect(running.reader.of(WEBHOOK)).toMatchObject({ budget: null, unread: ['pod'] });
  expect(await running.reads('read')).toBe(0);
});

it('says nothing of a webhook until each of its pods was tried, and then all', async () => {
  const waiting: ServerResponse[] = [];
  const [quick, slow] = [
    await startPod((response) => sendJson(response, documentOf('quick'))),
    await startPod((response) => void waiting.push(response)),
  ];
  running = startReader([target('quick', quick), target('slow', slow)]);
  await until(async () => (await running.reads('read')) > 1, { describe: 'one of two to be read' });
  expect(running.reader.of(WEBHOOK)).toBeNull();
  expect(running.changes).toEqual([]);
  for (const response of waiting) sendJson(response, documentOf('slow'));
  await until(() => running.reader.of(WEBHOOK), { describe: 'the other one to be read' });
  expect(running.reader.of(WEBHOOK)).toMatchObject({ spool: { isWhole: false }, unread: [] });
  expect(running.changes).toEqual([WEBHOOK]);
});

it('ends at once, in the middle of a reading', async () => {
  running = startReader([
    target('silent', await startSilentPod()),
    target('gone', `http://127.0.0.1:${await freePort()}`),
  ]);
  await until(async () => (await running.reads('unreachable')) > 0, { describe: 'the first reading' });
  const startedMs = performance.now();
  await running.close();
  expect(performance.now() - startedMs).toBeLessThan(1_000);
  expect(await running.reads('timeout')).toBe(0);
});
