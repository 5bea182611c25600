/** Where an API server is and who we are there. */
export interface Connection {
  readonly server: URL;
  /** That of our own pod, or of the kubeconfig's context. */
  readonly namespace: string;
  /** As the files have it now, at most {@link MAX_AGE_MS} ago; `isRefused` says that the last ones did not do. */
  credentials(isRefused?: boolean): Promise<Credentials>;
}

export interface Credentials {
  readonly token?: string;
  readonly tls: Tls;
}

/** PEM; what is absent is Node's own default. */
export interface Tls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** The kubelet replaces a token when a fifth of its life is left, so at least minutes before it expires. */
const MAX_AGE_MS = 10_000;

/**
 * Reads credentials again when they are old or were refused. Files that cannot be read at that moment, since they are
 * just being replaced, leave the last ones in force.
 */
export function rereading(read: () => Promise<Credentials>, now: () => number): Connection['credentials'] {
  let last: { readonly credentials: Credentials; readonly atMs: number } | null = null;
  return async (isRefused = false) => {
    const atMs = now();
    if (last !== null && !isRefused && atMs - last.atMs < MAX_AGE_MS) return last.credentials;
    try {
      last = { credentials: await read(), atMs };
    } catch (error) {
      if (last === null) throw error;
    }
    return last.credentials;
  };
}
