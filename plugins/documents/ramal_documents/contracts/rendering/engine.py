"""A filled template as PDF/A-3u with its data inside, by WeasyPrint. Runs in the worker process.

`ready` loads and warms what every document needs, once; `make` is one document.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

import weasyprint
from markupsafe import Markup
from weasyprint.text.fonts import FontConfiguration

from ramal_documents.contracts.language import fill
from ramal_documents.contracts.plain import to_json
from ramal_documents.contracts.rendering.fetcher import NOWHERE, Fetcher, Refused
from ramal_documents.contracts.rendering.job import Letterhead
from ramal_documents.contracts.rendering.limits import MEGABYTE, Limits
from ramal_documents.contracts.stops import Stop

_PAGE = Markup(
    '<!doctype html><html lang="pt-BR"><head><meta charset="utf-8"><title>{title}</title>'
    '<meta name="dcterms.created" content="{made_at}"><meta name="dcterms.modified" content="{made_at}"></head>'
    "<body>{letterhead}{footer}{body}</body></html>"
)
DATA_FILE = "dados.json"
_FONTS = (("regular.ttf", 400), ("bold.ttf", 700))


def filled(job: dict[str, Any]) -> str:
    """The whole HTML of a job; `Stop` says why not."""
    return str(
        _PAGE.format(
            title=job["title"],
            made_at=job["made_at"].isoformat(timespec="seconds"),
            letterhead=_letterhead(job["letterhead"]),
            footer=Markup('<div class="rodape">{}</div>').format(job["footer"]) if job["footer"] else "",
            body=Markup(fill(job["template"], job["data"])),  # noqa: S704 - the template escapes what it is given
        )
    )


def laid_out(html: str, job: dict[str, Any], limits: Limits) -> tuple[bytes, int]:
    """(PDF, number of pages) of a filled page; `Stop` says why not."""
    fetcher = Fetcher(job["assets"])
    try:
        pdf, pages = _pdf(html, job, fetcher, limits)
    except Refused as refused:
        raise refused.stop from refused
    except RecursionError as error:
        raise Stop("nesting") from error
    except (Stop, MemoryError):
        raise
    except Exception as error:  # an engine of this size has its own: no document comes of it, and no harm
        raise Stop("layout", type(error).__name__) from error
    if fetcher.refused:
        raise fetcher.refused
    if len(pdf) > limits.size * MEGABYTE:
        raise Stop("size", str(limits.size))
    return pdf, pages


def _pdf(html: str, job: dict[str, Any], fetcher: Fetcher, limits: Limits) -> tuple[bytes, int]:
    styles, fonts = _styles()
    source = weasyprint.HTML(string=html, base_url=NOWHERE, url_fetcher=fetcher)
    _refuse_attachments(source.etree_element)
    document = source.render(stylesheets=[styles], font_config=fonts, pdf_variant="pdf/a-3u")
    if len(document.pages) > limits.pages:
        raise Stop("pages", str(limits.pages))
    document.metadata.attachments = [_data(job)]
    return bytes(document.write_pdf(pdf_variant="pdf/a-3u")), len(document.pages)


def ready() -> None:
    """Lay out a small page, so that what is loaded late is loaded now."""
    logging.getLogger("weasyprint").addHandler(logging.NullHandler())
    logging.getLogger("weasyprint").propagate = False
    job = {
        "template": '{{ clausula("a", "A") }}<p>{{ item() }} <b>Ação</b></p>{{ tabela_parcelas([]) }}',
        "data": {},
        "title": "",
        "made_at": datetime(2000, 1, 1),  # noqa: DTZ001 - of a page that nobody sees
        "letterhead": Letterhead("Ação"),
        "footer": "Ação",
        "assets": {},
    }
    laid_out(filled(job), job, Limits())


def _letterhead(head: Letterhead) -> Markup:
    if not (head.name or head.lines or head.logo):
        return Markup("")
    logo = Markup('<img src="asset:{}" alt="">').format(head.logo) if head.logo else ""
    lines = Markup("<br>").join(head.lines)
    return Markup('<div class="timbre">{}<strong>{}</strong>{}</div>').format(logo, head.name, lines)


def _refuse_attachments(root: Any) -> None:
    for element in root.iter():
        if "attachment" in str(element.get("rel", "")).lower().split():
            raise Stop("attachment", str(element.get("href", ""))[:200])


def _data(job: dict[str, Any]) -> weasyprint.Attachment:
    return weasyprint.Attachment(
        string=to_json(job["data"]),
        name=DATA_FILE,
        description="Dados do documento",
        created=job["made_at"],
        modified=job["made_at"],
        relationship="Data",
        url_fetcher=Fetcher({}),
    )


@lru_cache(maxsize=1)
def _styles() -> tuple[Any, Any]:
    """The style sheet with its fonts, read once in a process and shared with the documents that it forks for."""
    fonts = FontConfiguration()
    folder = files("ramal_documents.sheet") / "fonts"
    style = (files("ramal_documents.contracts.rendering") / "page.css").read_text("utf-8")
    return weasyprint.CSS(string="".join(_faces()) + style, base_url=f"{folder}/", font_config=fonts), fonts


def _faces() -> Iterator[str]:
    for file, weight in _FONTS:
        yield f"@font-face {{ font-family: Arimo; src: url({file}); font-weight: {weight} }}\n"
