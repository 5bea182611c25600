import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type DeadLetterServer, serveDeadLetters } from '#cli/dlq/serve-local.ts';
import { type Broker, startBroker, storedDeadLetters, storedEvents } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { type Running, startDlq } from './command-line.ts';
import { bodyOf, bury, buryMany, buryUnreadable, purgeAll } from './setup.ts';

trackLeaks();

let broker: Broker;
let server: DeadLetterServer;
const stateHome = mkdtempSync(join(tmpdir(), 'state-'));
const sessions = join(stateHome, 'intercom-operator', 'local');
const logged: string[] = [];

const serve = () =>
  serveDeadLetters({
    natsUrls: [broker.server.url],
    webhooks: ['crm/support'],
    env: { XDG_STATE_HOME: stateHome },
    onLine: (line) => void logged.push(line),
    onProgress: () => {},
  });

beforeAll(async () => {
  broker = await startBroker();
  server = await serve();
});
afterEach(() => purgeAll(broker));
afterAll(async () => {
  await server.close();
  await broker.close();
  rmSync(stateHome, { recursive: true });
});

const start = (...args: string[]): Running => startDlq(stateHome, args);
const dlq = (...args: string[]) => start(...args).ended;

describe('help', () => {
  it.each([
    [['--help'], ['list', 'count', 'show', 'redrive', 'drop', 'Examples:']],
    [
      ['list', '--help'],
      ['--handler', '--since', '--limit', '-o, --output', '"wide"'],
    ],
    [
      ['redrive', '--help'],
      ['--rate', '--all', '[sequences...]'],
    ],
    [
      ['drop', '--help'],
      ['--why', '--yes'],
    ],
  ])('of %j names what there is', async (args, words) => {
    const { code, stdout, stderr } = await dlq(...args);
    expect([code, stderr]).toEqual([0, '']);
    for (const word of words) expect(stdout).toContain(word);
  });
});

describe('list', () => {
  it('is a table, newest first, and a wider one', async () => {
    const sequences = [
      await bury(broker, { id: 'a', reason: 'AttemptsExhausted' }),
      await bury(broker, { id: 'b', handler: 'audit' }),
    ];
    const { code, stdout, stderr } = await dlq('list', 'support', '-n', 'crm');
    expect([code, stderr]).toEqual([0, '']);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).toBe('SEQUENCE   HANDLER   REASON              TOPIC                       ATTEMPTS   AGE');
    expect(rows.map((row) => row.split(/ {3,}/).slice(0, 3))).toEqual([
      [String(sequences[1]), 'audit', 'Refused'],
      [String(sequences[0]), 'support', 'AttemptsExhausted'],
    ]);
    const wide = await dlq('list', 'support', '-n', 'crm', '-o', 'wide', '--oldest-first');
    expect(wide.stdout).toMatch(/^SEQUENCE .* EXPIRES IN +KEY +ID +BYTES +DETAIL\n/);
    expect(wide.stdout.split('\n')[1]).toContain('conversation/cv-a   a ');
  });

  it('is JSON and YAML for programs', async () => {
    await buryMany(broker, 3);
    const json = await dlq('list', 'support', '-n', 'crm', '-o', 'json', '--limit', '2');
    const yaml = await dlq('list', 'support', '-n', 'crm', '-o', 'yaml', '--limit', '2');
    expect(JSON.parse(json.stdout)).toMatchObject({ items: [{ id: 'n2', handler: 'support' }, { id: 'n1' }] });
    expect(parse(yaml.stdout)).toEqual(JSON.parse(json.stdout));
    expect([json.stderr, yaml.stderr]).toEqual(['', '']);
  });

  it('goes over pages, and says where it ends before the letters do', async () => {
    await buryMany(broker, 1_050);
    const { stdout, stderr } = await dlq('list', 'support', '-n', 'crm', '--limit', '1020');
    expect(stdout.trimEnd().split('\n')).toHaveLength(1_021);
    expect(stderr).toBe('these are 1020, there may be more: see --limit, and count\n');
  });

  it('keeps what others wrote from steering the terminal', async () => {
    await bury(broker, { id: 'a', topic: 'conversation.\u001b[2Jred\u202e' });
    const { stdout } = await dlq('list', 'support', '-n', 'crm');
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('conversation.');
  });
});

it('count is a table by handler and reason', async () => {
  await buryMany(broker, 3, 'a', { reason: 'AgeExceeded' });
  await buryUnreadable(broker);
  const { stdout } = await dlq('count', 'support', '-n', 'crm');
  const rows = stdout.trimEnd().split('\n');
  expect(rows.map((row) => row.split(/ {3,}/).slice(0, 3))).toEqual([
    ['HANDLER', 'REASON', 'COUNT'],
    ['support', 'AgeExceeded', '3'],
    ['_ingress', 'Unreadable', '1'],
  ]);
  expect(JSON.parse((await dlq('count', 'support', '-n', 'crm', '-o', 'json', '--since', '1h')).stdout)).toMatchObject({
    total: 4,
  });
});

describe('show', () => {
  it('says all of one but its body', async () => {
    const sequence = await bury(broker, { id: 'a' });
    const { stdout } = await dlq('show', 'support', String(sequence), '-n', 'crm');
    expect(stdout).toMatch(/^Sequence: {9}\d+\nHandler: {10}support\n/);
    expect(stdout).toContain('Last answer:      no such ticket\n');
    expect(stdout).toContain('Can be redriven:  yes\n');
    expect(stdout).not.toContain('app_id');
  });

  it('prints the body where it is asked to, byte for byte', async () => {
    const body = ` ${bodyOf('größe 😀')}\n`;
    const sequence = await bury(broker, { id: 'a', body });
    const { stdout } = await dlq('show', 'support', String(sequence), '-n', 'crm', '--body');
    expect(Buffer.from(stdout, 'latin1')).toEqual(Buffer.from(body));
  });
});

describe('redrive', () => {
  it('tells how it goes, then what came of it', async () => {
    await buryMany(broker, 30);
    const { code, stdout, stderr } = await dlq('redrive', 'support', '-n', 'crm', '--all', '--rate', '20');
    expect([code, stdout]).toEqual([0, '30 redriven\n']);
    expect(stderr).toBe('20 redriven; 30 in all\n30 redriven; 30 in all\n');
    expect(await storedEvents(broker)).toHaveLength(30);
  });

  it('of some takes these', async () => {
    const [first, , third] = await buryMany(broker, 3);
    const { code, stdout } = await dlq('redrive', 'support', String(first), String(third), '-n', 'crm', '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ how: 'complete', done: 2 });
    expect((await storedDeadLetters(broker)).map(({ header }) => header('Icw-Id'))).toEqual(['n1']);
  });

  it('fails where something could not be redriven, and says why', async () => {
    const sequence = await buryUnreadable(broker);
    await bury(broker, { id: 'a' });
    const { code, stdout, stderr } = await dlq('redrive', 'support', '--all', '-n', 'crm');
    expect([code, stdout]).toEqual([1, '1 redriven, 1 refused\n']);
    expect(stderr).toContain(`${sequence} refused: the ingress could not read it`);
    expect(stderr).toContain('error: 1 could not be redriven, and are still there\n');
  });

  it('ends by Ctrl-C between two letters', async () => {
    await buryMany(broker, 200);
    const running = start('redrive', 'support', '--all', '-n', 'crm', '--rate', '20');
    await until(() => running.stderr().includes('redriven; 200 in all'), { describe: 'progress' });
    running.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect((await storedDeadLetters(broker)).length).toBeGreaterThan(100);
  });
});

describe('drop', () => {
  it('of many needs a yes, which nobody can say without a terminal', async () => {
    await buryMany(broker, 3);
    const { code, stderr } = await dlq('drop', 'support', '--all', '-n', 'crm', '--why', 'test data');
    expect([code, stderr]).toEqual([
      1,
      'error: Drop 3 dead letters of crm/support for good? Nobody is here to say yes: say so with --yes\n',
    ]);
    expect(await storedDeadLetters(broker)).toHaveLength(3);
    const sure = await dlq('drop', 'support', '--all', '-n', 'crm', '--why', 'test data', '--yes');
    expect([sure.code, sure.stdout]).toEqual([0, '3 dropped\n']);
    expect(await storedDeadLetters(broker)).toEqual([]);
    expect(logged.at(-1)).toContain('"why":"test data","msg":"dead letter dropped"');
  });

  it('of one that is named does not ask', async () => {
    const [first] = await buryMany(broker, 2);
    const { code } = await dlq('drop', 'support', String(first), '-n', 'crm', '--why', 'spam');
    expect(code).toBe(0);
    expect(await storedDeadLetters(broker)).toHaveLength(1);
  });
});

describe('where something is wrong', () => {
  it.each([
    [
      'another namespace',
      ['list', 'support'],
      'no IntercomWebhook default/support runs on this machine; there is crm/support',
    ],
    ['no such letter', ['show', 'support', '4711', '-n', 'crm'], 'there is no dead letter 4711'],
    ['a sequence that is none', ['show', 'support', 'last', '-n', 'crm'], 'must be a whole number'],
    ['a time that is none', ['list', 'support', '-n', 'crm', '--since', 'monday'], 'must be a duration, 2h or 30m'],
    ['a handler that is none', ['list', 'support', '-n', 'crm', '--handler', 'a.*'], 'query.handler: must be the name'],
    ['a rate beyond the bound', ['redrive', 'support', '--all', '-n', 'crm', '--rate', '1001'], '1 to 1000'],
    ['nothing named', ['redrive', 'support', '-n', 'crm'], 'say which: sequences'],
    ['too much named', ['redrive', 'support', '1', '--all', '-n', 'crm'], 'one of them only'],
    ['no reason for a drop', ['drop', 'support', '1', '-n', 'crm'], "required option '--why <text>' not specified"],
    ['an output that is none', ['list', 'support', '-o', 'xml'], 'Allowed choices are table, wide, json, yaml'],
    ['no webhook', ['list'], "missing required argument 'webhook'"],
  ])('%s: it says so and exits with 1', async (_name, args, report) => {
    const { code, stdout, stderr } = await dlq(...args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(report);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each([
    ['list', []],
    ['count', []],
    ['redrive', ['--all']],
    ['drop', ['--reason', 'AgeExceeded', '--why', 'old']],
  ])('nothing to %s is no error', async (verb, args) => {
    const { code, stdout, stderr } = await dlq(verb, 'support', '-n', 'crm', ...args);
    expect([code, stdout, stderr]).toEqual([0, '', 'no such dead letters of crm/support\n']);
  });

  it('nothing runs: it says how to start it', async () => {
    const { code, stderr } = await startDlq(join(stateHome, 'nowhere'), ['list', 'support']).ended;
    expect([code, stderr]).toEqual([1, 'error: nothing runs on this machine; start it: npm run local -- -f FILE\n']);
  });

  it('what ran has died: it says so', async () => {
    const folder = join(stateHome, 'after-a-crash', 'intercom-operator', 'local');
    mkdirSync(folder, { recursive: true });
    // No system has so many processes.
    const left = { pid: 2 ** 30, url: 'http://127.0.0.1:1', token: 'x', webhooks: ['default/support'] };
    writeFileSync(join(folder, 'left.json'), JSON.stringify(left));
    const { code, stderr } = await startDlq(join(stateHome, 'after-a-crash'), ['list', 'support']).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(`the one that did (process ${2 ** 30}) ended without saying so; start it`);
  });
});

it('only its owner can read the token, which goes with the server', async () => {
  const before = readdirSync(sessions);
  const second = await serve();
  const [file = ''] = readdirSync(sessions).filter((name) => !before.includes(name));
  expect(statSync(join(sessions, file)).mode & 0o777).toBe(0o600);
  expect(statSync(sessions).mode & 0o777).toBe(0o700);
  await second.close();
  expect(readdirSync(sessions)).toEqual(before);
});
