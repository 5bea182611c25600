import type { Plugin } from 'esbuild';

/**
 * To import `node:http` is to read each of its exports, one of which loads the `fetch` that Node has in it: 80 ms of CPU at
 * every start. `require` reads none of them.
 */
export const httpByRequire: Plugin = {
  name: 'http-by-require',
  setup(build) {
    build.onResolve({ filter: /^node:http$/ }, ({ kind, path }) =>
      kind === 'import-statement' ? { path, namespace: 'by-require' } : null,
    );
    build.onLoad({ filter: /./, namespace: 'by-require' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};
