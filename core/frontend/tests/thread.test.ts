import assert from "node:assert/strict";
import { test } from "node:test";

import type { Api } from "../src/inbox/api.js";
import { Threads } from "../src/inbox/thread_state.js";
import type { Message, Page } from "../src/inbox/types.js";

function message(seq: number, more: Partial<Message> = {}): Message {
  return {
    id: `m${seq}`,
    conversation_id: "c",
    direction: "out",
    body: `${seq}`,
    status: "sent",
    error: null,
    client_id: null,
    sent_at: `2026-03-01T12:00:${`${seq}`.padStart(2, "0")}Z`,
    seq,
    attachments: [],
    reactions: [],
    edited_at: null,
    revoked_at: null,
    ...more,
  } as unknown as Message;
}

/** Threads whose pages land when the test says so, oldest question first. */
function desk() {
  const asked: ((page: Page<Message>) => void)[] = [];
  const get = () => new Promise((resolve) => asked.push(resolve));
  const threads = new Threads({ api: { get } as unknown as Api, selectedId: "c", notify() {} });
  const lands = async (items: Message[], next: string | null = null, prev: string | null = null) => {
    asked.shift()!({ items, next_cursor: next, prev_cursor: prev } as Page<Message>);
    await new Promise((resolve) => setTimeout(resolve));
  };
  const shown = () => threads.get("c").items;
  return { threads, lands, shown };
}

const liked = [{ emoji: "👍", by: "agent", name: null }] as Message["reactions"];

test("a page that was read before a change undoes nothing of it", async () => {
  const { threads, lands, shown } = desk();
  void threads.latest("c");
  await lands([message(1), message(2)]);

  void threads.latest("c");
  threads.update(message(2, { reactions: liked }));
  await lands([message(1), message(2)]);

  assert.deepEqual(shown().map((item) => item.reactions.length), [0, 1]);
});

test("a change to a message whose page is still on its way is not lost", async () => {
  const { threads, lands, shown } = desk();
  void threads.latest("c");
  threads.update(message(2, { reactions: liked }));
  threads.status({ message_id: "m1", conversation_id: "c", status: "read", error: null, client_id: null });
  await lands([message(1), message(2)]);

  assert.deepEqual(shown().map((item) => item.reactions.length), [0, 1]);
  assert.deepEqual(shown().map((item) => item.status), ["read", "sent"]);
});

test("what happened before a page was asked for is not told again", async () => {
  const { threads, lands, shown } = desk();
  void threads.latest("c");
  threads.update(message(1, { reactions: liked }));
  await lands([message(1, { reactions: liked })]);

  void threads.latest("c");
  await lands([message(1)]);

  assert.deepEqual(shown().map((item) => item.reactions.length), [0]);
});

test("a change far above what is loaded puts no message over a hole and counts as no new one", async () => {
  const { threads, lands, shown } = desk();
  void threads.latest("c");
  await lands([message(30), message(31)], "older");
  threads.update(message(1, { body: "edited" }));
  assert.deepEqual(shown().map((item) => item.id), ["m30", "m31"]);

  void threads.around("c", "m1");
  await lands([message(1, { body: "edited" })], null, "newer");
  threads.update(message(31, { reactions: liked }));
  assert.equal(threads.get("c").missed, 0);
  assert.deepEqual(shown().map((item) => item.id), ["m1"]);
});

test("a message that changed while a gap is caught up does not stay above the gap", async () => {
  const { threads, lands, shown } = desk();
  void threads.latest("c");
  await lands([message(1), message(2)]);

  void threads.latest("c");
  threads.update(message(2, { reactions: liked }));
  await lands([message(40), message(41)], "older");

  assert.deepEqual(shown().map((item) => item.id), ["m40", "m41"]);
});
