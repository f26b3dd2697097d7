"""Pages that are watched: whatever the browser complains about fails the test."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Page

#: What a browser says when the network is away; only allowed while the test took it away.
NETWORK = re.compile(r"net::ERR_|WebSocket connection to|Failed to fetch|NetworkError")
_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  window.__tellViolation(`${event.violatedDirective}: ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`);
});
"""


@dataclass
class Watch:
    """What the pages of one context complained of."""

    name: str
    complaints: list[str] = field(default_factory=list)
    _allowed: list[re.Pattern[str]] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        """Listen to every page of the context, those to come too."""
        context.expose_binding("__tellViolation", lambda _source, text: self.complain(f"policy: {text}"))
        context.add_init_script(_TELL_VIOLATIONS)
        context.on("page", self._page)
        context.on("console", self._console)

    @contextlib.contextmanager
    def allowing(self, pattern: re.Pattern[str]) -> Iterator[None]:
        """Complaints that match are part of the story, inside this block."""
        self._allowed.append(pattern)
        try:
            yield
        finally:
            self._allowed.remove(pattern)

    def complain(self, text: str) -> None:
        if not any(pattern.search(text) for pattern in self._allowed):
            self.complaints.append(text)

    def _page(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.complain(f"error: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            place = message.location
            self.complain(f"console: {message.text} ({place.get('url')}:{place.get('lineNumber')})")
