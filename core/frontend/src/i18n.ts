/**
 * Translation on the client. Message ids are English sentences, extracted by Babel together with
 * the server's (keywords `t` and `tn`); the catalogue is one JSON per locale, made from the same PO.
 */

type Catalogue = Record<string, string | string[]>;
export type Variables = Record<string, string | number>;

let catalogue: Catalogue = {};
let locale = document.documentElement.lang || "en";
let plural = new Intl.PluralRules(locale);

let loading: Promise<void> | null = null;

/** Load the catalogue, once a page; a missing one leaves the English sentences in place. */
export function loadCatalogue(language: string, url?: string | null): Promise<void> {
  locale = language.replace("_", "-");
  plural = new Intl.PluralRules(locale);
  if (url) loading ??= fetchCatalogue(url);
  return loading ?? Promise.resolve();
}

async function fetchCatalogue(url: string): Promise<void> {
  try {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (answer.ok) setCatalogue((await answer.json()) as Record<string, unknown>);
  } catch {
    // Offline or not built: English is better than nothing.
  }
}

/** Accepts `{messages: {...}}` or the bare mapping of message id to translation(s). */
export function setCatalogue(data: Record<string, unknown>): void {
  catalogue = ((data.messages as Catalogue | undefined) ?? data) as Catalogue;
}

export function currentLocale(): string {
  return locale;
}

export function t(message: string, variables?: Variables): string {
  const found = catalogue[message];
  const text = Array.isArray(found) ? found[0] : found;
  return fill(text || message, variables);
}

/** The plural form for `n`, which is also available in the sentence as `{n}`. */
export function tn(one: string, many: string, n: number, variables?: Variables): string {
  const found = catalogue[one];
  const forms = Array.isArray(found) ? found : [one, many];
  const single = plural.select(n) === "one";
  const text = single ? forms[0] : forms[forms.length - 1];
  return fill(text || (single ? one : many), { n, ...variables });
}

function fill(text: string, variables?: Variables): string {
  if (!variables) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(variables[name] ?? whole));
}
