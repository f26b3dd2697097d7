import assert from "node:assert/strict";
import { test } from "node:test";

import { byTime, laterStatus, listOrder, matches, mergeMessages, overlaps } from "../src/inbox/merge.js";
import type { Conversation, Filters, Message } from "../src/inbox/types.js";

function message(change: Partial<Message>): Message {
  return {
    id: "m1",
    conversation_id: "c",
    direction: "in",
    kind: "text",
    body: "text",
    payload: {},
    status: null,
    error: null,
    provider_id: null,
    client_id: null,
    sent_at: "2026-11-22T12:00:00.000Z",
    created_at: "2026-11-22T12:00:00.000Z",
    seq: 1,
    author: null,
    is_note: false,
    reply_to: null,
    attachments: [],
    reactions: [],
    edited_at: null,
    revoked_at: null,
    external: false,
    ...change,
  };
}

test("a message is one, by its id or its client id, however often it comes", () => {
  const local = message({ id: "local:x", client_id: "x", local: true, status: "queued" });
  const real = message({ id: "m9", client_id: "x", status: "sent" });
  const merged = mergeMessages([local], [real, real, { ...real, client_id: null }]);
  assert.deepEqual(merged.map((item) => item.id), ["m9"]);
  assert.equal(merged[0]!.status, "sent");
  assert.deepEqual(mergeMessages([real], [local]), [real]);
});

test("a late arrival goes to its place: provider time, then sequence", () => {
  const at = (id: string, sent_at: string, seq: number) => message({ id, sent_at, seq });
  const shuffled = [
    at("c", "2026-11-22T12:00:01.000Z", 3),
    at("a", "2026-11-22T12:00:00.000Z", 9),
    at("b", "2026-11-22T12:00:01.000Z", 2),
    at("d", "2026-11-22T12:00:01.000100Z", 1),
  ];
  const order = mergeMessages([], shuffled).map((item) => item.id);
  assert.deepEqual(order, ["a", "b", "c", "d"]);
  assert.ok(byTime(shuffled[0]!, shuffled[3]!) < 0);
});

test("a tick never goes back", () => {
  assert.equal(laterStatus("read", "delivered"), "read");
  assert.equal(laterStatus("sent", "delivered"), "delivered");
  assert.equal(laterStatus("unknown", "sent"), "sent");
  assert.equal(laterStatus("failed", "delivered"), "delivered");
  assert.equal(laterStatus(null, "queued"), "queued");
  const stale = mergeMessages([message({ status: "read" })], [message({ status: "sent" })]);
  assert.equal(stale[0]!.status, "read");
});

test("a stale page takes back neither edits, nor deletions, nor files", () => {
  const file = { id: "f", kind: "image", state: "ready" } as Message["attachments"][number];
  const known = message({
    body: "new",
    edited_at: "2026-11-22T12:05:00.000Z",
    revoked_at: "2026-11-22T12:06:00.000Z",
    attachments: [file],
  });
  const stale = message({ body: "old", attachments: [{ ...file, state: "pending" }] });
  const [merged] = mergeMessages([known], [stale]);
  assert.equal(merged!.body, "new");
  assert.equal(merged!.revoked_at, known.revoked_at);
  assert.equal(merged!.attachments[0]!.state, "ready");
});

test("pages that touch leave no gap", () => {
  assert.ok(overlaps([message({ id: "a" }), message({ id: "b" })], [message({ id: "b" })]));
  assert.ok(!overlaps([message({ id: "a" })], [message({ id: "b" })]));
});

const conversation = (change: Partial<Conversation>) =>
  ({
    id: "1",
    status: "open",
    assignee_id: null,
    channel_id: "w",
    labels: [],
    waiting_since: null,
    last_message_at: null,
    created_at: "2026-11-22T10:00:00.000Z",
    ...change,
  }) as Conversation;

const filters: Filters = {
  tab: "all",
  status: "open",
  channel: "",
  label: "",
  q: "",
  sort: "last_activity",
};

test("a conversation is shown where it belongs", () => {
  const mine = conversation({ assignee_id: "me" });
  assert.ok(matches(mine, { ...filters, tab: "mine" }, "me"));
  assert.ok(!matches(mine, { ...filters, tab: "unassigned" }, "me"));
  assert.ok(!matches(conversation({ status: "resolved" }), filters, "me"));
  assert.ok(matches(conversation({ status: "resolved" }), { ...filters, status: "all" }, "me"));
  assert.ok(!matches(mine, { ...filters, label: "vip" }, "me"));
});

test("the list goes by last activity, or by who waits longest", () => {
  const old = conversation({ id: "old", waiting_since: "2026-11-22T10:00:00.000Z" });
  const fresh = conversation({ id: "new", last_message_at: "2026-11-22T11:00:00.000Z" });
  assert.deepEqual([old, fresh].sort(listOrder("last_activity")).map(({ id }) => id), ["new", "old"]);
  assert.deepEqual([fresh, old].sort(listOrder("waiting")).map(({ id }) => id), ["old", "new"]);
});
