import { MAX_DECLARED_TOPICS, MAX_TOPIC_LENGTH, MAX_UNDECLARED_TOPICS, type Observation } from '#shared/observation.ts';

/** When each topic last came. The first so many count; one that is there already is told anew without an allocation. */
export class TopicsSeen {
  readonly #declared = new LastSeen(MAX_DECLARED_TOPICS);
  readonly #undeclared = new LastSeen(MAX_UNDECLARED_TOPICS);

  saw(topic: string, isDeclared: boolean, second: number): void {
    (isDeclared ? this.#declared : this.#undeclared).set(topic, second);
  }

  list(): Observation['topics'] {
    return [...this.#declared.list(), ...this.#undeclared.list()];
  }
}

class LastSeen {
  readonly #max: number;
  readonly #seen = new Map<string, { second: number }>();

  constructor(max: number) {
    this.#max = max;
  }

  set(topic: string, second: number): void {
    const seen = this.#seen.get(topic);
    if (seen !== undefined) seen.second = second;
    else if (this.#seen.size < this.#max && topic.length <= MAX_TOPIC_LENGTH) this.#seen.set(topic, { second });
  }

  list(): Observation['topics'] {
    return Array.from(this.#seen, ([topic, { second }]) => [topic, second]);
  }
}
