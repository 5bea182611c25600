import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** In vitest's own order one would follow upon the other: files that mostly wait, then files that mostly compute. */
const BESIDE_EACH_OTHER: readonly string[] = ['integration', 'kube'];

/** Lets these projects share the machine from the first file to the last; everything else keeps its place. */
export class TakingTurns extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isBeside = ({ project }: TestSpecification) => BESIDE_EACH_OTHER.includes(project.name);
    const shares = BESIDE_EACH_OTHER.flatMap((name) => {
      const own = sorted.filter(({ project }) => project.name === name);
      return own.map((file, at) => ({ file, share: at / own.length }));
    });
    const mixed = shares.toSorted((one, other) => one.share - other.share).values();
    return sorted.map((file) => (isBeside(file) ? (mixed.next().value?.file ?? file) : file));
  }
}
