import { expect, it } from 'vitest';
import { type Origins, withTrueLines } from '#shared/true-lines.ts';

const bundle: Origins = {
  findEntry: (line, column) => {
    if (line === 0) return {};
    const originalSource = line < 10 ? 'services/ingress/config.ts' : 'node_modules/fastq/queue.js';
    return { originalSource, originalLine: line + 4, originalColumn: column };
  },
};
const originsOf = (url: string) => (url === 'file:///app/ingress.mjs' ? bundle : null);

it.each([
  ['    at read (file:///app/ingress.mjs:2:9)', '    at read (services/ingress/config.ts:6:9)'],
  ['    at async file:///app/ingress.mjs:2:9', '    at async services/ingress/config.ts:6:9'],
  ['    at push (file:///app/ingress.mjs:20:1)', '    at push (node_modules/fastq/queue.js)'],
])('tells of %j where it came from', (frame, true_) => {
  expect(withTrueLines(`Error: broken\n${frame}`, originsOf)).toBe(`Error: broken\n${true_}`);
});

it.each([
  '    at x (file:///app/ingress.mjs:1:1)',
  '    at x (file:///app/other.mjs:2:9)',
  '    at ModuleJob.run (node:internal/modules/esm/module_job:569:25)',
  '    at new Promise (<anonymous>)',
])('leaves %j as it is', (frame) => {
  expect(withTrueLines(frame, originsOf)).toBe(frame);
});
