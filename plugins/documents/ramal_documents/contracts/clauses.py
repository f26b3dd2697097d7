"""Numbers of clauses and of what stands in them, given while a template is filled; references that follow them.

A reference may stand before its clause, so it is a mark in private characters until the whole text is there.
"""

from __future__ import annotations

import re

from markupsafe import Markup

from ramal_documents import spelling
from ramal_documents.contracts.stops import Stop

# Data and templates are cleaned of these characters, so a mark is always ours.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")
NAME = re.compile(r"[a-z][a-z0-9_-]{0,60}")


class Clauses:
    """The numbering of one document."""

    def __init__(self) -> None:
        self._clause = self._item = self._subitem = 0
        self._known: dict[str, str] = {}

    def clause(self, name: str, title: str) -> Markup:
        """The heading `CLÁUSULA PRIMEIRA – DO OBJETO`."""
        self._clause, self._item, self._subitem = self._clause + 1, 0, 0
        number = spelling.ordinal(self._clause, feminine=True)
        self._name(name, f"cláusula {number}")
        heading = f"CLÁUSULA {number.upper()} – {str(title).upper()}"
        return Markup('<h2 class="clausula" id="clausula-{}">{}</h2>').format(name, heading)

    def item(self, name: str = "") -> Markup:
        """The number `1.1.` of the next item of the clause."""
        self._item, self._subitem = self._item + 1, 0
        return self._numbered(name, f"{self._clause}.{self._item}", "item")

    def subitem(self, name: str = "") -> Markup:
        """The number `1.1.1.` of the next item of the item."""
        self._subitem += 1
        return self._numbered(name, f"{self._clause}.{self._item}.{self._subitem}", "subitem")

    @staticmethod
    def reference(name: str) -> Markup:
        """A mark that becomes `cláusula terceira` or `item 3.2`."""
        return Markup(f"{_OPEN}{Markup.escape(name)}{_CLOSE}")  # noqa: S704 - escaped

    def resolved(self, text: str) -> str:
        """`text` with the numbers in the place of its marks; `Stop` names a clause that is not in the document."""
        return _MARK.sub(self._link, text)

    def _link(self, mark: re.Match[str]) -> str:
        name = mark[1]
        if name not in self._known:
            raise Stop("reference", name)
        return f'<a class="referencia" href="#clausula-{name}">{self._known[name]}</a>'

    def _numbered(self, name: str, number: str, kind: str) -> Markup:
        if not self._clause:
            raise Stop("item", name or kind)
        if name:
            self._name(name, f"item {number}")
        anchor = Markup(' id="clausula-{}"').format(name) if name else ""
        return Markup('<span class="{}"{}>{}.</span>').format(f"numero {kind}", anchor, number)

    def _name(self, name: str, printed: str) -> None:
        if not NAME.fullmatch(name):
            raise Stop("clause_name", str(name)[:60])
        if name in self._known:
            raise Stop("clause_twice", name)
        self._known[name] = printed
