/** The sentences for statuses, kinds and events, so that every place says the same. */

import { t } from "../i18n.js";
import type { ConversationStatus, Message, MessageStatus, Priority } from "./types.js";

export function statusWords(status: ConversationStatus): string {
  return {
    open: t("Open"),
    pending: t("Pending"),
    snoozed: t("Snoozed"),
    resolved: t("Resolved"),
    archived: t("Archived"),
  }[status];
}

export function priorityWords(priority: Priority): string {
  return {
    none: t("No priority"),
    low: t("Low"),
    medium: t("Medium"),
    high: t("High"),
    urgent: t("Urgent"),
  }[priority];
}

export interface Tick {
  icon: string;
  classes: string;
  words: string;
}

export function tick(status: MessageStatus | null): Tick | null {
  switch (status) {
    case "queued":
    case "sending":
      return { icon: "clock", classes: "tick-wait", words: t("Sending") };
    case "accepted":
    case "sent":
      return { icon: "check", classes: "", words: t("Sent") };
    case "delivered":
      return { icon: "checks", classes: "", words: t("Delivered") };
    case "read":
      return { icon: "checks", classes: "tick-read", words: t("Read") };
    case "played":
      return { icon: "checks", classes: "tick-read", words: t("Played") };
    case "failed":
      return { icon: "alert-circle", classes: "tick-failed", words: t("Failed") };
    case "unknown":
      return { icon: "help-circle", classes: "tick-unknown", words: t("Unconfirmed") };
    default:
      return null;
  }
}

const KIND_ICONS: Record<string, string> = {
  image: "photo",
  audio: "volume",
  voice: "microphone",
  video: "video",
  document: "file-text",
  sticker: "sticker",
  location: "map-pin",
  contact: "address-book",
  interactive: "list-check",
  template: "template",
  note: "note",
  unsupported: "help-circle",
};

export function kindIcon(kind: string | null): string | null {
  return KIND_ICONS[kind ?? ""] ?? null;
}

export function kindWords(kind: string | null): string {
  const known: Record<string, string> = {
    image: t("Photo"),
    audio: t("Audio"),
    voice: t("Voice message"),
    video: t("Video"),
    document: t("Document"),
    sticker: t("Sticker"),
    location: t("Location"),
    contact: t("Contact"),
    interactive: t("Interactive message"),
    template: t("Template"),
    note: t("Note"),
    unsupported: t("Unsupported message"),
  };
  return known[kind ?? ""] ?? t("Message");
}

/** One line for a list or a quote, without the marks of bold and the like. */
export function preview(message: { kind: string | null; body: string | null }): string {
  const words = message.body?.replace(/```|(?<![\p{L}\p{N}])[*_~](?=\S)|(?<=\S)[*_~](?![\p{L}\p{N}])/gu, "");
  return words?.replace(/\s+/g, " ").trim() || kindWords(message.kind);
}

/** What a system line says: the server's sentence, or ours for the events we know. */
export function systemWords(message: Message): string {
  if (message.body) return message.body;
  const { event, actor, assignee, change, reason } = message.payload as Record<string, string | undefined>;
  if (event === "change_failed") return failedChange(change, reason ?? "");
  if (event === "change_unknown") return unknownChange(change, reason ?? "");
  const known = actor ? byPerson(event, actor, assignee ?? "") : byItself(event, assignee ?? "");
  return known ?? event ?? kindWords(message.kind);
}

function failedChange(change: string | undefined, reason: string): string {
  if (change === "edit") return t("A message could not be edited: {reason}", { reason });
  if (change === "revoke") return t("A message could not be deleted: {reason}", { reason });
  return t("The reaction could not be sent: {reason}", { reason });
}

function unknownChange(change: string | undefined, reason: string): string {
  if (change === "edit") return t("It is not known whether the edit of a message arrived: {reason}", { reason });
  if (change === "revoke") return t("It is not known whether a message was deleted: {reason}", { reason });
  return t("It is not known whether the reaction arrived: {reason}", { reason });
}

function byPerson(event: string | undefined, who: string, assignee: string): string | null {
  switch (event) {
    case "taken":
      return t("{who} took this conversation", { who });
    case "assigned":
      return t("{who} assigned this to {assignee}", { who, assignee });
    case "unassigned":
      return t("{who} removed the assignee", { who });
    case "resolved":
      return t("Resolved by {who}", { who });
    case "reopened":
      return t("Reopened by {who}", { who });
    default:
      return null;
  }
}

/** Nobody is named: a plugin did it, or the customer by writing again. */
function byItself(event: string | undefined, assignee: string): string | null {
  switch (event) {
    case "assigned":
      return t("Assigned to {assignee} automatically", { assignee });
    case "unassigned":
      return t("The assignee was removed automatically");
    case "resolved":
      return t("Resolved automatically");
    case "reopened":
      return t("Reopened automatically");
    case "reopened_by_message":
      return t("Reopened by a new message");
    default:
      return null;
  }
}
