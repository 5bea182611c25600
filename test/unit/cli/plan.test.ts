import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { localCommands } from '#cli/local/commands.ts';
import { type Manifests, readManifests } from '#cli/local/manifests.ts';
import { type LocalPlan, planLocal, portsNeeded } from '#cli/local/plan.ts';
import { render } from '#operator/render/render.ts';
import { HandlerEnv, IngressEnv, WorkerEnv } from '#shared/contract.ts';
import { readEnv } from '#shared/env.ts';

const DEMO = fileURLToPath(new URL('../../../examples/demo.yaml', import.meta.url));
const FACTS = { uid: 'uid-1', image: 'ours', natsUrls: ['nats://127.0.0.1:14222'], logLevel: 'info' } as const;

const manifests = await readManifests(DEMO);
const webhook = webhookOf(manifests);
const objects = render(webhook, FACTS);

function webhookOf({ webhooks: [first] }: Manifests) {
  if (first === undefined) throw new Error('no webhook in the demo');
  return first;
}

function planned(overrides: Partial<Parameters<typeof planLocal>[1]> = {}, rendered = objects): LocalPlan {
  let next = 20_000;
  return planLocal(rendered, {
    commands: localCommands(webhook),
    secrets: manifests.secrets,
    stateDir: '/state',
    freePort: () => next++,
    image: FACTS.image,
    imageEnv: { FROM_IMAGE: 'yes' },
    path: '/bin',
    imageDir: '/image',
    ...overrides,
  });
}

const container = (plan: LocalPlan, pod: RegExp, name: string) => {
  const found = plan.pods.find((each) => pod.test(each.name))?.containers.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

describe('planLocal', () => {
  const plan = planned();

  it('makes a pod for each replica', () => {
    expect(plan.pods.map((pod) => pod.name).toSorted()).toEqual([
      'icw-support-audit-worker-0',
      'icw-support-ingress-0',
      'icw-support-ingress-1',
      'icw-support-support-worker-0',
      'icw-support-support-worker-1',
    ]);
  });

  it('gives each process an environment that it parses, on loopback and ports of its own', () => {
    const ingress = container(plan, /ingress-0$/, 'ingress');
    const env = readEnv('ingress', IngressEnv, ingress.env);
    expect(env).toMatchObject({ HOST: '127.0.0.1', POD_NAME: 'icw-support-ingress-0', TOPICS: webhook.spec.topics });
    expect(env.PORT).toBe(ingress.ports['webhook']);
    expect(env.INNER_PORT).toBe(ingress.readiness?.port);
    expect(readEnv('worker', WorkerEnv, container(plan, /support-worker-0$/, 'worker').env).HANDLER).toBe('support');
  });

  it('opens no port twice, and as many as it said', () => {
    const ports = plan.pods.flatMap((pod) => pod.containers.flatMap((each) => Object.values(each.ports)));
    expect(new Set(ports).size).toBe(ports.length);
    expect(ports).toHaveLength(portsNeeded(objects));
  });

  it('lets a worker call the handler of its own pod', () => {
    const worker = readEnv('worker', WorkerEnv, container(plan, /support-worker-1$/, 'worker').env);
    const handler = readEnv('handler', HandlerEnv, container(plan, /support-worker-1$/, 'support').env);
    expect(worker.HANDLER_URL).toBe(`http://127.0.0.1:${handler.PORT}/`);
    expect(handler.HOST).toBe('127.0.0.1');
  });

  it('starts the handler before its worker, and waits for it', () => {
    const pod = plan.pods.find(({ name }) => name === 'icw-support-support-worker-0');
    expect(pod?.containers.map(({ name }) => name)).toEqual(['support', 'worker']);
    expect(pod?.containers[0]?.startup?.port).toBe(pod?.containers[0]?.ports['handler']);
  });

  it('runs our containers from our image and others by their command', () => {
    expect(container(plan, /ingress-0$/, 'ingress').argv).toEqual(['node', '/image/ingress.mjs']);
    expect(container(plan, /support-worker-0$/, 'support').argv).toEqual(['node', 'services/handlers/echo/main.ts']);
    expect(container(plan, /audit-worker-0$/, 'audit').argv).toEqual(['node', '/image/handler-noop.mjs']);
  });

  it('gives what our image sets to our containers alone', () => {
    expect(container(plan, /ingress-0$/, 'ingress').env['FROM_IMAGE']).toBe('yes');
    expect(container(plan, /support-worker-0$/, 'support').env['FROM_IMAGE']).toBeUndefined();
  });

  it('mounts the signing secrets where the ingress looks for them', () => {
    const pod = plan.pods.find(({ name }) => name === 'icw-support-ingress-1');
    const dir = container(plan, /ingress-1$/, 'ingress').env['SIGNING_SECRETS_DIR'];
    expect(pod?.files).toEqual([{ path: `${dir}/0`, content: 'demo-client-secret' }]);
    expect(dir?.startsWith('/state/icw-support-ingress-1/')).toBe(true);
  });

  it('keeps secrets out of the environments', () => {
    const environments = plan.pods.flatMap((pod) => pod.containers.map(({ env }) => JSON.stringify(env)));
    expect(environments.join()).not.toContain('demo-client-secret');
  });

  it('leads the Service to the ingress pods alone', () => {
    const [service] = plan.services;
    const selected = plan.pods.filter(({ labels }) =>
      Object.entries(service?.selector ?? {}).every(([name, value]) => labels[name] === value),
    );
    expect(selected.map(({ name }) => name)).toEqual(['icw-support-ingress-0', 'icw-support-ingress-1']);
    expect(selected[0]?.containers[0]?.ports[service?.targetPort ?? '']).toBeGreaterThan(0);
  });

  it('says which handler lacks a command, and how to give one', () => {
    expect(() => planned({ commands: {} })).toThrow(/handler support: .*annotation.*\{"support": \[/);
  });

  it('says which Secret lacks which key', () => {
    expect(() => planned({ secrets: new Map() })).toThrow('Secret/intercom-support: key client-secret is missing');
  });
});

describe('planLocal, of a receiver with a persistent spool', () => {
  const { spec } = webhook;
  const spool = { ...spec.receiver.spool, storage: 'Persistent' as const };
  const kept = render({ ...webhook, spec: { ...spec, receiver: { ...spec.receiver, spool } } }, FACTS);
  const plan = planned({}, kept);

  it('makes the pods of its StatefulSet, by the names that a cluster gives them, and finds enough ports', () => {
    const names = planned().pods.map(({ name }) => name);
    expect(plan.pods.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    expect(portsNeeded(kept)).toBe(portsNeeded(objects));
  });

  it('gives each pod a folder of its own for its claim, the same one in a later plan', () => {
    const folders = (of: LocalPlan) =>
      ['ingress-0', 'ingress-1'].map((pod) => container(of, new RegExp(`${pod}$`), 'ingress').env['SPOOL_DIR']);
    expect(folders(plan)).toEqual(['/state/icw-support-ingress-0/icw-spool', '/state/icw-support-ingress-1/icw-spool']);
    expect(folders(planned({}, kept))).toEqual(folders(plan));
  });
});

describe('localCommands', () => {
  it('refuses what is not a map of argument lists, naming resource and annotation', () => {
    const annotations = { 'local.intercom-operator.io/command': '{"support": "node handler.js"}' };
    const wrong = { ...webhook, metadata: { ...webhook.metadata, annotations } };
    expect(() => localCommands(wrong)).toThrow(/IntercomWebhook\/support: annotation local.*must be a map/);
  });
});
