/** The board by mouse and by finger: cards to columns, and to the two zones that end a deal. */

import Sortable from "sortablejs/modular/sortable.esm.js";
import type { SortableEvent } from "sortablejs/modular/sortable.esm.js";
import { lists } from "./cards.js";
import type { Place } from "./cards.js";
import { askLost } from "./dialogs.js";
import { closed, committed } from "./moves.js";

let start: Place | null = null;
let ended: () => void = () => {};

const OPTIONS = {
  group: "deals",
  draggable: "[data-deal]",
  filter: "button",
  preventOnFilter: false,
  // Our own ghost instead of the browser's: the same on touch, and it can be styled.
  forceFallback: true,
  fallbackOnBody: true,
  fallbackTolerance: 4,
  // A finger that moves at once scrolls; one that rests takes the card up.
  delay: 180,
  delayOnTouchOnly: true,
  touchStartThreshold: 5,
  animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150,
  ghostClass: "is-ghost",
  chosenClass: "is-chosen",
  dragClass: "is-dragged",
  scrollSensitivity: 60,
};

export const isDragging = (): boolean => start !== null;

export function startDragging(afterwards: () => void): void {
  ended = afterwards;
  attach();
  for (const zone of document.querySelectorAll<HTMLElement>("[data-zone]")) {
    Sortable.create(zone, { group: { name: "deals", pull: false }, sort: false, ghostClass: "is-ghost" });
  }
}

/** Columns that came into the page. */
export function attach(): void {
  for (const list of lists()) {
    if (list.dataset.sortable) continue;
    list.dataset.sortable = "yes";
    Sortable.create(list, { ...OPTIONS, onStart, onEnd });
  }
}

function onStart({ item, from }: SortableEvent): void {
  // Sortable's own element stands there by now: the next card is the one after it.
  start = { list: from, next: item.nextElementSibling };
  document.body.classList.add("is-dragging-deal");
}

function onEnd({ item, from, to, oldDraggableIndex, newDraggableIndex }: SortableEvent): void {
  const place = start!;
  start = null;
  document.body.classList.remove("is-dragging-deal");
  if (to.dataset.zone) end(item, to.dataset.zone as "win" | "lose", place);
  else if (from !== to || oldDraggableIndex !== newDraggableIndex) committed(item, place);
  ended();
}

function end(card: HTMLElement, verb: "win" | "lose", from: Place): void {
  from.list.insertBefore(card, from.next?.parentElement === from.list ? from.next : null);
  if (verb === "win") closed(card, "win", {}, from);
  else askLost(card);
}
