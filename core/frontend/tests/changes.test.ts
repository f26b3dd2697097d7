import assert from "node:assert/strict";
import { test } from "node:test";

import { chips, ownReaction, possible, react, wordsOf } from "../src/inbox/changes.js";
import type { Store } from "../src/inbox/store.js";
import type { Conversation, Message, Reaction } from "../src/inbox/types.js";
import { systemWords } from "../src/inbox/words.js";

const store = { can: () => true } as unknown as Store;
const sent_at = new Date().toISOString();
const able = { reactions: true, edit: true, revoke: true, edit_seconds: 900, revoke_seconds: null };
const conversation = { status: "open", capabilities: able } as unknown as Conversation;

function message(changes: object = {}): Message {
  const base = { id: "m", conversation_id: "c", direction: "out", kind: "text", body: "Oi", status: "sent" };
  return { ...base, sent_at, is_note: false, reactions: [], revoked_at: null, ...changes } as unknown as Message;
}

function can(changes: object, where = conversation): string {
  const found = possible(store, where, message(changes));
  return Object.entries(found).filter(([, yes]) => yes).map(([name]) => name).join(" ");
}

test("what can be done with a message follows its channel, its kind and the clock", () => {
  const old = new Date(Date.now() - 901_000).toISOString();
  assert.equal(can({}), "react edit revoke");
  assert.equal(can({ sent_at: old }), "react revoke");
  assert.equal(can({ direction: "in", status: null }), "react");
  assert.equal(can({ kind: "location", body: null }), "react revoke");
  assert.equal(can({ kind: "image", body: "legenda" }), "react edit revoke");
  assert.equal(can({ kind: "image", body: null }), "react revoke");
  for (const gone of [
    { is_note: true },
    { kind: "system" },
    { revoked_at: sent_at },
    { local: true },
    { status: "failed" },
    { status: "unknown", provider_id: null },
    { pending: { revoke: {} } },
  ]) {
    assert.equal(can(gone), "", JSON.stringify(gone));
  }
  assert.equal(can({}, { ...conversation, status: "resolved" }), "");
  assert.equal(can({}, { ...conversation, capabilities: undefined }), "");
});

test("a reaction that is on its way shows as it will be, and says so", () => {
  const hers: Reaction = { emoji: "👍", by: "contact", name: "Ana" };
  const ours: Reaction = { emoji: "❤", by: "agent", name: "Bia" };
  const shown = (changes: object) =>
    chips(message(changes)).map((chip) => [chip.emoji, chip.by.length, chip.own, chip.pending]);
  assert.deepEqual(shown({ reactions: [hers, ours] }), [["👍", 1, false, false], ["❤", 1, true, false]]);
  const replaced = { reactions: [hers, ours], pending: { reaction: { emoji: "👍" } } };
  assert.deepEqual(shown(replaced), [["👍", 2, true, true]]);
  const leaving = { reactions: [hers, ours], pending: { reaction: { emoji: null } } };
  assert.deepEqual(shown(leaving), [["👍", 1, false, false], ["❤", 1, true, true]]);
  assert.equal(ownReaction(message(replaced)), "👍");
  assert.equal(ownReaction(message(leaving)), null);
  assert.equal(wordsOf(message({ pending: { edit: { body: "Olá" } } })), "Olá");
});

test("a change is laid over the message at once, and taken away again when it is refused", async () => {
  let item = message();
  const toasts: string[] = [];
  const threads = {
    change: (_id: string, _which: unknown, to: (old: Message) => Message) => (item = to(item)),
    add: (answer: Message) => (item = answer),
  };
  const answers = (answer: () => Promise<unknown>) =>
    ({ threads, notify() {}, toast: (text: string) => toasts.push(text), api: { put: answer } }) as unknown as Store;
  let seen: unknown;
  const refused = answers(() => {
    seen = item.pending;
    return Promise.reject(new Error("no"));
  });
  assert.equal(await react(refused, item, "👍"), false);
  assert.deepEqual([seen, item.pending, toasts.length], [{ reaction: { emoji: "👍" } }, {}, 1]);
  // Queued: the answer may be older than what the socket said meanwhile.
  const queued = answers(() => {
    item = message({ reactions: [{ emoji: "👍", by: "agent", name: "Bia" }], pending: {} });
    return Promise.resolve(message({ pending: { reaction: { emoji: "👍" } } }));
  });
  assert.equal(await react(queued, item, "👍"), true);
  assert.deepEqual(item.pending, {});
  // Nothing to do: nobody else would say so.
  await react(answers(() => Promise.resolve(message({ pending: {} }))), item, "👍");
  assert.deepEqual(item.pending, {});
});

test("a line says which change came to nothing, and why", () => {
  const line = (payload: object) => systemWords({ kind: "system", body: null, payload } as unknown as Message);
  const reason = "Tarde demais.";
  assert.equal(line({ event: "change_failed", change: "reaction", reason }), "The reaction could not be sent: Tarde demais.");
  assert.equal(line({ event: "change_failed", change: "edit", reason }), "A message could not be edited: Tarde demais.");
  assert.match(line({ event: "change_unknown", change: "revoke", reason }), /^It is not known whether .*: Tarde demais\.$/);
});
