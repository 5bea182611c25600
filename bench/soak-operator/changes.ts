import { pauses } from '#cli/local/pauses.ts';
import { SECRETS, WATCHED } from '#operator/children.ts';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import type { Kube } from '#operator/kube/kube.ts';
import type { Desired, KubeObject } from '#operator/kube/resource.ts';
import { MANAGED } from '#operator/render/meta.ts';
import type { Random } from '#services/simulator/random.ts';
import { NAMESPACE } from './installation.ts';
import { listed } from './listed.ts';
import { deletionPolicyOf, drawn, nameAt, PLACES, type Planned, SECRET_NAMES } from './plan.ts';

/** What was asked for so far. */
export interface Asked {
  /** By name, as they are to be. */
  readonly wanted: Map<string, Planned>;
  /** Whose streams may be there although they are not. */
  readonly retained: Set<string>;
  readonly counts: Record<'written' | 'deleted' | 'vandalised' | 'secretsTaken' | 'failed', number>;
}

export const nothingAsked = (): Asked => ({
  wanted: new Map(),
  retained: new Set(),
  counts: { written: 0, deleted: 0, vandalised: 0, secretsTaken: 0, failed: 0 },
});

const PAUSE_MS = 150;
const how = () => ({ signal: AbortSignal.timeout(20_000), timeoutMs: 15_000 });

/** Creates, changes and deletes resources, their objects and their Secrets until the signal fires. */
export async function change(kube: Kube, random: Random, asked: Asked, signal: AbortSignal): Promise<void> {
  const { wanted, retained, counts } = asked;
  const incarnations = new Map<number, number>();
  for (const name of SECRET_NAMES) await giveSecret(kube, name);

  const write = async (place: number) => {
    const name = nameAt(place, incarnations.get(place) ?? 0);
    const planned = drawn(random, place, name);
    await writeWebhook(kube, planned);
    wanted.set(name, planned);
    counts.written += 1;
  };
  const remove = async (place: number) => {
    const incarnation = incarnations.get(place) ?? 0;
    const name = nameAt(place, incarnation);
    if (!(await kube.delete(INTERCOM_WEBHOOKS, { namespace: NAMESPACE, name }, how()))) return;
    incarnations.set(place, incarnation + 1);
    wanted.delete(name);
    if (deletionPolicyOf(place) === 'Retain') retained.add(name);
    counts.deleted += 1;
  };
  const vandalise = async () => {
    const child = await anyChild(kube, random);
    if (child === null) return;
    const { resource, object } = child;
    const { name } = object.metadata;
    if (random.oneIn(2)) await kube.delete(resource, { namespace: NAMESPACE, name }, how());
    else await kube.apply(resource, vandalised(object), { ...how(), force: true });
    counts.vandalised += 1;
  };
  const takeSecret = async () => {
    const name = random.pick(SECRET_NAMES);
    await kube.delete(SECRETS, { namespace: NAMESPACE, name }, how());
    counts.secretsTaken += 1;
  };

  for await (const _ of untilAborted(PAUSE_MS, signal)) {
    const place = random.int(PLACES);
    const draw = random.int(100);
    try {
      if (draw < 15) await remove(place);
      else if (draw < 30) await vandalise();
      else if (draw < 32) await takeSecret();
      else if (draw < 40) await giveSecret(kube, random.pick(SECRET_NAMES));
      else await write(place);
    } catch {
      // As where it is still being deleted, or a child has gone meanwhile: another change will do.
      counts.failed += 1;
    }
  }
}

/** Ends what hinders: every Secret is there, and nothing is paused. */
export async function makePeace(kube: Kube, { wanted }: Asked): Promise<void> {
  for (const name of SECRET_NAMES) await giveSecret(kube, name);
  for (const [name, { metadata, spec }] of wanted) {
    const planned = { metadata: { ...metadata, annotations: {} }, spec };
    await writeWebhook(kube, planned);
    wanted.set(name, planned);
  }
}

async function writeWebhook(kube: Kube, { metadata, spec }: Planned): Promise<void> {
  const found = await kube.get(INTERCOM_WEBHOOKS, metadata, how());
  if (found?.metadata.deletionTimestamp !== undefined) throw new Error(`${metadata.name} is being deleted`);
  await kube.apply(INTERCOM_WEBHOOKS, { metadata, spec }, { ...how(), force: true });
}

async function giveSecret(kube: Kube, name: string): Promise<void> {
  const data = { 'client-secret': 'c2VjcmV0', token: 'c2VjcmV0' };
  await kube.apply(SECRETS, { metadata: { namespace: NAMESPACE, name }, data }, { ...how(), force: true });
}

async function anyChild(kube: Kube, random: Random) {
  const resource = WATCHED[random.int(WATCHED.length)];
  if (resource === undefined) return null;
  const objects = await listed(kube, resource, MANAGED);
  const object = objects[random.int(Math.max(1, objects.length))];
  return object === undefined ? null : { resource, object };
}

/** With something in it that was rendered otherwise. By its uid nothing is made anew that has gone meanwhile. */
function vandalised({ kind, metadata: { namespace = '', name, uid } }: KubeObject): Desired {
  const named = { namespace, name, uid };
  switch (kind) {
    case 'ConfigMap':
      return { metadata: named, data: { LOG_LEVEL: 'silent' } };
    case 'Deployment':
      return { metadata: named, spec: { replicas: 7 } };
    default: {
      const metadata = { ...named, labels: { 'app.kubernetes.io/part-of': 'something-else' } };
      return { metadata };
    }
  }
}

async function* untilAborted(pauseMs: number, signal: AbortSignal): AsyncGenerator<void, void, void> {
  try {
    yield* pauses(pauseMs, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
