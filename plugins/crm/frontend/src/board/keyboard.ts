/** The board by keyboard: arrows walk, Space takes a card up and puts it down, arrows move it, Escape brings it back. */

import { host } from "@ramal/host";
import { cardsOf, columnName, listAround, lists, placeOf, put, titleOf } from "./cards.js";
import type { Place } from "./cards.js";
import { config, say } from "./config.js";
import { committed } from "./moves.js";

let picked: { card: HTMLElement; from: Place } | null = null;
/** Moving an element in the page takes its focus for a moment. */
let moving = false;

export function startKeyboard(): void {
  document.addEventListener("keydown", (event) => {
    const card = event.target as HTMLElement;
    if (!card.matches?.("[data-deal]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const handled = picked?.card === card ? carry(card, event.key) : walk(card, event.key);
    if (handled) event.preventDefault();
  });
  document.addEventListener("focusout", (event) => {
    if (picked && !moving && event.target === picked.card) bringBack();
  });
}

/** Whether this card is taken up; any, without an id. */
export const isCarried = (id?: string): boolean =>
  id === undefined ? picked !== null : picked?.card.dataset.deal === id;

function walk(card: HTMLElement, key: string): boolean {
  if (key === " ") return pick(card);
  if (key === "Enter") {
    card.querySelector<HTMLElement>("[data-title]")?.click();
    return true;
  }
  const cards = cardsOf(listAround(card));
  const at = cards.indexOf(card);
  if (key === "ArrowUp") return focus(cards[at - 1]);
  if (key === "ArrowDown") return focus(cards[at + 1]);
  if (key === "Home") return focus(cards[0]);
  if (key === "End") return focus(cards.at(-1));
  if (key !== "ArrowLeft" && key !== "ArrowRight") return false;
  const step = key === "ArrowRight" ? 1 : -1;
  const row = lists();
  // Past empty columns to the next that has a card to stand on.
  for (let place = row.indexOf(listAround(card)) + step; row[place]; place += step) {
    const there = cardsOf(row[place]!);
    if (there.length) return focus(there[Math.min(at, there.length - 1)]);
  }
  return true;
}

function focus(card: HTMLElement | undefined): boolean {
  card?.focus();
  card?.scrollIntoView({ block: "nearest", inline: "nearest" });
  return true;
}

function pick(card: HTMLElement): boolean {
  if (!config.may_edit) return true;
  picked = { card, from: placeOf(card) };
  card.classList.add("is-picked");
  host.announce(say("picked", { title: titleOf(card), ...where(card) }));
  return true;
}

function carry(card: HTMLElement, key: string): boolean {
  if (key === "Escape") return bringBack();
  if (key === " " || key === "Enter") return drop(card);
  const list = listAround(card);
  const row = lists();
  const at = cardsOf(list).indexOf(card);
  if (key === "ArrowUp" && card.previousElementSibling) to(card, { list, next: card.previousElementSibling });
  else if (key === "ArrowDown" && card.nextElementSibling)
    to(card, { list, next: card.nextElementSibling.nextElementSibling });
  else if (key === "ArrowLeft" || key === "ArrowRight") {
    const beside = row[row.indexOf(list) + (key === "ArrowRight" ? 1 : -1)];
    if (beside) to(card, { list: beside, next: cardsOf(beside)[at] ?? null });
  } else return key.startsWith("Arrow");
  return true;
}

function to(card: HTMLElement, place: Place): void {
  moving = true;
  put(card, place);
  card.focus();
  moving = false;
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
  host.announce(say("over", where(card)));
}

function drop(card: HTMLElement): boolean {
  const { from } = picked!;
  release(card);
  const unchanged = from.list === card.parentElement && from.next === card.nextElementSibling;
  if (unchanged) host.announce(say("unmoved", { title: titleOf(card) }));
  else committed(card, from);
  return true;
}

function bringBack(): boolean {
  const { card, from } = picked!;
  release(card);
  moving = true;
  put(card, from);
  moving = false;
  host.announce(say("cancelled", { title: titleOf(card) }));
  return true;
}

function release(card: HTMLElement): void {
  picked = null;
  card.classList.remove("is-picked");
}

function where(card: HTMLElement): { stage: string; place: number; count: number } {
  const list = listAround(card);
  const cards = cardsOf(list);
  return { stage: columnName(list), place: cards.indexOf(card) + 1, count: cards.length };
}
