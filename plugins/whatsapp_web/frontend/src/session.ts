/**
 * A number's page: it shows its session as it changes, counts down what is valid for a while, and asks for what
 * comes next. The server draws everything; this says when.
 */

import { host } from "@ramal/host";

/** Milliseconds between two looks at the clock; within which several events are one look. */
const TICK = 250;
const SOON = 150;
/** At most one new QR code in so many milliseconds, whatever the countdown says. */
const PAUSE = 2000;

const ends = new WeakMap<HTMLElement, number>();
const asked = new WeakMap<HTMLElement, number>();
let waiting: ReturnType<typeof setTimeout> | undefined;
let focused = false;
let said = panel()?.dataset.state;

function panel(): HTMLElement | null {
  return document.querySelector<HTMLElement>("#wa-session");
}

function refresh(selector: string): void {
  const element = document.querySelector<HTMLElement>(selector);
  if (!element || performance.now() - (asked.get(element) ?? -PAUSE) < PAUSE) return;
  asked.set(element, performance.now());
  element.dispatchEvent(new CustomEvent("refresh"));
}

/** The panel as it is now; who was in it is put back at its title. */
function look(): void {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    panel()?.dispatchEvent(new CustomEvent("refresh"));
  }, SOON);
}

/** Just before the panel is replaced. */
function leave(): void {
  focused = panel()?.contains(document.activeElement) ?? false;
}

function settle(): void {
  const shown = panel();
  if (!shown) return;
  if (focused && !shown.contains(document.activeElement)) shown.querySelector<HTMLElement>("h1")?.focus();
  focused = false;
  if (shown.dataset.state === said) return;
  said = shown.dataset.state;
  host.announce(shown.dataset.words ?? "");
}

/** Seconds left, by this browser's own clock: the server said how many when it drew them. */
function count(): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-countdown]")) {
    let end = ends.get(element);
    if (end === undefined) {
      end = performance.now() + Number(element.dataset.countdown) * 1000;
      ends.set(element, end);
    }
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    element.textContent = `${left} s`;
    const bar = element.parentElement?.querySelector("progress");
    if (bar) bar.value = left;
    if (left === 0) {
      if (element.dataset.then) refresh(element.dataset.then);
      else if (!asked.has(element)) {
        asked.set(element, 0);
        look();
      }
    }
  }
}

const shown = panel();
if (shown) {
  const id = shown.dataset.session;
  host.listen({
    event: ({ type, data }) => {
      if (data.session_id !== id) return;
      if (type === "whatsapp_web.session") look();
      if (type === "channel.qrcode") refresh("#wa-qr");
    },
    missed: look,
  });
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-refresh]");
    if (button) refresh(button.dataset.refresh!);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if ((event as CustomEvent<{ target: Element }>).detail.target === panel()) leave();
  });
  document.addEventListener("htmx:load", settle);
  setInterval(count, TICK);
}
