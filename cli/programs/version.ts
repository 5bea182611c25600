/** Major, minor, patch. What follows them (`-dev`, `~deb12u10`) does not decide whether a program can be used. */
export type Version = readonly [major: number, minor: number, patch: number];

/** Finds the first `1.2` or `1.2.3` behind `marker` in what a program prints about itself; null where there is none. */
export function parseVersion(output: string, marker: string): Version | null {
  const start = output.indexOf(marker);
  if (start === -1) return null;
  const match = /^\s*v?=?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?/.exec(output.slice(start + marker.length));
  if (match === null) return null;
  return [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

export function isAtLeast(version: Version, minimum: Version): boolean {
  for (const place of [0, 1, 2] as const) {
    if (version[place] !== minimum[place]) return version[place] > minimum[place];
  }
  return true;
}

export const formatVersion = (version: Version): string => version.join('.');
