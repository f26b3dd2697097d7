"""The sheet as HTML and through WeasyPrint: for a business that wants its own look, and as the measure of ours.

Nothing is fetched while a page is laid out: neither from the net nor from the disk, only `data:` addresses.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ramal_documents.boleto import Boleto, itf
from ramal_documents.errors import DocumentsError
from ramal_documents.pix import qr
from ramal_documents.sheet import receipt, slip
from ramal_documents.sheet.boxes import Box, edges
from ramal_documents.sheet.canvas import fitted
from ramal_documents.sheet.printed import LABELS, Printed, account_of, printed
from ramal_documents.sheet.typeface import BOLD, REGULAR
from ramal_documents.words import gettext as _

_TEMPLATES = Environment(
    loader=PackageLoader("ramal_documents"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def context(boletos: Iterable[Boleto]) -> dict[str, Any]:
    """What a template of the sheet may use: plain texts, and functions that draw or make texts fit."""
    sheets = [(account_of(boleto), printed(boleto)) for boleto in boletos]
    return {
        "sheets": sheets,
        "label": LABELS,
        "title": f"Boleto {sheets[0][1].our_number}" if sheets else "",
        "bars": bars_svg,
        "fit": fit,
        "statement": statement,
        "instructions": instructions,
        "pix_lines": lambda code: _text(receipt.pix_lines(code)),
        "receipt_rules": _rules(receipt.HEIGHT, receipt.BOXES),
        "slip_rules": {cip: _rules(slip.SHEET.height, slip.boxes(slip.SHEET, cip)) for cip in (False, True)},
        "qr": lambda text: Markup(qr.svg(text)),  # noqa: S704 - digits and markup of our own
    }


def page(boletos: Iterable[Boleto]) -> str:
    """The standard sheet of each boleto as one HTML document."""
    return _TEMPLATES.get_template("documents/boleto.html").render(context(boletos))


def pdf(markup: str) -> bytes:
    """A document as PDF, styled by `boleto.css` below its own styles; `DocumentsError` when it asks for a file."""
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError

    styles, fonts = _styles()
    html = HTML(string=markup, url_fetcher=_fetcher())
    try:
        return bytes(html.write_pdf(stylesheets=[styles], font_config=fonts))
    except FatalURLFetchingError as error:  # no Exception: it is meant to pass every handler on its way
        sentence = _("A document may not fetch anything; this one asks for it: %(error)s", error=error)
        raise DocumentsError("template", sentence) from error


def bars_svg(digits: str) -> Markup:
    """The barcode as one path; a unit of its width is a module."""
    path = "".join(f"M{left} 0h{width}v1h-{width}z" for left, width in itf.bars(digits))
    box = f"0 0 {itf.modules(digits)} 1"
    return Markup(f'<svg class="bars" viewBox="{box}" preserveAspectRatio="none"><path d="{path}"/></svg>')  # noqa: S704


def fit(words: str, width: float, points: float, bold: bool = False) -> Markup | str:
    """Words that fit `width` in mm, as the drawn sheet shows them: smaller if they must be, and at last cut."""
    face = BOLD if bold else REGULAR
    data, size, _taken = fitted(face, face.encoded(words), points, width, 0.5 if bold else 0.6)
    if size == points:
        return words
    return Markup('<span style="font-size: {:.2f}pt">{}</span>').format(size, data.decode("cp1252"))


def instructions(text: Printed) -> Markup:
    """The lines of the instructions, in the largest type in which they fit."""
    lines, points, pitch = slip.instructions(slip.SHEET, text)
    return Markup('<span style="font-size: {}pt; line-height: {}mm">{}</span>').format(points, pitch, _text(lines))


def statement(text: Printed) -> str:
    """The lines of the statement, so wide that a Pix code has its place beside them."""
    return _text(receipt.statement(text))


def _text(lines: Iterable[bytes]) -> str:
    return "\n".join(line.decode("cp1252") for line in lines)


def _rules(height: float, boxes: Mapping[str, Box]) -> Markup:
    """The rules around all boxes and beside the bank's code as one path: WeasyPrint draws borders slowly."""
    width, top = slip.SHEET.width, max(box.top for box in boxes.values())
    lines = [f"M{x1:.4g} {height - y1:.4g}L{x2:.4g} {height - y2:.4g}" for x1, y1, x2, y2 in edges(boxes.values())]
    marks = (slip.SHEET.bank, slip.SHEET.bank + slip.SHEET.code)
    bars = "".join(f"M{x} {height - top:.4g}v{1.5 - slip.SHEET.header}" for x in marks)
    shade = "".join(
        f"M{box.x:.4g} {height - box.top:.4g}h{box.width:.4g}v{box.height:.4g}h-{box.width:.4g}z"
        for name, box in boxes.items()
        if name in {"due", "amount"} and height == receipt.HEIGHT
    )
    return Markup(  # noqa: S704 - numbers of our own
        f'<svg class="rules" viewBox="0 0 {width} {height}"><path fill="#ededed" d="{shade}"/>'
        f'<path fill="none" stroke="#000" stroke-width=".2" d="{"".join(lines)}"/>'
        f'<path stroke="#000" stroke-width=".5" d="{bars}"/></svg>'
    )


@lru_cache(maxsize=1)
def _styles() -> tuple[Any, Any]:
    """The style sheet with its fonts, read once in a process."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    atexit.register(_styles.cache_clear)  # its end needs modules that are gone after this
    folder = files("ramal_documents.sheet") / "fonts"
    style = (files("ramal_documents") / "templates/documents/boleto.css").read_text("utf-8")
    return CSS(string=style, base_url=f"{folder}/", font_config=fonts), fonts


@lru_cache(maxsize=1)
def _fetcher() -> Any:
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols={"data"}, allow_redirects=False, fail_on_errors=True)
