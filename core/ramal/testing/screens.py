"""What is wrong with a page in a real browser: what axe finds, and a page wider than its window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: From ``npm install axe-core``, in the folder where the tests are started.
AXE = Path("node_modules") / "axe-core" / "axe.min.js"
#: Colours that are on their way from one theme to the other belong to neither. What moves for ever is not waited for.
_SETTLED = """async () => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const themed = () => root.dataset.theme !== "system" || root.dataset.bsTheme === (dark.matches ? "dark" : "light");
  const moves = (one) => one.playState === "running" && one.effect.getComputedTiming().endTime !== Infinity;
  const deadline = performance.now() + 60000;
  while (!themed() || document.getAnimations().some(moves)) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}"""


def faults(page: Page) -> list[str]:
    """What axe finds on the page once it is at rest, each as ``"rule element"``; and whether it is too wide.

    AssertionError for a page that does not come to rest within 60 s. Frames are not looked into.
    """
    assert page.evaluate(_SETTLED), f"{page.url} does not come to rest"
    # Through the page's own world the policy would refuse the script: a debugger's evaluation may.
    page.evaluate(AXE.read_text())
    result = page.evaluate("axe.run(document, {iframes: false, resultTypes: ['violations']})")
    found = [f"{one['id']} {node['html'][:200]}" for one in result["violations"] for node in one["nodes"]]
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [*found, "wider than the window"] if wide else found
