/**
 * Menus and small popovers on the platform's own `popover`: top layer, light dismiss, Escape. Any
 * `[popover][data-menu]` opened by a `popovertarget` button is placed beside it, inside the window,
 * and walked with the arrow keys.
 */

const GAP = 6;
const ITEMS =
  "a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex='0']";
/** Fields that the arrow keys, Home and End belong to. */
const OWN_KEYS = "select, textarea, input:is([type=radio], [type=range], [type=number], [type^=date], [type=time])";

function invoker(menu: HTMLElement): HTMLElement | null {
  return document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
}

function place(menu: HTMLElement): void {
  const button = invoker(menu);
  if (!button) return;
  const around = button.getBoundingClientRect();
  const width = menu.offsetWidth;
  const height = menu.offsetHeight;
  const end = menu.dataset.menu === "end";
  const left = end ? around.right - width : around.left;
  const below = around.bottom + GAP + height <= innerHeight;
  const top = below ? around.bottom + GAP : around.top - GAP - height;
  menu.style.left = `${clamp(left, innerWidth - width)}px`;
  menu.style.top = `${clamp(top, innerHeight - height)}px`;
}

function clamp(value: number, most: number): number {
  return Math.max(GAP, Math.min(value, most - GAP));
}

function opened(event: Event): void {
  const menu = event.target;
  if (!(menu instanceof HTMLElement) || !("menu" in menu.dataset)) return;
  const open = (event as ToggleEvent).newState === "open";
  invoker(menu)?.setAttribute("aria-expanded", String(open));
  if (!open) {
    returned(menu);
    return;
  }
  place(menu);
  enter(menu);
}

/** Back to where an inner menu was opened: the platform brings the focus back from the outermost one only. */
function returned(menu: HTMLElement): void {
  const focused = document.activeElement;
  const lost = !focused || focused === document.body || menu.contains(focused);
  if (lost && outermost(menu) !== menu) invoker(menu)?.focus();
}

function enter(menu: HTMLElement): void {
  menu.querySelector<HTMLElement>(`[autofocus], ${ITEMS}`)?.focus();
}

/** What a menu waited for is there: it has another size now, and maybe its first choice. */
function arrived(event: Event): void {
  const menu = (event.target as HTMLElement).closest<HTMLElement>("[data-menu]:popover-open");
  if (!menu) return;
  // Whoever waited with it takes its own signs of waiting away first.
  requestAnimationFrame(() => {
    place(menu);
    if (!menu.contains(document.activeElement)) enter(menu);
  });
}

function walked(event: KeyboardEvent): void {
  const menu = (event.target as HTMLElement).closest<HTMLElement>("[popover][data-menu]");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  if ((event.target as HTMLElement).matches(OWN_KEYS)) return;
  const typing = (event.target as HTMLElement).matches("input[type=search], input[type=text], input:not([type])");
  if (typing && (event.key === "Home" || event.key === "End")) return;
  const items = [...menu.querySelectorAll<HTMLElement>(ITEMS)].filter((item) => item.offsetParent);
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = {
    ArrowDown: (at + 1) % items.length,
    ArrowUp: (at - 1 + items.length) % items.length,
    Home: 0,
    End: items.length - 1,
  }[event.key] as number;
  items[next]?.focus();
  event.preventDefault();
}

/** The menu itself, or the one that it was opened from, if it stands in another. */
function outermost(menu: HTMLElement): HTMLElement {
  const outer = menu.parentElement?.closest<HTMLElement>("[popover][data-menu]");
  return outer ? outermost(outer) : menu;
}

/** A choice closes its menu and those around it, unless it is one of several that may be made (checkboxes). */
function chosen(event: Event): void {
  const item = (event.target as HTMLElement).closest<HTMLElement>("[data-menu-close]");
  const inner = item?.closest<HTMLElement>("[popover][data-menu]");
  if (!inner) return;
  const menu = outermost(inner);
  menu.hidePopover();
  invoker(menu)?.focus();
}

let started = false;

export function startPopovers(): void {
  if (started) return;
  started = true;
  document.addEventListener("toggle", opened, true);
  document.addEventListener("keydown", walked);
  document.addEventListener("click", chosen);
  document.addEventListener("slot-loaded", arrived);
  document.addEventListener("htmx:afterSettle", arrived);
  addEventListener("resize", () => {
    document.querySelectorAll<HTMLElement>("[data-menu]:popover-open").forEach(place);
  });
}
