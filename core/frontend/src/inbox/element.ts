/** The base of the inbox's elements: light DOM, re-rendered whenever the store changes. */

import { html, LitElement, nothing } from "lit";
import type { TemplateResult } from "lit";
import { icon } from "../shell/icons.js";
import { initials, tint } from "./format.js";
import type { Store } from "./store.js";

export class InboxElement extends LitElement {
  static override properties = { store: { attribute: false } };

  declare store: Store;
  private unsubscribe: (() => void) | null = null;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.listen();
  }

  protected override firstUpdated(): void {
    this.listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unsubscribe?.();
    this.unsubscribe = null;
  }

  private listen(): void {
    this.unsubscribe ??= this.store.subscribe(() => this.requestUpdate());
  }
}

export function avatar(
  person: { id: string; name: string; avatar_url?: string | null },
  size: "sm" | "md" | "lg" | "xl" = "md",
): TemplateResult {
  const inside = person.avatar_url
    ? html`<img src=${person.avatar_url} alt="" loading="lazy" />`
    : initials(person.name);
  const classes = `avatar avatar-${size} tint-${tint(person.id)}`;
  return html`<span class=${classes} aria-hidden="true">${inside}</span>`;
}

/** A button that opens a menu beside it. `content` should mark choices with data-menu-close. */
export function menu(options: {
  id: string;
  label: string;
  face: unknown;
  content: unknown;
  /** The face has words of its own, which then are the button's name. */
  worded?: boolean;
  classes?: string;
  testid?: string;
  side?: "start" | "end";
  /** 0 or -1 for a button that is not always a tab stop. */
  tabindex?: number;
  toggled?: (open: boolean) => void;
  /** Before it is shown: what it then renders is there when it is placed. */
  opening?: () => void;
}): TemplateResult {
  const { id, label, face, content, classes, testid, side } = options;
  return html`<button
      type="button"
      class=${classes ?? "btn btn-quiet btn-icon"}
      popovertarget=${id}
      aria-expanded="false"
      aria-label=${options.worded ? nothing : label}
      title=${label}
      tabindex=${options.tabindex ?? nothing}
      data-testid=${testid ?? nothing}
    >
      ${face}
    </button>
    <div
      id=${id}
      popover
      class="menu"
      data-menu=${side ?? "start"}
      @beforetoggle=${(event: ToggleEvent) => event.newState === "open" && options.opening?.()}
      @toggle=${(event: ToggleEvent) => options.toggled?.(event.newState === "open")}
    >
      ${content}
    </div>`;
}

/** One choice of a menu. */
export function choice(options: {
  text: unknown;
  icon?: string;
  checked?: boolean;
  danger?: boolean;
  testid?: string;
  run: () => void;
}): TemplateResult {
  return html`<button
    type="button"
    class="menu-item ${options.danger ? "menu-danger" : ""}"
    data-menu-close
    data-testid=${options.testid ?? nothing}
    aria-pressed=${options.checked === undefined ? nothing : String(options.checked)}
    @click=${options.run}
  >
    ${options.icon ? icon(options.icon) : nothing}
    <span class="menu-text">${options.text}</span>
    ${options.checked ? icon("check", "menu-check") : nothing}
  </button>`;
}

export function spinner(label: string): TemplateResult {
  return html`<span class="spinner" role="status">
    <span class="visually-hidden">${label}</span>
  </span>`;
}

export function empty(name: string, title: string, text: string, more: unknown = nothing) {
  return html`<div class="empty">
    <span class="empty-icon">${icon(name)}</span>
    <p class="empty-title">${title}</p>
    <p class="empty-text">${text}</p>
    ${more}
  </div>`;
}
