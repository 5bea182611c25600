import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { execute } from '#cli/programs/execute.ts';
import { goEnvironment } from '#cli/programs/go.ts';
import { HTTP_ROUTES } from '#operator/children.ts';
import type { Kube } from '#operator/kube/kube.ts';
import type { Resource } from '#operator/kube/resource.ts';
import { soon } from './kube.ts';
import { until } from './until.ts';

/** The newest that the Go of our other programs takes; it comes through the module proxy, as they do. */
const MODULE = 'sigs.k8s.io/gateway-api@v1.6.3';
const FILE = 'config/crd/standard/gateway.networking.k8s.io_httproutes.yaml';
const DOWNLOAD_TIMEOUT_MS = 120_000;

const CRDS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
};
const Crd = z.looseObject({ metadata: z.looseObject({ name: z.string() }) });

/** The CRD of HTTPRoutes as the Gateway API ships it. @throws Error when there is no Go, or no way to the module */
export async function httpRouteCrd(): Promise<z.output<typeof Crd>> {
  const env = await goEnvironment(process.env);
  const answer = await execute('go', ['mod', 'download', '-json', MODULE], {
    env,
    // No module of ours is to say what is downloaded.
    cwd: tmpdir(),
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
  });
  const { Dir } = z.object({ Dir: z.string() }).parse(JSON.parse(answer));
  return Crd.parse(parse(await readFile(join(Dir, FILE), 'utf8')));
}

/** Installs HTTPRoutes, and waits until they are served. */
export async function installHttpRoutes(kube: Kube): Promise<void> {
  await kube.apply(CRDS, await httpRouteCrd(), { ...soon(), force: true });
  await until(() => areServed(kube), { describe: 'HTTPRoutes to be served' });
}

/** Takes them away again, with every one that is there, and waits until they are not served. */
export async function uninstallHttpRoutes(kube: Kube): Promise<void> {
  await kube.delete(CRDS, { name: (await httpRouteCrd()).metadata.name }, soon());
  await until(async () => !(await areServed(kube)), { describe: 'HTTPRoutes to be gone' });
}

const areServed = (kube: Kube): Promise<boolean> =>
  kube
    .pages(HTTP_ROUTES, {}, soon())
    .next()
    .then(
      () => true,
      () => false,
    );
