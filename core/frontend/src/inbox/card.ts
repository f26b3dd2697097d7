/** One row of the conversation list. */

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { avatar } from "./element.js";
import { capped, fullTime, highlight, listTime, phone, since, unreadWords } from "./format.js";
import type { Conversation } from "./types.js";
import { kindIcon, preview, priorityWords, tick } from "./words.js";

export interface CardState {
  selected: boolean;
  /** Holds the list's single tab stop. */
  focusable: boolean;
  query: string;
  typing: boolean;
  showAssignee: boolean;
  open(): void;
}

function marked(text: string, query: string): unknown {
  if (!query) return text;
  return highlight(text, query).map((piece) =>
    piece.hit ? html`<mark>${piece.text}</mark>` : piece.text,
  );
}

function lastLine(item: Conversation, state: CardState): unknown {
  if (state.typing) return html`<span class="card-typing">${t("typing…")}</span>`;
  const last = item.last_message;
  if (!last) return html`<span>${t("No messages yet")}</span>`;
  const ticks = last.direction === "out" && !last.is_note ? tick(last.status) : null;
  const name = last.is_note ? "note" : kindIcon(last.kind);
  return html`${ticks
    ? html`<span class="tick ${ticks.classes}" title=${ticks.words}
        >${icon(ticks.icon)}<span class="visually-hidden">${ticks.words}</span></span
      >`
    : nothing}
  ${name ? icon(name, last.is_note ? "icon-note" : "") : nothing}
  <span class="text-truncate">${marked(preview(last), state.query)}</span>`;
}

function waiting(item: Conversation): unknown {
  if (!item.waiting_since || item.status !== "open") return nothing;
  const late = Date.now() - Date.parse(item.waiting_since) > 15 * 60_000;
  const label = t("Waiting for {time}", { time: since(item.waiting_since) });
  return html`<span class="chip chip-wait ${late ? "chip-late" : ""}" title=${label}>
    ${icon("hourglass")}<span class="visually-hidden">${label}</span>
    <span aria-hidden="true">${since(item.waiting_since)}</span>
  </span>`;
}

function chips(item: Conversation, state: CardState): unknown {
  const urgent = item.priority === "high" || item.priority === "urgent";
  const parts = [
    urgent
      ? html`<span class="chip chip-${item.priority}"
          >${icon("flag")}${priorityWords(item.priority)}</span
        >`
      : nothing,
    waiting(item),
    item.labels.slice(0, 3).map((label) => labelChip(label)),
    item.labels.length > 3 ? html`<span class="chip">+${item.labels.length - 3}</span>` : nothing,
    item.control === "bot"
      ? html`<span class="chip">${icon("robot")}${t("Bot")}</span>`
      : nothing,
    state.showAssignee && item.assignee
      ? html`<span class="chip">${icon("user")}${item.assignee.name.split(" ")[0]}</span>`
      : nothing,
  ];
  const shown = parts.some((part) => part !== nothing && !(Array.isArray(part) && !part.length));
  return shown ? html`<span class="card-chips">${parts}</span>` : nothing;
}

/** The colour is the organization's own and reaches the dot through the DOM, not a style attribute. */
export function labelChip(label: { name: string; color: string }): TemplateResult {
  return html`<span class="chip chip-label"
    ><span class="dot" .style=${`background-color: ${safeColor(label.color)}`}></span
    >${label.name}</span
  >`;
}

export function safeColor(color: string): string {
  return /^#[0-9a-f]{3,8}$/i.test(color) ? color : "var(--ramal-ink-3)";
}

export function card(item: Conversation, state: CardState): TemplateResult {
  const when = item.last_message_at ?? item.created_at;
  const name = item.contact.name || (item.contact.phone ? phone(item.contact.phone) : t("Unknown"));
  return html`<a
    class="conversation-card ${item.unread_count ? "is-unread" : ""}"
    href="/inbox/${item.id}"
    role="option"
    id="card-${item.id}"
    aria-selected=${state.selected}
    tabindex=${state.focusable ? 0 : -1}
    data-testid="conversation-card"
    data-conversation-id=${item.id}
    @click=${(event: MouseEvent) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      state.open();
    }}
  >
    <span class="card-face">
      ${avatar({ ...item.contact, name })}
      <span class="card-channel channel-${item.channel.kind}" title=${item.channel.name}
        >${icon(item.channel.icon)}<span class="visually-hidden">${item.channel.name}</span></span
      >
    </span>
    <span class="card-body">
      <span class="card-line">
        <span class="card-name">${marked(name, state.query)}</span>
        <time class="card-time" datetime=${when} title=${fullTime(when)}>${listTime(when)}</time>
      </span>
      <span class="card-line">
        <span class="card-last">${lastLine(item, state)}</span>
        ${item.unread_count
          ? html`<span class="badge-unread" data-testid="unread-badge"
              ><span aria-hidden="true">${capped(item.unread_count)}</span
              ><span class="visually-hidden">${unreadWords(item.unread_count)}</span></span
            >`
          : nothing}
      </span>
      ${chips(item, state)}
    </span>
  </a>`;
}
