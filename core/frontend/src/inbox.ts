/** Entry of the inbox page: reads the page's configuration, loads the words, starts the element. */

import { loadCatalogue } from "./i18n.js";
import { startPopovers } from "./shell/popovers.js";
import type { InboxApp } from "./inbox/app.js";
import { Store } from "./inbox/store.js";
import type { Config } from "./inbox/types.js";

const config = JSON.parse(document.getElementById("ramal-config")?.textContent ?? "{}") as Config;

await loadCatalogue(config.locale, config.messages);
startPopovers();
// Defined only now, so that no element renders before its words and its store are there.
const place = document.querySelector<InboxApp>("ramal-inbox");
if (place) {
  place.store = new Store(config);
  await import("./inbox/app.js");
}
