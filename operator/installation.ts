import { readFile } from 'node:fs/promises';
import { type Clock, sleep } from './clock.ts';
import type { OperatorConfig } from './config.ts';
import { hasCredentials, type NatsAccess } from './credentials/access.ts';
import { rereadAuthorities } from './credentials/authorities.ts';
import { type Brokers, createBrokers } from './credentials/brokers.ts';
import { createIssuer } from './credentials/issuer.ts';
import type { Facts } from './facts.ts';
import type { Kube } from './kube/kube.ts';
import { KubeError } from './kube/kube-error.ts';
import { NAMESPACES } from './kube/resource.ts';
import { operatorName } from './ownership.ts';
import { operatorPeer } from './render/network-policy.ts';

/**
 * A cluster has no id of its own; this namespace lives as long as it does, and its uid is nobody else's.
 * @throws KubeError where it cannot be read
 */
async function readClusterId(kube: Pick<Kube, 'get'>, signal: AbortSignal): Promise<string> {
  const found = await kube.get(NAMESPACES, { name: 'kube-system' }, { signal });
  if (found === null) throw new Error('the namespace kube-system, whose uid stands for the cluster, is not there');
  return found.metadata.uid;
}

type AccessConfig = Pick<OperatorConfig, 'NATS_OPERATOR_SEED_FILE' | 'NATS_CREDS_FILE'>;

/** How processes get into NATS. @throws Error naming the file that cannot be used */
async function readAccess(config: AccessConfig, clusterId: string): Promise<NatsAccess> {
  const { NATS_OPERATOR_SEED_FILE: seedFile, NATS_CREDS_FILE: credsFile } = config;
  if (seedFile === '') return { kind: 'shared', creds: credsFile === '' ? null : await readFile(credsFile, 'utf8') };
  const operatorSeed = (await readFile(seedFile, 'utf8')).trim();
  try {
    return { kind: 'isolated', issuer: createIssuer({ operatorSeed, clusterId }) };
  } catch (cause) {
    throw new Error(`${seedFile} does not hold the seed of a NATS operator (SO…)`, { cause });
  }
}

/** What depends on which cluster we are in. */
export interface Installed {
  /** As the mounted files have them now. */
  readonly facts: () => Facts;
  readonly brokers: Brokers;
}

export interface InstallDeps {
  readonly kube: Pick<Kube, 'get'>;
  /** Our own. */
  readonly namespace: string;
  readonly clock: Clock;
  /** NATS is there again. */
  readonly onBack: () => void;
  readonly onTrouble: (error: Error) => void;
  /** Who signs the certificates of NATS cannot be read any more. */
  readonly onAuthoritiesTrouble: (error: Error) => void;
}

const AGAIN_MS = 2_000;

/**
 * Tries until it is known which cluster this is; null where the signal fired before.
 * @throws Error naming the file that cannot be used
 */
export async function install(
  config: OperatorConfig,
  { kube, onTrouble, ...deps }: InstallDeps,
  signal: AbortSignal,
): Promise<Installed | null> {
  while (!signal.aborted) {
    try {
      const clusterId = await readClusterId(kube, signal);
      return await installIn(clusterId, config, deps);
    } catch (error) {
      if (signal.aborted) return null;
      if (!(error instanceof KubeError)) throw error;
      onTrouble(error);
      await sleep(deps.clock, AGAIN_MS, signal).catch(() => null);
    }
  }
  return null;
}

async function installIn(
  clusterId: string,
  config: OperatorConfig,
  { namespace, clock, onBack, onAuthoritiesTrouble }: Omit<InstallDeps, 'kube' | 'onTrouble'>,
): Promise<Installed> {
  const access = await readAccess(config, clusterId);
  const authorities = rereadAuthorities(config.NATS_CA_FILE, onAuthoritiesTrouble);
  const systemFile = config.NATS_SYSTEM_CREDS_FILE;
  const brokers = createBrokers({
    servers: { urls: config.NATS_URL, caFile: config.NATS_CA_FILE, name: `operator ${config.POD_NAME}` },
    access,
    systemCreds: systemFile === '' ? null : await readFile(systemFile, 'utf8'),
    clock,
    nowMs: Date.now,
    onBack,
  });
  const facts = factsOf(config, { clusterId, access, namespace });
  return { facts: () => ({ ...facts, authorities: authorities() }), brokers };
}

interface Place {
  readonly clusterId: string;
  readonly access: NatsAccess;
  /** The operator's own. */
  readonly namespace: string;
}

/** Of another resource or another day they are the same. */
function factsOf(config: OperatorConfig, { clusterId, access, namespace }: Place): Omit<Facts, 'authorities'> {
  const insiders = { operator: operatorPeer(namespace), metricsFrom: config.METRICS_FROM };
  const redis = config.REDIS_URL === '' ? {} : { redisUrl: config.REDIS_URL };
  return {
    operator: operatorName(namespace, config.LEASE_NAME),
    access,
    rendering: {
      image: config.IMAGE,
      imagePullSecrets: config.IMAGE_PULL_SECRETS,
      natsUrls: config.NATS_URL,
      logLevel: config.LOG_LEVEL,
      hasNatsCredentials: hasCredentials(access),
      hasNatsAuthorities: config.NATS_CA_FILE !== '',
      ...(config.NETWORK_POLICIES ? { insiders } : {}),
      ...redis,
    },
    streams: {
      clusterId,
      replicas: config.STREAM_REPLICAS,
      sharedMaxBytes: config.SHARED_STREAM_BYTES,
      ...redis,
    },
  };
}
