"""The only way a document gets bytes: its own assets, and `data:` addresses. No net, no disk, no redirect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from ramal_documents.contracts.rendering.job import Asset
from ramal_documents.contracts.stops import Stop

# Relative addresses are joined to this one, so that they come here to be refused instead of being left out silently.
NOWHERE = "relative:/"


class Refused(FatalURLFetchingError):  # type: ignore[misc]  # the engine has no types
    """An address that may not be fetched: passes every handler of the engine on its way out."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop.detail)
        self.stop = stop


class Fetcher(URLFetcher):  # type: ignore[misc]
    """Resolves `asset:<id>` and `data:`; everything else ends the document."""

    def __init__(self, assets: Mapping[str, Asset]) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False, fail_on_errors=True)
        self._assets = assets
        self.refused: Stop | None = None  # the engine draws on where an SVG is refused something

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The response; `Refused` names the address."""
        scheme, _colon, rest = url.partition(":")
        if scheme == "data":
            return super().fetch(url, headers)
        if scheme != "asset":
            raise self._refusal("fetch", url.removeprefix(NOWHERE)[:200])
        if rest not in self._assets:
            raise self._refusal("asset", rest[:200])
        asset = self._assets[rest]
        return URLFetcherResponse(url, asset.content, {"Content-Type": asset.mime})

    def _refusal(self, code: str, detail: str) -> Refused:
        self.refused = Stop(code, detail)
        return Refused(self.refused)
