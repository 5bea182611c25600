import * as z from 'zod';
import { resourceOf, SECRETS } from '../children.ts';
import type { Kube } from '../kube/kube.ts';
import { KubeError } from '../kube/kube-error.ts';
import type { KubeObject, ObjectRef } from '../kube/resource.ts';
import type { KeysConfig } from './config.ts';
import { type Chance, faultsOf, KEY_FILES, makeServerKeys, publicKeyOf } from './server-keys.ts';

export interface KeysDeps {
  readonly kube: Pick<Kube, 'get' | 'create' | 'delete'>;
  readonly namespace: string;
  readonly chance: () => Chance;
  readonly nowMs: () => number;
}

/** What became of the Secret. */
export type Done =
  | { readonly kind: 'made' | 'kept'; readonly operator: string }
  | { readonly kind: 'removed' }
  | { readonly kind: 'nothing to remove' }
  | { readonly kind: 'in use, and not removed' };

/** @throws KubeError, or Error that says what is wrong with the Secret that is there */
export async function lookAfterKeys(config: KeysConfig, deps: KeysDeps, signal: AbortSignal): Promise<Done> {
  const ref = { namespace: deps.namespace, name: config.SECRET_NAME };
  switch (config.ACTION) {
    case 'ensure':
      return (await kept(ref, config, deps, signal)) ?? (await made(ref, config, deps, signal));
    case 'check': {
      const done = await kept(ref, config, deps, signal);
      if (done === null) {
        throw new Error(`${titleOf(ref)} is not there: make it, with ${Object.values(KEY_FILES).join(', ')}`);
      }
      return done;
    }
    case 'remove':
      return removed(ref, config, deps, signal);
  }
}

/** A tool that knows no hooks starts this Job with the servers: it must not take their keys away. */
async function removed(
  ref: ObjectRef,
  { SERVERS }: KeysConfig,
  { kube, namespace }: KeysDeps,
  signal: AbortSignal,
): Promise<Done> {
  const servers = await kube.get(resourceOf({ kind: 'StatefulSet' }), { namespace, name: SERVERS }, { signal });
  if (servers !== null && servers.metadata.deletionTimestamp === undefined) return { kind: 'in use, and not removed' };
  return { kind: (await kube.delete(SECRETS, ref, { signal })) ? 'removed' : 'nothing to remove' };
}

const titleOf = ({ namespace, name }: ObjectRef): string => `Secret ${namespace}/${name}`;

/** What is there is never changed: another seed means other accounts, and the streams stay behind in the old ones. */
async function kept(
  ref: ObjectRef,
  { ACCOUNTS_DIR }: KeysConfig,
  { kube }: KeysDeps,
  signal: AbortSignal,
): Promise<Done | null> {
  const found = await kube.get(SECRETS, ref, { signal });
  if (found === null) return null;
  const files = filesOf(found);
  const faults = faultsOf(files, { dir: ACCOUNTS_DIR });
  if (faults.length > 0) {
    throw new Error(
      `${titleOf(ref)} cannot be used, and is left as it is: ${faults.join('; ')}. Restore it from a backup; ` +
        'or, where the volumes of NATS hold nothing that is needed, delete it and them, and new keys are made',
    );
  }
  return { kind: 'kept', operator: publicKeyOf(files) };
}

async function made(ref: ObjectRef, config: KeysConfig, deps: KeysDeps, signal: AbortSignal): Promise<Done> {
  const files = makeServerKeys(deps.chance(), { dir: config.ACCOUNTS_DIR, nowMs: deps.nowMs() });
  const labels = { 'app.kubernetes.io/instance': config.INSTANCE, 'app.kubernetes.io/part-of': 'intercom-operator' };
  const secret = { metadata: { ...ref, labels }, type: 'Opaque', immutable: true, stringData: files };
  try {
    await deps.kube.create(SECRETS, secret, { signal });
  } catch (error) {
    // Another try of the same Job was quicker, or ours came through without an answer.
    const isThere = error instanceof KubeError && error.kind === 'already-exists';
    const done = isThere ? await kept(ref, config, deps, signal) : null;
    if (done === null) throw error;
    return done;
  }
  return { kind: 'made', operator: publicKeyOf(files) };
}

const Data = z.record(z.string(), z.string()).default({});

const filesOf = (secret: KubeObject): Record<string, string> =>
  Object.fromEntries(
    Object.entries(Data.parse(secret['data'])).map(([name, text]) => [name, Buffer.from(text, 'base64').toString()]),
  );
