"""What is to be made, and what came of it: the words of the processes that lay out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ramal_documents.contracts.plain import clean, plain, to_json


@dataclass(frozen=True)
class Asset:
    """A picture (or font, or style sheet) that a template may ask for as `asset:<id>`."""

    mime: str
    content: bytes


@dataclass(frozen=True)
class Letterhead:
    """What stands above every page: a name, lines below it, and the id of a logo among the assets."""

    name: str = ""
    lines: tuple[str, ...] = ()
    logo: str = ""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One document to make. The same job gives the same bytes; `made_at` is part of it for that reason."""

    template: str
    data: Mapping[str, Any]
    title: str = "Contrato"
    made_at: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    letterhead: Letterhead = Letterhead()
    footer: str = ""
    assets: Mapping[str, Asset] = field(default_factory=dict)
    with_pdf: bool = True

    def sent(self) -> dict[str, Any]:
        """Everything plain, as it goes to another process; `ContractError` for data that is not plain."""
        return {
            "template": clean(self.template),
            "data": plain(self.data),
            "title": clean(self.title),
            "made_at": self.made_at,
            "letterhead": self.letterhead,
            "footer": clean(self.footer),
            "assets": dict(self.assets),
            "with_pdf": self.with_pdf,
        }

    @property
    def data_json(self) -> str:
        """The data as it is embedded in the PDF."""
        return to_json(plain(self.data))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all that goes in: equal jobs give equal documents, so one made before can be used again."""
        assets = {name: [asset.mime, _sha256(asset.content)] for name, asset in self.assets.items()}
        head = [self.letterhead.name, list(self.letterhead.lines), self.letterhead.logo]
        parts = [clean(self.template), self.data_json, self.title, self.made_at, head, self.footer, assets]
        return _sha256(to_json([*parts, self.with_pdf]).encode())


@dataclass(frozen=True)
class Rendered:
    """A document: the filled HTML, and the PDF with its SHA-256 and number of pages (nothing without PDF)."""

    html: str
    pdf: bytes
    pages: int

    @property
    def sha256(self) -> str:
        """Of the PDF's bytes; what a version is recognised by."""
        return _sha256(self.pdf)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
