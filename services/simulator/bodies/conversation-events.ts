import { company } from './company.ts';
import { adminSource, conversation } from './conversation.ts';
import { conversationPart, type Part, withPart } from './conversation-part.ts';
import { TAG, tagList } from './list.ts';
import { ADMIN, adminReference, BOT, customer } from './people.ts';
import type { Item, Scene } from './scene.ts';
import { answer, messageBody, sentence, translationsOf } from './text.ts';

/** The customer's first message. It is in `source.body`; there are no parts yet. */
export function conversationCreated(scene: Scene): Item {
  return conversation(scene, { state: 'open', parts: [] });
}

/** A teammate begins; until the customer answers, the conversation counts as closed, and there are no statistics. */
export function conversationBegunByAdmin(scene: Scene): Item {
  const fields = { source: adminSource(scene), first_contact_reply: null, statistics: null, read: false };
  return conversation(scene, { state: 'closed', parts: [], fields });
}

/** The customer writes again: the words are in the last part. Now and then the reply reopens, and its part says `open`. */
export function conversationReplied(scene: Scene): Item {
  const partType = scene.random.oneIn(16) ? 'open' : 'comment';
  return withPart(scene, { partType, author: customer(scene), text: sentence(scene.random) });
}

/** A teammate answers. Some of the bot's answers come under this topic too. */
export function conversationAdminReplied(scene: Scene): Item {
  const author = scene.random.oneIn(4) ? BOT : ADMIN;
  return withPart(scene, { partType: 'comment', author, text: answer(scene.random) });
}

/** The bot answers, or only says when somebody will: not each of these is an answer of the AI. */
export function conversationOperatorReplied(scene: Scene): Item {
  return withPart(scene, scene.random.oneIn(2) ? replyTimeExpectation : aiAnswer(answer(scene.random)));
}

const replyTimeExpectation: Part = {
  partType: 'channel_and_reply_time_expectation',
  author: BOT,
  text: 'Example & Sons will reply as soon as they can.',
};

function aiAnswer(text: string): Part {
  const author = { ...BOT, from_ai_agent: true, is_ai_answer: true };
  return { partType: 'comment', author: BOT, text, fields: { author } };
}

/** A reply together with its translations. Named by API version 2.16 and shaped as in the REST description of Preview. */
export function conversationReplyTranslated(scene: Scene): Item {
  const text = answer(scene.random);
  return withPart(scene, { partType: 'comment', author: ADMIN, text, fields: { translations: translationsOf(text) } });
}

export function conversationNoted(scene: Scene): Item {
  return withPart(scene, { partType: 'note', author: ADMIN, text: answer(scene.random) });
}

export function conversationAssigned(scene: Scene): Item {
  return withPart(scene, { partType: 'assignment', author: ADMIN, fields: { assigned_to: adminReference } });
}

/** A teammate answers what was closed, and with that opens it and has it assigned. */
export function conversationOpenAssigned(scene: Scene): Item {
  const fields = { assigned_to: adminReference };
  return withPart(scene, { partType: 'assignment', author: ADMIN, text: answer(scene.random), fields });
}

export function conversationOpened(scene: Scene): Item {
  return withPart(scene, { partType: 'open', author: ADMIN });
}

/** A teammate closes it, without words. */
export function conversationClosed(scene: Scene): Item {
  return withPart(scene, { partType: 'close', author: ADMIN }, { state: 'closed' });
}

const SNOOZED_FOR_S = 24 * 60 * 60;

/** Snoozed is still open, says Intercom. */
export function conversationSnoozed(scene: Scene): Item {
  const fields = { snoozed_until: scene.atS + SNOOZED_FOR_S };
  return withPart(scene, { partType: 'snoozed', author: ADMIN }, { state: 'snoozed', fields });
}

export function conversationUnsnoozed(scene: Scene): Item {
  return withPart(scene, { partType: 'unsnoozed', author: ADMIN });
}

export function conversationPriorityUpdated(scene: Scene): Item {
  return withPart(scene, { partType: 'priority_changed', author: ADMIN }, { fields: { priority: 'priority' } });
}

/** The customer rates it. No capture of this topic is public: the rating is shaped as in the REST description. */
export function conversationRated(scene: Scene): Item {
  const { random, cast, atS } = scene;
  const conversation_rating = {
    rating: 1 + random.int(5),
    remark: random.oneIn(2) ? null : 'Très bien, merci ! 👍',
    created_at: atS,
    contact: { type: 'contact', id: cast.contactId },
    teammate: adminReference,
  };
  const part = { partType: 'conversation_rating_changed', author: customer(scene) };
  return withPart(scene, part, { state: 'closed', fields: { conversation_rating } });
}

/** The customer has read; all that was new to them comes along, so there are several parts. */
export function conversationRead(scene: Scene): Item {
  const unread: readonly Part[] = [
    { partType: 'language_detection_details', author: BOT },
    replyTimeExpectation,
    { partType: 'comment', author: BOT, text: answer(scene.random) },
  ];
  const parts = unread.map((part, at) => conversationPart(earlierPart(scene, unread.length - 1 - at), part, 'open'));
  return conversation(scene, { state: 'open', parts, fields: { read: true } });
}

/** The scene of a part that is older than this notification's own. */
function earlierPart(scene: Scene, stepsBack: number): Scene {
  if (stepsBack === 0) return scene;
  const partId = String(3_000_000_000 + scene.random.int(1_000_000_000));
  return { ...scene, partId, atS: scene.atS - stepsBack };
}

/** The conversation's company became another. No capture is public: the company is shaped as in the REST description. */
export function conversationCompanyUpdated(scene: Scene): Item {
  return conversation(scene, { state: 'open', parts: [], fields: { company: company(scene) } });
}

/** The item is the conversation, not the part. */
export function partRedacted(scene: Scene): Item {
  const body =
    scene.apiVersion === '2.14'
      ? '<p><i>This message was deleted</i></p>'
      : messageBody(scene.apiVersion, 'This message was deleted');
  return withPart(scene, { partType: 'comment', author: ADMIN, fields: { redacted: true, body } });
}

/** The item is the conversation, not the part. */
export function partTagged(scene: Scene): Item {
  const part = { partType: 'comment', author: customer(scene), text: sentence(scene.random), fields: { tags: [TAG] } };
  return withPart(scene, part, { fields: { tags: tagList(TAG) } });
}

/** Of a deleted conversation only the id is left, and under another name than elsewhere. */
export function conversationDeleted({ cast }: Scene): Item {
  return { type: 'conversation', conversation_id: cast.conversationId };
}
