/** One message of a thread, of any kind. */

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { registered } from "../host/registry.js";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { attachment } from "./attachments_view.js";
import { chips, wordsOf } from "./changes.js";
import type { Chip } from "./changes.js";
import { clockTime, fullTime } from "./format.js";
import { contactCards, interactive, locationCard, unsupported } from "./payloads.js";
import { plugged } from "./plugged.js";
import { isEmojiOnly, richText } from "./richtext.js";
import type { Attachment, Message } from "./types.js";
import { kindIcon, preview, systemWords, tick } from "./words.js";

export interface BubbleContext {
  contactName: string;
  me: string;
  canReply: boolean;
  reply(message: Message): void;
  retry(message: Message): void;
  discard(message: Message): void;
  jump(id: string): void;
  openMedia(message: Message, file: Attachment): void;
  copy(message: Message): void;
  canReact(message: Message): boolean;
  /** With null the own reaction is taken back. */
  react(message: Message, emoji: string | null): void;
  /** What plugins offer; the button is a tab stop where `stop` says so. */
  more(message: Message, stop: boolean): unknown;
}

export interface BubblePlace {
  /** First of a run by the same author. */
  first: boolean;
  /** Holds the thread's single tab stop. */
  active: boolean;
  flash: boolean;
}

function author(message: Message, context: BubbleContext): string {
  if (message.direction === "in") return message.author?.name ?? context.contactName;
  if (message.author?.id === context.me) return t("You");
  return message.author?.name ?? t("Automatic reply");
}

function quote(message: Message, context: BubbleContext): unknown {
  const quoted = message.reply_to;
  if (!quoted) return nothing;
  const name = quoted.direction === "in" ? context.contactName : t("You");
  const symbol = kindIcon(quoted.kind);
  const inside = html`<span class="quote-name">${name}</span>
    <span class="quote-text">${symbol ? icon(symbol) : nothing}${preview(quoted)}</span>`;
  if (!quoted.id) return html`<span class="quote">${inside}</span>`;
  const id = quoted.id;
  return html`<button
    type="button"
    class="quote"
    data-testid="quote"
    title=${t("Go to the quoted message")}
    @click=${() => context.jump(id)}
  >
    ${inside}
  </button>`;
}

function text(message: Message): unknown {
  const words = wordsOf(message);
  if (!words) return nothing;
  const large = message.kind === "text" && isEmojiOnly(words);
  return html`<p class="bubble-text ${large ? "bubble-emoji" : ""}">${richText(words)}</p>`;
}

function content(message: Message, context: BubbleContext): unknown {
  if (message.revoked_at) {
    return html`<p class="bubble-gone">${icon("ban")}${t("This message was deleted")}</p>`;
  }
  const renderer = registered("messageRenderer").find((spec) => {
    try {
      return spec.match(message as unknown as Readonly<Record<string, unknown>>);
    } catch {
      return false;
    }
  });
  if (renderer) return plugged(renderer.element, { conversation: null, message: { ...message } });
  switch (message.kind) {
    case "location":
      return locationCard(message);
    case "contact":
      return contactCards(message);
    case "interactive":
      return interactive(message);
    case "unsupported":
      return unsupported(message);
  }
  const open = { openMedia: (file: Attachment) => context.openMedia(message, file) };
  return html`${message.attachments.map((file) => attachment(file, open))}${text(message)}`;
}

function meta(message: Message): TemplateResult {
  const ticks = message.direction === "out" && !message.is_note ? tick(message.status) : null;
  return html`<span class="bubble-meta">
    ${message.is_note ? html`${icon("lock")}<span>${t("Private note")}</span>` : nothing}
    ${message.external
      ? html`<span title=${t("Sent outside this inbox, on the phone or in another app")}
          >${icon("device-mobile")}<span class="visually-hidden"
            >${t("Sent outside this inbox")}</span
          ></span
        >`
      : nothing}
    ${message.edited_at && !message.revoked_at && !message.pending?.edit
      ? html`<span title=${fullTime(message.edited_at)}>${t("edited")}</span>`
      : nothing}
    ${pendingWords(message)}
    <time datetime=${message.sent_at} title=${fullTime(message.sent_at)}
      >${clockTime(message.sent_at)}</time
    >
    ${ticks
      ? html`<span class="tick ${ticks.classes}" title=${ticks.words} data-testid="tick"
          >${icon(ticks.icon)}<span class="visually-hidden">${ticks.words}</span></span
        >`
      : nothing}
  </span>`;
}

/** An edit or a deletion that the channel has not taken yet. */
function pendingWords(message: Message): unknown {
  const { edit, revoke } = message.pending ?? {};
  if (message.revoked_at || (!edit && !revoke)) return nothing;
  return html`<span class="bubble-waiting" data-testid="pending-change"
    >${icon("clock")}${revoke ? t("Deleting…") : t("Saving the edit…")}</span
  >`;
}

function reactions(message: Message, context: BubbleContext, active: boolean): unknown {
  const shown = message.revoked_at ? [] : chips(message);
  if (!shown.length) return nothing;
  const mine = shown.some((chip) => chip.own) && context.canReact(message);
  return html`<ul class="reactions" aria-label=${t("Reactions")}>
    ${shown.map((chip) => html`<li>${reaction(message, chip, context, mine, active)}</li>`)}
  </ul>`;
}

function reaction(message: Message, chip: Chip, context: BubbleContext, mine: boolean, active: boolean): unknown {
  const who = ({ name, by }: Chip["by"][number]) => name ?? (by === "agent" ? t("Agent") : t("Contact"));
  const names = chip.by.map(who).join(", ");
  const classes = `reaction ${chip.own ? "is-own" : ""} ${chip.pending ? "is-pending" : ""}`;
  const face = html`${chip.emoji}${chip.by.length > 1 ? html`<span>${chip.by.length}</span>` : nothing}
    ${chip.pending
      ? html`<span class="reaction-waiting" data-testid="pending-reaction"
          >${icon("clock")}<span class="visually-hidden">${t("Sending")}</span></span
        >`
      : nothing}
    <span class="visually-hidden">${names}</span>`;
  const going = chip.pending && message.pending?.reaction?.emoji === null;
  if (!chip.own || !mine || going) return html`<span class=${classes} title=${names}>${face}</span>`;
  const label = t("{emoji} by {names}. Take the reaction back", { emoji: chip.emoji, names });
  return html`<button
    type="button"
    class=${classes}
    tabindex=${active ? 0 : -1}
    title=${t("Take the reaction back")}
    aria-label=${label}
    data-testid="own-reaction"
    @click=${() => context.react(message, null)}
  >
    ${face}
  </button>`;
}

function trouble(message: Message, context: BubbleContext): unknown {
  if (message.direction !== "out") return nothing;
  if (message.status !== "failed" && message.status !== "unknown") return nothing;
  const reason =
    message.error?.message ||
    (message.status === "unknown"
      ? t("The channel did not confirm this message. It may have arrived.")
      : t("The message was not sent."));
  const action = (words: string, run: () => void, testid: string) =>
    html`<button type="button" class="link-button" data-testid=${testid} @click=${run}>
      ${words}
    </button>`;
  return html`<div class="trouble trouble-${message.status}" data-testid="message-error">
    <span>${reason}</span>
    ${action(
      message.status === "unknown" ? t("Send again") : t("Try again"),
      () => context.retry(message),
      "retry-button",
    )}
    ${message.local
      ? action(t("Discard"), () => context.discard(message), "discard-button")
      : nothing}
  </div>`;
}

function toolbar(message: Message, context: BubbleContext, active: boolean): unknown {
  if (message.revoked_at || message.local) return nothing;
  const button = (name: string, label: string, run: () => void, testid: string) =>
    html`<button
      type="button"
      class="btn btn-quiet btn-icon btn-sm"
      tabindex=${active ? 0 : -1}
      aria-label=${label}
      title=${label}
      data-testid=${testid}
      @click=${run}
    >
      ${icon(name)}
    </button>`;
  return html`<div class="bubble-tools">
    ${context.canReply && !message.is_note
      ? button("arrow-back-up", t("Reply"), () => context.reply(message), "reply-button")
      : nothing}
    ${message.body ? button("copy", t("Copy"), () => context.copy(message), "copy-button") : nothing}
    ${context.more(message, active)}
  </div>`;
}

function mediaOnly(message: Message): boolean {
  const kinds = ["image", "video", "sticker"];
  return (
    !message.body &&
    !message.reply_to &&
    !message.revoked_at &&
    !message.pending?.revoke &&
    message.attachments.length > 0 &&
    message.attachments.every((file) => kinds.includes(file.kind) && file.state === "ready")
  );
}

/** Plain words: the time goes on with the last line. */
function textOnly(message: Message): boolean {
  const plain = message.kind === "text" || message.kind === "note" || message.kind === "template";
  return plain && !!message.body && !isEmojiOnly(wordsOf(message)) && !message.attachments.length;
}

export function bubble(
  message: Message,
  place: BubblePlace,
  context: BubbleContext,
): TemplateResult {
  if (message.kind === "system") return systemLine(message);
  const classes = [
    "message",
    message.is_note ? "message-note" : `message-${message.direction}`,
    place.first ? "is-first" : "",
    place.flash ? "is-flash" : "",
    mediaOnly(message) ? "is-media" : "",
    textOnly(message) ? "is-text" : "",
    message.kind === "sticker" && !message.revoked_at ? "is-sticker" : "",
    message.status === "failed" ? "is-failed" : "",
    message.pending?.edit || message.pending?.revoke ? "is-changing" : "",
  ];
  const label = t("{author}, {time}", {
    author: author(message, context),
    time: clockTime(message.sent_at),
  });
  const named = place.first && (message.is_note || (message.direction === "out" && author(message, context) !== t("You")));
  return html`<div
    class=${classes.filter(Boolean).join(" ")}
    data-testid="message"
    data-message-id=${message.id}
    data-client-id=${message.client_id ?? nothing}
    data-status=${message.status ?? nothing}
    data-kind=${message.kind}
    data-direction=${message.direction}
    tabindex=${place.active ? 0 : -1}
    role="group"
    aria-label=${label}
  >
    <div class="bubble-row">
      <div class="bubble">
        ${message.forwarded
          ? html`<span class="bubble-forwarded">${icon("arrow-forward-up")}${t("Forwarded")}</span>`
          : nothing}
        ${named ? html`<span class="bubble-author">${author(message, context)}</span>` : nothing}
        ${quote(message, context)} ${content(message, context)} ${meta(message)}
      </div>
      ${toolbar(message, context, place.active)}
    </div>
    ${reactions(message, context, place.active)} ${trouble(message, context)}
  </div>`;
}

function systemLine(message: Message): TemplateResult {
  return html`<div
    class="system-line"
    data-testid="message"
    data-kind="system"
    data-message-id=${message.id}
  >
    <span>${systemWords(message)}</span>
    <time datetime=${message.sent_at} title=${fullTime(message.sent_at)}
      >${clockTime(message.sent_at)}</time
    >
  </div>`;
}
