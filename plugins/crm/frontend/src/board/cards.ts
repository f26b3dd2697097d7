/** Cards and columns as they stand in the page. */

export interface Place {
  list: HTMLElement;
  next: Element | null;
}

/** What the server says about one card, and about all columns' heads. */
export interface CardState {
  id: string;
  html: string;
  stage_id: string;
  version: number;
  /** Whether it is on this board, as it is filtered. */
  shown: boolean;
  /** The card below it; null at the end of the column. */
  next_id: string | null;
  total: string;
  columns: { stage_id: string; count: number; cents: number; total: string }[];
}

export const board = (): HTMLElement => document.querySelector<HTMLElement>("[data-board]")!;
export const lists = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>("[data-column]")];

export function listOf(stageId: string): HTMLElement | null {
  return document.querySelector(`[data-column="${CSS.escape(stageId)}"]`);
}

export function cardOf(id: string): HTMLElement | null {
  return document.querySelector(`[data-deal="${CSS.escape(id)}"]`);
}

export const cardsOf = (list: HTMLElement): HTMLElement[] => [...list.querySelectorAll<HTMLElement>("[data-deal]")];
export const titleOf = (card: HTMLElement): string => card.querySelector("[data-title]")?.textContent?.trim() ?? "";
export const columnName = (list: HTMLElement): string => list.dataset.name ?? "";
export const listAround = (card: HTMLElement): HTMLElement => card.closest<HTMLElement>("[data-column]")!;

export function placeOf(card: HTMLElement): Place {
  return { list: card.parentElement!, next: card.nextElementSibling };
}

/** Put a card somewhere, keeping the focus where it is, if that is on the card or in it. */
export function put(card: HTMLElement, place: Place): void {
  const held = card.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
  const next = place.next?.parentElement === place.list ? place.next : null;
  if (next === card || (card.parentElement === place.list && card.nextElementSibling === next)) return;
  place.list.insertBefore(card, next);
  held?.focus({ preventScroll: true });
}

/** Take a card off the board; whoever had the focus on it is on the next card, or the one before, or in its column. */
export function leave(card: HTMLElement): void {
  const list = listAround(card);
  const cards = cardsOf(list);
  const at = cards.indexOf(card);
  if (card.contains(document.activeElement)) (cards[at + 1] ?? cards[at - 1] ?? list).focus();
  card.remove();
}

/** What in a card can have the focus. */
const CONTROLS = ["[data-move-menu]", "[data-title]"];

const reais = new Intl.NumberFormat("pt-BR", { style: "currency", currency: "BRL" });

/** Count a card out of one column and into another, before the server has said so. */
export function recount(card: HTMLElement, from: HTMLElement, to: HTMLElement | null): void {
  const cents = Number(card.dataset.cents);
  if (from === to) return;
  add(from, -1, -cents);
  if (to) add(to, 1, cents);
}

function add(list: HTMLElement, count: number, cents: number): void {
  const head = list.closest<HTMLElement>("[data-board-column]")!;
  setHead(head, Number(head.dataset.count) + count, Number(head.dataset.cents) + cents, null);
}

function setHead(head: HTMLElement, count: number, cents: number, total: string | null): void {
  head.dataset.count = String(count);
  head.dataset.cents = String(cents);
  head.querySelector("[data-count-text]")!.textContent = String(count);
  head.querySelector("[data-total-text]")!.textContent = total ?? reais.format(cents / 100);
}

/** Bring the page to what the server says, unless the page knows better by now. */
export function apply(state: CardState): void {
  const old = cardOf(state.id);
  if (old && Number(old.dataset.version) > state.version) return;
  for (const { stage_id, count, cents, total } of state.columns) {
    const head = listOf(stage_id)?.closest<HTMLElement>("[data-board-column]");
    if (head) setHead(head, count, cents, total);
  }
  const whole = document.querySelector("[data-board-total]");
  if (whole) whole.textContent = state.total;
  const list = listOf(state.stage_id);
  const next = state.next_id ? cardOf(state.next_id) : null;
  // Below the last card that is shown, others wait to be loaded: it is one of them.
  const beyond = !!state.next_id && !next;
  if (!state.shown || !list || (beyond && !old)) {
    if (old) leave(old);
    return;
  }
  const made = element(state.html);
  if (!old) return put(made, { list, next });
  const moved = old.dataset.stage !== state.stage_id;
  become(old, made);
  if (!beyond) put(old, { list, next });
  if (moved && !old.contains(document.activeElement)) old.classList.add("has-arrived");
}

/**
 * Show what `made` shows. The element stays, and so does what is in it where nothing differs: somebody may be pressing
 * its button, or have the focus on it.
 */
function become(card: HTMLElement, made: HTMLElement): void {
  for (const [name, value] of Object.entries(made.dataset)) card.dataset[name] = value;
  if (card.innerHTML === made.innerHTML) return;
  const held = document.activeElement;
  const control = card.contains(held) ? CONTROLS.find((selector) => held!.matches(selector)) : undefined;
  card.replaceChildren(...made.childNodes);
  if (control) card.querySelector<HTMLElement>(control)?.focus({ preventScroll: true });
}

/** The element that a fragment of ours describes. */
export function element(html: string): HTMLElement {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild as HTMLElement;
}
