import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { redrive } from '#operator/dead-letters/redrive.ts';
import { planRedrive } from '#operator/dead-letters/redriven.ts';
import type { Report } from '#operator/dead-letters/run.ts';
import type { Selection } from '#operator/dead-letters/selection.ts';
import { STREAMS, SUBJECTS, webhookToken } from '#shared/contract.ts';
import { type Broker, startBroker, storedDeadLetters, storedEvents, TOKEN } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { type Api, bodyOf, bury, buryMany, buryUnreadable, endOf, openApi, purgeAll, TOPIC } from './setup.ts';

trackLeaks();

let broker: Broker;
let api: Api;

beforeAll(async () => {
  broker = await startBroker();
  api = await openApi(broker);
});
afterEach(() => purgeAll(broker));
afterAll(async () => {
  await api.app.close();
  await broker.close();
});

const redriveAll = (ratePerSecond = 1_000) => api.post('redrive', { all: true, ratePerSecond });
const idsOf = async () => (await storedEvents(broker)).map(({ header }) => header('Icw-Id'));

describe('redriving one', () => {
  it('gives it to its handler alone, byte for byte, with its own headers and a token', async () => {
    const body = ` ${bodyOf('größe 😀')}\n`;
    const sequence = await bury(broker, { id: 'x', body });
    const [letter] = await storedDeadLetters(broker);
    const { timestamp } = (await broker.manager.streams.getMessage(STREAMS.deadLetters, { seq: sequence })) ?? {};
    expect(endOf(await api.post('redrive', { sequences: [sequence] }))).toEqual({
      kind: 'ended',
      how: 'complete',
      why: '',
      done: 1,
      refused: 0,
      gone: 0,
      failed: 0,
      problems: [],
    });
    expect(await storedDeadLetters(broker)).toEqual([]);
    const [event, ...others] = await storedEvents(broker);
    expect(others).toEqual([]);
    expect(event?.data).toEqual(Buffer.from(body));
    expect(event?.subject).toMatch(new RegExp(`^icw\\.${TOKEN}\\.r\\.support\\.\\d\\d\\.${TOPIC}$`));
    const token = `${sequence}-${Date.parse(timestamp ?? '')}`;
    const header = event?.header ?? (() => '');
    expect(header('Icw-Redrive')).toBe(token);
    expect(header('Nats-Msg-Id')).toBe(`redrive:${TOKEN}:support:${token}`);
    for (const name of ['Icw-Id', 'Icw-Key', 'Icw-Topic', 'Icw-App-Id', 'Icw-Received-At', 'Icw-Contacts']) {
      expect(header(name), name).toBe(letter?.header(name));
      expect(header(name), name).not.toBe('');
    }
    for (const name of ['Icw-Dead-Reason', 'Icw-Dead-Answer', 'Nats-TTL']) expect(header(name), name).toBe('');
  });

  it('is refused where the ingress could not read it', async () => {
    const sequence = await buryUnreadable(broker);
    expect(endOf(await api.post('redrive', { sequences: [sequence] }))).toMatchObject({
      done: 0,
      refused: 1,
      problems: [{ sequence, kind: 'refused', why: expect.stringContaining('the ingress could not read it') }],
    });
    expect(await storedDeadLetters(broker)).toHaveLength(1);
  });

  it('is refused where its handler is not there any more, rather than stored for nobody', async () => {
    const sequence = await bury(broker, { id: 'a', handler: 'former' });
    const { problems } = endOf(await redriveAll());
    expect(problems).toEqual([{ sequence, kind: 'refused', why: expect.stringContaining('handler former') }]);
    expect(await idsOf()).toEqual([]);
    expect(await storedDeadLetters(broker)).toHaveLength(1);
  });

  it("does not touch another webhook's", async () => {
    const sequence = await bury(broker, { id: 'theirs', webhook: webhookToken('crm', 'sales') });
    expect(endOf(await api.post('redrive', { sequences: [sequence, 9_999_999] }))).toMatchObject({ done: 0, gone: 2 });
    expect(await storedDeadLetters(broker)).toHaveLength(1);
  });
});

describe('redriving many', () => {
  it('takes them in the order in which they died, each once', async () => {
    await buryMany(broker, 300, 'n', { conversation: 'the same' });
    const reports = await redriveAll();
    expect(endOf(reports)).toMatchObject({ how: 'complete', done: 300 });
    expect(await idsOf()).toEqual(Array.from({ length: 300 }, (_, i) => `n${i}`));
    expect(await storedDeadLetters(broker)).toEqual([]);
  });

  it('takes what the filter names, and no more', async () => {
    await buryMany(broker, 3, 'refused', { reason: 'Refused' });
    await buryMany(broker, 3, 'old', { reason: 'AgeExceeded' });
    expect(endOf(await api.post('redrive', { filter: { reason: 'AgeExceeded' } }))).toMatchObject({ done: 3 });
    expect(await idsOf()).toEqual(['old0', 'old1', 'old2']);
    expect(endOf(await api.post('redrive', { filter: { ids: ['refused1'] } }))).toMatchObject({ done: 1 });
    expect(await storedDeadLetters(broker)).toHaveLength(2);
  });

  it('does not take again what dies meanwhile: nothing goes round', async () => {
    await buryMany(broker, 20);
    const taken: Report[] = [];
    for await (const report of redrive(api.stream, requestFor({ kind: 'matching', filter: {} }, 10))) {
      taken.push(report);
      // A handler that refuses again at once.
      if (report.kind === 'progress') await buryMany(broker, report.done, `again-${report.done}-`);
    }
    expect(endOf(taken)).toMatchObject({ how: 'complete', done: 20 });
    expect((await idsOf()).filter((id) => id.startsWith('again'))).toEqual([]);
    expect((await storedDeadLetters(broker)).length).toBeGreaterThanOrEqual(20);
  });

  it('goes no faster than asked for, and reports as it goes', async () => {
    await buryMany(broker, 61);
    const startedMs = performance.now();
    const reports = await redriveAll(30);
    const tookMs = performance.now() - startedMs;
    // 61 letters at even distances are 60 intervals of a thirtieth of a second.
    expect(tookMs).toBeGreaterThan(1_950);
    expect(reports.map(({ kind, done }) => `${kind} ${done}`).at(-1)).toBe('ended 61');
    expect(reports.filter(({ kind }) => kind === 'progress')).toHaveLength(3);
  });

  it('ends when whoever asked goes away, and leaves the rest as it is', async () => {
    await buryMany(broker, 50);
    const ended = new AbortController();
    const reports: Report[] = [];
    for await (const report of redrive(api.stream, requestFor({ kind: 'matching', filter: {} }, 10, ended.signal))) {
      reports.push(report);
      ended.abort();
    }
    const { how, done } = endOf(reports);
    expect([how, done]).toEqual(['stopped', 10]);
    expect(await storedDeadLetters(broker)).toHaveLength(40);
    expect(await idsOf()).toHaveLength(10);
  });
});

describe('a letter is redriven once, to effect', () => {
  it('where two take the same ones at the same time', async () => {
    await buryMany(broker, 200);
    const other = await openApi(broker);
    const ends = (await Promise.all([redriveAll(), other.post('redrive', { all: true, ratePerSecond: 1_000 })])).map(
      endOf,
    );
    await other.app.close();
    expect(ends.map(({ how, failed, refused }) => [how, failed, refused])).toEqual([
      ['complete', 0, 0],
      ['complete', 0, 0],
    ]);
    expect((ends[0]?.done ?? 0) + (ends[1]?.done ?? 0)).toBe(200);
    const ids = await idsOf();
    expect(ids).toHaveLength(200);
    expect(new Set(ids).size).toBe(200);
    expect(await storedDeadLetters(broker)).toEqual([]);
  });

  it('where one was published already, and its sender died before it could remove it', async () => {
    const sequence = await bury(broker, { id: 'half' });
    const letter = await api.stream.read(sequence);
    if (letter === null) throw new Error('it is not there');
    const plan = planRedrive(letter, [SUBJECTS.allRedriven(TOKEN)]);
    if (plan.kind !== 'publish') throw new Error(plan.why);
    await jetstream(broker.connection).publish(plan.subject, letter.body, { headers: plan.headers, msgID: plan.msgId });
    expect(endOf(await redriveAll())).toMatchObject({ done: 1, failed: 0 });
    expect(await idsOf()).toEqual(['half']);
    expect(await storedDeadLetters(broker)).toEqual([]);
  });

  it('where it died again: then it is another letter', async () => {
    for (const turn of [1, 2]) {
      await bury(broker, { id: 'twice' });
      expect(endOf(await redriveAll())).toMatchObject({ done: 1 });
      expect(await idsOf()).toHaveLength(turn);
    }
  });
});

describe('what cannot be published', () => {
  it('stays, and a run that gets nowhere ends', async () => {
    await buryMany(broker, 30);
    const { config } = await broker.manager.streams.info(STREAMS.events(TOKEN));
    await broker.manager.streams.update(config.name, { max_msgs: 5 });
    const { how, why, done, failed, problems } = endOf(await redriveAll());
    await broker.manager.streams.update(config.name, { max_msgs: -1 });
    expect([how, done]).toEqual(['broken', 5]);
    expect(why).toMatch(/^10 letters failed in a row, the last one so: maximum messages exceeded/);
    // Those that were under way beside the tenth fail as well.
    expect(failed).toBeGreaterThanOrEqual(10);
    expect(failed).toBeLessThan(26);
    expect(problems[0]).toMatchObject({ kind: 'failed', why: expect.stringContaining('maximum messages exceeded') });
    expect(await storedDeadLetters(broker)).toHaveLength(25);
    expect(endOf(await redriveAll())).toMatchObject({ how: 'complete', done: 25 });
  });

  it('is left where the broker goes away, with an end that says so', async () => {
    const away = await startBroker();
    const connection = await connect({
      servers: away.server.url,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
      timeout: 2_000,
    });
    const its = await openApi({ ...away, connection });
    await buryMany(away, 40);
    const reports: Report[] = [];
    const request = requestFor({ kind: 'matching', filter: {} }, 10);
    for await (const report of redrive(its.stream, request)) {
      reports.push(report);
      if (reports.length === 1) await away.server.stop('SIGKILL');
    }
    expect(endOf(reports).how).toBe('broken');
    await away.server.restart();
    await until(async () => endOf(await its.post('redrive', { all: true })).how === 'complete', {
      describe: 'the rest to be redriven',
    });
    expect(await storedDeadLetters(away)).toEqual([]);
    expect(new Set((await storedEvents(away)).map(({ header }) => header('Icw-Id'))).size).toBe(40);
    expect(await storedEvents(away)).toHaveLength(40);
    await its.app.close();
    await connection.close();
    await away.close();
  });
});

const requestFor = (selection: Selection, ratePerSecond: number, signal = new AbortController().signal) => ({
  webhook: TOKEN,
  selection,
  ratePerSecond,
  signal,
});
