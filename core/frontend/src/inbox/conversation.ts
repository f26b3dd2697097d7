/** `<ramal-conversation>`: header, thread and composer of the open conversation, and dropping files on it. */

import { html, nothing } from "lit";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import type { Composer } from "./composer.js";
import { InboxElement } from "./element.js";
import type { Conversation, Message } from "./types.js";
import "./composer.js";
import "./header.js";
import "./thread.js";

export class ConversationView extends InboxElement {
  static override properties = {
    ...InboxElement.properties,
    conversation: { attribute: false },
    panelOpen: { attribute: false },
    dragging: { state: true },
  };
  declare conversation: Conversation;
  declare panelOpen: boolean;
  declare dragging: boolean;
  private depth = 0;

  get composer(): Composer | null {
    return this.querySelector<Composer>("ramal-composer");
  }

  private carriesFiles(event: DragEvent): boolean {
    return !!event.dataTransfer?.types.includes("Files");
  }

  private readonly enter = (event: DragEvent): void => {
    if (!this.carriesFiles(event)) return;
    event.preventDefault();
    this.depth++;
    this.dragging = true;
  };

  private readonly over = (event: DragEvent): void => {
    if (this.carriesFiles(event)) event.preventDefault();
  };

  private readonly leave = (): void => {
    this.depth = Math.max(0, this.depth - 1);
    if (!this.depth) this.dragging = false;
  };

  private readonly drop = (event: DragEvent): void => {
    if (!this.carriesFiles(event)) return;
    event.preventDefault();
    this.depth = 0;
    this.dragging = false;
    this.composer?.addFiles(event.dataTransfer?.files ?? []);
  };

  protected override render() {
    const { conversation, store, panelOpen } = this;
    const label = t("Conversation with {name}", { name: conversation.contact.name });
    return html`<section
      class="conversation"
      aria-label=${label}
      @dragenter=${this.enter}
      @dragover=${this.over}
      @dragleave=${this.leave}
      @drop=${this.drop}
      @edit-message=${(event: CustomEvent<Message>) => this.composer?.edit(event.detail)}
      @reply-to=${(event: CustomEvent<Message>) => this.composer?.replyTo(event.detail)}
    >
      <h2 class="visually-hidden">${conversation.contact.name}</h2>
      <ramal-conversation-header
        .store=${store}
        .conversation=${conversation}
        .panelOpen=${panelOpen}
      ></ramal-conversation-header>
      <ramal-thread .store=${store} .conversation=${conversation}></ramal-thread>
      <ramal-composer .store=${store} .conversation=${conversation}></ramal-composer>
      ${this.dragging
        ? html`<div class="drop-target">${icon("upload")}<span>${t("Drop to attach")}</span></div>`
        : nothing}
    </section>`;
  }
}

customElements.define("ramal-conversation", ConversationView);
