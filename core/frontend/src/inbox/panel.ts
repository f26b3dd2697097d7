/** `<ramal-contact-panel>`: the person, the conversation's facts, what plugins add, earlier talks. */

import { html, nothing } from "lit";
import { registered } from "../host/registry.js";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { labelChip } from "./card.js";
import { avatar, InboxElement } from "./element.js";
import { listTime, phone, shortDate } from "./format.js";
import { plugged } from "./plugged.js";
import { slot } from "./slot.js";
import type { Contact, Conversation, Page } from "./types.js";
import { preview, priorityWords, statusWords } from "./words.js";

export class ContactPanel extends InboxElement {
  static override properties = {
    ...InboxElement.properties,
    conversation: { attribute: false },
    contact: { state: true },
    previous: { state: true },
  };
  declare conversation: Conversation;
  declare contact: Contact | null;
  declare previous: Conversation[] | null;
  private shownId = "";

  protected override willUpdate(): void {
    const { id } = this.conversation;
    if (id === this.shownId) return;
    this.shownId = id;
    this.contact = null;
    this.previous = null;
    void this.load(this.conversation);
  }

  private async load({ id, contact }: Conversation): Promise<void> {
    const { api } = this.store;
    const [person, previous] = await Promise.allSettled([
      api.get<Contact>(`/contacts/${contact.id}`),
      api.get<Page<Conversation>>(`/contacts/${contact.id}/conversations`),
    ]);
    if (id !== this.shownId) return;
    if (person.status === "fulfilled") this.contact = person.value;
    this.previous =
      previous.status === "fulfilled"
        ? previous.value.items.filter((item) => item.id !== id)
        : [];
  }

  protected override render() {
    const { conversation } = this;
    const { contact } = conversation;
    return html`<aside class="panel" data-testid="contact-panel" aria-label=${t("Details")}>
      <div class="panel-head">
        <h2 class="panel-title">${t("Details")}</h2>
        <button
          type="button"
          class="btn btn-quiet btn-icon"
          aria-label=${t("Close details")}
          data-testid="close-panel"
          @click=${() => this.dispatchEvent(new CustomEvent("toggle-panel", { bubbles: true }))}
        >
          ${icon("x")}
        </button>
      </div>
      <div class="panel-scroll" tabindex="0" role="region" aria-label=${t("Contact details")}>
        <div class="panel-person">
          ${avatar(contact, "xl")}
          <p class="panel-name">${contact.name}</p>
          ${contact.phone ? html`<p class="panel-phone">${phone(contact.phone)}</p>` : nothing}
        </div>
        ${this.facts()} ${this.person()}
        ${registered("panel").map(
          (spec) => html`<section class="panel-section" data-panel=${spec.id}>
            ${spec.title ? html`<h3 class="panel-heading">${spec.title}</h3>` : nothing}
            ${plugged(spec.element, { conversation: { ...conversation } })}
          </section>`,
        )}
        ${slot(this.store.config, "inbox.sidebar", { conversation: conversation.id })}
        ${this.earlier()}
      </div>
    </aside>`;
  }

  private row(name: string, words: string, value: unknown) {
    return html`<div class="fact">
      <dt>${icon(name)}${words}</dt>
      <dd>${value}</dd>
    </div>`;
  }

  private facts() {
    const { conversation } = this;
    return html`<section class="panel-section">
      <h3 class="panel-heading">${t("Conversation")}</h3>
      <dl class="facts">
        ${this.row(conversation.channel.icon, t("Channel"), conversation.channel.name)}
        ${this.row("progress", t("Status"), statusWords(conversation.status))}
        ${this.row("user", t("Assigned to"), conversation.assignee?.name ?? t("Nobody"))}
        ${conversation.priority !== "none"
          ? this.row("flag", t("Priority"), priorityWords(conversation.priority))
          : nothing}
        ${this.row("calendar", t("Started"), shortDate(conversation.created_at))}
      </dl>
      ${conversation.labels.length
        ? html`<div class="panel-labels">${conversation.labels.map(labelChip)}</div>`
        : nothing}
    </section>`;
  }

  private person() {
    const { contact } = this;
    if (!contact) return nothing;
    const rows = [
      contact.phone ? this.row("phone", t("Phone"), phone(contact.phone)) : nothing,
      contact.email ? this.row("mail", t("E-mail"), contact.email) : nothing,
      contact.created_at
        ? this.row("user-plus", t("Contact since"), shortDate(contact.created_at))
        : nothing,
    ];
    if (rows.every((row) => row === nothing)) return nothing;
    return html`<section class="panel-section">
      <h3 class="panel-heading">${t("Contact")}</h3>
      <dl class="facts">${rows}</dl>
    </section>`;
  }

  private earlier() {
    const { previous } = this;
    return html`<section class="panel-section">
      <h3 class="panel-heading">${t("Other conversations")}</h3>
      ${previous === null
        ? html`<span class="skeleton skeleton-line"></span>`
        : previous.length
          ? html`<ul class="earlier">
              ${previous.map(
                (item) => html`<li>
                  <a
                    class="earlier-item"
                    href="/inbox/${item.id}"
                    data-testid="previous-conversation"
                    @click=${(event: MouseEvent) => this.open(event, item)}
                  >
                    ${icon(item.channel?.icon ?? "message")}
                    <span class="file-words">
                      <span class="earlier-text"
                        >${item.last_message
                          ? preview(item.last_message)
                          : t("No messages yet")}</span
                      >
                      <span class="file-details"
                        >${statusWords(item.status)} ·
                        ${listTime(item.last_message_at ?? item.created_at)}</span
                      >
                    </span>
                  </a>
                </li>`,
              )}
            </ul>`
          : html`<p class="panel-none">${t("None so far.")}</p>`}
    </section>`;
  }

  private open(event: MouseEvent, item: Conversation): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.store.upsert(item);
    this.dispatchEvent(new CustomEvent("open-conversation", { detail: item.id, bubbles: true }));
  }
}

customElements.define("ramal-contact-panel", ContactPanel);
