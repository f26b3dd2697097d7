/** htmx under a strict CSP: no eval, no injected styles, CSRF on every unsafe request, errors in words. */

import htmx from "htmx.org";
import { t } from "../i18n.js";
import { cookie } from "../inbox/api.js";
import { ask } from "./ask.js";
import { toast } from "./toasts.js";

interface RequestDetail {
  verb: string;
  headers: Record<string, string>;
}

interface ErrorDetail {
  xhr: XMLHttpRequest;
}

interface ConfirmDetail {
  question: string | null;
  issueRequest(skip: boolean): void;
}

export function startRequests(): void {
  Object.assign(window, { htmx });
  Object.assign(htmx.config, {
    includeIndicatorStyles: false,
    allowEval: false,
    selfRequestsOnly: true,
    // What is shown works at once: a form pressed before it was bound would be sent as a plain one, and leave the page.
    defaultSettleDelay: 0,
    // A form that comes back with its errors (422) replaces itself like any answer.
    responseHandling: [
      { code: "204", swap: false },
      { code: "[23]..", swap: true },
      { code: "422", swap: true },
      { code: "[45]..", swap: false, error: true },
    ],
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const { verb, headers } = (event as CustomEvent<RequestDetail>).detail;
    if (verb.toLowerCase() === "get") return;
    headers["X-CSRF-TOKEN"] = cookie(document.body.dataset.csrfCookie || "csrf_access_token");
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (inSlot(event)) return;
    toast(wordsOf((event as CustomEvent<ErrorDetail>).detail.xhr), "danger");
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (inSlot(event)) return;
    toast(t("The server can't be reached. Check your connection."), "danger");
  });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, slotFailed);
  }
  document.addEventListener("htmx:afterSwap", (event) => {
    (event.target as Element).removeAttribute("aria-busy");
  });
  document.addEventListener("htmx:confirm", confirm);
}

/** A lazy slot that failed shows the card it brought along. */
function slotFailed(event: Event): void {
  const slot = (event.target as Element).closest?.("[data-lazy-slot]");
  const card = slot?.querySelector<HTMLTemplateElement>("template[data-slot-error]");
  if (!slot || !card) return;
  slot.removeAttribute("aria-busy");
  slot.replaceChildren(card.content.cloneNode(true));
}

/** Slots show their own error card. */
function inSlot(event: Event): boolean {
  return !!(event.target as Element).closest?.("ramal-slot, [data-lazy-slot]");
}

function wordsOf(request: XMLHttpRequest): string {
  try {
    const body = JSON.parse(request.responseText) as { error?: { message?: string } };
    if (body.error?.message) return body.error.message;
  } catch {
    // Not JSON: say it ourselves.
  }
  return request.status === 403
    ? t("You don't have permission to do this.")
    : t("Something went wrong on our side. Try again.");
}

/** `hx-confirm` asks in the page's own dialog. */
function confirm(event: Event): void {
  const { question, issueRequest } = (event as CustomEvent<ConfirmDetail>).detail;
  if (!question || !document.querySelector("#confirm-dialog")) return;
  event.preventDefault();
  void ask(question).then((yes) => {
    if (yes) issueRequest(true);
  });
}
