/** How files inside a bubble look: pictures, video, sound, documents, and those not there yet. */

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { fileSize } from "./format.js";
import { renewed } from "./media_url.js";
import type { Attachment } from "./types.js";
import { kindWords } from "./words.js";
import "./audio.js";

export interface MediaContext {
  openMedia(file: Attachment): void;
}

export function attachment(file: Attachment, context: MediaContext): TemplateResult {
  if (file.state === "pending") return pending(file);
  if (file.state === "failed") return failed(file);
  switch (file.kind) {
    case "image":
      return picture(file, context, "media-image");
    case "sticker":
      return picture(file, context, "media-sticker");
    case "video":
      return video(file, context);
    case "audio":
    case "voice":
      return html`<ramal-audio .file=${file}></ramal-audio>`;
    default:
      return documentCard(file);
  }
}

/** What to call a file that came without a name. */
export function fileName(file: Attachment): string {
  return file.filename || kindWords(file.kind);
}

const LARGEST = 320;

/** Its place is kept before it arrives: the drawn size, in pixels, where the file's is known. */
function drawn(file: Attachment): { width: number; height: number } | null {
  if (!file.width || !file.height) return null;
  const scale = Math.min(1, LARGEST / Math.max(file.width, file.height));
  return { width: Math.round(file.width * scale), height: Math.round(file.height * scale) };
}

function picture(file: Attachment, context: MediaContext, classes: string): TemplateResult {
  const source = file.thumbnail_url ?? file.url;
  if (!source) return documentCard(file);
  const size = drawn(file);
  const label = t("Open picture {name}", { name: fileName(file) });
  return html`<button
    type="button"
    class="media ${classes}"
    aria-label=${label}
    data-testid="open-media"
    @click=${() => context.openMedia(file)}
  >
    <img
      src=${source}
      alt=""
      width=${size?.width ?? nothing}
      height=${size?.height ?? nothing}
      decoding="async"
      @error=${(event: Event) => renewed(event, file)}
    />
  </button>`;
}

function video(file: Attachment, context: MediaContext): TemplateResult {
  const size = drawn(file);
  const label = t("Play video {name}", { name: fileName(file) });
  return html`<button
    type="button"
    class="media media-video"
    aria-label=${label}
    data-testid="open-media"
    @click=${() => context.openMedia(file)}
  >
    ${file.thumbnail_url
      ? html`<img
          src=${file.thumbnail_url}
          alt=""
          width=${size?.width ?? nothing}
          height=${size?.height ?? nothing}
        />`
      : html`<span class="media-blank"></span>`}
    <span class="media-play">${icon("filled-player-play")}</span>
    <span class="media-caption">${icon("video")}${fileSize(file.size)}</span>
  </button>`;
}

function extension(file: Attachment): string {
  const found = /\.([a-z0-9]{1,5})$/i.exec(file.filename ?? "")?.[1];
  return (found ?? file.mime_type?.split("/").pop() ?? "").slice(0, 4).toUpperCase();
}

function documentCard(file: Attachment): TemplateResult {
  const details = [extension(file), fileSize(file.size)].filter(Boolean).join(" · ");
  return html`<a
    class="file-card"
    href=${file.url ?? `/api/v1/media/${file.id}`}
    target="_blank"
    rel="noopener"
    download=${file.filename ?? ""}
    data-testid="document"
  >
    <span class="file-icon">${icon("file-text")}</span>
    <span class="file-words">
      <span class="file-name">${fileName(file)}</span>
      <span class="file-details">${details}</span>
    </span>
    ${icon("download")}
  </a>`;
}

function pending(file: Attachment): TemplateResult {
  return html`<div class="file-card file-pending" data-testid="attachment-pending">
    <span class="spinner" aria-hidden="true"></span>
    <span class="file-words">
      <span class="file-name">${fileName(file)}</span>
      <span class="file-details">${t("Receiving the file…")}</span>
    </span>
  </div>`;
}

function failed(file: Attachment): TemplateResult {
  return html`<div class="file-card file-failed" data-testid="attachment-failed">
    <span class="file-icon">${icon("file-off")}</span>
    <span class="file-words">
      <span class="file-name">${fileName(file)}</span>
      <span class="file-details">${file.error ?? t("The file could not be received.")}</span>
    </span>
  </div>`;
}
