import { userContact } from './contact.ts';
import type { Build } from './scene.ts';
import { isoTime } from './time.ts';

/** The kinds of content whose statistics are notified, each under a topic of its own. */
export type ContentKind =
  | 'banner'
  | 'carousel'
  | 'chat'
  | 'checklist'
  | 'custom_bot'
  | 'email'
  | 'news_item'
  | 'post'
  | 'push'
  | 'series'
  | 'series.webhook'
  | 'sms'
  | 'survey'
  | 'tooltip_group'
  | 'tour';

/** A contact received, opened or clicked something. The id is one level down; documented as text, printed as a number. */
export const contentStat =
  (kind: ContentKind): Build =>
  (scene) => ({
    type: `content_stat.${kind}`,
    created_at: isoTime(scene.atS),
    content_stat: {
      id: scene.cast.thingId,
      content_type: kind,
      content_id: scene.cast.messageId,
      stat_type: scene.random.pick(['receipt', 'open', 'click']),
      content_title: 'Neu: größere Pakete 📦',
      ruleset_id: '44771',
      ruleset_version_id: '50152',
      receipt_id: scene.random.hex(16),
      tags: [],
      ...(kind.startsWith('series') ? { series_id: '318', series_title: 'Onboarding', node_id: '2205' } : {}),
    },
    contact: userContact(scene),
  });
