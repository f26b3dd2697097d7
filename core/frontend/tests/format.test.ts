import assert from "node:assert/strict";
import { test } from "node:test";

import { setCatalogue, t, tn } from "../src/i18n.js";
import { duration, fileSize, highlight, initials, phone, span } from "../src/inbox/format.js";
import { isEmojiOnly } from "../src/inbox/richtext.js";
import { uuid7 } from "../src/inbox/uuid.js";
import type { Message } from "../src/inbox/types.js";
import { preview, systemWords } from "../src/inbox/words.js";

test("matches are found without accents and case, and cut nothing", () => {
  const pieces = highlight("João da Conceição", "joao CONC");
  assert.equal(pieces.map((piece) => piece.text).join(""), "João da Conceição");
  assert.deepEqual(pieces.filter((piece) => piece.hit).map((piece) => piece.text), ["João", "Conc"]);
});

test("initials, phones, sizes and spans read as people write them", () => {
  assert.equal(initials("Ana Paula Souza"), "AS");
  assert.equal(initials("+55 11 98765-4321"), "#");
  assert.equal(initials(""), "?");
  assert.equal(phone("5511987654321"), "+55 11 98765-4321");
  assert.equal(phone("+1 555 0100"), "+1 555 0100");
  assert.equal(fileSize(482_113), "482 kB");
  assert.equal(duration(187), "3:07");
  assert.equal(duration(Number.NaN), "0:00");
  assert.equal(span(3 * 3600_000), "3 h");
});

test("a quote's line drops the marks of bold, and keeps words that only look like them", () => {
  assert.equal(preview({ kind: "text", body: "que *amei* _muito_" }), "que amei muito");
  assert.equal(preview({ kind: "text", body: "snake_case 2*3*4" }), "snake_case 2*3*4");
  assert.equal(preview({ kind: "image", body: null }), "Photo");
});

test("only a few emoji alone are shown large", () => {
  assert.ok(isEmojiOnly("👍🏽 🎉"));
  assert.ok(!isEmojiOnly("ok 👍"));
  assert.ok(!isEmojiOnly("12"));
  assert.ok(!isEmojiOnly("👍👍👍👍"));
});

test("client ids are version 7 and sort by time", () => {
  const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  assert.match(uuid7(), pattern);
  assert.ok(uuid7(1_000_000) < uuid7(2_000_000));
});

test("words are translated, filled and counted; a missing one stays English", () => {
  setCatalogue({ messages: { "Hi {name}": "Oi, {name}", "{n} day": ["{n} dia", "{n} dias"] } });
  assert.equal(t("Hi {name}", { name: "Ana" }), "Oi, Ana");
  assert.equal(t("Bye {name}", { name: "Ana" }), "Bye Ana");
  assert.equal(tn("{n} day", "{n} days", 1), "1 dia");
  assert.equal(tn("{n} day", "{n} days", 5), "5 dias");
});

test("a line says what happened and who did it, or that nobody in particular did", () => {
  const line = (payload: object, body: string | null = null) =>
    systemWords({ kind: "system", body, payload } as unknown as Message);
  assert.equal(line({ event: "taken", actor: "Ana", assignee: "Ana" }), "Ana took this conversation");
  assert.equal(line({ event: "assigned", actor: "Ana", assignee: "Bia" }), "Ana assigned this to Bia");
  assert.equal(line({ event: "assigned", assignee: "Bia" }), "Assigned to Bia automatically");
  assert.equal(line({ event: "resolved", actor: "Ana" }), "Resolved by Ana");
  assert.equal(line({ event: "resolved" }), "Resolved automatically");
  assert.equal(line({ event: "reopened_by_message" }), "Reopened by a new message");
  assert.equal(line({ event: "something new" }), "something new");
  assert.equal(line({ event: "user_changed_number" }, "Ana changed her number"), "Ana changed her number");
});
