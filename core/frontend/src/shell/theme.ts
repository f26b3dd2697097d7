/** Light, dark, or as the system says; kept on the user's profile and, for the login page, here. */

import { save } from "./profile.js";

export type Theme = "light" | "dark" | "system";

const KEY = "ramal.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

function apply(theme: Theme): void {
  const root = document.documentElement;
  root.dataset.theme = theme;
  root.dataset.bsTheme = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
  for (const button of document.querySelectorAll<HTMLElement>("[data-theme-value]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeValue === theme));
  }
}

export function startTheme(): void {
  const root = document.documentElement;
  apply((root.dataset.theme as Theme | undefined) ?? "system");
  dark.addEventListener("change", () => apply((root.dataset.theme as Theme) ?? "system"));
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-theme-value]");
    if (!button) return;
    const theme = button.dataset.themeValue as Theme;
    apply(theme);
    localStorage.setItem(KEY, theme);
    void save({ theme });
  });
}
