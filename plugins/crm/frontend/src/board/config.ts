/** What the page says to its script: addresses, who looks, and every sentence in the reader's language. */

interface Config {
  me: string;
  pipeline: string;
  may_edit: boolean;
  /** Address of one card's JSON; "ID" stands for the deal's id. */
  card_url: string;
  words: Record<string, string>;
}

const source = document.getElementById("crm-board-config")?.textContent;
export const config = JSON.parse(source ?? "{}") as Config;

/** The sentence of that name, with `{name}` filled in. */
export function say(name: string, variables: Record<string, string | number> = {}): string {
  return (config.words[name] ?? name).replace(/\{(\w+)\}/g, (whole, key: string) => String(variables[key] ?? whole));
}
