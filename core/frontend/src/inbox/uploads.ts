/** Files on their way into a message: checked against the channel, uploaded with progress. */

import { t } from "../i18n.js";
import { words } from "./api.js";
import type { Api } from "./api.js";
import { fileSize } from "./format.js";
import type { Attachment, Capabilities } from "./types.js";

export interface Upload {
  key: number;
  file: File;
  kind: string;
  /** Object URL of a picture or film, for the preview. */
  preview: string | null;
  /** 0 to 1. */
  progress: number;
  state: "uploading" | "ready" | "failed";
  error: string | null;
  attachment: Attachment | null;
  abort: AbortController;
}

let counter = 0;

function naturalKind(file: File): string {
  const major = file.type.split("/")[0] ?? "";
  return ["image", "video", "audio"].includes(major) ? major : "document";
}

function typeAllowed(kind: string, type: string, capabilities: Capabilities): boolean {
  const types = capabilities.mime_types[kind];
  return !types?.length || types.includes(type.split(";")[0]!.trim());
}

/** The kind this channel would take the file as, or the reason it takes it not at all. */
export function kindFor(
  file: File,
  capabilities: Capabilities | undefined,
): { kind: string } | { error: string } {
  const natural = naturalKind(file);
  if (!file.size) return { error: t("“{name}” is empty.", { name: file.name }) };
  if (!capabilities) return { kind: natural };
  const candidates = [...new Set([natural, "document"])].filter(
    (kind) => kind in capabilities.media && typeAllowed(kind, file.type, capabilities),
  );
  if (!candidates.length) {
    return { error: t("This channel can't send files like “{name}”.", { name: file.name }) };
  }
  const fitting = candidates.find((kind) => file.size <= capabilities.media[kind]!);
  if (fitting) return { kind: fitting };
  const most = Math.max(...candidates.map((kind) => capabilities.media[kind]!));
  return {
    error: t("“{name}” has {size}; this channel takes at most {limit}.", {
      name: file.name,
      size: fileSize(file.size),
      limit: fileSize(most),
    }),
  };
}

/** Whether a file of this kind can carry this text on the channel. */
export function carries(kind: string, text: string, capabilities: Capabilities | undefined): boolean {
  if (!capabilities) return true;
  const { caption, captionless, caption_limit, text_limit } = capabilities;
  return caption && !captionless.includes(kind) && text.length <= (caption_limit ?? text_limit);
}

/** Start an upload; `changed` is called on every step of it. */
export function startUpload(
  api: Api,
  channel: string,
  file: File,
  kind: string,
  changed: () => void,
): Upload {
  const visible = kind === "image" || kind === "video";
  const upload: Upload = {
    key: ++counter,
    file,
    kind,
    preview: visible ? URL.createObjectURL(file) : null,
    progress: 0,
    state: "uploading",
    error: null,
    attachment: null,
    abort: new AbortController(),
  };
  void run(api, channel, upload, changed);
  return upload;
}

export async function run(
  api: Api,
  channel: string,
  upload: Upload,
  changed: () => void,
): Promise<void> {
  upload.state = "uploading";
  upload.error = null;
  upload.progress = 0;
  changed();
  try {
    const progress = (share: number) => {
      upload.progress = share;
      changed();
    };
    const done = await api.upload(upload.file, channel, progress, upload.abort.signal);
    // What was recorded goes as a voice message, though its bytes are audio like any other.
    const kind = upload.kind === "voice" ? "voice" : done.kind || upload.kind;
    upload.attachment = asAttachment(upload, done.id, kind);
    upload.state = "ready";
  } catch (error) {
    if (upload.abort.signal.aborted) return;
    upload.state = "failed";
    upload.error = words(error);
  }
  changed();
}

/** The file as the optimistic bubble shows it until the server's own addresses arrive. */
function asAttachment(upload: Upload, id: string, kind: string): Attachment {
  const local = upload.preview ?? URL.createObjectURL(upload.file);
  return {
    id,
    kind,
    filename: upload.file.name,
    mime_type: upload.file.type || "application/octet-stream",
    size: upload.file.size,
    state: "ready",
    url: local,
    thumbnail_url: kind === "image" ? local : null,
    width: null,
    height: null,
    error: null,
  };
}

/** Names for pasted pictures, which come without one worth keeping. */
export function pasted(file: File): File {
  if (file.name && file.name !== "image.png") return file;
  const ending = file.type.split("/")[1] ?? "png";
  const time = new Date().toISOString().slice(0, 19).replace(/[T:]/g, "-");
  return new File([file], `${t("picture")}-${time}.${ending}`, { type: file.type });
}
