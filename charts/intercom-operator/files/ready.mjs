// What `helm test` runs: the operator says that it is ready, and the API server serves IntercomWebhooks.
import { readFile } from 'node:fs/promises';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const { READY_URL, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;

async function expectOk(what, url, { headers = {}, advice = '' } = {}) {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) }).catch((cause) => {
    throw new Error(`${what}: ${url} does not answer${advice}`, { cause });
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${what}: ${url} answers ${response.status}: ${text.slice(0, 500)}`);
  console.log(`${what}: ok`);
}

await expectOk('the operator is ready', READY_URL, {
  advice: '; kubectl describe pods says why: in ContainerCreating they wait for a Secret or ConfigMap',
});
const server = host.includes(':') ? `[${host}]` : host;
const authorization = `Bearer ${(await readFile(`${ACCOUNT}/token`, 'utf8')).trim()}`;
const resource = `https://${server}:${port}/apis/intercom-operator.io/v1alpha1`;
await expectOk('IntercomWebhooks are served', resource, { headers: { authorization } });
