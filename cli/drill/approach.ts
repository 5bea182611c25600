import { BrokerName } from './broker-name.ts';
import { FaultProxy } from './proxy.ts';

/** What stands between the processes and their streams. */
export type Broker =
  | 'one server'
  | 'one server behind a proxy'
  | 'one server behind a proxy, by name'
  | 'a cluster of three';

/** How the processes of one drill get to their broker, and what of it can be made to fail. */
export class Approach {
  readonly #broker: Broker;
  readonly #name: BrokerName | null;
  #proxy: FaultProxy | null = null;

  private constructor(broker: Broker, name: BrokerName | null) {
    this.#broker = broker;
    this.#name = name;
  }

  static async open(broker: Broker): Promise<Approach> {
    return new Approach(broker, broker === 'one server behind a proxy, by name' ? await BrokerName.open() : null);
  }

  get servers(): 1 | 3 {
    return this.#broker === 'a cluster of three' ? 3 : 1;
  }

  get proxy(): FaultProxy | null {
    return this.#proxy;
  }

  get name(): BrokerName | null {
    return this.#name;
  }

  /** For Node.js processes that are to get there. */
  get nodeOptions(): string | undefined {
    return this.#name?.nodeOptions;
  }

  /** @returns the URLs that the processes are given for the servers at these */
  async urlsFor(natsUrls: readonly string[]): Promise<readonly string[]> {
    switch (this.#broker) {
      case 'one server':
      case 'a cluster of three':
        return natsUrls;
      case 'one server behind a proxy':
      case 'one server behind a proxy, by name':
        this.#proxy = await FaultProxy.open(natsUrls[0] ?? '');
        return [this.#name?.urlFor(this.#proxy.url) ?? this.#proxy.url];
    }
  }

  async close(): Promise<void> {
    await this.#proxy?.close();
    await this.#name?.close();
  }
}
