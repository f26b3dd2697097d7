/** `<ramal-message-menu>`: what plugins offer to do with one message, asked for when the menu is opened. */

import { html, LitElement, nothing } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { menu, spinner } from "./element.js";
import { filled, slot } from "./slot.js";
import type { Config, Message } from "./types.js";

const SLOT = "inbox.message.actions";

export class MessageMenu extends LitElement {
  static override properties = {
    config: { attribute: false },
    message: { attribute: false },
    stop: { attribute: false },
    times: { state: true },
    state: { state: true },
  };
  declare config: Config;
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

  private readonly toggled = (open: boolean): void => {
    if (!open) return;
    this.state = "loading";
    this.times++;
  };

  private readonly loaded = (): void => {
    this.state = this.querySelector(".ramal-slot, .plugin-failed") ? "full" : "empty";
  };

  protected override render() {
    const { id, conversation_id } = this.message;
    const about = { conversation: conversation_id, message: id };
    return menu({
      id: `message-menu-${id}`,
      label: t("More actions"),
      face: icon("dots"),
      classes: "btn btn-quiet btn-icon btn-sm",
      testid: "message-menu",
      tabindex: this.stop ? 0 : -1,
      toggled: this.toggled,
      content: html`<div @slot-loaded=${this.loaded}>
        ${this.times ? keyed(this.times, slot(this.config, SLOT, about)) : nothing}
        ${this.state === "loading" ? html`<p class="menu-empty">${spinner(t("Loading"))}</p>` : nothing}
        ${this.state === "empty"
          ? html`<p class="menu-empty">${t("There is nothing to do with this message.")}</p>`
          : nothing}
      </div>`,
    });
  }
}

customElements.define("ramal-message-menu", MessageMenu);

export function messageMenu(config: Config, message: Message, stop: boolean) {
  if (!filled(config, SLOT)) return nothing;
  return html`<ramal-message-menu
    .config=${config}
    .message=${message}
    .stop=${stop}
  ></ramal-message-menu>`;
}
