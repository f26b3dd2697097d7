/**
 * Fragments of plugins that keep up with what happens: `data-live` names event types, `data-live-about` an id that
 * the event must speak of. The element then gets the event "live", for its own `hx-trigger="live"`. While it, or
 * something in it, is marked `data-live-hold` (a form that is being filled in), it is left alone; while the focus is in
 * it, until the focus leaves: nobody loses their place, nor the answer to what they just did.
 */

import htmx from "htmx.org";
import type { RealtimeEvent } from "../inbox/types.js";
import { listen } from "./live.js";

/** Milliseconds within which several events are one look. */
const SOON = 200;
const HELD = "[data-live-hold]";

const waiting = new Map<Element, number>();

export function startRefreshing(): void {
  document.addEventListener("htmx:load", begin);
  begin();
}

let listening = false;

/** The line is opened for the first fragment that wants it. */
function begin(): void {
  if (listening || !document.querySelector("[data-live]")) return;
  listening = true;
  listen({ event: (event) => each(event), missed: () => each(null) });
}

function each(event: Readonly<RealtimeEvent> | null): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-live]")) {
    if (!event || concerns(element, event)) soon(element);
  }
}

function concerns(element: HTMLElement, event: Readonly<RealtimeEvent>): boolean {
  if (!element.dataset.live?.split(" ").includes(event.type)) return false;
  const about = element.dataset.liveAbout;
  return !about || JSON.stringify(event.data).includes(`"${about}"`);
}

function soon(element: HTMLElement): void {
  clearTimeout(waiting.get(element));
  waiting.set(element, setTimeout(() => look(element), SOON));
}

function look(element: HTMLElement): void {
  waiting.delete(element);
  if (!element.isConnected || element.matches(HELD) || element.querySelector(HELD)) return;
  if (element.contains(document.activeElement)) {
    element.addEventListener("focusout", () => soon(element), { once: true });
    return;
  }
  htmx.trigger(element, "live", {});
}
