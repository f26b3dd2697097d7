/** Entry of every page: the shell's behaviour. Pages themselves are Jinja and htmx. */

import Collapse from "bootstrap/js/src/collapse.js";
import Dropdown from "bootstrap/js/src/dropdown.js";
import Modal from "bootstrap/js/src/modal.js";
import Tab from "bootstrap/js/src/tab.js";
import { loadCatalogue } from "./i18n.js";
import { startBell } from "./shell/bell.js";
import { startPopovers } from "./shell/popovers.js";
import { startForms } from "./shell/forms.js";
import { startLanguage } from "./shell/profile.js";
import { startRefreshing } from "./shell/refresh.js";
import { startRequests } from "./shell/requests.js";
import { startTabs } from "./shell/tabs.js";
import { startTheme } from "./shell/theme.js";
import { startToasts } from "./shell/toasts.js";

// Named so that their data-bs-* wiring is kept by the bundler, and for plugins' pages.
Object.assign(window, { bootstrap: { Collapse, Dropdown, Modal, Tab } });

startRequests();
startTheme();
startLanguage();
startToasts();
startPopovers();
startForms();
void loadCatalogue(document.documentElement.lang, document.body.dataset.messages);
startBell();
startTabs();
startRefreshing();
