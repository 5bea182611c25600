import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readEffects } from '#services/worker/effects.ts';

const text = readFileSync(new URL('../../../docs/handlers.md', import.meta.url), 'utf8');
const section = text.slice(text.indexOf('\n## Effects'), text.indexOf('\n## While the handler is away'));
const example = /```json\n([\s\S]*?)```/.exec(section)?.[1] ?? '';

const ABOUT = { key: 'conversation/2001', createdAt: 1_700_000_000, receivedAtMs: 1_700_000_001_000 };
const answer = (body: string) => ({ contentType: 'application/json', body: Buffer.from(body), isCut: false });

it('the example in docs/handlers.md can be sent as it stands, and shows every type', () => {
  const read = readEffects(answer(example), ABOUT);
  const types = read.kind === 'effects' ? read.effects.map(({ type }) => type) : read;
  expect(types).toEqual(['reply', 'note', 'tag', 'assign', 'close', 'data-event']);
});

it('the table in docs/handlers.md names every type that there is, and no other', () => {
  const [header, ...documented] = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, cell]) => cell);
  expect(header).toBe('type');
  const refused = readEffects(answer('{"effects": [{"type": "?"}]}'), ABOUT);
  expect(refused).toMatchObject({ problem: `must be one of ${documented.join(', ')}` });
});
