/** `<ramal-conversation-header>`: who it is, where, in what state, and what to do about it. */

import { html, nothing } from "lit";
import { registered } from "../host/registry.js";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { assign, reopen, resolve, setPriority, take } from "./actions.js";
import { avatar, choice, InboxElement, menu } from "./element.js";
import { labelMenu } from "./labels.js";
import { slot } from "./slot.js";
import type { Conversation, Priority } from "./types.js";
import { priorityWords, statusWords } from "./words.js";

/** A phone has no room for each menu's own button: they fold into "More". The same width as in _narrow.scss. */
const NARROW = matchMedia("(max-width: 767.98px)");
const PRIORITIES: Priority[] = ["urgent", "high", "medium", "low", "none"];

export class ConversationHeader extends InboxElement {
  static override properties = {
    ...InboxElement.properties,
    conversation: { attribute: false },
    panelOpen: { attribute: false },
    search: { state: true },
  };
  declare conversation: Conversation;
  declare panelOpen: boolean;
  declare search: string;

  constructor() {
    super();
    this.search = "";
  }

  private readonly resized = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    NARROW.addEventListener("change", this.resized);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    NARROW.removeEventListener("change", this.resized);
  }

  private emit(name: string): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true }));
  }

  protected override render() {
    const { conversation, store } = this;
    const typing = store.typing.get(conversation.id);
    const details = t("Details of {name}", { name: conversation.contact.name });
    return html`<header class="conversation-header">
      <button
        type="button"
        class="btn btn-quiet btn-icon back-button"
        aria-label=${t("Back to the list")}
        data-testid="back-button"
        @click=${() => this.emit("close-conversation")}
      >
        ${icon("arrow-left")}
      </button>
      <button
        type="button"
        class="header-person"
        aria-expanded=${this.panelOpen}
        title=${details}
        data-testid="toggle-panel"
        @click=${() => this.emit("toggle-panel")}
      >
        ${avatar(conversation.contact)}
        <span class="header-words">
          <span class="header-name" data-testid="conversation-title"
            >${conversation.contact.name}</span
          >
          <span class="header-sub">
            ${typing
              ? html`<span class="card-typing" data-testid="typing">${t("typing…")}</span>`
              : html`${icon(conversation.channel.icon)}<span class="text-truncate"
                    >${conversation.channel.name}</span
                  >${this.status()}`}
          </span>
        </span>
      </button>
      <div class="header-actions">
        ${slot(this.store.config, "inbox.header", { conversation: conversation.id }, true)}
        ${this.take()} ${NARROW.matches ? nothing : html`${this.assignee()} ${this.labels()}`}
        ${this.main()} ${this.more()}
      </div>
    </header>`;
  }

  private status() {
    const { status } = this.conversation;
    if (status === "open") return nothing;
    return html`<span class="status-badge status-${status}">${statusWords(status)}</span>`;
  }

  private get manages(): boolean {
    return this.store.can("conversation.manage");
  }

  /** Open, nobody's, and the caller may have it. */
  private get untaken(): boolean {
    const { conversation, store } = this;
    return store.can("conversation.assign") && !conversation.assignee && conversation.status === "open";
  }

  private take() {
    const { conversation, store } = this;
    if (!this.untaken) return nothing;
    return html`<button
      type="button"
      class="btn btn-secondary take-button"
      title=${t("Take")}
      data-testid="take-button"
      @click=${() => take(store, conversation.id)}
    >
      ${icon("hand-grab")}<span>${t("Take")}</span>
    </button>`;
  }

  private assignee() {
    const { conversation, store } = this;
    if (!store.can("conversation.assign")) return nothing;
    if (NARROW.matches) {
      return this.assignMenu(folded("user-plus", this.assigned), "menu-item", true);
    }
    if (this.untaken) return this.assignMenu(html`${icon("user-plus")}`);
    const { assignee } = conversation;
    const face = assignee
      ? html`<span class="visually-hidden">${t("Assigned to")}</span>${avatar(assignee, "sm")}<span
            class="header-assignee text-truncate"
            >${assignee.id === store.me.id ? t("You") : assignee.name}</span
          >${icon("chevron-down", "icon-small")}`
      : html`${icon("user-plus")}<span class="header-assignee">${t("Assign")}</span>`;
    return this.assignMenu(face, "btn btn-quiet", true);
  }

  private get assigned(): string {
    const { assignee } = this.conversation;
    return assignee ? t("Assigned to {name}", { name: assignee.name }) : t("Assign");
  }

  private assignMenu(face: unknown, classes?: string, worded = false) {
    const { conversation, store } = this;
    const needle = this.search.toLowerCase();
    const others = store.members.filter(
      ({ id, name }) => id !== store.me.id && name.toLowerCase().includes(needle),
    );
    const current = conversation.assignee_id;
    return menu({
      id: "assign-menu",
      label: this.assigned,
      face,
      side: "end",
      testid: "assign-menu",
      worded,
      ...(classes ? { classes } : {}),
      content: html`<p class="menu-title">${t("Assign to")}</p>
        ${store.members.length > 8
          ? html`<input
              type="search"
              class="form-control form-control-sm menu-search"
              placeholder=${t("Search people")}
              aria-label=${t("Search people")}
              .value=${this.search}
              @input=${(event: Event) => (this.search = (event.target as HTMLInputElement).value)}
            />`
          : nothing}
        ${choice({
          text: t("Me"),
          icon: "user-check",
          checked: current === store.me.id,
          testid: "assign-me",
          run: () => void (current === store.me.id || take(store, conversation.id)),
        })}
        ${others.map((member) =>
          choice({
            text: html`<span class="menu-person">${avatar(member, "sm")}${member.name}</span>`,
            checked: current === member.id,
            testid: "assign-choice",
            run: () => void assign(store, conversation.id, member),
          }),
        )}
        ${current
          ? html`<hr class="menu-line" />
              ${choice({
                text: t("Remove assignee"),
                icon: "user-x",
                testid: "unassign",
                run: () => void assign(store, conversation.id, null),
              })}`
          : nothing}`,
    });
  }

  private labels() {
    if (!this.manages) return nothing;
    const { conversation, store } = this;
    if (!NARROW.matches) return labelMenu(store, conversation);
    const count = conversation.labels.length;
    const face = folded("tag", html`${t("Labels")}${count ? ` (${count})` : nothing}`);
    return labelMenu(store, conversation, face, "menu-item");
  }

  private main() {
    const { conversation, store } = this;
    if (!this.manages) return nothing;
    const closed = conversation.status === "resolved" || conversation.status === "archived";
    return closed
      ? html`<button
          type="button"
          class="btn btn-secondary"
          data-testid="reopen-button"
          @click=${() => reopen(store, conversation.id)}
        >
          ${icon("rotate")}<span>${t("Reopen")}</span>
        </button>`
      : html`<button
          type="button"
          class="btn btn-primary"
          title="${t("Resolve")} (Alt+E)"
          data-testid="resolve-button"
          @click=${() => resolve(store, conversation.id)}
        >
          ${icon("check")}<span>${t("Resolve")}</span>
        </button>`;
  }

  private more() {
    const { conversation, store } = this;
    const commands = registered("command");
    return menu({
      id: "more-menu",
      label: t("More"),
      face: icon("dots-vertical"),
      side: "end",
      testid: "more-menu",
      content: html`${NARROW.matches ? html`${this.assignee()} ${this.labels()}` : nothing}
      ${this.manages
        ? html`<p class="menu-title">${t("Priority")}</p>
            ${PRIORITIES.map((priority) =>
              choice({
                text: priorityWords(priority),
                icon: priority === "none" ? "flag-off" : "flag",
                checked: conversation.priority === priority,
                testid: `priority-${priority}`,
                run: () => void setPriority(store, conversation.id, priority),
              }),
            )}
            <hr class="menu-line" />`
        : nothing}
      ${choice({
        text: this.panelOpen ? t("Hide details") : t("Show details"),
        icon: "layout-sidebar-right",
        run: () => this.emit("toggle-panel"),
      })}
      ${choice({
        text: t("Keyboard shortcuts"),
        icon: "keyboard",
        run: () => this.emit("show-help"),
      })}
      ${commands.length ? html`<hr class="menu-line" />` : nothing}
      ${commands.map((command) =>
        choice({
          text: command.title,
          icon: "puzzle",
          run: () => command.run(Object.freeze({ conversation: { ...conversation } })),
        }),
      )}`,
    });
  }
}

/** The face of a menu inside a menu. */
function folded(name: string, text: unknown) {
  return html`${icon(name)}<span class="menu-text">${text}</span>${icon("chevron-right")}`;
}

customElements.define("ramal-conversation-header", ConversationHeader);
