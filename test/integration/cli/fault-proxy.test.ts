import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { greetingMs, watch } from '#cli/drill/greeting.ts';
import { FaultProxy } from '#cli/drill/proxy.ts';
import { freePort } from '#cli/local/free-port.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';

trackLeaks();

/** Greets as nats-server does, then says back what it hears, and remembers it. */
let server: Server;
let heard: string;
const served = new Set<Socket>();
let proxy: FaultProxy;

beforeEach(async () => {
  heard = '';
  server = createServer((socket) => {
    served.add(socket);
    socket.on('close', () => served.delete(socket)).on('error', () => undefined);
    socket.write('INFO {}\r\n');
    socket.on('data', (chunk) => {
      heard += chunk.toString();
      socket.write(chunk);
    });
  });
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  proxy = await FaultProxy.open(`nats://127.0.0.1:${port}`);
});

afterEach(async () => {
  await proxy.close();
  for (const socket of served) socket.destroy();
  server.close();
  await once(server, 'close');
});

/** A client that has been greeted. */
async function client() {
  const socket = connect({ port: Number(new URL(proxy.url).port), host: '127.0.0.1' });
  const state = { text: '', end: 'open' as 'open' | 'closed' | 'reset' };
  socket.on('data', (chunk) => (state.text += chunk.toString()));
  socket.on('error', () => (state.end = 'reset'));
  socket.on('close', () => (state.end = state.end === 'reset' ? 'reset' : 'closed'));
  await until(() => state.text.startsWith('INFO'), { describe: 'a greeting' });
  state.text = '';
  return { socket, state };
}

describe('the fault proxy', () => {
  it('passes bytes both ways, and the end', async () => {
    const { socket, state } = await client();
    socket.write('PING');
    await until(() => state.text === 'PING', { describe: 'the answer' });
    expect(await greetingMs(proxy.url)).toBeLessThan(200);
    for (const one of served) one.destroy();
    await until(() => state.end !== 'open', { describe: 'the end' });
  });

  it('hands answers on late, in order, also across the return to normal', async () => {
    const { socket, state } = await client();
    await proxy.behave({ kind: 'late', delayMs: 300 });
    const startedMs = performance.now();
    socket.write('1');
    await until(() => heard === '1', { describe: 'the server to hear it' });
    expect(performance.now() - startedMs).toBeLessThan(250);
    await proxy.behave({ kind: 'pass' });
    socket.write('2');
    await until(() => state.text.length === 2, { describe: 'both answers' });
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(299);
    expect(state.text).toBe('12');
    socket.destroy();
  });

  it('cuts a publish in the middle, once, and resets both sides', async () => {
    const [first, second] = [await client(), await client()];
    proxy.cutNextPublish();
    first.socket.write('PING\r\n');
    await until(() => first.state.text === 'PING\r\n', { describe: 'what is no publish to pass' });
    first.socket.write('HPUB icw.t.n.00.x 10 20\r\n0123456789');
    await until(() => first.state.end === 'reset', { describe: 'the reset' });
    await until(() => served.size === 1, { describe: 'the reset of the other side' });
    expect(heard).toBe('PING\r\nHPUB icw.t.n.00.x ');
    expect(proxy.cuts).toBe(1);
    second.socket.write('HPUB icw.t.n.00.x 10 20\r\n0123456789');
    await until(() => second.state.text.endsWith('789'), { describe: 'the next one to pass whole' });
    second.socket.destroy();
  });

  it('keeps half-open connections open and dead, and serves new ones afterwards', async () => {
    const { socket, state } = await client();
    await proxy.behave({ kind: 'silent' });
    socket.write('lost');
    expect(await watch(proxy.url, 600, AbortSignal.timeout(5_000))).toMatchObject({ greeted: 0 });
    await proxy.behave({ kind: 'pass' });
    expect(await greetingMs(proxy.url)).not.toBeNull();
    socket.write('lost too');
    expect(await greetingMs(proxy.url)).not.toBeNull();
    expect({ heard, ...state }).toEqual({ heard: '', text: '', end: 'open' });
    socket.destroy();
  });

  it('refuses: what is open is reset, what is new does not connect, until it passes again', async () => {
    const { state } = await client();
    await proxy.behave({ kind: 'refuse' });
    await until(() => state.end === 'reset', { describe: 'the reset' });
    const refused = connect({ port: Number(new URL(proxy.url).port), host: '127.0.0.1' });
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    expect(await greetingMs(proxy.url)).toBeNull();
    await proxy.behave({ kind: 'pass' });
    expect(await greetingMs(proxy.url)).not.toBeNull();
  });
});
