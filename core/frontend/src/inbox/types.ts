/** The JSON the server speaks: conversations, messages, events. Nothing but shapes lives here. */

export interface Ref {
  id: string;
  name: string;
}

export interface Label extends Ref {
  color: string;
}

export interface Sendable {
  allowed: boolean;
  reason: string | null;
  expires_at: string | null;
}

export interface Capabilities {
  kinds: string[];
  text_limit: number;
  /** kind → largest size in bytes; an absent kind can't be sent. */
  media: Record<string, number>;
  /** kind → accepted MIME types; empty or absent: any. */
  mime_types: Record<string, string[]>;
  /** Whether files carry text, the kinds that don't, and its longest (null: text_limit). */
  caption: boolean;
  captionless: string[];
  caption_limit: number | null;
  reply_to: boolean;
  buttons: number;
  list_rows: number;
  reactions: boolean;
  edit: boolean;
  revoke: boolean;
  /** How long after it was sent a message of ours can be changed; null: always. */
  edit_seconds: number | null;
  revoke_seconds: number | null;
  typing: boolean;
  read_receipts: boolean;
  window: boolean;
  statuses: string[];
}

export type Tab = "mine" | "unassigned" | "all";
export type ConversationStatus = "open" | "pending" | "snoozed" | "resolved" | "archived";
export type Priority = "none" | "low" | "medium" | "high" | "urgent";

export interface LastMessage {
  id: string;
  kind: string;
  body: string | null;
  direction: "in" | "out";
  status: MessageStatus | null;
  sent_at: string;
  is_note: boolean;
}

export interface Conversation {
  id: string;
  channel_id: string;
  channel: { id: string; kind: string; name: string; icon: string };
  contact: { id: string; name: string; avatar_url: string | null; phone: string | null };
  kind: "direct" | "group";
  status: ConversationStatus;
  control: "bot" | "human" | "none";
  priority: Priority;
  assignee_id: string | null;
  assignee: Ref | null;
  labels: Label[];
  unread_count: number;
  waiting_since: string | null;
  last_message: LastMessage | null;
  last_message_at: string | null;
  created_at: string;
  updated_at: string;
  /** Only where the server worked it out (always in GET one). */
  can_send?: Sendable | undefined;
  capabilities?: Capabilities | undefined;
}

export type MessageStatus =
  | "queued"
  | "sending"
  | "accepted"
  | "sent"
  | "delivered"
  | "read"
  | "played"
  | "failed"
  | "unknown";

export interface Attachment {
  id: string;
  kind: string;
  filename: string | null;
  mime_type: string | null;
  size: number | null;
  state: "pending" | "ready" | "failed";
  url: string | null;
  thumbnail_url: string | null;
  width: number | null;
  height: number | null;
  error: string | null;
}

export interface Quote {
  id: string | null;
  provider_id: string | null;
  kind: string | null;
  body: string | null;
  direction: "in" | "out" | null;
}

export interface Reaction {
  emoji: string;
  by: "contact" | "agent";
  name: string | null;
}

/** Changes that the channel has not taken yet; an emoji of null: ours is being taken back. */
export interface Pending {
  reaction?: { emoji: string | null };
  edit?: { body: string };
  revoke?: Record<string, never>;
}

export interface MessageError {
  code: string | null;
  message: string;
}

export interface Message {
  id: string;
  conversation_id: string;
  direction: "in" | "out";
  kind: string;
  body: string | null;
  payload: Record<string, unknown>;
  status: MessageStatus | null;
  error: MessageError | null;
  provider_id: string | null;
  client_id: string | null;
  sent_at: string;
  created_at: string;
  seq: number;
  author: Ref | null;
  is_note: boolean;
  reply_to: Quote | null;
  attachments: Attachment[];
  reactions: Reaction[];
  edited_at: string | null;
  revoked_at: string | null;
  pending?: Pending;
  external: boolean;
  forwarded?: boolean;
  /** Not yet confirmed by the server: its id is `local:<client_id>`. */
  local?: boolean;
}

export interface Uploaded {
  id: string;
  kind: string;
  filename: string;
  mime_type: string;
  size: number;
  thumbnail_url: string | null;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
  prev_cursor?: string | null;
}

export type Counts = Record<Tab, number>;

/** One of the plugins' own filters that is set: what goes to the server, and what its chip says. */
export interface PluginFilter {
  values: string[];
  words: string;
}

export interface Filters {
  tab: Tab;
  status: ConversationStatus | "all";
  channel: string;
  label: string;
  q: string;
  sort: "last_activity" | "waiting";
  /** By the parameter's name, "filter.<plugin>.<key>". */
  plugins: Record<string, PluginFilter>;
}

export interface Contact {
  id: string;
  name: string;
  email?: string | null;
  phone?: string | null;
  created_at?: string | null;
  identities?: { kind: string; value: string }[];
}

export interface Me extends Ref {
  email: string;
  locale: string;
  theme: string;
  organization: { id: string; name: string; slug?: string };
  role: string;
  permissions: string[];
}

export interface Config {
  me: Me;
  locale: string;
  csrfCookie?: string;
  /** URL of the JSON catalogue for the locale; absent for English. */
  messages?: string | null;
  /** Position of the event log when the page was rendered, to resume from. */
  position?: number | null;
  /** URL template of server-rendered slots, with {slot}. */
  slots?: string;
  /** Slots that an active plugin fills on the server; the others are not asked for. */
  slot_names?: string[];
  /** Conversation to open, from the page's address. */
  conversation?: string | null;
  /** Whether there is any channel that could bring conversations. */
  connected?: boolean;
  features?: Record<string, boolean>;
}

export interface RealtimeEvent {
  id: number | null;
  type: string;
  organization?: string;
  at?: string;
  data: Record<string, unknown>;
}

/** What the composer hands over to be sent. */
export interface Draft {
  kind: "text" | "note" | string;
  body: string;
  reply_to?: Quote & { id: string };
  attachments: Attachment[];
  /** The first file can't carry the text: it goes before the files, by itself. */
  apart?: boolean;
}
