import { execFileSync } from 'node:child_process';
import { type IngressProcess, startIngressProcess } from '#test/integration/ingress/process.ts';
import { notification, post } from '#test/integration/ingress/setup.ts';
import { type Broker, startBroker, storedDeadLetters, storedEvents } from '#test/support/broker.ts';
import { rawConnection } from '#test/support/raw-connection.ts';
import { until } from '#test/support/until.ts';

/** What a sender saw of its connection. */
export interface Seen {
  /** In their order, without 1xx. */
  readonly statuses: readonly number[];
  /** Whether the other side ended the connection. */
  readonly isClosed: boolean;
}

/**
 * Silence is measured in looks at the connection, not in time: after each of them what has arrived is read, also where the
 * machine was busy with something else for a second.
 */
const LOOK_EVERY_MS = 40;
/** Nothing else after an answer. */
const QUIET_LOOKS = 4;
/** No answer: the request has no end. */
const INCOMPLETE_LOOKS = 25;
/** An answer that has to come: 5 s, as long as Intercom waits. */
const PATIENT_LOOKS = 125;

/** A real ingress in front of a real broker. */
export class Target {
  readonly ingress: IngressProcess;
  readonly #broker: Broker;

  private constructor(broker: Broker, ingress: IngressProcess) {
    this.#broker = broker;
    this.ingress = ingress;
  }

  /** @param program what is run as ingress; the bundle of the test run where it is left out */
  static async start(program?: string): Promise<Target> {
    const broker = await startBroker();
    const options = { natsUrl: broker.server.url, changes: { LOG_LEVEL: 'debug' } as const };
    const ingress = await startIngressProcess(program === undefined ? options : { ...options, program });
    const target = new Target(broker, ingress);
    await target.forgetStored();
    return target;
  }

  async close(): Promise<void> {
    await this.ingress.child.close();
    await this.#broker.close();
  }

  /**
   * Sends bytes on a connection of their own and waits until nothing more comes back.
   * @param certain how many answers have to come, so that there is patience until they do
   */
  async fire(bytes: Buffer, certain = 0): Promise<Seen> {
    const connection = rawConnection(this.ingress.port);
    connection.write(bytes);
    let answers = 0;
    let silentLooks = 0;
    const isOver = (): boolean => {
      const { length } = finalStatuses(connection.received);
      silentLooks = length > answers ? 0 : silentLooks + 1;
      answers = length;
      const patience = answers < certain ? PATIENT_LOOKS : answers > 0 ? QUIET_LOOKS : INCOMPLETE_LOOKS;
      return connection.end !== 'open' || silentLooks > patience;
    };
    await until(isOver, { describe: 'the answers to end', timeoutMs: 60_000, everyMs: LOOK_EVERY_MS });
    const seen = { statuses: finalStatuses(connection.received), isClosed: connection.end !== 'open' };
    connection.destroy();
    return seen;
  }

  /** Does something and says how often each name was counted meanwhile: all of them sorted, `stored 200`. */
  async counting<T>(act: () => Promise<T>): Promise<{ result: T; counted: string[] }> {
    const before = await this.ingress.answers();
    const result = await act();
    const after = Object.entries(await this.ingress.answers());
    const counted = after.flatMap(([name, count]) => Array.from({ length: count - (before[name] ?? 0) }, () => name));
    return { result, counted: counted.toSorted() };
  }

  /** Whether something good is answered 200 and stored. */
  async isGoodStored(id: string): Promise<boolean> {
    const text = notification({ id });
    const { status } = await post(this.ingress.url, text);
    return status === 200 && (await storedEvents(this.#broker)).some(({ data }) => data.toString() === text);
  }

  /** Bodies stored since the last time, good ones and all others, as events and as dead letters. */
  async takeStored(): Promise<Buffer[]> {
    const stored = [...(await storedEvents(this.#broker)), ...(await storedDeadLetters(this.#broker))];
    await this.forgetStored();
    return stored.map(({ data }) => data);
  }

  async forgetStored(): Promise<void> {
    const { streams } = this.#broker.manager;
    for await (const { config } of streams.list()) await streams.purge(config.name);
  }

  residentMegabytes(): number {
    const { pid } = this.ingress.child;
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
  }
}

const finalStatuses = (received: string): number[] =>
  Array.from(received.matchAll(/^HTTP\/1\.1 ([2-5]\d\d) /gm), ([, status]) => Number(status));
