/** Reacting to messages, editing and deleting our own: what is possible now, and asking the server for it. */

import { words } from "./api.js";
import { now } from "./clock.js";
import { canWrite } from "./composer_state.js";
import type { Store } from "./store.js";
import type { Conversation, Message, Pending, Reaction } from "./types.js";

/** The reactions at hand; all others are in the picker. */
export const QUICK = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

export interface Possible {
  react: boolean;
  edit: boolean;
  revoke: boolean;
}

const NOTHING: Possible = { react: false, edit: false, revoke: false };
const MEDIA = ["image", "audio", "voice", "video", "document", "sticker"];

/** What the channel and the clock allow; the server has the last word. */
export function possible(store: Store, conversation: Conversation, message: Message): Possible {
  const able = conversation.capabilities;
  if (!able || unreachable(message) || canWrite(store, conversation, "reply").blocked) return NOTHING;
  const ours = message.direction === "out";
  return {
    react: able.reactions,
    edit: able.edit && ours && hasWords(message) && within(message, able.edit_seconds),
    revoke: able.revoke && ours && within(message, able.revoke_seconds),
  };
}

function unreachable(message: Message): boolean {
  if (message.local || message.is_note || message.kind === "system") return true;
  if (message.revoked_at || message.pending?.revoke) return true;
  return message.status === "failed" || (message.status === "unknown" && !message.provider_id);
}

function hasWords(message: Message): boolean {
  return message.kind === "text" || (MEDIA.includes(message.kind) && !!message.body);
}

function within(message: Message, seconds: number | null): boolean {
  return seconds === null || now() <= Date.parse(message.sent_at) + seconds * 1000;
}

/** The words it will have, where new ones are on their way. */
export function wordsOf(message: Message): string {
  return message.pending?.edit?.body ?? message.body ?? "";
}

/** Providers may drop the sign that asks for the coloured form. */
export function sameEmoji(one: string, other: string): boolean {
  return one.replaceAll("\ufe0f", "") === other.replaceAll("\ufe0f", "");
}

/** Our own reaction, also one that is on its way. */
export function ownReaction(message: Message): string | null {
  if (message.pending?.reaction) return message.pending.reaction.emoji;
  return message.reactions.find((reaction) => reaction.by === "agent")?.emoji ?? null;
}

export interface Chip {
  emoji: string;
  by: Reaction[];
  own: boolean;
  pending: boolean;
}

/** The reactions as they are shown: ours as it will be, one that is taken back until it is gone. */
export function chips(message: Message): Chip[] {
  const coming = message.pending?.reaction;
  const found: Chip[] = [];
  const add = (reaction: Reaction, pending: boolean) => {
    let chip = found.find((other) => sameEmoji(other.emoji, reaction.emoji));
    if (!chip) found.push((chip = { emoji: reaction.emoji, by: [], own: false, pending: false }));
    chip.by.push(reaction);
    chip.own ||= reaction.by === "agent";
    chip.pending ||= pending;
  };
  for (const reaction of message.reactions) {
    const ours = reaction.by === "agent" && !!coming;
    if (!ours || coming.emoji === null) add(reaction, ours);
  }
  if (coming?.emoji) add({ emoji: coming.emoji, by: "agent", name: null }, true);
  return found;
}

/** React, or with null take it back. */
export function react(store: Store, message: Message, emoji: string | null): Promise<boolean> {
  const path = `/messages/${message.id}/reaction`;
  return request(store, message, "reaction", { emoji }, () =>
    emoji === null ? store.api.delete(path) : store.api.put(path, { emoji }),
  );
}

export function editMessage(store: Store, message: Message, body: string): Promise<boolean> {
  return request(store, message, "edit", { body }, () =>
    store.api.patch(`/messages/${message.id}`, { body }),
  );
}

export function revoke(store: Store, message: Message): Promise<boolean> {
  return request(store, message, "revoke", {}, () => store.api.delete(`/messages/${message.id}`));
}

/** Shown as pending at once; what becomes of it is told by the socket, a refusal in words. */
async function request<Kind extends keyof Pending>(
  store: Store,
  message: Message,
  kind: Kind,
  wish: NonNullable<Pending[Kind]>,
  send: () => Promise<Message>,
): Promise<boolean> {
  const before = message.pending?.[kind];
  lay(store, message, kind, wish);
  try {
    const answer = await send();
    // There was nothing to do, or it is done already: nobody else will tell.
    if (!answer.pending?.[kind]) store.threads.add(answer);
    store.notify();
    return true;
  } catch (error) {
    lay(store, message, kind, before);
    store.toast(words(error), "danger");
    return false;
  }
}

function lay<Kind extends keyof Pending>(
  store: Store,
  { id, conversation_id }: Message,
  kind: Kind,
  wish: Pending[Kind] | undefined,
): void {
  store.threads.change(conversation_id, (item) => item.id === id, (item) => {
    const { [kind]: _before, ...others } = item.pending ?? {};
    return { ...item, pending: { ...others, ...(wish ? { [kind]: wish } : {}) } };
  });
  store.notify();
}
