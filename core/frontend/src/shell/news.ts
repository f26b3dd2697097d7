/** What a page with a socket of its own tells the bell. */

/** News of the bell's own kind; null: something may have been missed. */
export const HEARD = "ramal:notification";
/** Which conversation is looked at, or null. */
export const VIEWING = "ramal:viewing";

export function tellBell(data: unknown): void {
  document.dispatchEvent(new CustomEvent(HEARD, { detail: data }));
}

export function tellBellViewing(conversationId: string | null): void {
  document.dispatchEvent(new CustomEvent(VIEWING, { detail: conversationId }));
}
