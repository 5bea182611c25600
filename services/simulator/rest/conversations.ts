import { afterNotification, afterReply, type ConversationItem, type Told } from './conversation.ts';
import { type Reply, replyPart } from './reply.ts';

/** One reply that was made: a line of `GET /replies`. */
export interface ReplyLine {
  readonly appId: string;
  readonly conversation: string;
  /** The id of the part it became. */
  readonly part: string;
  readonly messageType: 'comment' | 'note';
  readonly author: { readonly type: 'admin' | 'user'; readonly id: string };
  /** As it was sent. */
  readonly body: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** What the sender was told: 200, or an error although the reply was made; `none` where the connection was reset. */
  readonly answer: number | 'none';
}

/** The conversations of all workspaces that notifications were sent about, and the replies made to them. */
export interface Conversations {
  /** @param tell what the notification says; called only when somebody asks for the conversation */
  readonly notified: (appId: string, conversation: string, tell: () => Told) => void;
  /** @returns null where there is no such conversation, or no longer */
  readonly find: (appId: string, conversation: string) => ConversationItem | null;
  /** @returns the conversation with the reply; null, and nothing is done, when no more may be remembered */
  readonly reply: (made: ReplyMade) => ConversationItem | null;
  /** In the order of arrival. */
  readonly replies: () => Iterable<ReplyLine>;
}

interface ReplyMade {
  readonly appId: string;
  readonly conversation: string;
  readonly reply: Reply;
  readonly atMs: number;
  readonly answer: ReplyLine['answer'];
}

export interface ConversationBounds {
  /** Those that nothing has happened to for the longest are forgotten. */
  readonly maxConversations: number;
  readonly maxReplies: number;
  /** Of all their texts. */
  readonly maxReplyBytes: number;
}

/** Ids of bodies/scene.ts end below 5 × 10^15; those of replies follow, and stay below 2^53, so they can be numbers. */
const FIRST_PART_ID = 5_000_000_000_000_000;

/** What is known of one conversation, and the notifications about it that nobody has asked for yet. */
interface Known {
  now: ConversationItem | null;
  readonly unread: (() => Told)[];
}

export function createConversations(bounds: ConversationBounds): Conversations {
  // a Map remembers the order of insertion: the first is the one that has been quiet for the longest
  const all = new Map<string, Known>();
  const replies: ReplyLine[] = [];
  let replyBytes = 0;

  function find(appId: string, conversation: string): ConversationItem | null {
    const known = all.get(keyOf(appId, conversation));
    if (known === undefined) return null;
    for (const tell of known.unread.splice(0)) known.now = afterNotification(known.now, tell());
    return known.now;
  }

  function touch(key: string, known: Known): void {
    all.delete(key);
    all.set(key, known);
    const [quietest] = all.keys();
    if (all.size > bounds.maxConversations && quietest !== undefined) all.delete(quietest);
  }

  function hasRoom(bytes: number): boolean {
    return replies.length < bounds.maxReplies && replyBytes + bytes <= bounds.maxReplyBytes;
  }

  return {
    notified(appId, conversation, tell) {
      const key = keyOf(appId, conversation);
      const known = all.get(key) ?? { now: null, unread: [] };
      known.unread.push(tell);
      touch(key, known);
    },
    find,
    reply({ appId, conversation, reply, atMs, answer }) {
      const before = find(appId, conversation);
      const bytes = Buffer.byteLength(reply.body);
      if (before === null || !hasRoom(bytes)) return null;
      const part = replyPart(reply, String(FIRST_PART_ID + replies.length), before, Math.floor(atMs / 1000));
      const now = afterReply(before, part);
      touch(keyOf(appId, conversation), { now, unread: [] });
      const { messageType, author, body } = reply;
      const { type, id } = author;
      replies.push({ appId, conversation, part: part.id, messageType, author: { type, id }, body, atMs, answer });
      replyBytes += bytes;
      return now;
    },
    replies: () => replies.values(),
  };
}

function keyOf(appId: string, conversation: string): string {
  return `${appId}/${conversation}`;
}
