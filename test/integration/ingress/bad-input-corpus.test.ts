import { afterAll, beforeAll, expect, it } from 'vitest';
import { byNumber, codesOf, type Entry, loadCorpus } from '#test/fuzz/corpus.ts';
import { faultsOf, leaks, unsigned } from '#test/fuzz/oracle.ts';
import { type Seen, Target } from '#test/fuzz/target.ts';
import { trackLeaks } from '#test/support/leaks.ts';

trackLeaks();

const corpus = loadCorpus();
let target: Target;

interface Fired {
  readonly name: string;
  readonly bytes: Buffer;
  readonly seen: Seen;
}

const ending = ({ isClosed }: { readonly isClosed: boolean }): string => (isClosed ? 'closed' : 'kept');

beforeAll(async () => {
  target = await Target.start();
});

afterAll(() => target.close());

it('what fuzzing found is answered, counted and stored as it was when it was found', async () => {
  expect(corpus.length).toBeGreaterThan(10);
  const fire = async ({ name, bytes, counted }: Entry): Promise<Fired> => {
    const seen = await target.fire(bytes, counted.length);
    return { name, bytes, seen };
  };
  const { result: fired, counted } = await target.counting(() => Promise.all(corpus.map(fire)));
  const shown = ({ name, seen }: Fired) => `${name}: ${ending(seen)}, ${seen.statuses.toSorted(byNumber).join(' ')}`;
  const expected = (entry: Entry) => `${entry.name}: ${ending(entry)}, ${codesOf(entry.counted).join(' ')}`;
  expect(fired.map(shown)).toEqual(corpus.map(expected));
  expect(counted).toEqual(corpus.flatMap((entry) => entry.counted).toSorted());
  expect(fired.flatMap(({ bytes, seen }) => faultsOf({ bytes, expects: 'anything' }, seen))).toEqual([]);
  const stored = await target.takeStored();
  expect(stored.length).toBeGreaterThan(0);
  const sent = corpus.map(({ bytes }) => bytes);
  expect(unsigned(stored, sent)).toEqual([]);
  expect(leaks(target.ingress.child.log())).toEqual([]);
  expect(await target.isGoodStored('after the corpus')).toBe(true);
});
