/** The dialog that `?` opens: every shortcut, those of plugins included. */

import { html } from "lit";
import { registered } from "../host/registry.js";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import type { Shortcut } from "./shortcuts.js";

function keyCaps(label: string) {
  return label.split("+").map((key) => html`<kbd>${key}</kbd>`);
}

export function helpDialog(all: Shortcut[]) {
  const plugins = registered("shortcut").map(({ keys, title }) => ({
    label: keys.replace("Key", ""),
    title,
  }));
  const composing = [
    { label: "Enter", title: t("Send") },
    { label: "Shift+Enter", title: t("New line") },
    { label: "↑", title: t("Edit the last message, in an empty field") },
    { label: "↑", title: t("Previous row or message, in a list") },
    { label: "↓", title: t("Next row or message, in a list") },
  ];
  const close = (event: Event) => (event.currentTarget as Element).closest("dialog")?.close();
  return html`<dialog class="help" data-testid="help-dialog" aria-labelledby="help-title">
    <div class="help-head">
      <h2 id="help-title" class="panel-title">${t("Keyboard shortcuts")}</h2>
      <button
        type="button"
        class="btn btn-quiet btn-icon"
        aria-label=${t("Close")}
        @click=${close}
      >
        ${icon("x")}
      </button>
    </div>
    <dl class="help-list">
      ${[...all, ...plugins, ...composing].map(
        ({ label, title }) => html`<div class="help-row">
          <dt>${title}</dt>
          <dd>${keyCaps(label)}</dd>
        </div>`,
      )}
    </dl>
  </dialog>`;
}
