/**
 * Keyboard shortcuts, bound by physical key so that Option and AltGr layouts keep them. Chords with
 * Alt work while typing; single keys do not, and stay silent while a dialog is open.
 */

import { tinykeys } from "tinykeys";
import { registered } from "../host/registry.js";
import type { HostContext } from "../host/registry.js";
import { t } from "../i18n.js";

export interface Shortcut {
  /** tinykeys notation. */
  keys: string;
  /** As shown in the help. */
  label: string;
  title: string;
  run(): void;
}

export interface ShortcutTarget {
  next(): void;
  previous(): void;
  resolve(): void;
  note(): void;
  reply(): void;
  search(): void;
  help(): void;
  attach(): void;
  details(): void;
  tab(): void;
}

export function shortcuts(target: ShortcutTarget): Shortcut[] {
  const one = (keys: string, label: string, title: string, run: () => void): Shortcut => ({
    keys,
    label,
    title,
    run,
  });
  return [
    one("Alt+KeyJ", "Alt+J", t("Next conversation"), () => target.next()),
    one("Alt+KeyK", "Alt+K", t("Previous conversation"), () => target.previous()),
    one("Alt+KeyN", "Alt+N", t("Next tab of the list"), () => target.tab()),
    one("Alt+KeyL", "Alt+L", t("Write a reply"), () => target.reply()),
    one("Alt+KeyP", "Alt+P", t("Write a private note"), () => target.note()),
    one("Alt+KeyA", "Alt+A", t("Attach files"), () => target.attach()),
    one("Alt+KeyE", "Alt+E", t("Resolve the conversation"), () => target.resolve()),
    one("Alt+KeyO", "Alt+O", t("Show or hide details"), () => target.details()),
    one("/", "/", t("Search conversations"), () => target.search()),
    one("Shift+?", "?", t("Keyboard shortcuts"), () => target.help()),
  ];
}

function typing(event: KeyboardEvent): boolean {
  const element = event.target as HTMLElement | null;
  return !!element?.closest("input, textarea, select, [contenteditable]");
}

/** Start listening; returns how to stop. */
export function listen(all: Shortcut[], context: () => HostContext): () => void {
  const extra = registered("shortcut").map((spec) => ({
    keys: spec.keys,
    run: () => spec.run(context()),
  }));
  const bindings: Record<string, (event: KeyboardEvent) => void> = {};
  for (const { keys, run } of [...extra, ...all]) {
    const chord = keys.includes("Alt+") || keys.includes("$mod+");
    bindings[keys] = (event) => {
      if (document.querySelector("dialog[open]")) return;
      if (!chord && typing(event)) return;
      event.preventDefault();
      run();
    };
  }
  return tinykeys(window, bindings, { ignore });
}

/** AltGr types characters (€, °) and is no Alt, save on a Mac, where Option reports itself as both. */
function ignore(event: KeyboardEvent): boolean {
  const mac = /Mac|iP/.test(navigator.platform);
  return event.repeat || event.isComposing || (!mac && event.getModifierState("AltGraph"));
}
