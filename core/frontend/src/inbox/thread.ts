/** `<ramal-thread>`: the messages of the open conversation, with separators and jumps. */

import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { icon } from "../shell/icons.js";
import { t, tn } from "../i18n.js";
import { words } from "./api.js";
import { bubble } from "./bubble.js";
import type { BubbleContext } from "./bubble.js";
import { possible, react } from "./changes.js";
import { canWrite } from "./composer_state.js";
import { empty, InboxElement, spinner } from "./element.js";
import { capped, dayKey, dayLabel } from "./format.js";
import { messageMenu } from "./message_menu.js";
import { ScrollKeeper } from "./scroll.js";
import type { Conversation, Message } from "./types.js";

const RUN = 5 * 60_000;
const NEAR_EDGE = 300;

export class ThreadView extends InboxElement {
  static override properties = {
    ...InboxElement.properties,
    conversation: { attribute: false },
  };
  declare conversation: Conversation;

  private keeper: ScrollKeeper | null = null;
  private shownId = "";
  private placed = false;
  private unreadAtOpen = 0;
  private unreadFrom: string | null = null;
  private arrived = 0;
  private activeId: string | null = null;
  private flashId: string | null = null;
  private lastId = "";
  private pillShown = false;

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("focus", this.seen);
    document.addEventListener("visibilitychange", this.seen);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("focus", this.seen);
    document.removeEventListener("visibilitychange", this.seen);
    this.store.arrivals.removeEventListener("message", this.came);
    this.keeper?.stop();
    this.keeper = null;
  }

  protected override firstUpdated(): void {
    super.firstUpdated();
    this.store.arrivals.addEventListener("message", this.came);
  }

  protected override willUpdate(): void {
    if (this.conversation.id !== this.shownId) {
      this.shownId = this.conversation.id;
      this.placed = false;
      this.unreadAtOpen = this.conversation.unread_count;
      this.unreadFrom = null;
      this.arrived = 0;
      this.activeId = null;
      this.lastId = "";
      if (this.keeper) this.keeper.pinned = true;
    }
    const thread = this.thread;
    if (thread.loaded && this.unreadAtOpen) {
      const incoming = thread.items.filter((item) => item.direction === "in" && !item.is_note);
      this.unreadFrom = incoming.at(-this.unreadAtOpen)?.id ?? incoming[0]?.id ?? null;
      this.unreadAtOpen = 0;
    }
  }

  protected override updated(): void {
    const box = this.querySelector<HTMLElement>(".thread-scroll");
    const content = this.querySelector<HTMLElement>(".thread-log");
    if (!box || !content) return;
    this.keeper ??= new ScrollKeeper(box, content, "[data-message-id]", this.moved);
    const { items, loaded } = this.thread;
    const last = items.at(-1);
    if (last && last.id !== this.lastId) {
      if (last.local && this.lastId) this.keeper.pinned = true;
      this.lastId = last.id;
    }
    if (!this.placed && loaded) {
      this.placed = true;
      const separator = this.querySelector(".unread-line");
      if (separator) this.keeper.show(separator);
      else this.keeper.toBottom();
      this.seen();
    } else {
      this.keeper.hold();
    }
  }

  private get thread() {
    return this.store.threads.get(this.conversation.id);
  }

  /** Go to a message, loading its surroundings if it isn't here. */
  async jump(id: string): Promise<void> {
    if (!(await this.store.threads.around(this.conversation.id, id))) {
      this.store.toast(t("That message is not available."));
      return;
    }
    if (this.keeper) this.keeper.pinned = false;
    this.flashId = id;
    this.requestUpdate();
    await this.updateComplete;
    const element = this.querySelector(`[data-message-id="${CSS.escape(id)}"]`);
    if (element) this.keeper?.show(element);
    setTimeout(() => {
      this.flashId = null;
      this.requestUpdate();
    }, 1800);
  }

  async toPresent(): Promise<void> {
    if (this.thread.newer) {
      await this.store.threads.latest(this.conversation.id);
      await this.updateComplete;
    }
    this.arrived = 0;
    this.keeper?.toBottom();
    this.seen();
    this.requestUpdate();
  }

  private readonly moved = (): void => {
    const box = this.querySelector<HTMLElement>(".thread-scroll");
    if (!box || !this.placed) return;
    const { id, newer } = this.thread;
    if (box.scrollTop < NEAR_EDGE) void this.store.threads.older(id);
    const below = box.scrollHeight - box.scrollTop - box.clientHeight;
    if (newer && below < NEAR_EDGE) void this.store.threads.newer(id);
    if (this.keeper?.pinned) this.seen();
    if (this.pillDue !== this.pillShown) this.requestUpdate();
  };

  /** Read is what was on a visible, focused screen at the end of the thread. */
  private readonly seen = (): void => {
    if (document.visibilityState !== "visible" || !document.hasFocus()) return;
    if (!this.placed || this.thread.newer || !this.keeper?.pinned) {
      if (!this.placed || this.unreadFrom === null) return;
    }
    if (this.keeper?.pinned) this.arrived = 0;
    void this.store.markRead(this.conversation.id);
  };

  private readonly came = (event: Event): void => {
    const message = (event as CustomEvent<Message>).detail;
    if (message.conversation_id !== this.conversation.id || message.direction !== "in") return;
    const watching = document.hasFocus() && this.keeper?.pinned;
    if (!watching) {
      this.arrived++;
      if (!this.unreadFrom || this.arrived === 1) this.unreadFrom = message.id;
    }
    void this.updateComplete.then(this.seen);
  };

  private readonly keys = (event: KeyboardEvent): void => {
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-message-id]");
    if (!row || event.target !== row) return;
    const rows = [...this.querySelectorAll<HTMLElement>(".message")];
    const at = rows.indexOf(row);
    const next = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 }[event.key];
    const target = next === undefined ? undefined : rows[next];
    if (!target) return;
    event.preventDefault();
    this.activeId = target.dataset.messageId ?? null;
    this.requestUpdate();
    target.focus();
  };

  private context(): BubbleContext {
    const { conversation, store } = this;
    return {
      contactName: conversation.contact.name || t("Contact"),
      me: store.me.id,
      canReply: conversation.capabilities?.reply_to ?? false,
      reply: (message) => this.emit("reply-to", message),
      retry: (message) => void this.retry(message),
      discard: (message) => store.outbox.discard(message),
      jump: (id) => void this.jump(id),
      openMedia: (message, file) => this.emit("open-media", { message, file }),
      copy: (message) => {
        void navigator.clipboard
          .writeText(message.body ?? "")
          .then(() => store.toast(t("Copied."), "success"));
      },
      canReact: (message) => possible(store, conversation, message).react,
      react: (message, emoji) => void react(store, message, emoji),
      more: (message, stop) => messageMenu(store, conversation, message, stop),
    };
  }

  private emit(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }

  private async retry(message: Message): Promise<void> {
    if (message.local) return this.store.outbox.retryLocal(message);
    try {
      await this.store.outbox.retryOnServer(message);
      await this.store.threads.latest(this.conversation.id);
    } catch (error) {
      this.store.toast(words(error), "danger");
    }
  }

  protected override render() {
    const { items, loaded, loading, loadingOlder, error, older } = this.thread;
    return html`<div class="thread-scroll" data-testid="thread" @keydown=${this.keys}>
        <div
          class="thread-log"
          role="log"
          aria-live="off"
          aria-label=${t("Messages")}
          aria-busy=${loading && !loaded}
        >
          ${loadingOlder ? html`<div class="thread-more">${spinner(t("Loading"))}</div>` : nothing}
          ${loaded && !older && items.length
            ? html`<p class="thread-start">${t("Beginning of the conversation")}</p>`
            : nothing}
          ${items.length || loaded ? this.rows(items) : nothing}
          ${!loaded && loading ? skeleton() : nothing}
          ${loaded && !items.length
            ? empty("message-circle", t("No messages yet"), t("Write the first one below."))
            : nothing}
          ${error && !loaded ? this.failure(error) : nothing}
        </div>
      </div>
      ${this.pill()}`;
  }

  private rows(items: Message[]) {
    const context = this.context();
    const active = items.some((item) => item.id === this.activeId)
      ? this.activeId
      : items.findLast((item) => item.kind !== "system")?.id;
    const { capabilities } = this.conversation;
    const flags = [
      context.canReply,
      context.contactName,
      ...[capabilities?.reactions, capabilities?.edit, capabilities?.revoke],
      canWrite(this.store, this.conversation, "reply").blocked,
    ].join("|");
    let before: Message | undefined;
    const rows = items.map((message) => {
      const previous = before;
      before = message;
      return { message, previous };
    });
    return repeat(
      rows,
      ({ message }) => message.client_id ?? message.id,
      ({ message, previous }) => {
        const newDay = !previous || dayKey(previous.sent_at) !== dayKey(message.sent_at);
        const place = {
          first: newDay || !continues(previous!, message),
          active: message.id === active,
          flash: message.id === this.flashId,
        };
        const unread = message.id === this.unreadFrom;
        const parts = [message, newDay, unread, place.first, place.active, place.flash, flags];
        return guard(parts, () => [
          newDay
            ? html`<div class="day-line"><span>${dayLabel(message.sent_at)}</span></div>`
            : nothing,
          unread
            ? html`<div class="unread-line" data-testid="unread-separator">
                <span>${t("New messages")}</span>
              </div>`
            : nothing,
          bubble(message, place, context),
        ]);
      },
    );
  }

  private get pillDue(): boolean {
    return this.placed && (!this.keeper?.pinned || !!this.thread.newer);
  }

  private pill() {
    const count = this.arrived + this.thread.missed;
    this.pillShown = this.pillDue;
    if (!this.pillShown) return nothing;
    const label = count
      ? tn("{n} new message", "{n} new messages", count)
      : t("Go to the latest message");
    return html`<button
      type="button"
      class="to-bottom ${count ? "has-new" : ""}"
      aria-label=${label}
      title=${label}
      data-testid="jump-to-bottom"
      @click=${() => void this.toPresent()}
    >
      ${count ? html`<span class="badge-unread" aria-hidden="true">${capped(count)}</span>` : nothing}
      ${icon("chevron-down")}
    </button>`;
  }

  private failure(text: string) {
    return empty(
      "cloud-off",
      t("The messages could not be loaded"),
      text,
      html`<button
        type="button"
        class="btn btn-secondary"
        @click=${() => void this.store.threads.latest(this.conversation.id)}
      >
        ${t("Try again")}
      </button>`,
    );
  }
}

/** Whether a message goes on the run of the one before it: same voice, within minutes. */
function continues(previous: Message, message: Message): boolean {
  return (
    previous.kind !== "system" &&
    previous.direction === message.direction &&
    previous.is_note === message.is_note &&
    previous.author?.id === message.author?.id &&
    Date.parse(message.sent_at) - Date.parse(previous.sent_at) < RUN
  );
}

function skeleton() {
  return html`<div class="thread-skeleton" aria-hidden="true">
    ${["in", "in", "out", "in", "out"].map(
      (side) => html`<span class="skeleton skeleton-bubble skeleton-${side}"></span>`,
    )}
  </div>`;
}

customElements.define("ramal-thread", ThreadView);
