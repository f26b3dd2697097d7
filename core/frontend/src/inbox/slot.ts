/**
 * `<ramal-slot>`: a part of the page that plugins render on the server, fetched as HTML through
 * htmx, so that what is inside may use htmx too. It has a time limit, and an error of its own.
 */

import { html, nothing, render } from "lit";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { query } from "./api.js";
import type { Config } from "./types.js";

interface Htmx {
  ajax(verb: string, path: string, context: Record<string, unknown>): Promise<void>;
}

const LIMIT = 5000;

export class SlotElement extends HTMLElement {
  static readonly observedAttributes = ["src"];
  private turn = 0;

  get src(): string {
    return this.getAttribute("src") ?? "";
  }

  attributeChangedCallback(): void {
    if (this.isConnected) void this.load();
  }

  connectedCallback(): void {
    void this.load();
  }

  private async load(): Promise<void> {
    const turn = ++this.turn;
    const { htmx } = window as unknown as { htmx?: Htmx };
    if (!htmx || !this.src) return;
    const target = document.createElement("div");
    target.className = "slot-content";
    this.replaceChildren(target);
    let failed = false;
    const fail = () => (failed = true);
    for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
      target.addEventListener(name, fail, { once: true });
    }
    this.setAttribute("aria-busy", "true");
    const timer = setTimeout(fail, LIMIT);
    try {
      const late = new Promise<void>((resolve) => setTimeout(resolve, LIMIT));
      await Promise.race([
        htmx.ajax("GET", this.src, { target, source: target, swap: "innerHTML" }),
        late,
      ]);
    } catch {
      failed = true;
    }
    clearTimeout(timer);
    if (turn !== this.turn) return;
    this.removeAttribute("aria-busy");
    if (failed) this.sorry();
    this.dispatchEvent(new CustomEvent("slot-loaded", { bubbles: true }));
  }

  private sorry(): void {
    if (this.hasAttribute("quiet")) return this.replaceChildren();
    const place = document.createElement("div");
    this.replaceChildren(place);
    render(
      html`<div class="plugin-failed" data-testid="slot-error">
        ${icon("plug-off")}
        <span>${t("This part could not be loaded.")}</span>
        <button type="button" class="link-button" @click=${() => void this.load()}>
          ${t("Try again")}
        </button>
      </div>`,
      place,
    );
  }
}

customElements.define("ramal-slot", SlotElement);

/** What a slot is about; the list's filters are about nothing in particular. */
export interface About {
  conversation?: string;
  message?: string;
}

/** Whether an active plugin fills a slot that the user may see. */
export function filled(config: Config, name: string): boolean {
  return !!config.slot_names?.includes(name);
}

/** A slot; `quiet` ones leave nothing behind when they fail. */
export function slot(config: Config, name: string, about: About, quiet = false) {
  if (!filled(config, name)) return nothing;
  const base = (config.slots ?? "/inbox/slots/{slot}").replace("{slot}", encodeURIComponent(name));
  return html`<ramal-slot src=${base + query({ ...about })} ?quiet=${quiet}></ramal-slot>`;
}
