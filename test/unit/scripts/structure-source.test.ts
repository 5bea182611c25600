import { describe, expect, it } from 'vitest';
import { directionOfImports, environmentAccess } from '../../../scripts/structure/boundaries.ts';
import { pureFilesExist, purity } from '../../../scripts/structure/purity.ts';
import { fileCeiling, medianFile, overviewCeiling } from '../../../scripts/structure/size.ts';
import { check, lines } from './planted.ts';

describe('sizes', () => {
  it('reports a file of more than 300 lines, tests included', () => {
    const files = { 'operator/a.ts': lines(300), 'services/b.ts': lines(301), 'test/c.test.ts': lines(400) };
    expect(check(fileCeiling, files)).toEqual([
      'services/b.ts:301: 301 lines, 300 at most: split it by phase or by kind',
      'test/c.test.ts:301: 400 lines, 300 at most: split it by phase or by kind',
    ]);
  });

  it('reports a main.ts or reconcile.ts of more than 80 lines', () => {
    const files = { 'services/a/main.ts': lines(80), 'operator/reconcile.ts': lines(81), 'cli/b.ts': lines(90) };
    expect(check(overviewCeiling, files)).toEqual([expect.stringMatching(/^operator\/reconcile\.ts:81: 81 lines/)]);
  });

  it('reports a median of more than 120 lines, without counting tests', () => {
    const files = { 'operator/a.ts': lines(10), 'services/b.ts': lines(121), 'cli/c.ts': lines(290) };
    expect(check(medianFile, { ...files, 'test/d.ts': lines(1), 'test/e.ts': lines(1) })).toEqual([
      expect.stringMatching(/^services\/b\.ts:1: the median file .* has 121 lines/),
    ]);
    expect(check(medianFile, { ...files, 'services/b.ts': lines(120) })).toEqual([]);
  });
});

describe('purity', () => {
  const SETTLE = 'services/worker/settle.ts';

  it.each([
    ["import { readFile } from 'node:fs/promises';", 'imports node:fs/promises'],
    ["import {\n  createLogger,\n} from '#shared/logger.ts';", 'imports #shared/logger.ts'],
    ["import { jetstream } from '@nats-io/jetstream';", 'imports @nats-io/jetstream'],
    ["import { type A, connect } from '@nats-io/transport-node';", 'imports @nats-io/transport-node'],
    ['const at = Date.now();', 'uses Date.now'],
    ['const at = new Date();', 'uses new Date()'],
    ['const jitter = Math.random();', 'uses Math.random'],
    ["const path = process.env['PATH'];", 'uses process.env'],
    ['deps.logger.info({});', 'uses logger.info'],
    ['setTimeout(f, 1);', 'uses setTimeout'],
  ])('reports %s', (text, report) => {
    expect(check(purity, { [SETTLE]: `// first line\n${text}\n` })).toEqual([
      expect.stringContaining(`${SETTLE}:2: ${report}`),
    ]);
    expect(check(purity, { 'operator/render/pods.ts': text, 'services/worker/work.ts': text })).toEqual([
      expect.stringContaining('operator/render/pods.ts:1: '),
    ]);
  });

  it('lets types come from anywhere, and passes over comments and strings', () => {
    const text = [
      "import type { Logger } from '#shared/logger.ts';",
      "import { AckPolicy } from '@nats-io/jetstream';",
      "import { type V1Pod, type V1Service } from '@kubernetes/client-node';",
      '/** Never Date.now(): time is an argument. */',
      "const advice = 'Math.random() is not used here'; // process.env",
      'const at = new Date(0);',
    ];
    expect(check(purity, { [SETTLE]: text.join('\n') })).toEqual([]);
  });

  it('reports a listed file that is not there', () => {
    expect(check(pureFilesExist, { 'services/ingress/answer.ts': '' })).toContainEqual(
      expect.stringContaining(`${SETTLE}:1: named as pure but not there`),
    );
  });
});

describe('direction of imports', () => {
  it.each([
    ['services/shared/a.ts', '#operator/api/fields.ts', 'services/ never imports operator/'],
    ['services/worker/a.ts', '../../cli/local/plan.ts', 'services/ never imports operator/, cli/'],
    ['services/ingress/a.ts', '@kubernetes/client-node', 'the Kubernetes client'],
    ['services/ingress/a.ts', '#services/worker/settle.ts', 'no process imports another'],
    ['services/ingress/a.ts', '../worker/settle.ts', 'no process imports another'],
    ['operator/a.ts', '#services/worker/settle.ts', 'operator/ takes only services/shared/contract.ts'],
    ['operator/a.ts', '#shared/notification.ts', 'operator/ takes only services/shared/contract.ts'],
    ['operator/a.ts', '../services/shared/notification.ts', 'operator/ takes only services/shared/contract.ts'],
    ['operator/a.ts', '#cli/local/plan.ts', 'operator/ imports neither cli/ nor test/'],
    ['services/ingress/a.ts', './main.ts', 'nothing imports a main.ts'],
  ])('reports %s importing %s', (path, module, report) => {
    const found = [expect.stringContaining(`${path}:2: imports ${module}: `)];
    for (const statement of [`import { x } from '${module}';`, `import '${module}';`, `await import('${module}');`]) {
      expect(check(directionOfImports, { [path]: `\n${statement}` })).toEqual(found);
    }
    expect(check(directionOfImports, { [path]: `export * from '${module}';` })[0]).toContain(report);
  });

  it('lets through what is allowed', () => {
    const files = {
      'services/worker/a.ts': "import { x } from '#shared/key.ts';\nimport { y } from './claims/port.ts';",
      'services/shared/b.ts': "import { x } from './key.ts';",
      'operator/c.ts':
        "import { x } from '#shared/contract.ts';\nimport { z } from '#shared/topic.ts';\nimport { w } from '#shared/logger.ts';\nimport { y } from '@kubernetes/client-node';",
      'cli/d.ts': "import { x } from '#operator/render/render.ts';",
      'test/e.ts': "import { x } from '#services/worker/settle.ts';",
    };
    expect(check(directionOfImports, files)).toEqual([]);
  });
});

it('reports process.env outside main.ts, config.ts and env.ts', () => {
  const text = "const url = process.env['URL'];";
  const files = {
    'cli/main.ts': text,
    'services/a/config.ts': text,
    'services/shared/env.ts': text,
    'test/x.ts': text,
  };
  expect(check(environmentAccess, { ...files, 'operator/kube.ts': `\n\n${text}` })).toEqual([
    'operator/kube.ts:3: reads process.env: only main.ts and config.ts do; pass the value',
  ]);
});
