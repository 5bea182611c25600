import type { Plugin } from 'esbuild';

/**
 * All of undici is a fetch, WebSockets, caches and mocks besides its clients: 1 MB of code to read at every start of a process
 * that needs a pool of connections. Its index does no more with what stands here.
 */
const CLIENTS = `
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import api from 'undici/lib/api/index.js';
Object.assign(Dispatcher.prototype, api);
export { default as Agent } from 'undici/lib/dispatcher/agent.js';
export { default as Pool } from 'undici/lib/dispatcher/pool.js';
export { default as errors } from 'undici/lib/core/errors.js';
`;

/** Bundles get undici's pools and agents for `undici`; what else is asked for is missing, and the compiler says so. */
export const leanUndici: Plugin = {
  name: 'lean-undici',
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, ({ path }) => ({ path, namespace: 'lean-undici' }));
    build.onLoad({ filter: /./, namespace: 'lean-undici' }, () => ({
      contents: CLIENTS,
      resolveDir: import.meta.dirname,
    }));
  },
};
