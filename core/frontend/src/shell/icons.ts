/** An icon of the sprite, by its Tabler name; decorative, so the words beside it must say it all. */

import { html } from "lit";
import type { TemplateResult } from "lit";

const sprite = document.documentElement.dataset.sprite ?? "";

export function icon(name: string, classes = ""): TemplateResult {
  return html`<svg class="icon ${classes}" aria-hidden="true" focusable="false">
    <use href="${sprite}#${name}"></use>
  </svg>`;
}
