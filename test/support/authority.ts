import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute } from '#cli/programs/execute.ts';
import { resolveProgram } from '#cli/programs/resolve.ts';
import { temporaryFolder } from './child.ts';

/** Who signs certificates, and one that it signed for a server on 127.0.0.1. */
export interface Authority {
  /** PEM of the authority's own certificate. */
  readonly caFile: string;
  /** As nats-server takes it. */
  readonly tls: { readonly cert_file: string; readonly key_file: string };
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
const DAYS = ['-days', '2'];

/** Makes an authority that nobody else knows. */
export async function createAuthority(): Promise<Authority> {
  const { path } = await resolveProgram('openssl', { env: process.env, onProgress: () => {} });
  const folder = temporaryFolder('authority');
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) =>
    execute(path, args, { cwd: folder, env: { PATH: process.env['PATH'] }, timeoutMs: 10_000 });
  const authority = ['-keyout', at('ca.key'), '-out', at('ca.crt'), '-subj', '/CN=test authority'];
  await openssl('req', '-x509', ...NEW_KEY, ...DAYS, ...authority);
  await openssl('req', '-new', ...NEW_KEY, '-keyout', at('tls.key'), '-out', at('tls.csr'), '-subj', '/CN=nats');
  writeFileSync(at('extensions'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const signed = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-extfile', at('extensions'), '-out', at('tls.crt')];
  await openssl('x509', '-req', '-in', at('tls.csr'), '-set_serial', '2', ...DAYS, ...signed);
  return { caFile: at('ca.crt'), tls: { cert_file: at('tls.crt'), key_file: at('tls.key') } };
}
