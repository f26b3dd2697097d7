/** The plain way, for everybody: a menu that says where a card goes, and the question why a deal was lost. */

import { cardOf, listAround, listOf, placeOf, titleOf } from "./cards.js";
import { say } from "./config.js";
import { closed, moveTo } from "./moves.js";

const dialog = (name: string) => document.querySelector<HTMLDialogElement>(`[data-dialog="${name}"]`)!;
let about: string | null = null;

export function startDialogs(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const opener = target.closest<HTMLElement>("[data-move-menu]");
    if (opener) askWhere(opener.closest<HTMLElement>("[data-deal]")!);
    const closer = target.closest<HTMLElement>("[data-dialog-close]");
    if (closer) closer.closest("dialog")!.close();
    const choice = target.closest<HTMLElement>("[data-move-to]");
    if (choice) chosen(choice.dataset.moveTo!);
  });
  dialog("lost").querySelector("form")!.addEventListener("submit", (event) => {
    event.preventDefault();
    lost(event.target as HTMLFormElement);
  });
}

function askWhere(card: HTMLElement): void {
  about = card.dataset.deal!;
  const menu = dialog("move");
  menu.querySelector("[data-dialog-title]")!.textContent = say("where", { title: titleOf(card) });
  for (const choice of menu.querySelectorAll<HTMLButtonElement>("[data-move-to]")) {
    const here = choice.dataset.moveTo === listAround(card).dataset.column;
    choice.toggleAttribute("aria-current", here);
  }
  menu.showModal();
}

function chosen(goal: string): void {
  dialog("move").close();
  const card = about ? cardOf(about) : null;
  if (!card) return;
  if (goal === "win") return closed(card, "win", {}, placeOf(card));
  if (goal === "lose") return askLost(card);
  const list = listOf(goal);
  if (list) moveTo(card, list);
}

/** Ask for the reason; the card stays where it is until there is one. */
export function askLost(card: HTMLElement): void {
  about = card.dataset.deal!;
  const box = dialog("lost");
  box.querySelector("[data-dialog-title]")!.textContent = say("why", { title: titleOf(card) });
  box.querySelector("form")!.reset();
  box.showModal();
}

function lost(form: HTMLFormElement): void {
  const card = about ? cardOf(about) : null;
  const given = new FormData(form);
  dialog("lost").close();
  if (!card) return;
  const reason = String(given.get("reason_id") ?? "") || null;
  closed(card, "lose", { reason_id: reason, note: String(given.get("note") ?? "") }, placeOf(card));
}

