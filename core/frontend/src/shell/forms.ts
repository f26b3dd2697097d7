/** Small comforts of server-rendered pages: reveal a password, copy a value, tables that stack. */

import { t } from "../i18n.js";
import { toast } from "./toasts.js";

function reveal(button: HTMLElement): void {
  const field = document.getElementById(button.dataset.reveal ?? "") as HTMLInputElement | null;
  if (!field) return;
  const hidden = field.type === "password";
  field.type = hidden ? "text" : "password";
  button.setAttribute("aria-pressed", String(hidden));
}

async function copy(button: HTMLElement): Promise<void> {
  const source = document.querySelector<HTMLElement>(button.dataset.copy ?? "");
  const text = source instanceof HTMLInputElement ? source.value : (source?.textContent ?? "");
  try {
    await navigator.clipboard.writeText(text.trim());
    toast(t("Copied."), "success");
  } catch {
    toast(t("The browser did not allow copying. Select the text and copy it."), "danger");
  }
}

/** `.table-stack` shows each cell under its column's name on narrow screens. */
function nameCells(root: ParentNode): void {
  for (const table of root.querySelectorAll<HTMLTableElement>("table.table-stack")) {
    const names = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent?.trim());
    for (const row of table.querySelectorAll("tbody tr")) {
      [...row.children].forEach((cell, index) => {
        cell.setAttribute("data-label", names[index] ?? "");
      });
    }
  }
}

/** On narrow screens the sections are a strip that scrolls: the current one is brought into sight. */
function showSection(): void {
  const current = document.querySelector<HTMLElement>(".side-nav [aria-current]");
  const strip = current?.closest(".side-nav");
  if (!current || !strip) return;
  const [item, frame] = [current.getBoundingClientRect(), strip.getBoundingClientRect()];
  strip.scrollLeft += item.left - frame.left - (frame.width - item.width) / 2;
}

/** A form that came back with mistakes: go to the first, which may be out of sight. */
function showMistake(): void {
  document.querySelector<HTMLElement>("#main [aria-invalid=true]")?.focus();
}

export function startForms(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const revealer = target.closest<HTMLElement>("[data-reveal]");
    if (revealer) reveal(revealer);
    const copier = target.closest<HTMLElement>("[data-copy]");
    if (copier) void copy(copier);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.hasAttribute("data-once")) {
      form.querySelectorAll("button[type=submit]").forEach((button) => {
        button.setAttribute("aria-busy", "true");
        queueMicrotask(() => button.setAttribute("disabled", ""));
      });
    }
  });
  nameCells(document);
  showSection();
  showMistake();
  document.addEventListener("htmx:load", (event) => {
    nameCells((event as CustomEvent<{ elt: Element }>).detail.elt.parentElement ?? document);
  });
}
