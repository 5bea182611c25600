import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { execute } from '#cli/programs/execute.ts';
import { resourceOf } from '#operator/children.ts';
import { type KeysConfig, keysConfig } from '#operator/keys/config.ts';
import { lookAfterKeys } from '#operator/keys/secret.ts';
import { faultsOf, KEY_FILES, publicKeyOf } from '#operator/keys/server-keys.ts';
import type { Connection } from '#operator/kube/connection.ts';
import type { Kube } from '#operator/kube/kube.ts';
import { at, environmentOf, isWorkload, only, podsOf, template } from '#test/integration/chart/chart.ts';
import { entryPoint } from '#test/support/image.ts';
import {
  adminConnection,
  connectedKube,
  SECRETS,
  serviceAccountConnection,
  sharedKubeconfig,
  soon,
  testKube,
  testNamespace,
} from '#test/support/kube.ts';
import { trackLeaks } from '#test/support/leaks.ts';

trackLeaks();

let connection: Connection;
let admin: Kube;
beforeAll(async () => {
  connection = await adminConnection(sharedKubeconfig());
  admin = connectedKube(connection);
});
afterAll(() => admin.close());

type Rules = { apiGroups: string[]; resources: string[]; verbs: string[] }[];

/** The hook of the chart that does this, in a namespace of its own: its environment, and its role and no more. */
async function arrange(action: KeysConfig['ACTION'], values: object = {}) {
  const namespace = await testNamespace(admin);
  const objects = await template(values, { name: 'icwo', namespace });
  const job = objects.filter(isWorkload).find((each) => each.metadata.name.endsWith(`-keys-${action}`));
  if (job === undefined) throw new Error(`no Job for ${action}`);
  const rules = at(only(objects, 'Role', job.metadata.name), 'rules') as Rules;
  const limited = testKube(await serviceAccountConnection(connection, { kube: admin, namespace, rules }), 'keys');
  const config = keysConfig(environmentOf(podsOf(job)));
  const chance = () => ({ operator: randomBytes(32), routes: randomBytes(32) });
  const run = (as: Partial<KeysConfig> = {}) =>
    lookAfterKeys({ ...config, ...as }, { kube: limited, namespace, chance, nowMs: Date.now }, soon().signal);
  const ref = { namespace, name: config.SECRET_NAME };
  return { run, ref, config, read: () => admin.get(SECRETS, ref, soon()) };
}

const decoded = (secret: Awaited<ReturnType<Kube['get']>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries((secret?.['data'] ?? {}) as Record<string, string>).map(([name, text]) => [
      name,
      Buffer.from(text, 'base64').toString(),
    ]),
  );

it('makes the Secret that the operator and the servers mount, and then leaves it as it is', async () => {
  const { run, ref, config, read } = await arrange('ensure');
  expect(ref.name).toBe('icwo-intercom-operator-nats-keys');
  const first = await run();
  const before = await read();
  expect(first).toMatchObject({ kind: 'made', operator: expect.stringMatching(/^O/) as string });
  expect(faultsOf(decoded(before), { dir: config.ACCOUNTS_DIR })).toEqual([]);
  expect(before).toMatchObject({ immutable: true, metadata: { labels: { 'app.kubernetes.io/instance': 'icwo' } } });
  expect(await run()).toEqual({ ...first, kind: 'kept' });
  expect((await read())?.metadata.resourceVersion).toBe(before?.metadata.resourceVersion);
});

it('makes one Secret where two tries of the Job run at once', async () => {
  const { run } = await arrange('ensure');
  const ends = await Promise.all([run(), run(), run()]);
  expect(ends.map(({ kind }) => kind).sort()).toEqual(['kept', 'kept', 'made']);
  expect(new Set(ends.map((end) => ('operator' in end ? end.operator : ''))).size).toBe(1);
});

it('refuses a Secret that it cannot use, by name and key, and changes nothing of it', async () => {
  const { run, ref, read } = await arrange('ensure');
  await admin.create(SECRETS, { metadata: ref, stringData: { [KEY_FILES.seed]: 'SOmebody', note: 'mine' } }, soon());
  const before = await read();
  await expect(run()).rejects.toThrow(
    `Secret ${ref.namespace}/${ref.name} cannot be used, and is left as it is: accounts.conf is missing or empty; routes.password is missing or empty. Restore it`,
  );
  expect(await read()).toEqual(before);
});

it('may look at the Secret of a person, and not make it', async () => {
  const { run, ref } = await arrange('check', { nats: { auth: { existingSecret: 'mine' } } });
  expect(ref.name).toBe('mine');
  await expect(run()).rejects.toThrow(`Secret ${ref.namespace}/mine is not there: make it, with operator.seed`);
  await expect(run({ ACTION: 'ensure' })).rejects.toMatchObject({ kind: 'forbidden' });
});

it('removes the Secret where nothing is to be kept, and no other', async () => {
  const { run, ref, read } = await arrange('remove', { nats: { keep: false } });
  for (const name of [ref.name, 'other']) await admin.create(SECRETS, { metadata: { ...ref, name } }, soon());
  expect(await run()).toEqual({ kind: 'removed' });
  expect(await read()).toBeNull();
  expect(await run()).toEqual({ kind: 'nothing to remove' });
  await expect(run({ SECRET_NAME: 'other' })).rejects.toMatchObject({ kind: 'forbidden' });
});

it('removes no keys of servers that are there, as where a tool that knows no hooks starts all Jobs', async () => {
  const { run, ref, config, read } = await arrange('remove', { nats: { keep: false } });
  await admin.create(SECRETS, { metadata: ref }, soon());
  const set = { namespace: ref.namespace, name: config.SERVERS };
  const rendered = only(
    await template({ nats: { keep: false } }, { name: 'icwo', namespace: ref.namespace }),
    'StatefulSet',
  );
  await admin.create(resourceOf(rendered), { metadata: set, spec: rendered['spec'] }, soon());
  expect(await run()).toEqual({ kind: 'in use, and not removed' });
  expect(await read()).not.toBeNull();
  await admin.delete(resourceOf(rendered), set, soon());
  expect(await run()).toEqual({ kind: 'removed' });
});

/** One line of its log. */
const Line = z.object({
  msg: z.string(),
  secretName: z.string(),
  operator: z.string().optional(),
  namespace: z.string(),
});

it('says as a program what it did, and nothing of what is secret', async () => {
  const job = only(await template({}), 'Job');
  const SECRET_NAME = `keys-${randomBytes(4).toString('hex')}`;
  const run = async (ACTION: KeysConfig['ACTION']) => {
    const env = { ...environmentOf(podsOf(job)), SECRET_NAME, ACTION, KUBECONFIG: sharedKubeconfig() };
    return execute(process.execPath, [entryPoint('keys')], { env, timeoutMs: 30_000 });
  };
  const made = await run('ensure');
  const { namespace, operator, secretName } = Line.parse(JSON.parse(made));
  expect(secretName).toBe(SECRET_NAME);
  const secret = decoded(await admin.get(SECRETS, { namespace, name: SECRET_NAME }, soon()));
  const texts = [made, await run('ensure'), await run('remove')];
  expect(texts.map((text) => Line.parse(JSON.parse(text)).msg)).toEqual([
    'the keys of NATS: made',
    'the keys of NATS: kept',
    'the keys of NATS: removed',
  ]);
  expect(operator).toBe(publicKeyOf(secret));
  for (const name of [KEY_FILES.seed, KEY_FILES.routes]) expect(texts.join()).not.toContain(secret[name]);
  await expect(run('check')).rejects.toThrow();
});
