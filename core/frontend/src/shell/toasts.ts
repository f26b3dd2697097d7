/** Short messages at the edge of the page, from the server (HX-Trigger: toast) or from scripts. */

import { icon } from "./icons.js";
import { t } from "../i18n.js";
import { html, render } from "lit";

export type ToastKind = "info" | "success" | "danger";

const ICONS: Record<ToastKind, string> = {
  info: "info-circle",
  success: "circle-check",
  danger: "alert-circle",
};

export function toast(text: string, kind: ToastKind = "info"): void {
  const place = document.getElementById("toasts");
  if (!place) return;
  const element = document.createElement("div");
  element.className = `ramal-toast ramal-toast-${kind}`;
  element.dataset.testid = "toast";
  const close = () => element.remove();
  render(
    html`${icon(ICONS[kind])}<span>${text}</span>
      <button
        type="button"
        class="btn btn-quiet btn-icon btn-sm"
        aria-label=${t("Dismiss")}
        @click=${close}
      >
        ${icon("x")}
      </button>`,
    element,
  );
  place.append(element);
  while (place.children.length > 3) place.firstElementChild?.remove();
  setTimeout(close, kind === "danger" ? 10_000 : 5000);
}

export function startToasts(): void {
  document.addEventListener("toast", (event) => {
    const { text, kind } = (event as CustomEvent<{ text: string; kind?: ToastKind }>).detail;
    toast(text, kind);
  });
}
