import { isUtf8 } from 'node:buffer';
import * as z from 'zod';
import { isRecord } from '#shared/key.ts';
import { type Answer, isJson } from './delivery.ts';
import { type About, AskedEffect, complete, type Effect } from './effect.ts';

export type ReadEffects =
  | { readonly kind: 'effects'; readonly effects: readonly Effect[] }
  /** Names the field and the rule that it breaks, and no value: `effects[2].body`, `Too small: …`. */
  | { readonly kind: 'bad'; readonly field: string; readonly problem: string };

/** A conversation with more done to it at once is a handler that has run wild. */
export const MAX_EFFECTS = 20;

const Effects = z.array(AskedEffect).max(MAX_EFFECTS);

const NONE: ReadEffects = { kind: 'effects', effects: [] };

/**
 * Reads what a handler asks for in a 2xx: `{"effects": […]}`, as JSON by its content type. An empty answer, one of
 * another content type, and JSON without `effects` (or with null there) ask for nothing. Total, and all or nothing: one
 * bad effect makes the answer bad.
 */
export function readEffects(answer: Answer | null, about: About): ReadEffects {
  if (answer === null || !isJson(answer.contentType)) return NONE;
  if (answer.isCut) return bad('answer', 'is larger than 64 KiB');
  const json = parse(answer.body);
  if (json === undefined) return bad('answer', 'says that it is JSON, and is not');
  if (!isRecord(json) || json['effects'] === undefined || json['effects'] === null) return NONE;
  const read = Effects.safeParse(json['effects']);
  if (!read.success) return firstFault(read.error);
  const effects: Effect[] = [];
  for (const [i, asked] of read.data.entries()) {
    const completed = complete(asked, about);
    if (completed.kind === 'lacking') return bad(pathText([i, completed.field]), completed.problem);
    effects.push(completed.effect);
  }
  return { kind: 'effects', effects };
}

const bad = (field: string, problem: string): ReadEffects => ({ kind: 'bad', field, problem });

/** Undefined where it is not JSON; nothing at all counts as null, as frameworks send it with any content type. */
function parse(body: Buffer): unknown {
  if (!isUtf8(body)) return undefined;
  const text = body.toString('utf8');
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function firstFault({ issues: [issue] }: z.ZodError): ReadEffects {
  if (issue === undefined) return bad('effects', 'cannot be read');
  if (issue.code === 'unrecognized_keys')
    return bad(pathText([...issue.path, ...issue.keys.slice(0, 1)]), 'is not known');
  return bad(pathText(issue.path), issue.message);
}

/** `effects[2].metadata.plan`. What is no plain name may be a value that got into the place of one. */
const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return `${text}.${typeof part === 'string' && PLAIN_NAME.test(part) ? part : '?'}`;
  }, 'effects');

const PLAIN_NAME = /^[A-Za-z_]\w{0,39}$/;
