/**
 * Optimistic sending. Each message gets a UUIDv7 which is also its idempotency key, is shown at
 * once, and is posted in order within its conversation; a lost connection is waited out with the
 * same id, so nothing goes twice. What is unsent survives a reload of the page.
 */

import { ApiError, words } from "./api.js";
import type { Api } from "./api.js";
import { now } from "./clock.js";
import type { Threads } from "./thread_state.js";
import type { Attachment, Draft, Me, Message, MessageStatus } from "./types.js";
import { uuid7 } from "./uuid.js";
import { t } from "../i18n.js";

const TRIES = 6;
const STALE = 10 * 60_000;

interface Pending {
  message: Message;
  tries: number;
  /** Answered with a refusal: the same id would be refused again. */
  refused: boolean;
}

interface Answer {
  id: string;
  status: MessageStatus | null;
  client_id: string;
}

export interface OutboxHost {
  readonly api: Api;
  readonly me: Me;
  readonly threads: Threads;
  notify(): void;
}

export class Outbox {
  private readonly queues = new Map<string, Pending[]>();
  private readonly busy = new Set<string>();
  private readonly key: string;

  constructor(private readonly host: OutboxHost, private readonly storage: Storage = localStorage) {
    this.key = `ramal.outbox.${host.me.id}.${host.me.organization.id}`;
    addEventListener("online", () => this.pumpAll());
  }

  /** Show and send what was unsent when the page went away; old things wait for a human. */
  restore(): void {
    let kept: Pending[] = [];
    try {
      kept = JSON.parse(this.storage.getItem(this.key) ?? "[]") as Pending[];
    } catch {
      // Unreadable: nothing to restore.
    }
    for (const item of kept) {
      const stale = now() - Date.parse(item.message.created_at) > STALE;
      if (stale && item.message.status !== "failed") fail(item, t("Not sent: the page was closed."));
      item.message.attachments = item.message.attachments.map(withoutBlob);
      this.queue(item.message.conversation_id).push(item);
    }
    this.pumpAll();
  }

  /** Unsent messages of a conversation, to lay over its thread. */
  pending(conversation: string): Message[] {
    return this.queue(conversation).map((item) => item.message);
  }

  send(conversation: string, draft: Draft): void {
    for (const message of this.split(conversation, draft)) {
      this.host.threads.add(message);
      this.queue(conversation).push({ message, tries: 0, refused: false });
    }
    this.persist();
    this.host.notify();
    void this.pump(conversation);
  }

  /** Again, by the agent's hand, for one that never reached the server. */
  retryLocal(message: Message): void {
    const queue = this.queue(message.conversation_id);
    const item = queue.find((other) => other.message.client_id === message.client_id);
    if (!item) return;
    if (item.refused) {
      this.discard(message);
      const client_id = uuid7();
      const fresh = { ...message, client_id, id: `local:${client_id}` };
      queue.push({ message: this.waiting(fresh), tries: 0, refused: false });
      this.host.threads.add(queue.at(-1)!.message);
    } else {
      item.tries = 0;
      this.update(item, this.waiting(item.message));
    }
    this.persist();
    this.host.notify();
    void this.pump(message.conversation_id);
  }

  discard(message: Message): void {
    const conversation = message.conversation_id;
    const queue = this.queue(conversation);
    const index = queue.findIndex((item) => item.message.client_id === message.client_id);
    if (index >= 0) queue.splice(index, 1);
    this.host.threads.remove(conversation, message.client_id ?? "");
    this.persist();
    this.host.notify();
  }

  /** Send a failed or unknown message again as a new one, which the server makes from the old. */
  async retryOnServer(message: Message): Promise<void> {
    await this.host.api.post(`/messages/${message.id}/retry`, { client_id: uuid7() });
  }

  private async pump(conversation: string): Promise<void> {
    if (this.busy.has(conversation)) return;
    this.busy.add(conversation);
    try {
      for (let item = this.next(conversation); item; item = this.next(conversation)) {
        if (!(await this.attempt(conversation, item))) break;
      }
    } finally {
      this.busy.delete(conversation);
      this.persist();
      this.host.notify();
    }
  }

  /** Post one; false when the queue should rest (offline: the `online` event wakes it). */
  private async attempt(conversation: string, item: Pending): Promise<boolean> {
    const { message } = item;
    item.tries++;
    try {
      const answer = await this.host.api.post<Answer>(
        `/conversations/${conversation}/messages`,
        bodyOf(message),
      );
      const queue = this.queue(conversation);
      queue.splice(queue.indexOf(item), 1);
      this.host.threads.confirm(conversation, message.client_id!, answer.id, answer.status);
      return true;
    } catch (error) {
      const passing = error instanceof ApiError && error.passing;
      if (!passing) {
        item.refused = true;
        this.fail(item, words(error));
        return true;
      }
      if (item.tries >= TRIES) {
        this.fail(item, t("Not sent: no answer from the server."));
        return true;
      }
      if (!navigator.onLine) return false;
      await new Promise((resolve) => setTimeout(resolve, Math.min(15_000, 700 * 2 ** item.tries)));
      return true;
    } finally {
      this.host.notify();
    }
  }

  private next(conversation: string): Pending | undefined {
    return this.queue(conversation).find((item) => item.message.status !== "failed");
  }

  private pumpAll(): void {
    for (const conversation of this.queues.keys()) void this.pump(conversation);
  }

  private queue(conversation: string): Pending[] {
    let queue = this.queues.get(conversation);
    if (!queue) this.queues.set(conversation, (queue = []));
    return queue;
  }

  private fail(item: Pending, reason: string): void {
    fail(item, reason);
    this.update(item, item.message);
    this.persist();
  }

  private update(item: Pending, message: Message): void {
    item.message = message;
    const { conversation_id, client_id } = message;
    this.host.threads.change(conversation_id, (m) => m.client_id === client_id, () => message);
  }

  private waiting(message: Message): Message {
    const time = new Date(now()).toISOString();
    return { ...message, status: "queued", error: null, sent_at: time, created_at: time };
  }

  private persist(): void {
    const all = [...this.queues.values()].flat();
    try {
      if (all.length) this.storage.setItem(this.key, JSON.stringify(all));
      else this.storage.removeItem(this.key);
    } catch {
      // Storage full: the queue still lives in memory.
    }
  }

  /** A note is one message; a reply is one message per file, the text going with the first or before it. */
  private split(conversation: string, draft: Draft): Message[] {
    const one = (kind: string, body: string, attachments: Attachment[], index: number) =>
      this.optimistic(conversation, draft, kind, body, attachments, index);
    const files = draft.attachments;
    if (draft.kind === "note" || !files.length) return [one(draft.kind, draft.body, files, 0)];
    const before = draft.apart ? [one(draft.kind, draft.body, [], 0)] : [];
    const body = draft.apart ? "" : draft.body;
    return [
      ...before,
      ...files.map((file, at) => one(file.kind, at ? "" : body, [file], at + before.length)),
    ];
  }

  private optimistic(
    conversation: string,
    draft: Draft,
    kind: string,
    body: string,
    attachments: Attachment[],
    index: number,
  ): Message {
    const client_id = uuid7();
    const last = this.host.threads.peek(conversation)?.items.at(-1);
    const time = Math.max(now(), last ? Date.parse(last.sent_at) + 1 : 0) + index;
    const sent_at = new Date(time).toISOString();
    const { id, name } = this.host.me;
    return {
      id: `local:${client_id}`,
      client_id,
      conversation_id: conversation,
      direction: "out",
      kind,
      body: body || null,
      payload: {},
      status: "queued",
      error: null,
      provider_id: null,
      sent_at,
      created_at: sent_at,
      seq: Number.MAX_SAFE_INTEGER,
      author: { id, name },
      is_note: kind === "note",
      reply_to: index ? null : (draft.reply_to ?? null),
      attachments,
      reactions: [],
      edited_at: null,
      revoked_at: null,
      external: false,
      local: true,
    };
  }
}

function bodyOf(message: Message): Record<string, unknown> {
  const body: Record<string, unknown> = {
    client_id: message.client_id,
    kind: message.kind,
    body: message.body ?? "",
  };
  if (message.reply_to?.id) body.reply_to = message.reply_to.id;
  if (message.attachments.length) body.attachment_ids = message.attachments.map(({ id }) => id);
  return body;
}

function fail(item: Pending, reason: string): void {
  item.message = {
    ...item.message,
    status: "failed",
    error: { code: item.refused ? "REFUSED" : "UNSENT", message: reason },
  };
}

/** Object URLs die with the page; the real ones come with the server's copy. */
function withoutBlob(file: Attachment): Attachment {
  const dead = (url: string | null) => (url?.startsWith("blob:") ? null : url);
  return { ...file, url: dead(file.url), thumbnail_url: dead(file.thumbnail_url) };
}
