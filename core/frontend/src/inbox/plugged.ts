/** Puts a plugin's custom element on the page with `host` and `context`, and stands in for it when it throws. */

import { html, LitElement, nothing } from "lit";
import { host } from "../host.js";
import type { HostContext } from "../host/registry.js";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";

interface Plugged extends HTMLElement {
  host?: typeof host;
  context?: HostContext;
  updateComplete?: Promise<unknown>;
}

export class PluggedElement extends LitElement {
  static override properties = {
    tag: { attribute: false },
    context: { attribute: false },
    failed: { state: true },
  };
  declare tag: string;
  declare context: HostContext;
  declare failed: boolean;
  private element: Plugged | null = null;

  protected override createRenderRoot(): this {
    return this;
  }

  protected override render() {
    if (this.failed) {
      return html`<div class="plugin-failed">
        ${icon("plug-off")}<span>${t("This part of a plugin stopped working.")}</span>
      </div>`;
    }
    return this.build() ?? nothing;
  }

  private build(): Plugged | null {
    try {
      if (this.element?.localName !== this.tag) {
        this.element = document.createElement(this.tag) as Plugged;
        this.element.host = host;
      }
      this.element.context = Object.freeze({ ...this.context });
      this.element.updateComplete?.catch((error: unknown) => this.fail(error));
      return this.element;
    } catch (error) {
      this.fail(error);
      return null;
    }
  }

  private fail(error: unknown): void {
    console.error(`<${this.tag}>`, error);
    queueMicrotask(() => (this.failed = true));
  }
}

customElements.define("ramal-plugged", PluggedElement);

export function plugged(tag: string, context: HostContext) {
  return html`<ramal-plugged .tag=${tag} .context=${context}></ramal-plugged>`;
}
