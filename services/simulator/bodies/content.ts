import { deleted } from './deletion.ts';
import type { Item, Scene } from './scene.ts';

/** No captures of these items are public; they are shaped as in the REST description. */

export function contentSnippet({ cast, openedAtS, atS }: Scene): Item {
  return {
    type: 'content_snippet',
    id: cast.thingId,
    title: cast.question,
    locale: 'en',
    json_blocks: [{ type: 'paragraph', text: cast.question }],
    body_markdown: `# ${cast.question}\n`,
    chatbot_availability: 1,
    copilot_availability: 1,
    created_at: openedAtS,
    updated_at: atS,
    audience_ids: [1, 2],
  };
}

export function contentSnippetDeleted({ cast }: Scene): Item {
  return deleted('content_snippet', cast.thingId);
}

/** Its id is a number. */
export function contentImportSource({ cast, openedAtS, atS }: Scene): Item {
  return {
    type: 'content_import_source',
    id: Number(cast.thingId),
    last_synced_at: atS,
    status: 'active',
    url: 'https://help.example.com/',
    sync_behavior: 'api',
    created_at: openedAtS,
    updated_at: atS,
    audience_ids: [5678],
  };
}

export function contentImportSourceDeleted({ cast }: Scene): Item {
  return deleted('content_import_source', Number(cast.thingId));
}

export function audience({ cast, openedAtS, atS }: Scene): Item {
  return {
    type: 'audience',
    id: cast.thingId,
    name: 'VIPs & Größte',
    predicates: [{ attribute: 'company.name', type: 'string', comparison: 'contains', value: 'Example' }],
    role_predicates: [{ attribute: 'role', type: 'role', comparison: 'eq', value: 'user' }],
    created_at: openedAtS,
    updated_at: atS,
  };
}

export function audienceDeleted({ cast }: Scene): Item {
  return deleted('audience', cast.thingId);
}

/** Content joins or leaves an audience: the member is content, not a contact. It has no id of its own. */
export function audienceMembership({ cast }: Scene): Item {
  return {
    type: 'audience_membership',
    audience_id: '5678',
    content: { type: 'article', id: cast.thingId },
  };
}
