import type {
  V1ConfigMap,
  V1Deployment,
  V1Ingress,
  V1PodDisruptionBudget,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1StatefulSet,
} from '@kubernetes/client-node';
import type { IngressEnv } from '#shared/contract.ts';
import type { HttpRoute } from './http-route.ts';
import type { Insiders, NetworkPolicy } from './network-policy.ts';

/** What rendering needs beside the resource. Equal facts give equal bytes. */
export interface RenderFacts {
  /** UID of the resource, for the owner references by which Kubernetes collects what was rendered. */
  readonly uid: string;
  /** The operator's own image; every process of ours runs from it. */
  readonly image: string;
  /** Names of Secrets to pull it with, in the namespace of the resource. */
  readonly imagePullSecrets?: readonly string[];
  /** The servers of one cluster, without logins. */
  readonly natsUrls: readonly string[];
  /** Each process has a Secret of its own with what it logs in with; else none needs to. */
  readonly hasNatsCredentials?: boolean;
  /** That Secret holds, perhaps as all there is in it, who signed the certificates of the NATS servers. */
  readonly hasNatsAuthorities?: boolean;
  /** Claims live in Redis where it is given, else in NATS. */
  readonly redisUrl?: string;
  readonly logLevel: IngressEnv['LOG_LEVEL'];
  /** Whether there can be HTTPRoutes. */
  readonly hasGatewayApi?: boolean;
  /** Without them there are no NetworkPolicies. */
  readonly insiders?: Insiders;
}

export type Rendered =
  | V1ServiceAccount
  | V1ConfigMap
  | V1Secret
  | V1Service
  | V1Ingress
  | HttpRoute
  | NetworkPolicy
  | V1Deployment
  | V1StatefulSet
  | V1PodDisruptionBudget;
