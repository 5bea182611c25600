import dns, { type LookupAddress, type LookupOptions } from 'node:dns';
import { appendFileSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Loaded before a process of a drill (`--import`): answers lookups below `drill.test` from a folder, whose file of that
 * name holds the address, and leaves all others to the machine. What fails is written into the file `misses`.
 */
const names = new URL(import.meta.url).searchParams.get('names') ?? '';

type Callback = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

const resolve = dns.lookup as (host: string, options: LookupOptions, callback: Callback) => void;

function lookup(host: string, second: LookupOptions | number | Callback, third?: Callback): void {
  const callback = typeof second === 'function' ? second : third;
  const options = typeof second === 'object' ? second : typeof second === 'number' ? { family: second } : {};
  if (callback === undefined) throw new TypeError('a callback is needed');
  if (!host.endsWith('.drill.test')) return resolve(host, options, callback);
  const address = addressOf(host);
  if (address === null) callback(notFound(host), '');
  else if (options.all === true) callback(null, [{ address, family: 4 }]);
  else callback(null, address, 4);
}

function addressOf(host: string): string | null {
  try {
    return readFileSync(new URL(`${names}/${host}`), 'utf8');
  } catch {
    appendFileSync(new URL(`${names}/misses`), `${host}\n`);
    return null;
  }
}

/** As `getaddrinfo` says it. */
const notFound = (hostname: string): Error =>
  Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), {
    code: 'ENOTFOUND',
    errno: -3008,
    syscall: 'getaddrinfo',
    hostname,
  });

dns.lookup = Object.assign(lookup, { __promisify__: dns.lookup.__promisify__ }) as typeof dns.lookup;
syncBuiltinESMExports();
