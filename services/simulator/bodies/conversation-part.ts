import { type ConversationState, conversation } from './conversation.ts';
import type { Item, Scene } from './scene.ts';
import { messageBody } from './text.ts';

/** One step of a conversation. */
export interface Part {
  readonly partType: string;
  readonly author: Item;
  /** Plain text; absent where nothing was written. */
  readonly text?: string;
  /** Fields of the part that this changes or adds. */
  readonly fields?: Item;
}

/** What the step changes in the conversation. */
interface Effect {
  readonly state?: ConversationState;
  readonly fields?: Item;
}

/** A conversation with the one part that was just added. */
export function withPart(scene: Scene, part: Part, { state = 'open', fields = {} }: Effect = {}): Item {
  return conversation(scene, { state, parts: [conversationPart(scene, part, state)], fields });
}

export function conversationPart(scene: Scene, part: Part, state: ConversationState): Item {
  const { apiVersion, atS, partId } = scene;
  const { partType, author, text, fields = {} } = part;
  return {
    type: 'conversation_part',
    id: partId,
    part_type: partType,
    body: text === undefined ? null : messageBody(apiVersion, text),
    created_at: atS,
    updated_at: atS,
    notified_at: atS,
    assigned_to: null,
    author: { ...author, from_ai_agent: false, is_ai_answer: false },
    attachments: [],
    external_id: null,
    redacted: false,
    metadata: {},
    email_message_metadata: null,
    state,
    tags: [],
    event_details: {},
    app_package_code: null,
    ...fields,
  };
}
