import type { AddressInfo } from 'node:net';
import { buildControl } from './control.ts';
import type { SubscriptionInput } from './requests.ts';
import type { ReplyLine } from './rest/conversations.ts';
import { createRest, type RestOptions } from './rest/rest.ts';
import { createWorkspace, type SavedUrl, type Workspace, type WorkspaceOptions } from './workspace.ts';

export interface SimulatorOptions extends WorkspaceOptions {
  /** Where the control API listens. Default 127.0.0.1, for it has no authentication. */
  readonly host?: string | undefined;
  /** Default 0: a free one is picked. */
  readonly controlPort?: number | undefined;
  /** Serves the REST API too, on the same host. */
  readonly rest?: RestOptions | undefined;
}

/** A workspace, its control API and, where it was asked for, its REST API; `close` ends all. */
export interface Simulator extends Workspace {
  readonly control: Place;
  readonly rest: Place | null;
  /** Made by the REST API, in the order of arrival. */
  readonly replies: () => Iterable<ReplyLine>;
}

interface Place {
  readonly url: string;
  readonly port: number;
}

/** Listens, then logs `listening` with host and ports. @throws where a port is taken */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { host = '127.0.0.1', controlPort = 0, logger } = options;
  const rest = options.rest === undefined ? null : createRest(options.rest, logger);
  const bare = createWorkspace(options, rest?.witness);
  const workspace = { ...bare, saveUrl };
  const app = buildControl(workspace, rest);

  async function saveUrl(request: SubscriptionInput): Promise<SavedUrl> {
    const result = await bare.saveUrl(request);
    if (result.saved) rest?.urlSaved(request.appId, request.accessToken);
    return result;
  }

  async function close(): Promise<void> {
    await Promise.all([app.close(), rest?.close(), workspace.close()]);
  }

  try {
    await app.listen({ host, port: controlPort });
    const { port } = app.server.address() as AddressInfo;
    const restPort = (await rest?.listen(host)) ?? null;
    logger.info({ host, controlPort: port, ...(restPort === null ? {} : { restPort }) }, 'listening');
    return {
      ...workspace,
      control: placeOf(host, port),
      rest: restPort === null ? null : placeOf(host, restPort),
      replies: () => rest?.replies() ?? [],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function placeOf(host: string, port: number): Place {
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, port };
}
