/** The board of deals. The server draws it; this moves its cards, and keeps them where everybody sees them. */

import { listOf } from "./board/cards.js";
import { config } from "./board/config.js";
import { startDialogs } from "./board/dialogs.js";
import { startDragging } from "./board/drag.js";
import { startKeyboard } from "./board/keyboard.js";
import { look, startLive } from "./board/live.js";
import { startPresses } from "./board/press.js";

/** Pixels from the end of a column. */
const NEAR = 400;

/** The next cards of a column, below those that are there. */
async function more(button: HTMLButtonElement, focus: boolean): Promise<void> {
  if (button.disabled) return;
  const list = listOf(button.dataset.more!)!;
  const last = list.lastElementChild as HTMLElement | null;
  const url = new URL(button.dataset.url!, location.href);
  if (last?.dataset.deal) url.searchParams.set("after", last.dataset.deal);
  button.disabled = true;
  const answer = await fetch(url, { credentials: "same-origin" }).catch(() => null);
  button.disabled = false;
  if (!answer?.ok) return;
  const template = document.createElement("template");
  template.innerHTML = await answer.text();
  const cards = [...template.content.querySelectorAll<HTMLElement>("[data-deal]")];
  list.append(...cards);
  if (focus) cards[0]?.focus();
  if (!template.content.querySelector("[data-has-more]")) button.remove();
}

if (document.querySelector("[data-board]")) {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>("[data-more]");
    if (button) void more(button, true);
  });
  // A column that is scrolled near its end loads the next by itself.
  document.addEventListener(
    "scroll",
    ({ target }) => {
      if (!(target instanceof HTMLElement) || !target.dataset.column) return;
      if (target.scrollHeight - target.scrollTop - target.clientHeight > NEAR) return;
      const button = document.querySelector<HTMLButtonElement>(`[data-more="${CSS.escape(target.dataset.column)}"]`);
      if (button) void more(button, false);
    },
    true,
  );
  startKeyboard();
  startPresses();
  startLive();
  if (config.may_edit) {
    startDialogs();
    startDragging(() => void look());
  }
  // What only works with this script is offered from now on.
  document.querySelector<HTMLElement>("[data-board]")!.dataset.ready = "";
}
