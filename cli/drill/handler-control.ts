import { request } from 'undici';
import type { Pod } from '#cli/local/pod.ts';
import { CONTROL, type Flapping, HandlerState, type Order } from './handler/order.ts';
import { podsWith, type Scene } from './scene.ts';

/** The name of the drills' one handler, and of its container. */
export const HANDLER = 'support';

export const handlerPods = (scene: Scene): Pod[] =>
  podsWith(scene, HANDLER).filter((pod) => pod.pidOf(HANDLER) !== null);

/** From now on. @throws Error when a handler does not listen */
export async function tellHandlers(pods: readonly Pod[], order: Order): Promise<void> {
  await Promise.all(pods.map((pod) => put(pod, CONTROL.order, order)));
}

/** @throws Error when a handler does not listen */
export async function flapHandlers(pods: readonly Pod[], flapping: Flapping): Promise<void> {
  await Promise.all(pods.map((pod) => put(pod, CONTROL.flapping, flapping)));
}

/** @throws Error when the handler does not listen */
export async function stateOf(pod: Pod): Promise<HandlerState> {
  const { body } = await request(urlOf(pod, CONTROL.order), { reset: true, signal: AbortSignal.timeout(5_000) });
  return HandlerState.parse(await body.json());
}

/** How many calls met what was ordered, in all. */
export async function metBy(pods: readonly Pod[]): Promise<number> {
  const states = await Promise.all(pods.map(stateOf));
  return states.reduce((sum, { met }) => sum + met, 0);
}

async function put(pod: Pod, path: string, body: Order | Flapping): Promise<void> {
  const answer = await request(urlOf(pod, path), {
    method: 'PUT',
    body: JSON.stringify(body),
    reset: true,
    signal: AbortSignal.timeout(5_000),
  });
  await answer.body.dump();
  if (answer.statusCode !== 200) throw new Error(`${pod.plan.name}/${HANDLER} answered ${answer.statusCode}`);
}

const urlOf = (pod: Pod, path: string): string => `http://127.0.0.1:${portOf(pod)}${path}`;

/** Where a pod's handler listens on this machine. @throws Error in a pod without one */
export function portOf({ plan }: Pod): number {
  const port = plan.containers.find(({ name }) => name === HANDLER)?.ports['handler'];
  if (port === undefined) throw new Error(`${plan.name} has no handler`);
  return port;
}
