import type { ApiVersion } from './api-version.ts';

/** Unix seconds as ISO 8601 in UTC, with milliseconds. */
export function isoTime(atS: number): string {
  return new Date(atS * 1000).toISOString();
}

/** As `isoTime`, but written with an offset: so are the times of contacts and companies. */
export function offsetTime(atS: number): string {
  return isoTime(atS).replace('Z', '+00:00');
}

/** A conversation's statistics tell their times in ISO 8601 up to API version 2.14, in unix seconds from 2.15 on. */
export function statisticsTime(apiVersion: ApiVersion, atS: number): string | number {
  switch (apiVersion) {
    case '2.14':
      return isoTime(atS);
    case '2.15':
      return atS;
  }
}
