import { isDeepStrictEqual } from 'node:util';
import { METADATA } from '#shared/contract.ts';

/** A configuration of a stream or consumer; the fields are those of the server's API. */
export type Config = Readonly<Record<string, unknown>>;

/**
 * Fields of `wanted` that `found` does not have so; what is not wanted is not looked at. The server adds metadata of its
 * own, and leaves out fields that are zero or false: nothing of that kind can be wanted.
 */
export function differences(wanted: Config, found: Config): string[] {
  return Object.keys(wanted).filter((field) =>
    field === 'metadata'
      ? differences(asConfig(wanted[field]), asConfig(found[field])).length > 0
      : !isDeepStrictEqual(wanted[field], found[field]),
  );
}

const asConfig = (value: unknown): Config => (value ?? {}) as Config;

/** Whose it is: both say the same of cluster and resource. A shared stream belongs to the cluster alone. */
export const hasSameOwner = (wanted: Config, found: Config): boolean =>
  [METADATA.cluster, METADATA.uid].every((key) => ownerKey(wanted, key) === ownerKey(found, key));

/** Whether it belongs to a cluster that says so, and is not ours. */
export const isOfAnotherCluster = (wanted: Config, found: Config): boolean => {
  const cluster = ownerKey(found, METADATA.cluster);
  return cluster !== undefined && cluster !== ownerKey(wanted, METADATA.cluster);
};

const ownerKey = (config: Config, key: string): string | undefined => metadataOf(config)[key];

const metadataOf = (config: Config) => (config['metadata'] ?? {}) as Readonly<Record<string, string>>;

/** Who it says it belongs to, for a person to read. */
export function ownerText(config: Config): string {
  const metadata = metadataOf(config);
  const webhook = metadata[METADATA.webhook];
  const cluster = metadata[METADATA.cluster];
  if (cluster === undefined) return 'something that is not this operator';
  return webhook === undefined
    ? `cluster ${cluster}`
    : `${webhook} of cluster ${cluster} with UID ${metadata[METADATA.uid]}`;
}
