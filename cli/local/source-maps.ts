import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Keeps maps small: they hold our lines, and of dependencies only which file it was. Those are nine tenths of the code, and a
 * map of all of it takes a tenth of a second and 30 MB to read. A file that has a map of its own is mapped through it, so each
 * of them gets one that has all of it begin at its first line.
 */
export const onlyOurLines: Plugin = {
  name: 'only-our-lines',
  setup(build) {
    build.onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => {
      const map = JSON.stringify({ version: 3, sources: [basename(path)], mappings: 'AAAA' });
      const comment = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}`;
      const text = (await readFile(path, 'utf8')).replaceAll(/^\/\/# sourceMappingURL=.*$/gm, '');
      return { contents: `${text}\n${comment}`, loader: 'default' };
    });
  },
};
