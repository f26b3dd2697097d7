/**
 * Moves, shown at once and then told to the server, which takes one only of the version that was seen. Of two people
 * who move one card, the second sees it go where the first has put it, and reads who that was.
 */

import { host } from "@ramal/host";
import { apply, cardOf, columnName, leave, listAround, placeOf, put, recount, titleOf } from "./cards.js";
import type { CardState, Place } from "./cards.js";
import { config, say } from "./config.js";
import { post, Refused, request } from "./server.js";
import type { Where } from "./server.js";

/** One card's moves go one after another. */
const queues = new Map<string, Promise<void>>();
let begun = 0;

/** The card stands where it should; `from` is where it stood. */
export function committed(card: HTMLElement, from: Place): void {
  const list = listAround(card);
  recount(card, from.list, list);
  const neighbours = {
    after_id: (card.previousElementSibling as HTMLElement | null)?.dataset.deal ?? null,
    before_id: (card.nextElementSibling as HTMLElement | null)?.dataset.deal ?? null,
  };
  const body = { stage_id: list.dataset.column, ...neighbours };
  if (from.list !== list) host.announce(say("moved", { title: titleOf(card), stage: columnName(list) }));
  act(card, "move", body, () => {
    const now = cardOf(card.dataset.deal!) ?? card;
    if (now.isConnected) recount(now, listAround(now), from.list);
    put(now, from);
  });
}

/** Put a card at the top of a column, as the menu does. */
export function moveTo(card: HTMLElement, list: HTMLElement): void {
  const from = placeOf(card);
  put(card, { list, next: list.firstElementChild === card ? card.nextElementSibling : list.firstElementChild });
  committed(card, from);
  card.focus();
}

/** Won or lost: the card leaves the board, and comes back if the server says no. */
export function closed(card: HTMLElement, verb: "win" | "lose", body: Record<string, unknown>, from: Place): void {
  recount(card, from.list, null);
  leave(card);
  host.toast(say(verb === "win" ? "won" : "lost", { title: titleOf(card) }), "success");
  act(card, verb, body, () => {
    put(card, from);
    void refresh(card.dataset.deal!);
  });
}

function act(card: HTMLElement, verb: string, body: Record<string, unknown>, undo: () => void): void {
  const id = card.dataset.deal!;
  begun += 1;
  const before = queues.get(id) ?? Promise.resolve();
  const now = before.then(() => tell(card, verb, body, undo));
  queues.set(id, now);
  void now.finally(() => {
    if (queues.get(id) === now) queues.delete(id);
  });
}

async function tell(card: HTMLElement, verb: string, body: Record<string, unknown>, undo: () => void): Promise<void> {
  const seen = Number(card.dataset.version);
  try {
    await send(card, verb, body, seen);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.deal) return conflict(card, verb, body, error, error.deal);
    undo();
    host.toast(error.message, "danger");
  }
}

async function send(card: HTMLElement, verb: string, body: Record<string, unknown>, version: number): Promise<void> {
  const deal = await post<Where>(card.dataset.deal!, verb, { ...body, version });
  // Another fragment may have taken the card's place in the page meanwhile.
  for (const each of [card, cardOf(card.dataset.deal!)]) {
    if (!each) continue;
    each.dataset.version = String(deal.version);
    each.dataset.stage = deal.stage_id;
  }
}

async function conflict(
  card: HTMLElement,
  verb: string,
  body: Record<string, unknown>,
  error: Refused,
  deal: Where,
): Promise<void> {
  // It was not moved, only changed: what was wanted still makes sense.
  if (deal.state === "open" && deal.stage_id === card.dataset.stage && deal.version > Number(card.dataset.version)) {
    try {
      return await send(card, verb, body, deal.version);
    } catch (again) {
      if (!(again instanceof Refused)) throw again;
      error = again;
    }
  }
  host.toast(error.message, "info");
  host.announce(error.message);
  await refresh(card.dataset.deal!);
}

/** Ask what became of a card, and show it so, if it is still `free` by then; whether it was. */
export async function refresh(id: string, free: () => boolean = () => true): Promise<boolean> {
  try {
    const found = await request<CardState>(config.card_url.replace("ID", id) + location.search);
    if (!free()) return false;
    apply(found);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) {
      if (!free()) return false;
      const card = cardOf(id);
      if (card) {
        recount(card, listAround(card), null);
        leave(card);
      }
    } else if (!(error instanceof Refused)) throw error;
  }
  return true;
}

/** Whether a move of this card is on its way; of any, without an id. */
export const isMoving = (id?: string): boolean => (id === undefined ? queues.size > 0 : queues.has(id));

/** How many moves were begun: what the server was asked before the last of them is old. */
export const movesBegun = (): number => begun;
