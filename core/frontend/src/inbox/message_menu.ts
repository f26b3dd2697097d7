/** `<ramal-message-menu>`: what can be done with one message, by the channel and by plugins (asked when it is opened). */

import { html, LitElement, nothing } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { ask } from "../shell/ask.js";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { ownReaction, possible, QUICK, react, revoke, sameEmoji } from "./changes.js";
import { choice, menu, spinner } from "./element.js";
import { emojiPicker, walking } from "./emoji.js";
import { filled, slot } from "./slot.js";
import type { Store } from "./store.js";
import type { Conversation, Message } from "./types.js";

const SLOT = "inbox.message.actions";
const sideways = walking({ ArrowRight: 1, ArrowLeft: -1 });

export class MessageMenu extends LitElement {
  static override properties = {
    store: { attribute: false },
    conversation: { attribute: false },
    message: { attribute: false },
    stop: { attribute: false },
    times: { state: true },
    state: { state: true },
  };
  declare store: Store;
  declare conversation: Conversation;
  declare message: Message;
  /** Whether its button is a tab stop. */
  declare stop: boolean;
  /** How often it was opened: each time it is asked for anew. */
  declare times: number;
  declare state: "loading" | "empty" | "full";

  constructor() {
    super();
    this.stop = false;
    this.times = 0;
    this.state = "loading";
  }

  protected override createRenderRoot(): this {
    return this;
  }

  private readonly opening = (): void => {
    this.state = filled(this.store.config, SLOT) ? "loading" : "empty";
    this.times++;
  };

  private readonly loaded = (): void => {
    this.state = this.querySelector(".ramal-slot, .plugin-failed") ? "full" : "empty";
  };

  protected override render() {
    return menu({
      id: `message-menu-${this.message.id}`,
      label: t("More actions"),
      face: icon("dots"),
      classes: "btn btn-quiet btn-icon btn-sm",
      testid: "message-menu",
      tabindex: this.stop ? 0 : -1,
      opening: this.opening,
      content: this.times ? this.content() : nothing,
    });
  }

  private content() {
    const { id, conversation_id } = this.message;
    const about = { conversation: conversation_id, message: id };
    const able = possible(this.store, this.conversation, this.message);
    const nothingOfOurs = !able.react && !able.edit && !able.revoke;
    return html`<div @slot-loaded=${this.loaded}>
      ${able.react ? this.reactions() : nothing}
      ${able.edit
        ? choice({ text: t("Edit"), icon: "pencil", testid: "edit-message", run: this.edit })
        : nothing}
      ${able.revoke
        ? choice({
            text: t("Delete for everyone"),
            icon: "trash",
            danger: true,
            testid: "revoke-message",
            run: this.revoke,
          })
        : nothing}
      ${keyed(this.times, slot(this.store.config, SLOT, about))}
      ${this.state === "loading" ? html`<p class="menu-empty">${spinner(t("Loading"))}</p>` : nothing}
      ${this.state === "empty" && nothingOfOurs
        ? html`<p class="menu-empty">${t("There is nothing to do with this message.")}</p>`
        : nothing}
    </div>`;
  }

  private reactions() {
    const own = ownReaction(this.message);
    const chosen = (emoji: string) => own !== null && sameEmoji(own, emoji);
    const pick = (emoji: string) =>
      void react(this.store, this.message, chosen(emoji) ? null : emoji);
    const others = {
      id: `reactions-${this.message.id}`,
      label: t("More reactions"),
      face: "plus",
      classes: "emoji-item",
      testid: "more-reactions",
    };
    return html`<div class="menu-reactions" role="group" aria-label=${t("React")} @keydown=${sideways}>
      ${QUICK.map(
        (emoji) => html`<button
          type="button"
          class="emoji-item"
          data-menu-close
          data-testid="quick-reaction"
          aria-pressed=${String(chosen(emoji))}
          @click=${() => pick(emoji)}
        >
          ${emoji}
        </button>`,
      )}
      ${emojiPicker(pick, others)}
    </div>`;
  }

  private readonly edit = (): void => {
    this.dispatchEvent(new CustomEvent("edit-message", { detail: this.message, bubbles: true }));
  };

  /** Once the menu is closed, and the focus back where it was. */
  private readonly revoke = (): void => {
    requestAnimationFrame(() => void this.askAndRevoke());
  };

  private async askAndRevoke(): Promise<void> {
    const yes = await ask(t("Delete this message for everyone? It can't be brought back."));
    if (yes) await revoke(this.store, this.message);
  }
}

customElements.define("ramal-message-menu", MessageMenu);

export function messageMenu(store: Store, conversation: Conversation, message: Message, stop: boolean) {
  const able = possible(store, conversation, message);
  if (!able.react && !able.edit && !able.revoke && !filled(store.config, SLOT)) return nothing;
  return html`<ramal-message-menu
    .store=${store}
    .conversation=${conversation}
    .message=${message}
    .stop=${stop}
  ></ramal-message-menu>`;
}
