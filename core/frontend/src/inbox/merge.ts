/**
 * How what we have and what arrives become one: pure functions, no state. A message is one message
 * by its id or its client id, whichever road brought it (send, socket, HTTP), and however often.
 */

import type { Conversation, Filters, Message, MessageStatus } from "./types.js";

const RANK: Record<MessageStatus, number> = {
  queued: 0,
  sending: 1,
  unknown: 2,
  accepted: 3,
  sent: 4,
  failed: 5,
  delivered: 6,
  read: 7,
  played: 7,
};

/** The later of two statuses; a tick never goes back. */
export function laterStatus(
  a: MessageStatus | null,
  b: MessageStatus | null,
): MessageStatus | null {
  if (!a || !b) return a ?? b;
  return RANK[b] >= RANK[a] ? b : a;
}

/** Order of a thread: provider time, then our sequence. */
export function byTime(a: Message, b: Message): number {
  return (
    Date.parse(a.sent_at) - Date.parse(b.sent_at) ||
    fraction(a.sent_at) - fraction(b.sent_at) ||
    a.seq - b.seq
  );
}

/** The part below a second, which Date cuts to milliseconds and the server knows to microseconds. */
function fraction(time: string): number {
  return Number(`0${/\.\d+/.exec(time)?.[0] ?? ""}`);
}

export function same(a: Message, b: Message): boolean {
  return a.id === b.id || (!!a.client_id && a.client_id === b.client_id);
}

/** One message from two sightings of it; `next` is the one that arrived later, maybe stale. */
export function mergeMessage(prev: Message, next: Message): Message {
  if (next.local && !prev.local) return prev;
  const merged: Message = { ...next };
  if (!prev.local) {
    merged.status = laterStatus(prev.status, next.status);
    if (merged.status !== next.status) merged.error = prev.error;
    if (prev.edited_at && prev.edited_at > (next.edited_at ?? "")) {
      merged.body = prev.body;
      merged.edited_at = prev.edited_at;
    }
    merged.revoked_at = next.revoked_at ?? prev.revoked_at;
  }
  merged.attachments = next.attachments.map((file) => {
    const before = prev.attachments.find((other) => other.id === file.id);
    return before?.state === "ready" && file.state !== "ready" ? before : file;
  });
  return merged;
}

/** `items` with `incoming` folded in, in order, each once. */
export function mergeMessages(items: readonly Message[], incoming: readonly Message[]): Message[] {
  const result = [...items];
  const byId = new Map(result.map((item, index) => [item.id, index]));
  const byClient = new Map(
    result.flatMap((item, index) => (item.client_id ? [[item.client_id, index] as const] : [])),
  );
  for (const message of incoming) {
    const index =
      byId.get(message.id) ?? (message.client_id ? byClient.get(message.client_id) : undefined);
    if (index === undefined) {
      byId.set(message.id, result.length);
      if (message.client_id) byClient.set(message.client_id, result.length);
      result.push(message);
    } else {
      result[index] = mergeMessage(result[index]!, message);
      byId.set(message.id, index);
    }
  }
  return result.sort(byTime);
}

/** Whether a fresh newest page touches what we hold; if not, there may be a gap between them. */
export function overlaps(items: readonly Message[], page: readonly Message[]): boolean {
  const ids = new Set(items.map((item) => item.id));
  return page.some((item) => ids.has(item.id));
}

/** Whether a conversation belongs to the list now shown. A search is answered by the server only. */
export function matches(item: Conversation, filters: Filters, me: string): boolean {
  if (filters.tab === "mine" && item.assignee_id !== me) return false;
  if (filters.tab === "unassigned" && item.assignee_id) return false;
  if (filters.status !== "all" && item.status !== filters.status) return false;
  if (filters.channel && item.channel_id !== filters.channel) return false;
  if (filters.label && !item.labels.some((label) => label.id === filters.label)) return false;
  return true;
}

function time(value: string | null): number {
  return value ? Date.parse(value) : 0;
}

/** Order of the list: newest activity first, or the longest waiting first. */
export function listOrder(sort: Filters["sort"]): (a: Conversation, b: Conversation) => number {
  const activity = (item: Conversation) => time(item.last_message_at ?? item.created_at);
  const newest = (a: Conversation, b: Conversation) =>
    activity(b) - activity(a) || (a.id < b.id ? 1 : -1);
  if (sort !== "waiting") return newest;
  const waiting = (item: Conversation) => time(item.waiting_since) || Number.MAX_SAFE_INTEGER;
  return (a, b) => waiting(a) - waiting(b) || newest(a, b);
}
