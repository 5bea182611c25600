import { freePort } from '#cli/local/free-port.ts';
import type { LocalContainer, LocalPod } from '#cli/local/plan.ts';
import type { Pod } from '#cli/local/pod.ts';
import type { Local } from '#cli/local/up.ts';

/** A program that does the ingress's job, running. */
export interface Candidate {
  readonly name: string;
  readonly url: string;
  readonly pod: Pod;
}

export function containerOf(pod: Pod | LocalPod): LocalContainer {
  const { name, containers } = 'plan' in pod ? pod.plan : pod;
  const [container] = containers;
  if (container === undefined) throw new Error(`pod ${name} has no container`);
  return container;
}

/** @throws Error when the pod's program is not running */
export function pidOf(pod: Pod): number {
  const pid = pod.pidOf(containerOf(pod).name);
  if (pid === null) throw new Error(`${pod.plan.name} is not running`);
  return pid;
}

/** The pod whose first container has this name; of this resource, where there are several. */
export function podOf({ pods }: Local, container: string, webhook?: string): Pod {
  const found = pods.find((pod) => {
    const { name, env } = containerOf(pod);
    return name === container && (webhook === undefined || env['WEBHOOK_NAME'] === webhook);
  });
  if (found === undefined)
    throw new Error(`no pod with container ${container}${webhook === undefined ? '' : ` of ${webhook}`}`);
  return found;
}

/** The pod of the worker of this handler. */
export function workerOf({ pods }: Local, handler: string): Pod {
  const found = pods.find((pod) => containerOf(pod).env['HANDLER'] === handler);
  if (found === undefined) throw new Error(`no worker of handler ${handler}`);
  return found;
}

/** Our ingress, or what was started in its place, by the path that it was told. */
export const candidate = (name: string, pod: Pod): Candidate => {
  const { env, ports } = containerOf(pod);
  return { name, url: `http://127.0.0.1:${ports['webhook']}${env['WEBHOOK_PATH']}`, pod };
};

/** A pod of ours with another program in it, on ports of its own; environment and secrets are the same. */
export async function inItsPlace(pod: Pod, name: string, argv: readonly string[]): Promise<LocalPod> {
  const container = containerOf(pod);
  const inner = await freePort();
  const webhook = 'webhook' in container.ports ? await freePort() : null;
  const ports = { inner, ...(webhook === null ? {} : { webhook }) };
  const portEnv = { INNER_PORT: String(inner), ...(webhook === null ? {} : { PORT: String(webhook) }) };
  const env = { ...container.env, ...portEnv, POD_NAME: name };
  const probe = { port: inner, path: '/readyz' };
  return { ...pod.plan, name, containers: [{ ...container, argv, env, ports, startup: probe, readiness: probe }] };
}
