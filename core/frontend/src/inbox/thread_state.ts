/** Threads as data: pages of messages by key, merged with what the socket brings. */

import { query, words } from "./api.js";
import type { Api } from "./api.js";
import { laterStatus, mergeMessage, mergeMessages, overlaps, same } from "./merge.js";
import type { Message, MessageError, MessageStatus, Page } from "./types.js";

const PAGE_SIZE = 50;
const KEPT_THREADS = 20;

export interface Thread {
  id: string;
  items: Message[];
  /** Cursor of the older page; null at the beginning of the conversation. */
  older: string | null;
  /** Cursor of the newer page; null when the thread reaches the present. */
  newer: string | null;
  loading: boolean;
  loadingOlder: boolean;
  loadingNewer: boolean;
  loaded: boolean;
  error: string | null;
  /** Messages that arrived while an old part of the thread was shown. */
  missed: number;
  /** Pages on their way. */
  flights: number;
  /** What happened since the first of them was asked for; they may have been read before it. */
  since: Change[];
}

type Change = (item: Message) => Message;

export interface StatusEvent {
  message_id: string;
  conversation_id: string;
  status: MessageStatus;
  error: MessageError | null;
  client_id: string | null;
}

export interface ThreadHost {
  readonly api: Api;
  readonly selectedId: string | null;
  notify(): void;
}

export class Threads {
  private readonly threads = new Map<string, Thread>();
  /** Asked for while a page was on its way, which may be older than the question. */
  private readonly again = new Set<string>();

  constructor(private readonly host: ThreadHost) {}

  peek(id: string): Thread | undefined {
    return this.threads.get(id);
  }

  get(id: string): Thread {
    let thread = this.threads.get(id);
    if (thread) this.threads.delete(id);
    thread ??= {
      id,
      items: [],
      older: null,
      newer: null,
      loading: false,
      loadingOlder: false,
      loadingNewer: false,
      loaded: false,
      error: null,
      missed: 0,
      flights: 0,
      since: [],
    };
    this.threads.set(id, thread);
    return thread;
  }

  /** Newest page: first load, return to the present, or catching up after a gap. */
  async latest(id: string): Promise<void> {
    const thread = this.get(id);
    if (thread.loading) {
      this.again.add(id);
      return;
    }
    thread.loading = true;
    thread.error = null;
    const known = thread.newer ? [] : thread.items.filter((item) => !item.local);
    this.host.notify();
    try {
      const page = await this.fetch(id, {});
      if (!known.length || !overlaps(known, page.items)) {
        const held = new Set(known.map((item) => item.id));
        const since = thread.items.filter((item) => item.local || !held.has(item.id));
        thread.items = mergeMessages(upToDate(thread, page), thread.newer ? keepLocal(thread.items) : since);
        thread.older = page.next_cursor;
      } else {
        thread.items = mergeMessages(thread.items, upToDate(thread, page));
      }
      thread.newer = null;
      thread.missed = 0;
      thread.loaded = true;
    } catch (error) {
      if (!thread.loaded) thread.error = words(error);
    } finally {
      thread.loading = false;
      this.forget();
      this.host.notify();
    }
    if (this.again.delete(id)) await this.latest(id);
  }

  async older(id: string): Promise<void> {
    const thread = this.get(id);
    if (!thread.older || thread.loadingOlder || thread.loading) return;
    thread.loadingOlder = true;
    this.host.notify();
    try {
      const page = await this.fetch(id, { before: thread.older });
      thread.items = mergeMessages(thread.items, upToDate(thread, page));
      thread.older = page.next_cursor;
    } catch {
      // Scrolling up again asks again.
    } finally {
      thread.loadingOlder = false;
      this.host.notify();
    }
  }

  async newer(id: string): Promise<void> {
    const thread = this.get(id);
    if (!thread.newer || thread.loadingNewer || thread.loading) return;
    thread.loadingNewer = true;
    try {
      const page = await this.fetch(id, { after: thread.newer });
      thread.items = mergeMessages(thread.items, upToDate(thread, page));
      thread.newer = page.prev_cursor ?? null;
      if (!thread.newer) thread.missed = 0;
    } catch {
      // Scrolling down again asks again.
    } finally {
      thread.loadingNewer = false;
      this.host.notify();
    }
  }

  /** Make sure a message is in the thread, loading the part around it if need be. */
  async around(id: string, messageId: string): Promise<boolean> {
    const thread = this.get(id);
    if (thread.items.some((item) => item.id === messageId)) return true;
    try {
      const page = await this.fetch(id, { around: messageId });
      const joined = overlaps(thread.items, page.items);
      const items = upToDate(thread, page);
      thread.items = joined ? mergeMessages(thread.items, items) : items;
      thread.older = page.next_cursor;
      if (!joined) thread.newer = page.prev_cursor ?? null;
      this.host.notify();
      return thread.items.some((item) => item.id === messageId);
    } catch {
      return false;
    }
  }

  /** A message from the socket or the composer. Returns whether it is new to us. */
  add(message: Message): boolean {
    const thread = this.threads.get(message.conversation_id);
    if (!thread) return true;
    const known = thread.items.some((item) => same(item, message));
    if (!known && thread.newer) {
      thread.missed++;
    } else {
      thread.items = mergeMessages(thread.items, [message]);
    }
    return !known;
  }

  /** A message that changed. One the thread does not hold is not put in: it may be far above what is loaded. */
  update(message: Message): void {
    this.change(message.conversation_id, (item) => same(item, message), (item) => mergeMessage(item, message));
  }

  /** The server's answer to a send: the optimistic message gets its name. */
  confirm(conversation: string, clientId: string, id: string, status: MessageStatus | null): void {
    this.change(conversation, (item) => item.client_id === clientId && !!item.local, (item) => ({
      ...item,
      id,
      status: item.is_note ? null : laterStatus(item.status, status),
      error: null,
      local: false,
    }));
  }

  status(event: StatusEvent): void {
    const found = (item: Message) =>
      item.id === event.message_id || (!!event.client_id && item.client_id === event.client_id);
    this.change(event.conversation_id, found, (item) => {
      const status = laterStatus(item.status, event.status);
      return { ...item, status, error: status === event.status ? event.error : item.error };
    });
  }

  change(id: string, which: (item: Message) => boolean, to: (item: Message) => Message): void {
    const thread = this.threads.get(id);
    if (!thread) return;
    const change: Change = (item) => (which(item) ? to(item) : item);
    thread.items = thread.items.map(change);
    if (thread.flights) thread.since.push(change);
  }

  remove(id: string, clientId: string): void {
    const thread = this.threads.get(id);
    if (thread) thread.items = thread.items.filter((item) => item.client_id !== clientId);
  }

  /** After a gap nothing cached can be trusted, save the open thread, which is caught up. */
  dropAllBut(id: string | null): void {
    for (const key of [...this.threads.keys()]) {
      const thread = this.threads.get(key)!;
      if (key !== id && !thread.items.some((item) => item.local)) this.threads.delete(key);
      else if (key !== id) thread.loaded = false;
    }
  }

  /** Oldest threads first out of memory; those with unsent messages stay. */
  private forget(): void {
    for (const [id, thread] of this.threads) {
      if (this.threads.size <= KEPT_THREADS) return;
      if (id === this.host.selectedId || thread.items.some((item) => item.local)) continue;
      this.threads.delete(id);
    }
  }

  private async fetch(id: string, cursor: Record<string, string>): Promise<Page<Message>> {
    const thread = this.get(id);
    if (!thread.flights++) thread.since = [];
    try {
      return await this.host.api.get(
        `/conversations/${id}/messages${query({ ...cursor, page_size: PAGE_SIZE })}`,
      );
    } finally {
      thread.flights--;
    }
  }
}

/** A page's messages with what happened to them while it was on its way. */
function upToDate(thread: Thread, page: Page<Message>): Message[] {
  return page.items.map((item) => thread.since.reduce((now, change) => change(now), item));
}

function keepLocal(items: Message[]): Message[] {
  return items.filter((item) => item.local);
}
