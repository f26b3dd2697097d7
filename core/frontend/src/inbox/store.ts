/**
 * What the inbox knows, in one place: conversations, the list, the threads, who is typing, the
 * state of the line. Components read it and re-render on change; all writing goes through here.
 */

import { passOn } from "../shell/live.js";
import { Api, words } from "./api.js";
import { Drafts } from "./drafts.js";
import { ListState } from "./list_state.js";
import { Outbox } from "./outbox.js";
import { tellBell, tellBellViewing } from "../shell/news.js";
import { Realtime } from "./socket.js";
import type { Connection } from "./socket.js";
import { Threads } from "./thread_state.js";
import type { StatusEvent } from "./thread_state.js";
import type { Config, Conversation, Label, Message, Page, RealtimeEvent, Ref } from "./types.js";

const TYPING_LASTS = 6_000;

export interface Toast {
  id: number;
  text: string;
  kind: "info" | "success" | "danger";
}

export class Store {
  readonly api: Api;
  readonly me;
  readonly list: ListState;
  readonly threads: Threads;
  readonly outbox: Outbox;
  readonly drafts: Drafts;
  readonly socket: Realtime;
  readonly conversations = new Map<string, Conversation>();
  readonly typing = new Map<string, { name: string; timer: number }>();

  selectedId: string | null = null;
  selectError: string | null = null;
  connection: Connection = "connecting";
  channels: (Ref & { kind: string; icon?: string })[] = [];
  labels: Label[] = [];
  members: Ref[] = [];
  toasts: Toast[] = [];
  /** Messages that arrived live, for the announcer and the thread. */
  readonly arrivals = new EventTarget();

  private readonly listeners = new Set<() => void>();
  private lastTyping = 0;

  constructor(readonly config: Config) {
    this.me = config.me;
    this.api = new Api(config.csrfCookie);
    this.list = new ListState(this);
    this.threads = new Threads(this);
    this.outbox = new Outbox(this);
    this.drafts = new Drafts(config.me.id);
    this.socket = new Realtime(
      {
        event: (event) => {
          this.receive(event);
          passOn(event);
        },
        resync: () => {
          this.resync();
          passOn(null);
        },
        greeted: (again) => {
          this.greeted(again);
          if (again) passOn(null);
        },
        state: (state) => {
          this.connection = state;
          this.notify();
        },
        poll: () => this.catchUp(),
      },
      config.position ?? null,
    );
  }

  start(): void {
    this.outbox.restore();
    void this.list.load();
    void this.list.loadCounts();
    this.socket.start();
    document.addEventListener("visibilitychange", this.tellViewing);
    void this.loadChoices();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  notify(): void {
    for (const listener of this.listeners) listener();
  }

  /** Whether the user's role grants a permission, such as "conversation.reply". */
  can(permission: string): boolean {
    return this.me.permissions.includes(permission);
  }

  get selected(): Conversation | null {
    return (this.selectedId && this.conversations.get(this.selectedId)) || null;
  }

  /** Conversations with unread messages that are mine or nobody's, for the title. */
  get unread(): number {
    let count = 0;
    for (const item of this.conversations.values()) {
      const mine = !item.assignee_id || item.assignee_id === this.me.id;
      if (item.unread_count && mine && item.status === "open") count++;
    }
    return count;
  }

  /** Keep the newer of two sightings; what only GET one carries is kept. */
  upsert(item: Conversation): Conversation {
    const known = this.conversations.get(item.id);
    const stale = !!known && known.updated_at > item.updated_at;
    const merged = {
      ...(stale ? known : item),
      can_send: item.can_send ?? known?.can_send,
      capabilities: item.capabilities ?? known?.capabilities,
    };
    this.conversations.set(item.id, merged);
    return merged;
  }

  /** Change one at once, ahead of the server's word. */
  patch(id: string, change: Partial<Conversation>): void {
    const known = this.conversations.get(id);
    if (!known) return;
    this.conversations.set(id, { ...known, ...change });
    this.notify();
  }

  async select(id: string | null): Promise<void> {
    if (id === this.selectedId) return;
    this.selectedId = id;
    this.selectError = null;
    this.tellViewing();
    this.notify();
    if (!id) return;
    const thread = this.threads.get(id);
    for (const message of this.outbox.pending(id)) this.threads.add(message);
    if (!thread.loaded) void this.threads.latest(id);
    await this.reload(id);
  }

  /** Conversation `id` afresh, with its capabilities. */
  async reload(id: string): Promise<void> {
    try {
      this.upsert(await this.api.get<Conversation>(`/conversations/${id}`));
    } catch (error) {
      if (this.selectedId === id && !this.conversations.has(id)) this.selectError = words(error);
    }
    this.notify();
  }

  /** Warm up a thread the agent is likely to open next. */
  prefetch(id: string | null): void {
    if (id && !this.threads.peek(id)?.loaded) void this.threads.latest(id);
  }

  async markRead(id: string): Promise<void> {
    const conversation = this.conversations.get(id);
    const newest = this.threads.peek(id)?.items.findLast((item) => item.direction === "in");
    if (!conversation?.unread_count || !newest || !this.can("conversation.reply")) return;
    this.patch(id, { unread_count: 0 });
    try {
      await this.api.post(`/conversations/${id}/read`, { message_id: newest.id });
    } catch {
      // The next look marks it again.
    }
  }

  /** Tell the other side that we type; at most every three seconds. */
  sendTyping(id: string): void {
    if (Date.now() - this.lastTyping < 3000) return;
    this.lastTyping = Date.now();
    this.socket.send({ type: "typing", conversation_id: id });
  }

  toast(text: string, kind: Toast["kind"] = "info"): void {
    const toast = { id: Date.now() + Math.random(), text, kind };
    this.toasts = [...this.toasts.slice(-2), toast];
    this.notify();
    setTimeout(() => this.dismiss(toast.id), kind === "danger" ? 10_000 : 5000);
  }

  dismiss(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
    this.notify();
  }

  private receive(event: RealtimeEvent): void {
    if (event.organization && event.organization !== this.me.organization.id) return;
    const { data } = event;
    switch (event.type) {
      case "message.created":
        this.arrived(data.message as Message, data.conversation as Conversation);
        break;
      case "message.updated":
        this.threads.update(data.message as Message);
        break;
      case "message.status":
        this.ticked(data as unknown as StatusEvent);
        break;
      case "conversation.created":
      case "conversation.updated":
      case "conversation.assigned":
        this.changed(data.conversation as Conversation);
        break;
      case "notification":
        tellBell(data);
        break;
      case "typing":
        this.typed(data as { conversation_id: string; by: string; name?: string });
        break;
    }
    this.notify();
  }

  private arrived(message: Message, conversation: Conversation | undefined): void {
    const fresh = this.threads.add(message);
    if (conversation) this.changed(conversation);
    if (message.direction === "in") {
      this.stopTyping(message.conversation_id);
      // A message from the person opens the channel's window anew.
      if (!conversation?.can_send && message.conversation_id === this.selectedId) {
        void this.reload(message.conversation_id);
      }
    }
    if (fresh) this.arrivals.dispatchEvent(new CustomEvent("message", { detail: message }));
  }

  private ticked(event: StatusEvent): void {
    this.threads.status(event);
    const conversation = this.conversations.get(event.conversation_id);
    const last = conversation?.last_message;
    if (!last || last.id !== event.message_id) return;
    this.patch(event.conversation_id, { last_message: { ...last, status: event.status } });
  }

  private changed(item: Conversation): void {
    this.list.place(this.upsert(item));
    this.list.countSoon();
  }

  private typed(data: { conversation_id: string; by: string; name?: string }): void {
    if (data.by === "agent" && data.name === this.me.name) return;
    this.stopTyping(data.conversation_id);
    const timer = setTimeout(() => {
      this.typing.delete(data.conversation_id);
      this.notify();
    }, TYPING_LASTS);
    this.typing.set(data.conversation_id, { name: data.name ?? "", timer });
  }

  private stopTyping(id: string): void {
    clearTimeout(this.typing.get(id)?.timer);
    this.typing.delete(id);
  }

  /** Events before the first greeting may have slipped between the page and the socket. */
  private greeted(again: boolean): void {
    this.tellViewing();
    if (again || (this.config.position ?? null) === null) this.catchUp();
  }

  /** Others, and the bell, learn which conversation is looked at: none, while the tab is hidden. */
  private readonly tellViewing = (): void => {
    const id = document.visibilityState === "visible" ? this.selectedId : null;
    this.socket.send({ type: "viewing", conversation_id: id });
    tellBellViewing(id);
  };

  private resync(): void {
    this.threads.dropAllBut(this.selectedId);
    this.catchUp();
  }

  private catchUp(): void {
    void this.list.load(true);
    void this.list.loadCounts();
    tellBell(null);
    if (!this.selectedId) return;
    void this.threads.latest(this.selectedId);
    void this.reload(this.selectedId);
  }

  private async loadChoices(): Promise<void> {
    const into = async <T>(path: string, take: (items: T[]) => void) => {
      try {
        take((await this.api.get<Page<T>>(path)).items);
        this.notify();
      } catch {
        // Without the right to list them the filter or menu simply offers fewer choices.
      }
    };
    await Promise.all([
      into<Ref & { kind: string }>("/channels?page_size=100", (items) => (this.channels = items)),
      into<Label>("/labels?page_size=100", (items) => (this.labels = items)),
      into<Ref>("/users?page_size=100", (items) => (this.members = items)),
    ]);
  }
}
