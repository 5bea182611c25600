import type { NatsAccess } from './credentials/access.ts';
import type { RenderFacts } from './render/facts.ts';
import type { StreamFacts } from './streams/desired.ts';

/** The same for every resource. */
export interface Facts {
  /** Which operator this is: `<namespace>/<Lease>`. */
  readonly operator: string;
  readonly rendering: Omit<RenderFacts, 'uid'>;
  readonly streams: Omit<StreamFacts, 'uid'>;
  readonly access: NatsAccess;
  /** PEM of those who signed the certificates of the NATS servers; null = whom Node.js trusts anyway. */
  readonly authorities: string | null;
}
