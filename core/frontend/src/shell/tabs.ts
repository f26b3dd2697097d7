/** A page's tabs on a narrow screen: the one that is open is in sight. */

export function startTabs(): void {
  for (const row of document.querySelectorAll<HTMLElement>(".nav-underline")) {
    const open = row.querySelector<HTMLElement>("[aria-current]");
    if (open) row.scrollLeft = open.offsetLeft - (row.clientWidth - open.offsetWidth) / 2;
  }
}
