/** What stands above the composer's text, or instead of it: the modes, what is quoted or edited, why one can't write. */

import { html, nothing } from "lit";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import type { Mode } from "./drafts.js";
import type { Conversation, Message, Quote } from "./types.js";
import { kindIcon, preview } from "./words.js";

export function modeButtons(current: Mode, choose: (mode: Mode) => void) {
  const one = (mode: Mode, words: string, name: string, keys: string) => html`<button
    type="button"
    class="composer-mode mode-${mode}"
    aria-pressed=${current === mode}
    title="${words} (${keys})"
    data-testid=${mode === "note" ? "note-toggle" : "reply-toggle"}
    @click=${() => choose(mode)}
  >
    ${icon(name)}<span>${words}</span>
  </button>`;
  return html`<div class="composer-modes" role="group" aria-label=${t("What to write")}>
    ${one("reply", t("Reply"), "message-2", "Alt+L")}
    ${one("note", t("Private note"), "lock", "Alt+P")}
  </div>`;
}

export function blockedBanner(reason: string, reopen?: () => void) {
  return html`<div class="composer-banner" data-testid="composer-banner" role="status">
    ${icon(reopen ? "circle-check" : "clock-off")}
    <span>${reason}</span>
    ${reopen
      ? html`<button type="button" class="btn btn-sm btn-secondary" @click=${reopen}>
          ${t("Reopen")}
        </button>`
      : nothing}
  </div>`;
}

function dropButton(label: string, testid: string, drop: () => void) {
  return html`<button
    type="button"
    class="btn btn-quiet btn-icon btn-sm"
    aria-label=${label}
    title=${label}
    data-testid=${testid}
    @click=${drop}
  >
    ${icon("x")}
  </button>`;
}

export function quoteStrip(quote: Quote, conversation: Conversation, drop: () => void) {
  const symbol = kindIcon(quote.kind);
  return html`<div class="composer-quote" data-testid="reply-strip">
    <span class="quote">
      <span class="quote-name"
        >${quote.direction === "in" ? conversation.contact.name : t("You")}</span
      >
      <span class="quote-text">${symbol ? icon(symbol) : nothing}${preview(quote)}</span>
    </span>
    ${dropButton(t("Don't reply to this message"), "drop-quote", drop)}
  </div>`;
}

export function editStrip(message: Message, cancel: () => void) {
  return html`<div class="composer-quote" data-testid="edit-strip" role="status">
    <span class="quote">
      <span class="quote-name">${icon("pencil")}${t("Editing")}</span>
      <span class="quote-text">${preview(message)}</span>
    </span>
    ${dropButton(t("Cancel editing"), "cancel-edit", cancel)}
  </div>`;
}
