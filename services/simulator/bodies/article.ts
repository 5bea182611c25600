import { tagList } from './list.ts';
import { ADMIN } from './people.ts';
import type { Item, Scene } from './scene.ts';
import { html } from './text.ts';
import { isoTime } from './time.ts';

export function draftArticle(scene: Scene): Item {
  return article(scene, 'draft');
}

/** `article.deleted` holds the whole article too, other than what Intercom's reference says of all deletions. */
export function publishedArticle(scene: Scene): Item {
  return article(scene, 'published');
}

/** The body stays HTML in every API version. */
function article({ cast, appId, openedAtS, atS }: Scene, state: 'draft' | 'published'): Item {
  return {
    id: cast.thingId,
    type: 'article',
    workspace_id: appId,
    parent_id: null,
    parent_type: null,
    parent_ids: [],
    statistics: {
      type: 'article_statistics',
      views: 0,
      conversations: 0,
      reactions: 0,
      happy_reaction_percentage: 0,
      neutral_reaction_percentage: 0,
      sad_reaction_percentage: 0,
    },
    tags: tagList(),
    content_id: cast.messageId,
    title: cast.question,
    description: '',
    body: html(`${cast.question}\nYou’ll find it under Settings & Plans.`),
    body_markdown: null,
    author_id: Number(ADMIN.id),
    state,
    created_at: isoTime(openedAtS),
    updated_at: isoTime(atS),
    url: state === 'published' ? `https://help.example.com/en/articles/${cast.thingId}` : null,
  };
}
