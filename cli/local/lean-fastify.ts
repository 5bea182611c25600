import type { Plugin } from 'esbuild';

/** Fastify asks both for what it will compile schemas with, also where no route has one. */
const NO_SCHEMAS = `
module.exports = () => () => {
  throw new Error('a route has a schema: check with zod instead, bundles are without its compilers (cli/local/lean-fastify.ts)');
};
`;

/** Bundles are without the two compilers of JSON schemas that fastify comes with, a fifth of the code of an ingress: zod is ours. */
export const leanFastify: Plugin = {
  name: 'lean-fastify',
  setup(build) {
    build.onResolve({ filter: /^@fastify\/(?:ajv-compiler|fast-json-stringify-compiler)$/ }, ({ path }) => ({
      path,
      namespace: 'lean-fastify',
    }));
    build.onLoad({ filter: /./, namespace: 'lean-fastify' }, () => ({ contents: NO_SCHEMAS }));
  },
};
