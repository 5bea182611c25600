/** Fast ingest and the reset of consumers came with it. Older ones accept the settings and ignore them. */
const MINIMUM = { major: 2, minor: 14 } as const;

export const MINIMUM_SERVER = `${MINIMUM.major}.${MINIMUM.minor}`;

/** Whether a server that calls itself `version` (as `2.15.2`, `2.14.0-RC.1`) has what we use. */
export function serverIsSupported(version: string): boolean {
  const match = /^(\d+)\.(\d+)\./.exec(version);
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > MINIMUM.major || (major === MINIMUM.major && minor >= MINIMUM.minor);
}
