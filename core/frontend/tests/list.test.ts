import assert from "node:assert/strict";
import { test } from "node:test";

import { query } from "../src/inbox/api.js";
import type { Api } from "../src/inbox/api.js";
import { ListState } from "../src/inbox/list_state.js";
import type { Conversation, Filters } from "../src/inbox/types.js";

function conversation(id: string, change: Partial<Conversation> = {}): Conversation {
  const at = "2026-11-22T12:00:00.000Z";
  return { id, status: "open", assignee_id: null, labels: [], last_message_at: at, created_at: at, ...change } as Conversation;
}

/** A list whose server has these conversations, and the paths it was asked. */
function desk(ids: string[], filters: Partial<Filters> = {}) {
  const asked: string[] = [];
  const conversations = new Map<string, Conversation>();
  const get = async (path: string) => {
    asked.push(decodeURIComponent(path));
    if (path.includes("/counts")) return { mine: 0, unassigned: ids.length, all: ids.length };
    return { items: ids.map((id) => conversation(id)), next_cursor: null };
  };
  const upsert = (item: Conversation) => (conversations.set(item.id, item), item);
  const host = { api: { get } as unknown as Api, me: { id: "ana" }, conversations, upsert, notify() {} };
  return { list: new ListState(host, { tab: "all", ...filters }), asked, conversations, upsert };
}

const VIP = { "filter.crm.stage": { values: ["won", "lost"], words: "Won, Lost" } };

test("a parameter may be given more than once", () => {
  assert.equal(query({ a: ["1", "", "2"], b: 3, c: null, d: "" }), "?a=1&a=2&b=3");
});

test("the plugins' filters go to the list and to the counts", async () => {
  const { list, asked } = desk(["a"]);
  assert.equal(list.filtered, false);
  list.setFilters({ plugins: VIP });
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(list.filtered, true);
  const [page, counts] = asked;
  assert.match(page!, /^\/conversations\?.*&filter\.crm\.stage=won&filter\.crm\.stage=lost&page_size=30$/);
  assert.equal(counts, "/conversations/counts?status=open&filter.crm.stage=won&filter.crm.stage=lost");
  assert.ok(!page!.includes("words") && !page!.includes("plugins"));
});

test("what changes under a plugin's filter is placed by the server, and taken out at once where we know", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { list, asked, upsert } = desk(["a", "b"], { plugins: VIP });
  await list.load();
  list.place(upsert(conversation("new")));
  assert.deepEqual(list.ids, ["a", "b"]);
  list.place(upsert(conversation("a", { status: "resolved" })));
  assert.deepEqual(list.ids, ["b"]);
  assert.equal(asked.length, 1);
  context.mock.timers.tick(2000);
  assert.equal(asked.length, 2);
});
