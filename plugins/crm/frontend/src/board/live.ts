/** What others do, as it happens: their cards move here, too, with a word about who it was. */

import { host } from "@ramal/host";
import { board, cardOf } from "./cards.js";
import { config, say } from "./config.js";
import { attach, isDragging } from "./drag.js";
import { isCarried } from "./keyboard.js";
import { isMoving, movesBegun, refresh } from "./moves.js";
import { isPressed } from "./press.js";

interface Told {
  change: string;
  deal: { id: string; title: string; pipeline_id: string; stage_id: string; version: number };
  from_stage_id: string | null;
  actor: { id: string | null; name: string };
}

/** Milliseconds within which several news are one look. */
const SOON = 120;
/** More changed cards than this: the whole board again. */
const MANY = 8;
/** Changes that are worth a word. */
const TOLD = ["created", "moved", "won", "lost", "reopened", "deleted"];

const waiting = new Set<string>();
let everything = false;
let first = true;
let timer = 0;

export function startLive(): void {
  host.listen({
    event: ({ type, data }) => {
      if (type === "crm.deal.updated") heard(data as unknown as Told);
    },
    missed: () => {
      everything ||= !first;
      first = false;
      if (everything) soon();
    },
  });
}

function heard(told: Told): void {
  const { deal, actor, change } = told;
  const card = cardOf(deal.id);
  if (!card && deal.pipeline_id !== config.pipeline) return;
  const mine = actor.id === config.me;
  // Our own move, which stands here already.
  if (mine && card && Number(card.dataset.version) >= deal.version && change === "moved") return;
  if (!mine && TOLD.includes(change)) tellOf(told);
  waiting.add(deal.id);
  soon();
}

function tellOf({ change, deal, from_stage_id, actor }: Told): void {
  if (change === "moved" && from_stage_id === deal.stage_id) return;
  const stage = document.querySelector<HTMLElement>(`[data-column="${CSS.escape(deal.stage_id)}"]`)?.dataset.name;
  if (change === "moved" && !stage) return host.toast(say("they_took", { name: actor.name, title: deal.title }));
  host.toast(say(`they_${change}`, { name: actor.name, title: deal.title, stage: stage ?? "" }));
}

function soon(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void look(), SOON);
}

/** Whether somebody has this card in hand, or its move is on its way; any card, without an id. */
const isBusy = (id?: string): boolean => isDragging() || isCarried(id) || isMoving(id) || isPressed(id);

/** Show what has changed; a card in somebody's hand is left alone until it is put down. */
export async function look(): Promise<void> {
  if (isDragging()) return;
  if (everything || waiting.size > MANY) return reload();
  for (const id of [...waiting]) {
    if (isBusy(id)) {
      soon();
      continue;
    }
    waiting.delete(id);
    // While the answer was on its way somebody may have taken a card up: it must not vanish from their hand.
    if (await refresh(id, () => !isBusy(id))) continue;
    waiting.add(id);
    return soon();
  }
}

async function reload(): Promise<void> {
  everything = true;
  if (isBusy()) return soon();
  everything = false;
  waiting.clear();
  const moves = movesBegun();
  const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  // Somebody went on meanwhile: this is not how the board is any more, or not how their hand left it.
  if (isBusy() || moves !== movesBegun()) {
    everything = true;
    return soon();
  }
  const fresh = page.querySelector("[data-board]");
  if (!fresh) return;
  const focused = document.activeElement?.closest<HTMLElement>("[data-deal]")?.dataset.deal;
  const { scrollLeft } = board();
  board().replaceChildren(...fresh.childNodes);
  board().scrollLeft = scrollLeft;
  if (config.may_edit) attach();
  if (focused) cardOf(focused)?.focus({ preventScroll: true });
}
