import { type Injection, podsWith, proxyOf, running, type Scene, untilReplaced, untilSeen } from './scene.ts';

/** So late a broker keeps requests under way for as long, and nobody fails by it. */
const HOLD_MS = 200;
/** Then some of them are with each of two replicas. */
const MIN_UNDER_WAY = 4;

/** SIGKILL to an ingress while requests are under way; Kubernetes, here the local mode, starts it again. */
export async function killIngress(scene: Scene): Promise<Injection> {
  const proxy = proxyOf(scene);
  const { pod, pid } = running(podsWith(scene, 'ingress'), 'ingress');
  await proxy.behave({ kind: 'late', delayMs: HOLD_MS });
  try {
    let inFlight = 0;
    const isBusy = async () => {
      inFlight = (await scene.intercom.report()).inFlight;
      return inFlight >= MIN_UNDER_WAY;
    };
    await untilSeen('requests under way', isBusy, { everyMs: 10, signal: scene.signal });
    const what = `${pod.plan.name} killed`;
    scene.note(`${what} with ${inFlight} requests under way`);
    const fromMs = Date.now();
    process.kill(pid, 'SIGKILL');
    await untilReplaced(pod, 'ingress', pid, scene.signal);
    const ended = [{ container: 'ingress', pod: pod.plan.name, by: 'SIGKILL', atMs: fromMs }] as const;
    return { what, fromMs, toMs: Date.now(), proof: `${inFlight} requests under way`, ended };
  } finally {
    await proxy.behave({ kind: 'pass' });
  }
}

/** Each ingress in turn is asked to end, and started again when it has; meanwhile the others take over. */
export async function rollIngress(scene: Scene): Promise<Injection> {
  const pods = podsWith(scene, 'ingress');
  const what = `${pods.length} ingresses rolled`;
  scene.note(what);
  const fromMs = Date.now();
  const pids: string[] = [];
  for (const pod of pods) {
    const { pid } = running([pod], 'ingress');
    await pod.stop();
    await pod.start(scene.signal);
    await untilReplaced(pod, 'ingress', pid, scene.signal);
    pids.push(`${pid} → ${pod.pidOf('ingress')}`);
  }
  return { what, fromMs, toMs: Date.now(), proof: pods.length > 1 ? pids.join(', ') : null };
}

/** SIGKILL to the worker that has the most calls under way, of those that `mayBe` allows. */
export async function killWorker(scene: Scene, mayBe = (_pod: string) => true): Promise<Injection> {
  const { calls, signal } = scene;
  const pods = podsWith(scene, 'worker').filter(({ plan }) => mayBe(plan.name));
  const busiest = () => pods.toSorted((a, b) => calls.underWay(b.plan.name) - calls.underWay(a.plan.name));
  const isBusy = () => calls.underWay(busiest()[0]?.plan.name ?? '') > 0;
  await untilSeen('a call under way', isBusy, { everyMs: 5, signal });
  const { pod, pid } = running(busiest(), 'worker');
  const underWay = calls.underWay(pod.plan.name);
  const what = `worker of ${pod.plan.name} killed`;
  scene.note(`${what} with ${underWay} calls under way`);
  const fromMs = Date.now();
  process.kill(pid, 'SIGKILL');
  await untilReplaced(pod, 'worker', pid, signal);
  const ended = [{ container: 'worker', pod: pod.plan.name, by: 'SIGKILL', atMs: fromMs }] as const;
  return { what, fromMs, toMs: Date.now(), proof: underWay > 0 ? `${underWay} calls under way` : null, ended };
}
