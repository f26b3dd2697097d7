import assert from "node:assert/strict";
import { test } from "node:test";

import type { Api } from "../src/inbox/api.js";
import { Outbox } from "../src/inbox/outbox.js";
import { Threads } from "../src/inbox/thread_state.js";
import type { Attachment, Capabilities, Me } from "../src/inbox/types.js";
import { carries } from "../src/inbox/uploads.js";

Object.assign(globalThis, { addEventListener() {} });

type Body = { client_id: string; kind: string; body: string; attachment_ids?: string[]; reply_to?: string };

function file(id: string, kind: string): Attachment {
  return { id, kind, state: "ready" } as Attachment;
}

/** An outbox whose server answers in its own time, and what reached it. */
function desk() {
  const posted: Body[] = [];
  let answer = (): unknown => ({});
  const post = async (_path: string, body: Body) => {
    await new Promise((resolve) => setTimeout(resolve));
    posted.push(body);
    return { id: `m${posted.length}`, status: "queued", client_id: body.client_id, ...(answer() as object) };
  };
  const api = { post } as unknown as Api;
  const me = { id: "ana", name: "Ana", organization: { id: "o" } } as Me;
  const host = { api, me, selectedId: "c", notify() {} };
  const threads = new Threads(host);
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as unknown as Storage;
  const outbox = new Outbox({ ...host, threads }, storage);
  threads.get("c");
  return { outbox, threads, posted, failing: (error: Error | null) => (answer = () => { if (error) throw error; return {}; }) };
}

async function quiet(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 1));
}

test("several files are as many messages, in order, the first with the text and the quote", async () => {
  const { outbox, threads, posted } = desk();
  outbox.send("c", {
    kind: "text",
    body: "as fotos",
    reply_to: { id: "q" } as never,
    attachments: [file("f1", "image"), file("f2", "document"), file("f3", "image")],
  });

  const shown = threads.get("c").items;
  assert.deepEqual(shown.map(({ kind, body }) => [kind, body]), [["image", "as fotos"], ["document", null], ["image", null]]);
  assert.ok(shown.every((item) => item.local && item.status === "queued"));
  assert.equal(new Set(shown.map((item) => item.client_id)).size, 3);
  assert.deepEqual([...shown].sort((a, b) => a.sent_at.localeCompare(b.sent_at)), shown);

  await quiet(() => threads.get("c").items.every((item) => !item.local));
  assert.deepEqual(posted.map(({ kind, body, attachment_ids, reply_to }) => [kind, body, attachment_ids, reply_to]), [
    ["image", "as fotos", ["f1"], "q"],
    ["document", "", ["f2"], undefined],
    ["image", "", ["f3"], undefined],
  ]);
  assert.deepEqual(posted.map((body) => body.client_id), shown.map((item) => item.client_id));
});

test("a text that the first file can't carry goes before the files", async () => {
  const { outbox, posted } = desk();
  const attachments = [file("f1", "audio"), file("f2", "image")];
  outbox.send("c", { kind: "text", body: "ouça", attachments, apart: true });
  await quiet(() => posted.length === 3);
  assert.deepEqual(posted.map(({ kind, body, attachment_ids }) => [kind, body, attachment_ids]), [
    ["text", "ouça", undefined],
    ["audio", "", ["f1"]],
    ["image", "", ["f2"]],
  ]);
});

test("a file that is refused does not keep the next ones from going", async () => {
  const { outbox, threads, posted, failing } = desk();
  failing(new Error("refused"));
  outbox.send("c", { kind: "text", body: "", attachments: [file("f1", "image"), file("f2", "image")] });
  await quiet(() => posted.length === 1);
  failing(null);
  await quiet(() => posted.length === 2 && !threads.get("c").items.at(-1)!.local);
  assert.deepEqual(threads.get("c").items.map((item) => item.status), ["failed", "queued"]);
});

test("a note keeps its files together", async () => {
  const { outbox, posted } = desk();
  outbox.send("c", { kind: "note", body: "guarde", attachments: [file("f1", "image"), file("f2", "image")] });
  await quiet(() => posted.length === 1);
  assert.deepEqual(posted[0]!.attachment_ids, ["f1", "f2"]);
});

test("a channel says which files carry a text, and how long", () => {
  const able = { caption: true, captionless: ["audio"], caption_limit: 5, text_limit: 10 } as unknown as Capabilities;
  assert.ok(carries("image", "12345", able));
  assert.ok(!carries("image", "123456", able));
  assert.ok(!carries("audio", "1", able));
  assert.ok(carries("image", "1234567890", { ...able, caption_limit: null }));
  assert.ok(!carries("image", "1", { ...able, caption: false }));
  assert.ok(carries("image", "1", undefined));
});
