import * as fc from 'fast-check';
import { byNumber, codesOf, type Entry, isWorthKeeping, keep, type Outcome, UNEXPLAINED } from './corpus.ts';
import { faultsOf, leaks, unsigned } from './oracle.ts';
import { type Shot, shots } from './shots.ts';
import type { Seen, Target } from './target.ts';

/** Connections at once. */
const BATCH = 150;
/** What 150 bodies of 64 KiB and their buffers cannot explain. */
const MAX_RESIDENT_MB = 256;
/** From outside they look like many before; looked at alone all the same, as names and counts are not seen from there. */
const SAMPLES = 3;
/** Looked at alone, in one batch: it takes up to a second for each. */
const MAX_SUSPECTS = 40;
const MAX_FINDINGS = 50;

export interface CampaignOptions {
  readonly target: Target;
  /** Where mutation starts, beside the corpus. */
  readonly seeds: readonly Buffer[];
  /** Found before; what is found is added to it, and written. */
  readonly corpus: Entry[];
  readonly seed: number;
}

/** Fires batches of requests at an ingress and judges what comes of them. */
export class Campaign {
  readonly findings: string[] = [];
  /** How often each was seen: the first answers in their order, and what became of the connection. */
  readonly #outcomes = new Map<string, number>();
  readonly #options: CampaignOptions;
  #batch = 0;
  #requests = 0;
  #largestMb = 0;

  constructor(options: CampaignOptions) {
    this.#options = options;
  }

  /** There is no use in going on: the process is gone, or has more faults than anybody reads. */
  get isOver(): boolean {
    return !this.#options.target.ingress.child.isRunning || this.findings.length >= MAX_FINDINGS;
  }

  async runBatch(): Promise<void> {
    const { child } = this.#options.target.ingress;
    try {
      await this.#fireBatch();
    } catch (error) {
      this.#report([child.isRunning ? String(error) : `the process ended: ${child.log().slice(-1_000)}`]);
    }
    this.#batch += 1;
  }

  async #fireBatch(): Promise<void> {
    const { target, seeds, corpus, seed } = this.#options;
    const arbitrary = shots([...seeds, ...corpus.map(({ bytes }) => bytes)]);
    const fired = fc.sample(arbitrary, { numRuns: BATCH, seed: seed + this.#batch });
    const names = Object.keys(await target.ingress.answers());
    const seen = await Promise.all(fired.map(async (shot) => ({ shot, seen: await this.#fire(shot) })));
    this.#requests += fired.length;
    for (const each of seen) this.#judge(each.shot, each.seen);
    const isGood = await target.isGoodStored(`good ${this.#batch}`).catch(String);
    if (isGood !== true) this.#report([`a good request was not answered 200 and stored: ${isGood}`]);
    const newCodes = Object.keys(await target.ingress.answers())
      .filter((name) => !names.includes(name))
      .map((name) => Number(name.split(' ')[1]));
    const isNew = ({ statuses }: Seen): boolean => statuses.some((status) => newCodes.includes(status));
    const suspects = seen.filter((each, i) => this.#isRare(each.seen) || isNew(each.seen) || i < SAMPLES);
    for (const { shot } of suspects.slice(0, MAX_SUSPECTS)) await this.#lookAt(shot);
    await this.#judgeTarget(fired);
  }

  summary(): string {
    const { corpus } = this.#options;
    const figures = [`${this.#requests} requests`, `${this.#outcomes.size} outcomes`, `${corpus.length} in the corpus`];
    return `${figures.join(', ')}, ${Math.round(this.#largestMb)} MB at most, ${this.findings.length} findings`;
  }

  /** `84 × closed 400`, the most frequent first. */
  outcomes(): string[] {
    const sorted = [...this.#outcomes].toSorted(([, a], [, b]) => b - a);
    return sorted.map(([name, count]) => `${count} × ${name}`);
  }

  #report(faults: readonly string[]): void {
    this.findings.push(...faults.map((fault) => `batch ${this.#batch}: ${fault}`));
  }

  #fire({ bytes, expects }: Shot): Promise<Seen> {
    return this.#options.target.fire(bytes, expects === 'anything' ? 0 : 1);
  }

  #judge(shot: Shot, seen: Seen): void {
    const faults = faultsOf(shot, seen);
    if (faults.length > 0) keep(shot.bytes, UNEXPLAINED);
    this.#report(faults);
  }

  #isRare({ statuses, isClosed }: Seen): boolean {
    const first = statuses.slice(0, 3).join(' ') || 'no answer';
    const name = `${isClosed ? 'closed' : 'kept'} ${first}${statuses.length > 3 ? ' …' : ''}`;
    const times = (this.#outcomes.get(name) ?? 0) + 1;
    this.#outcomes.set(name, times);
    return times <= 10;
  }

  /** Fires once more, alone, so that what is counted meanwhile is its; keeps what is new. */
  async #lookAt(shot: Shot): Promise<void> {
    const { target, corpus } = this.#options;
    const { bytes } = shot;
    const { result, counted } = await target.counting(() => this.#fire(shot));
    const outcome: Outcome = { counted, isClosed: result.isClosed };
    // Where count and wire do not agree, an answer got lost on a connection that broke: not the same each time.
    const agree = codesOf(counted).join() === result.statuses.toSorted(byNumber).join();
    if (agree && isWorthKeeping(corpus, bytes, outcome)) corpus.push(keep(bytes, outcome));
  }

  async #judgeTarget(fired: readonly Shot[]): Promise<void> {
    const { target } = this.#options;
    const stored = (await target.takeStored()).filter((data) => !data.includes(`"good ${this.#batch}"`));
    this.#report([
      ...unsigned(
        stored,
        fired.map(({ bytes }) => bytes),
      ),
      ...leaks(target.ingress.child.log()),
    ]);
    this.#largestMb = Math.max(this.#largestMb, target.residentMegabytes());
    if (this.#largestMb > MAX_RESIDENT_MB) this.#report([`${Math.round(this.#largestMb)} MB resident`]);
  }
}
