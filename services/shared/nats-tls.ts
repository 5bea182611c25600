import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TlsOptions } from '@nats-io/transport-node';
import { asError } from './logger.ts';

/** Which servers, and who has signed their certificates. */
export interface NatsServers {
  /** `nats://` or `tls://`, the servers of one cluster. */
  readonly urls: readonly string[];
  /** PEM of the authorities, as `NATS_CA_FILE` has it; empty = those that Node.js trusts. */
  readonly caFile: string;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs;

/**
 * The PEM of one authority or several. What stands beside their certificates in the file is left out.
 * @throws Error that names the file, where it has none, or one that cannot be read
 */
export function readAuthorities(path: string): string {
  const certificates = contentOf(path).match(CERTIFICATE) ?? [];
  if (certificates.length === 0) throw new Error(`${path} (NATS_CA_FILE) holds no certificate in PEM`);
  for (const [i, pem] of certificates.entries()) {
    try {
      void new X509Certificate(pem);
    } catch (cause) {
      const why = asError(cause).message;
      throw new Error(`certificate ${i + 1} in ${path} (NATS_CA_FILE) cannot be read: ${why}`, { cause });
    }
  }
  return `${certificates.join('\n')}\n`;
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`${path} (NATS_CA_FILE) cannot be read: ${asError(cause).message}`, { cause });
  }
}

/**
 * What the client is to know of TLS. Where authorities are named, or a URL is `tls://`, a server without TLS will not do. The
 * file is read for each connection, so that one that took its place is in force with the next, and one that will not do
 * fails a single try.
 */
export function natsTls({ urls, caFile }: NatsServers): { tls?: TlsOptions } {
  if (caFile === '') return urls.some((url) => url.startsWith('tls://')) ? { tls: {} } : {};
  return {
    tls: {
      get ca() {
        return readAuthorities(caFile);
      },
    },
  };
}

/** What OpenSSL calls a chain that ends at nobody it was told to trust. */
const UNTRUSTED: ReadonlySet<unknown> = new Set([
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Why a connection could not be made, with the setting that it is about where there is one. */
export function unreachable({ urls, caFile }: NatsServers, cause: Error): Error {
  return new Error(`NATS cannot be reached at ${urls.join(', ')}: ${hint(caFile, cause)}${cause.message}`, { cause });
}

function hint(caFile: string, cause: Error & { readonly code?: unknown }): string {
  const [trusted, setting] =
    caFile === ''
      ? ['Node.js trusts (NATS_CA_FILE can name others)', 'the URL']
      : [`${caFile} (NATS_CA_FILE) holds`, 'NATS_CA_FILE'];
  if (UNTRUSTED.has(cause.code)) return `its certificate is signed by no authority that ${trusted}: `;
  if (cause.message === "server does not support 'tls'") return `${setting} asks for TLS: `;
  return '';
}
