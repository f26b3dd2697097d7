/** `<ramal-inbox>`: the panes, the address bar, the shortcuts, the state of the line. */

import { html, nothing } from "lit";
import type { PropertyValues } from "lit";
import { connectHost, onRegistered } from "../host/registry.js";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { resolve } from "./actions.js";
import { announce, Attention } from "./attention.js";
import type { ConversationView } from "./conversation.js";
import { InboxElement, empty } from "./element.js";
import { helpDialog } from "./help.js";
import type { ConversationList } from "./list.js";
import { listen, shortcuts } from "./shortcuts.js";
import type { Shortcut } from "./shortcuts.js";
import type { Attachment, Conversation, Message, Tab } from "./types.js";
import type { MediaViewer } from "./viewer.js";
import "./conversation.js";
import "./list.js";
import "./panel.js";
import "./viewer.js";

const WIDE = matchMedia("(min-width: 1240px)");
const PANEL_KEY = "ramal.inbox.panel";
const TABS: Tab[] = ["mine", "unassigned", "all"];

export class InboxApp extends InboxElement {
  static override properties = { ...InboxElement.properties, panelOpen: { state: true } };
  declare panelOpen: boolean;

  private all: Shortcut[] = [];
  private attention: Attention | null = null;
  private readonly stops: (() => void)[] = [];

  constructor() {
    super();
    this.panelOpen = WIDE.matches && localStorage.getItem(PANEL_KEY) !== "closed";
  }

  protected override firstUpdated(): void {
    super.firstUpdated();
    this.attention = new Attention(this.store);
    this.all = shortcuts(this.target());
    let stop = listen(this.all, () => this.hostContext());
    this.stops.push(
      () => stop(),
      onRegistered(() => {
        stop();
        stop = listen(this.all, () => this.hostContext());
        this.store.notify();
      }),
    );
    connectHost({
      insertText: (text) => this.view?.composer?.insertText(text),
      announce,
      toast: (text, kind) => this.store.toast(text, kind),
    });
    addEventListener("popstate", this.moved);
    this.store.start();
    void this.store.select(this.store.config.conversation ?? idFromAddress());
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("popstate", this.moved);
    for (const stop of this.stops) stop();
    this.store.socket.stop();
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    this.attention?.update();
    document.body.classList.toggle("has-conversation", !!this.store.selectedId);
  }

  private get view(): ConversationView | null {
    return this.querySelector<ConversationView>("ramal-conversation");
  }

  private hostContext() {
    const { selected } = this.store;
    return Object.freeze({ conversation: selected ? { ...selected } : null });
  }

  private target() {
    const { store } = this;
    const go = (step: 1 | -1) => {
      const id = store.list.neighbour(store.selectedId, step);
      if (id) this.open(id);
    };
    const composer = () => this.view?.composer;
    return {
      next: () => go(1),
      previous: () => go(-1),
      resolve: () => {
        const { selected } = store;
        if (selected && selected.status !== "resolved") void resolve(store, selected.id);
      },
      note: () => composer()?.setMode("note"),
      reply: () => composer()?.setMode("reply"),
      attach: () => this.querySelector<HTMLInputElement>("input[type=file]")?.click(),
      details: () => this.togglePanel(),
      search: () => this.querySelector<ConversationList>("ramal-conversation-list")?.focusSearch(),
      tab: () => {
        const at = TABS.indexOf(store.list.filters.tab);
        store.list.setFilters({ tab: TABS[(at + 1) % TABS.length]! });
      },
      help: () => this.showHelp(),
    };
  }

  private readonly showHelp = (): void => {
    this.querySelector<HTMLDialogElement>("dialog.help")?.showModal();
  };

  private open(id: string): void {
    if (id !== this.store.selectedId) {
      const state = { inbox: true };
      // From the list a new step back; from one conversation to the next the same step.
      if (this.store.selectedId) history.replaceState(history.state ?? state, "", `/inbox/${id}`);
      else history.pushState(state, "", `/inbox/${id}`);
    }
    if (!WIDE.matches) this.panelOpen = false;
    void this.store.select(id);
    const warm = () => this.store.prefetch(this.store.list.neighbour(id, 1));
    if ("requestIdleCallback" in window) requestIdleCallback(warm, { timeout: 2000 });
    if (matchMedia("(pointer: fine)").matches) {
      void this.updateComplete.then(() => this.view?.updateComplete).then(() => {
        this.querySelector<HTMLElement>("[data-testid='composer-input']")?.focus();
      });
    }
  }

  private close(): void {
    if ((history.state as { inbox?: boolean } | null)?.inbox) history.back();
    else {
      history.replaceState(null, "", "/inbox");
      void this.store.select(null);
    }
  }

  private readonly moved = (): void => {
    void this.store.select(idFromAddress());
  };

  private togglePanel(): void {
    this.panelOpen = !this.panelOpen;
    if (WIDE.matches) localStorage.setItem(PANEL_KEY, this.panelOpen ? "open" : "closed");
  }

  private openMedia(event: CustomEvent<{ message: Message; file: Attachment }>): void {
    const thread = this.store.threads.peek(event.detail.message.conversation_id);
    const viewer = this.querySelector<MediaViewer>("ramal-media-viewer");
    void viewer?.open(thread?.items ?? [event.detail.message], event.detail.file);
  }

  protected override render() {
    const { selected, selectedId } = this.store;
    const shown = selectedId ? (this.panelOpen ? "panel" : "thread") : "list";
    return html`<div
        class="inbox inbox-shows-${shown}"
        @open-conversation=${(event: CustomEvent<string>) => this.open(event.detail)}
        @close-conversation=${() => this.close()}
        @toggle-panel=${() => this.togglePanel()}
        @show-help=${this.showHelp}
        @open-media=${(event: CustomEvent) => this.openMedia(event)}
      >
        ${this.banner()}
        <ramal-conversation-list class="pane-list" .store=${this.store}></ramal-conversation-list>
        ${selected ? this.panes(selected) : this.closed()}
      </div>
      <ramal-media-viewer></ramal-media-viewer>
      ${helpDialog(this.all)} ${this.toasts()}`;
  }

  private panes(selected: Conversation) {
    return html`<ramal-conversation
        class="pane-thread"
        .store=${this.store}
        .conversation=${selected}
        .panelOpen=${this.panelOpen}
      ></ramal-conversation>
      ${this.panelOpen
        ? html`<ramal-contact-panel
            class="pane-panel"
            .store=${this.store}
            .conversation=${selected}
          ></ramal-contact-panel>`
        : nothing}`;
  }

  private closed() {
    const { selectedId, selectError } = this.store;
    if (selectError) {
      const title = t("This conversation can't be shown");
      const back = html`<button
        type="button"
        class="btn btn-secondary"
        @click=${() => this.close()}
      >
        ${t("Back to the list")}
      </button>`;
      return html`<div class="pane-thread">
        ${empty("message-off", title, selectError, back)}
      </div>`;
    }
    return html`<div class="pane-thread">
      ${selectedId
        ? nothing
        : empty(
            "messages",
            t("Pick a conversation"),
            this.store.config.connected === false
              ? t("They appear on the left as soon as a channel is connected.")
              : t("Choose one on the left, or press Alt+J to open the first."),
          )}
    </div>`;
  }

  private banner() {
    const { connection } = this.store;
    if (connection === "online" || connection === "connecting") return nothing;
    const offline = connection === "offline";
    return html`<div
      class="connection-banner"
      role="status"
      data-testid="connection-banner"
      data-state=${connection}
    >
      ${icon(offline ? "wifi-off" : "refresh")}
      <span
        >${offline
          ? t("You are offline. Messages you write will go out when the connection is back.")
          : t("Reconnecting… New messages may take a little longer.")}</span
      >
    </div>`;
  }

  private toasts() {
    const icons = { info: "info-circle", success: "circle-check", danger: "alert-circle" };
    return html`<div class="toasts" role="status" aria-live="polite">
      ${this.store.toasts.map(
        (toast) => html`<div class="ramal-toast ramal-toast-${toast.kind}" data-testid="toast">
          ${icon(icons[toast.kind])}<span>${toast.text}</span>
          <button
            type="button"
            class="btn btn-quiet btn-icon btn-sm"
            aria-label=${t("Dismiss")}
            @click=${() => this.store.dismiss(toast.id)}
          >
            ${icon("x")}
          </button>
        </div>`,
      )}
    </div>`;
  }
}

function idFromAddress(): string | null {
  return /^\/inbox\/([0-9a-f-]{36})$/i.exec(location.pathname)?.[1] ?? null;
}

customElements.define("ramal-inbox", InboxApp);
