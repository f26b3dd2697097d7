/** What an agent does to a conversation: each shows its effect at once and undoes it on refusal. */

import { t } from "../i18n.js";
import { ApiError, words } from "./api.js";
import type { Store } from "./store.js";
import type { Conversation, Label, Priority, Ref } from "./types.js";

async function act(
  store: Store,
  id: string,
  change: Partial<Conversation>,
  request: () => Promise<unknown>,
): Promise<boolean> {
  const before = store.conversations.get(id);
  store.patch(id, change);
  const now = store.conversations.get(id);
  if (now) store.list.place(now);
  store.list.countSoon();
  try {
    const answer = (await request()) as Conversation | undefined;
    if (answer?.updated_at) store.list.place(store.upsert(answer));
    else await store.reload(id);
    return true;
  } catch (error) {
    if (before) store.conversations.set(id, before);
    store.toast(words(error), "danger");
    if (error instanceof ApiError && error.status === 409) await store.reload(id);
    const after = store.conversations.get(id);
    if (after) store.list.place(after);
    return false;
  } finally {
    store.notify();
  }
}

export function take(store: Store, id: string): Promise<boolean> {
  const me = { id: store.me.id, name: store.me.name };
  return act(store, id, { assignee_id: me.id, assignee: me, control: "human" }, () =>
    store.api.post(`/conversations/${id}/take`),
  );
}

export function assign(store: Store, id: string, to: Ref | null): Promise<boolean> {
  return act(store, id, { assignee_id: to?.id ?? null, assignee: to }, () =>
    store.api.post(`/conversations/${id}/assign`, { assignee_id: to?.id ?? null }),
  );
}

export async function resolve(store: Store, id: string): Promise<boolean> {
  const done = await act(store, id, { status: "resolved" }, () =>
    store.api.post(`/conversations/${id}/resolve`),
  );
  if (done) store.toast(t("Conversation resolved."), "success");
  return done;
}

export function reopen(store: Store, id: string): Promise<boolean> {
  return act(store, id, { status: "open" }, () => store.api.post(`/conversations/${id}/reopen`));
}

export function setPriority(store: Store, id: string, priority: Priority): Promise<boolean> {
  return act(store, id, { priority }, () =>
    store.api.patch(`/conversations/${id}`, { priority }),
  );
}

export function setLabels(store: Store, id: string, labels: Label[]): Promise<boolean> {
  return act(store, id, { labels }, () =>
    store.api.put(`/conversations/${id}/labels`, { label_ids: labels.map((label) => label.id) }),
  );
}
