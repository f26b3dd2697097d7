/** Small preferences of the logged-in user, saved as they are changed. */

import { Api } from "../inbox/api.js";

/** Save to the profile; true when it was saved. Without a login (the login page) there is nothing to do. */
export async function save(change: Record<string, string>): Promise<boolean> {
  if (!document.body.dataset.user) return false;
  try {
    await new Api().patch("/me", change);
    return true;
  } catch {
    return false;
  }
}

/** Buttons that choose the language: saved, then the page comes again in it. */
export function startLanguage(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-locale-value]");
    if (!button || button instanceof HTMLAnchorElement) return;
    void save({ locale: button.dataset.localeValue ?? "" }).then(() => location.reload());
  });
}
