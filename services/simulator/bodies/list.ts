import type { Item } from './scene.ts';

export function tagList(...tags: readonly Item[]): Item {
  return { type: 'tag.list', tags };
}

/** The things linked to a conversation or ticket: none. */
export const linkedObjects: Item = { type: 'list', data: [], total_count: 0, has_more: false };

/** A tag that a teammate gave. */
export const TAG = { type: 'tag', id: '12934044', name: 'Größe & Menge' } as const;
