import { withoutDocker } from '#cli/k3d/steps.ts';

/** What the tests run on: k3s in Docker, or a node of this machine. */
export type Way = 'k3d' | 'node';

export const WAY_VARIABLE = 'INTERCOM_E2E';

/**
 * Chooses k3d where Docker answers, unless somebody has chosen. Docker is asked only where it matters.
 * @param asked the value of {@link WAY_VARIABLE}
 * @param complaint what Docker complains of, null where it answers
 * @throws Error where there is no such way, or it is not to be had here
 */
export async function chooseWay(asked: string | undefined, complaint: () => Promise<string | null>): Promise<Way> {
  switch (asked) {
    case 'node':
      return 'node';
    case 'k3d': {
      const said = await complaint();
      if (said !== null) throw new Error(`${WAY_VARIABLE} is "k3d". ${withoutDocker(said)}`);
      return 'k3d';
    }
    case undefined:
    case '':
      return (await complaint()) === null ? 'k3d' : 'node';
    default:
      throw new Error(
        `${WAY_VARIABLE} is ${JSON.stringify(asked)}; give k3d or node, or nothing: then it is k3d where Docker answers`,
      );
  }
}
