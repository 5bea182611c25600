import { setTimeout as delay } from 'node:timers/promises';
import type { Pod } from '#cli/local/pod.ts';
import { type Order, WORK } from './handler/order.ts';
import { handlerPods, metBy, stateOf, tellHandlers } from './handler-control.ts';
import { type Injection, running, type Scene, untilReplaced, untilSeen } from './scene.ts';

/** Then a message is a dead letter. */
const DEADLY_TIMES = 5;
/** A killed worker's claim holds for 10 s; then another calls. */
const AGAIN_MS = 60_000;

/** Whenever one certain message is in a worker's hands, that worker gets SIGKILL. */
export async function poison(scene: Scene): Promise<readonly Injection[]> {
  const pods = handlerPods(scene);
  const { idempotencyKey, subject } = await pickVictim(scene, pods);
  const injections: Injection[] = [];
  try {
    for (let time = 1; time <= DEADLY_TIMES; time += 1) {
      injections.push({ ...(await killHolder(scene, pods, { idempotencyKey, time })), about: subject });
    }
    // It has to be seen that it is not called a sixth time.
    await delay(AGAIN_MS / 4, undefined, { signal: scene.signal });
  } finally {
    await tellHandlers(pods, WORK);
  }
  return injections;
}

async function killHolder(
  { calls, note, signal }: Scene,
  pods: readonly Pod[],
  { idempotencyKey, time }: { readonly idempotencyKey: string; readonly time: number },
): Promise<Injection> {
  const holder = () => pods.filter(({ plan }) => calls.isUnderWay(plan.name, idempotencyKey));
  await untilSeen(`call ${time} of the poison`, () => holder().length > 0, { everyMs: 20, signal, withinMs: AGAIN_MS });
  const { pod, pid } = running(holder(), 'worker');
  const what = `worker of ${pod.plan.name} killed with ${idempotencyKey} in its hands`;
  note(`${what}, time ${time}`);
  const fromMs = Date.now();
  process.kill(pid, 'SIGKILL');
  await untilReplaced(pod, 'worker', pid, signal);
  const ended = [{ container: 'worker', pod: pod.plan.name, by: 'SIGKILL', atMs: fromMs }] as const;
  return { what, fromMs, toMs: Date.now(), proof: `call ${time} was under way`, ended };
}

/** One message is never answered, all others are. */
export async function hangOne(scene: Scene, forMs: number): Promise<Injection> {
  const pods = handlerPods(scene);
  const fromMs = Date.now();
  const { idempotencyKey, subject } = await pickVictim(scene, pods);
  const what = `${idempotencyKey} is never answered, for ${forMs} ms`;
  scene.note(what);
  let met: number;
  try {
    await delay(forMs, undefined, { signal: scene.signal });
    met = await metBy(pods);
  } finally {
    await tellHandlers(pods, WORK);
  }
  // The first call of it was met before they were told of its key.
  return { what, fromMs, toMs: Date.now(), proof: met > 0 ? `${1 + met} calls met it` : null, about: subject };
}

/** The next message that the first of the pods is called with: from now on all handlers hang at it. */
async function pickVictim(
  scene: Scene,
  pods: readonly Pod[],
): Promise<{ readonly idempotencyKey: string; readonly subject: string }> {
  const [first] = pods;
  if (first === undefined) throw new Error('no handler runs');
  await tellHandlers([first], { manner: { kind: 'hang' }, which: { kind: 'next' } });
  let order: Order = WORK;
  const isMet = async () => {
    ({ order } = await stateOf(first));
    return order.which.kind === 'key';
  };
  await untilSeen('a call', isMet, { everyMs: 20, signal: scene.signal });
  if (order.which.kind !== 'key') throw new Error('the handler names nobody');
  await tellHandlers(pods, order);
  const { idempotencyKey } = order.which;
  let subject: string | null = null;
  const isLogged = () => (subject = scene.calls.subjectOf(idempotencyKey)) !== null;
  await untilSeen('its call in the log', isLogged, { everyMs: 20, signal: scene.signal });
  return { idempotencyKey, subject: subject ?? '' };
}
