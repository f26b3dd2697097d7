/** The labels of a conversation, as a menu of checkboxes. */

import { html, nothing } from "lit";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { setLabels } from "./actions.js";
import { safeColor } from "./card.js";
import { menu } from "./element.js";
import type { Store } from "./store.js";
import type { Conversation, Label } from "./types.js";

function toggled(conversation: Conversation, label: Label): Label[] {
  const has = conversation.labels.some((other) => other.id === label.id);
  return has
    ? conversation.labels.filter((other) => other.id !== label.id)
    : [...conversation.labels, label];
}

/** The menu; with a `face` and `classes` of its own where it is no button of the header. */
export function labelMenu(
  store: Store,
  conversation: Conversation,
  face?: unknown,
  classes?: string,
) {
  const chosen = new Set(conversation.labels.map((label) => label.id));
  return menu({
    id: "label-menu",
    label: t("Labels"),
    worded: true,
    face: face ?? html`${icon("tag")}<span class="visually-hidden">${t("Labels")}</span>${chosen.size
        ? html`<span class="btn-count">${chosen.size}</span>`
        : nothing}`,
    side: "end",
    testid: "label-menu",
    ...(classes ? { classes } : {}),
    content: html`<p class="menu-title">${t("Labels")}</p>
      ${store.labels.length
        ? store.labels.map(
            (label) => html`<label class="menu-item">
              <input
                type="checkbox"
                class="form-check-input"
                .checked=${chosen.has(label.id)}
                data-testid="label-choice"
                @change=${() => void setLabels(store, conversation.id, toggled(conversation, label))}
              />
              <span class="dot" .style=${`background-color: ${safeColor(label.color)}`}></span>
              <span class="menu-text">${label.name}</span>
            </label>`,
          )
        : html`<p class="menu-empty">${t("No labels yet.")}</p>
            <a class="menu-item" href="/settings/labels">${icon("plus")}${t("Create the first one")}</a>`}`,
  });
}
