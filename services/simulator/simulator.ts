import type { AddressInfo } from 'node:net';
import { buildControl } from './control.ts';
import { createWorkspace, type Workspace, type WorkspaceOptions } from './workspace.ts';

export interface SimulatorOptions extends WorkspaceOptions {
  /** Where the control API listens. Default 127.0.0.1, for it has no authentication. */
  readonly host?: string | undefined;
  /** Default 0: a free one is picked. */
  readonly controlPort?: number | undefined;
}

/** A workspace and its control API; `close` ends both. */
export interface Simulator extends Workspace {
  readonly control: { readonly url: string; readonly port: number };
}

/** Listens, then logs `listening` with host and port. @throws where the port is taken */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { host = '127.0.0.1', controlPort = 0, logger } = options;
  const workspace = createWorkspace(options);
  const app = buildControl(workspace);
  await app.listen({ host, port: controlPort });
  const { port } = app.server.address() as AddressInfo;
  logger.info({ host, controlPort: port }, 'listening');
  return {
    ...workspace,
    control: { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, port },
    async close() {
      await Promise.all([app.close(), workspace.close()]);
    },
  };
}
