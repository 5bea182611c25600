import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CONDITION_TYPES } from '#operator/api/condition-types.ts';
import { intercomWebhookCrd, resourceSchema } from '#operator/api/crd.ts';
import type { StructuralSchema } from '#operator/api/structural-schema.ts';
import { FINALIZER } from '#operator/finalize.ts';
import { PAUSED_ANNOTATION } from '#operator/intercom-webhooks.ts';
import { OBSERVED_CONDITION_TYPES } from '#operator/observations/condition-types.ts';
import { HANDLER_LABEL } from '#operator/render/meta.ts';
import { BUCKETS, STREAMS, SUBJECTS } from '#shared/contract.ts';
import { anchorOf } from '../../../scripts/reference/markdown.ts';
import { found, readText, sourcesOf } from './sources.ts';

const operations = readText('docs/operations.md');
const conditions = readText('docs/reference/conditions.md');
const programs = [...sourcesOf('operator', 'services').values()].join('\n');
const TABLES = { ...CONDITION_TYPES, ...OBSERVED_CONDITION_TYPES };
const typesAndReasons = Object.entries(TABLES).map(
  ([type, { reasons }]) => [type, reasons as Readonly<Record<string, Readonly<Record<string, string>>>>] as const,
);

describe('docs/operations.md', () => {
  it.each(typesAndReasons)('has a heading for %s, and what to do for each reason that is not well', (type, reasons) => {
    const section = operations.split(/^##+ /m).find((text) => text.startsWith(`${type}\n`)) ?? '';
    const troubles = Object.entries(reasons).flatMap(([status, texts]) =>
      status === 'True' ? [] : Object.keys(texts),
    );
    expect(troubles.filter((reason) => !section.includes(`\`${reason}\``))).toEqual([]);
    expect(section).not.toBe('');
  });

  it.each(typesAndReasons)('leaves nothing of %s to a page that does not have it', (type, reasons) => {
    const section = conditions.split(/^## /m).find((text) => text.startsWith(`${type}\n`)) ?? '';
    const all = Object.values(reasons).flatMap((texts) => Object.keys(texts));
    expect(all.filter((reason) => !section.includes(`\`${reason}\``))).toEqual([]);
  });

  it('explains every column of kubectl get, in their order', () => {
    const [version] = intercomWebhookCrd().spec.versions;
    const rows = Array.from(operations.matchAll(/^\| `([A-Z][A-Za-z0-9-]+)` \|/gm), ([, name]) => name);
    const columns = version?.additionalPrinterColumns.map(({ name }) => name) ?? [];
    expect(columns.length).toBeGreaterThan(0);
    expect(rows.slice(0, columns.length)).toEqual(columns);
  });

  it('asks for fields that the resource has', () => {
    const templates = found(operations, /get icw \$name -o jsonpath='([^']+)'/g).join(' ');
    const paths = found(templates, /\.((?:status|spec)\.[A-Za-z0-9.]+)/g);
    expect(paths.length).toBeGreaterThan(3);
    expect(paths.filter((path) => !hasField(resourceSchema(), path.split('.')))).toEqual([]);
  });

  it('uses names that the code uses', () => {
    const names = [
      FINALIZER,
      `${PAUSED_ANNOTATION}=true`,
      `${HANDLER_LABEL}=`,
      STREAMS.events('$token'),
      `nats kv del ${BUCKETS.claims('$token')}`,
      `${STREAMS.deadLetters} --subject "${SUBJECTS.deadLettersOfWebhook('$token')}"`,
      `${STREAMS.effects} --subject "${SUBJECTS.effectsOfWebhook('$token')}"`,
    ];
    expect(names.filter((name) => !operations.includes(name))).toEqual([]);
  });

  it('looks for log messages and metrics that there are', () => {
    const messages = found(operations, /grep (?:-E )?'([a-z0-9 |]+)'/g).flatMap((text) => text.split('|'));
    expect(messages).toContain('signature refused');
    expect(messages.filter((message) => !programs.includes(`'${message}'`))).toEqual([]);
    const metrics = Array.from(operations.matchAll(/grep -E '\^(intercom_[a-z]+_)\(([a-z_|]+)\)'/g)).flatMap(
      ([, prefix = '', ends = '']) => ends.split('|').map((end) => `${prefix}${end}`),
    );
    expect(metrics).toContain('intercom_ingress_spool');
    expect(metrics.filter((metric) => !programs.includes(`'${metric}`))).toEqual([]);
  });
});

describe.each(['README.md', 'docs/operations.md', 'docs/architecture.md'])('%s', (path) => {
  it('links to files and headings that are there', () => {
    const broken = found(readText(path), /\]\((?!https?:)([^)\s]+)\)/g).filter((link) => !leads(path, link));
    expect(broken).toEqual([]);
  });
});

function leads(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const url = new URL(file === '' ? from.replace(/.*\//, '') : file, new URL(`../../../${from}`, import.meta.url));
  if (!existsSync(url)) return false;
  const path = url.pathname.slice(new URL('../../../', import.meta.url).pathname.length);
  return (
    anchor === undefined ||
    found(readText(path), /^#+ (.+)$/gm)
      .map(anchorOf)
      .includes(anchor)
  );
}

function hasField(schema: StructuralSchema | undefined, [name, ...rest]: readonly string[]): boolean {
  if (schema === undefined) return false;
  return name === undefined || hasField(schema.properties?.[name], rest);
}
