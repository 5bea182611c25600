import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#operator/clock.ts';
import { type Brokers, createBrokers } from '#operator/credentials/brokers.ts';
import { desiredStreams } from '#operator/streams/desired.ts';
import { reconcileStreams } from '#operator/streams/reconcile.ts';
import { type Authority, createAuthority } from '#test/support/authority.ts';
import { TOKEN } from '#test/support/broker.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type NatsServer, startNatsServer } from '#test/support/nats-server.ts';
import { streamFacts } from '#test/support/stream-facts.ts';
import { until } from '#test/support/until.ts';
import { webhook } from '#test/support/webhook.ts';
import { startIngressProcess } from '../ingress/process.ts';
import { notification, post } from '../ingress/setup.ts';
import { startHandler } from '../worker/handler.ts';
import { startWorker } from '../worker/setup.ts';

trackLeaks();

const folder = temporaryFolder('tls');
const HANDLER = 'support';

let known: Authority;
let other: Authority;
let server: NatsServer;

beforeAll(async () => {
  [known, other] = await Promise.all([createAuthority(), createAuthority()]);
  server = await startNatsServer({ config: { tls: known.tls } });
  const connection = await connect({ servers: server.url, tls: { caFile: known.caFile } });
  const spec = { topics: ['conversation.user.replied'] };
  const outcome = await reconcileStreams(desiredStreams(webhook(spec), streamFacts()), connection);
  expect(outcome).toMatchObject({ kind: 'reconciled' });
  await connection.close();
});

afterAll(() => server.close());

function fileOf(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const ingressWith = async (caFile: string, isBrokerThere = false, natsUrl = server.url) => {
  const ingress = await startIngressProcess({ natsUrl, isBrokerThere, changes: { NATS_CA_FILE: caFile } });
  onTestFinished(() => ingress.child.close('SIGKILL'));
  return ingress;
};

const workerWith = async (caFile: string, handlerUrl = 'http://127.0.0.1:9/') => {
  const changes = { WEBHOOK_TOKEN: TOKEN, HANDLER, HANDLER_URL: handlerUrl, NATS_CA_FILE: caFile };
  const worker = await startWorker(server.url, changes);
  onTestFinished(() => worker.close());
  return worker;
};

const untilSaid = ({ log }: { log: () => string }, what: string) =>
  until(() => log().includes(what), { describe: `"${what}"`, timeoutMs: 15_000 });

it('ingress and worker get to a server whose authority they know', async () => {
  const handler = await startHandler(() => ({ status: 200 }));
  onTestFinished(() => handler.close());
  const [ingress, worker] = await Promise.all([ingressWith(known.caFile, true), workerWith(known.caFile, handler.url)]);
  await until(async () => (await worker.readiness())?.status === 200, { describe: 'the worker to be ready' });
  expect((await post(ingress.url, notification({ id: 'n-1' }))).status).toBe(200);
  expect((await handler.untilCalls(1, 10_000)).map(({ id }) => id)).toEqual(['n-1']);
});

/** What the file is, and what both processes say of it. */
const REFUSALS: readonly (readonly [what: string, caFile: () => string, said: string])[] = [
  ['no authority but those of Node.js', () => '', 'signed by no authority that Node.js trusts (NATS_CA_FILE can name'],
  ['another authority', () => other.caFile, 'ca.crt (NATS_CA_FILE) holds: '],
  ['an empty file', () => fileOf('empty', ''), 'empty (NATS_CA_FILE) holds no certificate in PEM'],
  [
    'a file with something else',
    () => fileOf('else', readFileSync(known.tls.key_file, 'utf8')),
    'else (NATS_CA_FILE) holds no certificate in PEM',
  ],
  [
    'a certificate that is cut off',
    () => fileOf('cut', readFileSync(known.caFile, 'utf8').replace(/\n.{64}\n/, '\n')),
    'certificate 1 in ',
  ],
  ['no file at all', () => join(folder, 'nowhere'), 'nowhere (NATS_CA_FILE) cannot be read: ENOENT'],
];

describe.each(REFUSALS)('with %s', (_, caFile, said) => {
  it('they do not get there, and say why', async () => {
    const file = caFile();
    const [ingress, worker] = await Promise.all([ingressWith(file), workerWith(file)]);
    await untilSaid(ingress.child, said);
    await untilSaid(worker.child, said);
    expect(ingress.child.log()).not.toContain('NATS is reached');
    expect((await worker.readiness())?.status).toBe(503);
    expect(ingress.child.isRunning && worker.child.isRunning).toBe(true);
  });

  it('neither does the operator', async () => {
    const broker = await brokersWith(caFile()).of('crm');
    expect(broker).toMatchObject({ kind: 'away' });
    expect(JSON.stringify(broker)).toContain(said);
  });
});

function brokersWith(caFile: string, urls: readonly string[] = [server.url]): Brokers {
  const brokers = createBrokers({
    servers: { urls, caFile, name: 'operator' },
    access: { kind: 'shared', creds: null },
    systemCreds: null,
    clock: systemClock,
    nowMs: Date.now,
    onBack: () => undefined,
  });
  onTestFinished(() => brokers.close());
  return brokers;
}

it('the operator gets to a server whose authority it knows', async () => {
  expect(await brokersWith(known.caFile).of('crm')).toMatchObject({ kind: 'connected' });
});

it.each([
  ['an authority is named', 'nats', 'NATS_CA_FILE asks for TLS'],
  ['the URL is tls://', 'tls', 'the URL asks for TLS'],
])('a server without TLS will not do where %s', async (_, scheme, said) => {
  const plain = await startNatsServer();
  const url = `${scheme}://127.0.0.1:${plain.port}`;
  const caFile = scheme === 'nats' ? known.caFile : '';
  const ingress = await ingressWith(caFile, false, url);
  await untilSaid(ingress.child, said);
  expect(JSON.stringify(await brokersWith(caFile, [url]).of('crm'))).toContain(said);
  await plain.close();
});

it('an authority that took the place of another is in force with the next connection', async () => {
  const own = await startNatsServer({ config: { tls: known.tls } });
  const caFile = join(folder, 'rotated');
  copyFileSync(known.caFile, caFile);
  const ingress = await ingressWith(caFile, true, own.url);
  const brokers = brokersWith(caFile, [own.url]);
  expect(await brokers.of('crm')).toMatchObject({ kind: 'connected' });
  await own.stop();
  const renewed = await startNatsServer({ port: own.port, config: { tls: other.tls } });
  await untilSaid(ingress.child, 'signed by no authority that');
  expect(ingress.child.log()).not.toContain('"event":"reconnect"');
  copyFileSync(other.caFile, caFile);
  await untilSaid(ingress.child, '"event":"reconnect"');
  await until(async () => (await brokers.of('crm')).kind === 'connected', { describe: 'the operator to be back' });
  await brokers.close();
  await ingress.child.close('SIGKILL');
  await renewed.close();
  await own.close();
});
