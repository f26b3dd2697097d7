/**
 * The controls that plugins put into the filter menu: what they are set to, and how one is unset.
 * A control is any field named "filter.<plugin>.<key>"; its value goes to the server under that name.
 */

import type { PluginFilter } from "./types.js";

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const CONTROLS = "[name^='filter.']";

function controls(root: Element): Control[] {
  return [...root.querySelectorAll<Control>(CONTROLS)].filter((control) => "value" in control);
}

function isChoice(control: Control): control is HTMLInputElement {
  return control.type === "checkbox" || control.type === "radio";
}

/** [value, words] of each thing a control is set to. */
function chosen(control: Control): [string, string][] {
  if (control.disabled) return [];
  if ("selectedOptions" in control) {
    return [...control.selectedOptions].map((option) => [option.value, option.text.trim()]);
  }
  const label = (control.getAttribute("aria-label") ?? control.labels?.[0]?.textContent ?? "").trim();
  if (isChoice(control)) return control.checked ? [[control.value, label]] : [];
  const value = control.value.trim();
  return [[value, label ? `${label}: ${value}` : value]];
}

/** What is set in `root`, by the parameter's name. */
export function collected(root: Element): Record<string, PluginFilter> {
  const found: Record<string, PluginFilter> = {};
  for (const control of controls(root)) {
    for (const [value, words] of chosen(control)) {
      if (!value) continue;
      const known = found[control.name];
      found[control.name] = {
        values: [...(known?.values ?? []), value],
        words: known ? `${known.words}, ${words}` : words,
      };
    }
  }
  return found;
}

/** Put the controls of one filter back to nothing, and let whoever listens to them know. */
export function unset(root: Element, name: string): void {
  for (const control of controls(root).filter((one) => one.name === name)) {
    if (isChoice(control)) control.checked = control.type === "radio" && !control.value;
    else if (control instanceof HTMLSelectElement && control.multiple) control.selectedIndex = -1;
    else control.value = "";
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
