/** Addresses of files. */

import type { Attachment } from "./types.js";

/** Signed addresses expire while a thread stays open: on an error ask once for a new one. */
export function renewed(event: Event, file: Attachment): void {
  const element = event.target as HTMLImageElement | HTMLMediaElement;
  const fresh = `/api/v1/media/${file.id}`;
  if (!file.url || file.url.startsWith("blob:") || element.src.endsWith(fresh)) return;
  element.src = fresh;
}
