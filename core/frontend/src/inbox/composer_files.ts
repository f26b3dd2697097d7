/** The strip of files above the text: preview, progress, trouble, removal. */

import { html, nothing } from "lit";
import { icon } from "../shell/icons.js";
import { t } from "../i18n.js";
import { fileSize } from "./format.js";
import type { Upload } from "./uploads.js";

export interface FilesContext {
  remove(upload: Upload): void;
  retry(upload: Upload): void;
}

function face(upload: Upload) {
  if (upload.preview && upload.kind === "image") return html`<img src=${upload.preview} alt="" />`;
  const name = { video: "video", audio: "volume", voice: "microphone" }[upload.kind] ?? "file-text";
  return html`<span class="upload-icon">${icon(name)}</span>`;
}

function state(upload: Upload, context: FilesContext) {
  if (upload.state === "failed") {
    return html`<span class="upload-error">${upload.error}</span>
      <button type="button" class="link-button" @click=${() => context.retry(upload)}>
        ${t("Try again")}
      </button>`;
  }
  if (upload.state === "uploading") {
    const percent = Math.round(upload.progress * 100);
    const label = t("Uploading {name}", { name: upload.file.name });
    return html`<progress
      class="upload-progress"
      max="100"
      .value=${percent}
      aria-label=${label}
    ></progress>`;
  }
  return html`<span class="file-details">${fileSize(upload.file.size)}</span>`;
}

export function filesStrip(uploads: Upload[], context: FilesContext) {
  if (!uploads.length) return nothing;
  return html`<ul class="uploads" aria-label=${t("Attached files")}>
    ${uploads.map(
      (upload) => html`<li
        class="upload upload-${upload.state}"
        data-testid="upload"
        data-state=${upload.state}
      >
        ${face(upload)}
        <span class="file-words">
          <span class="file-name">${upload.file.name}</span>
          ${state(upload, context)}
        </span>
        <button
          type="button"
          class="btn btn-quiet btn-icon btn-sm"
          aria-label=${t("Remove {name}", { name: upload.file.name })}
          @click=${() => context.remove(upload)}
        >
          ${icon("x")}
        </button>
      </li>`,
    )}
  </ul>`;
}
