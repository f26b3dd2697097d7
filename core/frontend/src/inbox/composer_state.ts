/** Whether one may write, and if not, why: the sentences above and instead of the text field. */

import { html, nothing } from "lit";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { now } from "./clock.js";
import type { Mode } from "./drafts.js";
import { timeLeft } from "./format.js";
import type { Store } from "./store.js";
import type { Conversation } from "./types.js";

const SOON = 60 * 60_000;

export interface Writable {
  /** A sentence; null when writing is allowed. */
  blocked: string | null;
  action?: "reopen";
}

function windowClosed(conversation: Conversation): boolean {
  const permission = conversation.can_send;
  if (!permission) return false;
  const over = permission.expires_at && Date.parse(permission.expires_at) <= now();
  return !permission.allowed || !!over;
}

export function canWrite(store: Store, conversation: Conversation, mode: Mode): Writable {
  if (!store.can("conversation.reply")) return { blocked: t("Your role can only read conversations.") };
  if (mode === "note") return { blocked: null };
  if (conversation.status === "resolved") {
    return { blocked: t("This conversation is resolved."), action: "reopen" };
  }
  if (conversation.status === "archived") {
    return { blocked: t("This conversation is archived.") };
  }
  if (windowClosed(conversation)) {
    const reason = conversation.can_send?.reason;
    return {
      blocked:
        reason || t("The reply window of this channel is closed until the person writes again."),
    };
  }
  return { blocked: null };
}

/** Time left to answer, where the channel limits it. */
export function windowLine(conversation: Conversation) {
  const until = conversation.can_send?.expires_at;
  if (!until || conversation.status === "resolved" || conversation.status === "archived") {
    return nothing;
  }
  const left = timeLeft(until);
  const words = left ? t("{time} left to reply", { time: left }) : t("Reply window closed");
  const soon = Date.parse(until) - now() < SOON;
  return html`<span
    class="window ${left ? (soon ? "is-soon" : "") : "is-closed"}"
    data-testid="window-countdown"
    title=${t("Free messages can be sent until the reply window closes.")}
  >
    ${icon(left ? "clock-hour-4" : "clock-off")}
    <span class="window-words">${words}</span>
    <span class="window-short" aria-hidden="true">${left || t("Closed")}</span>
  </span>`;
}

/** A gentle word when somebody else, or nobody, is looking after the conversation. */
export function nudge(store: Store, conversation: Conversation, mode: Mode): string | null {
  if (mode === "note" || conversation.assignee_id === store.me.id) return null;
  if (!store.can("conversation.assign")) return null;
  return conversation.assignee
    ? t("{name} is looking after this conversation.", { name: conversation.assignee.name })
    : t("Nobody is looking after this conversation.");
}
