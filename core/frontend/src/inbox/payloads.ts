/** Bubbles with more than text: places, contact cards, buttons and lists, unknown kinds. */

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { phone } from "./format.js";
import { richText } from "./richtext.js";
import type { Message } from "./types.js";

interface Place {
  latitude?: number;
  longitude?: number;
  name?: string;
  address?: string;
}

export function locationCard(message: Message): TemplateResult {
  const place = message.payload as Place;
  const spot = `${place.latitude ?? ""},${place.longitude ?? ""}`;
  const href = `https://www.google.com/maps/search/?api=1&query=${encodeURIComponent(spot)}`;
  return html`<a class="place" href=${href} target="_blank" rel="noopener noreferrer">
    <span class="place-map" aria-hidden="true">${icon("filled-map-pin")}</span>
    <span class="place-words">
      <span class="file-name">${place.name || t("Location")}</span>
      ${place.address ? html`<span class="file-details">${place.address}</span>` : nothing}
      <span class="place-open">${t("Open in maps")}${icon("external-link")}</span>
    </span>
  </a>`;
}

interface Card {
  name?: string;
  phones?: string[];
}

export function contactCards(message: Message): TemplateResult {
  const contacts = (message.payload.contacts ?? []) as Card[];
  return html`<ul class="people">
    ${contacts.map(
      (person) => html`<li class="person">
        <span class="file-icon">${icon("user")}</span>
        <span class="file-words">
          <span class="file-name">${person.name || t("Contact")}</span>
          ${(person.phones ?? []).map(
            (number) => html`<a class="file-details" href="tel:${number}">${phone(number)}</a>`,
          )}
        </span>
      </li>`,
    )}
  </ul>`;
}

interface Option {
  id?: string;
  title?: string;
  description?: string;
}

interface Interactive extends Option {
  type?: string;
  header?: string;
  footer?: string;
  button?: string;
  buttons?: Option[];
  sections?: { title?: string; rows?: Option[] }[];
}

export function interactive(message: Message): TemplateResult {
  const payload = message.payload as Interactive;
  return message.direction === "in" ? answered(message, payload) : offered(message, payload);
}

/** What the person picked. */
function answered(message: Message, payload: Interactive): TemplateResult {
  return html`<div class="picked">
    ${icon("list-check")}
    <span class="file-words">
      <span class="file-name">${payload.title || message.body || t("Option")}</span>
      ${payload.description
        ? html`<span class="file-details">${payload.description}</span>`
        : nothing}
    </span>
  </div>`;
}

/** What we offered: shown as it looks over there, not clickable here. */
function offered(message: Message, payload: Interactive): TemplateResult {
  return html`<div class="offer">
    ${payload.header ? html`<p class="offer-header">${payload.header}</p>` : nothing}
    ${message.body ? html`<p class="bubble-text">${richText(message.body)}</p>` : nothing}
    ${payload.footer ? html`<p class="offer-footer">${payload.footer}</p>` : nothing}
    ${payload.buttons?.length
      ? html`<ul class="offer-options" aria-label=${t("Buttons")}>
          ${payload.buttons.map((button) => html`<li>${button.title}</li>`)}
        </ul>`
      : nothing}
    ${payload.sections?.length
      ? html`<details class="offer-list">
          <summary>${icon("list")}${payload.button || t("Options")}</summary>
          ${payload.sections.map(
            (section) => html`${section.title
                ? html`<p class="offer-section">${section.title}</p>`
                : nothing}
              <ul class="offer-rows">
                ${(section.rows ?? []).map(
                  (row) => html`<li>
                    ${row.title}${row.description
                      ? html`<span class="file-details">${row.description}</span>`
                      : nothing}
                  </li>`,
                )}
              </ul>`,
          )}
        </details>`
      : nothing}
  </div>`;
}

export function unsupported(message: Message): TemplateResult {
  const { reason } = message.payload as { reason?: string };
  return html`<div class="unsupported">
    ${icon("help-circle")}
    <span>
      ${t("This kind of message can't be shown here yet.")}
      ${reason ? html`<span class="file-details">${reason}</span>` : nothing}
    </span>
  </div>`;
}
