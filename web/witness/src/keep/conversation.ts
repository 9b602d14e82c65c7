/**
 * The conversation with the desk: the field of a slot of the vault, as JSON. When it would overflow, the oldest lines go.
 */
/** As in `lapwing-vault`. */
export const CONVERSATION_MAX = 6_144;
/** Replies come again until the desk has heard that they came: their numbers outlast their lines. */
const SEEN_MAX = 128;
/** After so many drops without effect it is said again that a reply came. */
export const AGAIN = 3;

export type Why = 'used' | 'expired' | 'revoked' | 'unknown';

/** What the core reads out of a drop. */
export interface Reply {
  id: number;
  message?: string;
  at?: number;
  enrolled?: true;
  refused?: Why;
  /** The desk wants the phone to begin anew. */
  renew?: true;
}

export interface Line {
  by: 'me' | 'desk';
  /** Unix seconds of whoever wrote it. */
  at: number;
  text: string;
  /** Number of the reply, by which a later one finds its place. */
  id?: number;
  /** The end of the envelope, while it may be in the outbox. */
  end?: string;
  /** Has not been looked at. */
  fresh?: true;
}

export interface Conversation {
  lines: readonly Line[];
  seen: readonly number[];
  /** Number of the drop at which the desk was last told what came. */
  told: number;
  /** Why the last invite was not taken. */
  refused?: Why;
}

export const EMPTY: Conversation = { lines: [], seen: [], told: 0 };

export function encode(conversation: Conversation): Uint8Array {
  const { lines, ...rest } = conversation;
  for (let from = 0; ; from++) {
    const bytes = new TextEncoder().encode(JSON.stringify({ ...rest, lines: lines.slice(from) }));
    if (bytes.length <= CONVERSATION_MAX || from >= lines.length) return bytes;
  }
}

/** Of a slot in which nobody wrote yet, nothing. The bytes are this app's own: the slot is sealed. */
export function decode(bytes: Uint8Array | undefined): Conversation {
  if (!bytes || bytes.length === 0) return EMPTY;
  return { ...EMPTY, ...(JSON.parse(new TextDecoder().decode(bytes)) as Partial<Conversation>) };
}

/** What came with drop `number`, and which replies the desk is to be told of. */
export function hear(
  before: Conversation,
  replies: readonly Reply[],
  number: number,
): { after: Conversation; acks: number[] } {
  const news = replies.filter(({ id }) => !before.seen.includes(id));
  const acks = (number >= before.told + AGAIN ? replies : news).map(({ id }) => id);
  const answer = news.findLast(({ enrolled, refused }) => enrolled || refused);
  const { refused, ...rest } = before;
  const why = answer ? answer.refused : refused;
  const after: Conversation = {
    ...rest,
    lines: news.reduce(put, before.lines),
    seen: [...before.seen, ...news.map(({ id }) => id)].slice(-SEEN_MAX),
    told: acks.length > 0 ? number : before.told,
    ...(why && { refused: why }),
  };
  return { after, acks };
}

/** A drop that was missed may have held what was written before what came first. */
function put(lines: readonly Line[], { id, message, at }: Reply): readonly Line[] {
  if (message === undefined) return lines;
  const later = lines.findIndex((line) => line.id !== undefined && line.id > id);
  const place = later < 0 ? lines.length : later;
  const line: Line = { by: 'desk', at: at ?? 0, text: message, id, fresh: true };
  return [...lines.slice(0, place), line, ...lines.slice(place)];
}

/** The same lines for a phone that asks anew: the desk numbers its replies from the beginning. */
export function anew({ lines }: Conversation): Conversation {
  return { ...EMPTY, lines: lines.map(({ id: _, ...line }) => line) };
}

/** Forgets which envelope carried what, once it has left: the phone needs no proof of it. */
export function settle(before: Conversation, waiting: ReadonlySet<string>): Conversation {
  const lines = before.lines.map(({ end, ...line }): Line =>
    end !== undefined && waiting.has(end) ? { ...line, end } : line,
  );
  return { ...before, lines };
}

export function looked(before: Conversation): Conversation {
  return { ...before, lines: before.lines.map(({ fresh: _, ...line }) => line) };
}

/** The last eight bytes of an envelope: a part of its seal, random. */
export function endOf(envelope: Uint8Array): string {
  return [...envelope.subarray(-8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
