"""A contract of ten pages: our way, in a process with limits, against plain WeasyPrint with the same HTML.

Ours is PDF/A-3u with the data inside, made by a forked child that is bounded in time and memory, the way there and back
included; WeasyPrint's is a plain PDF of the same filled page, in a process that has it loaded, with the same styles.
The text of both is compared before anything is timed.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from importlib.resources import files

import pypdfium2
import weasyprint
from weasyprint.text.fonts import FontConfiguration

from bench.report import Figure, Report
from ramal_documents import dates, money
from ramal_documents.contracts.rendering import Job, Letterhead, Pool
from ramal_documents.contracts.starters import starter

TARGET, ROUNDS, PAGES = 1.1, 15, 10


def run(report: Report) -> None:
    """Interleaved; the median of each."""
    pool = Pool(1)
    pool.warm_up()
    try:
        ours, theirs = one_at_a_time(pool)
    finally:
        pool.close()
    ratio = ours / theirs
    note = f"{PAGES} pages; ours PDF/A-3u in a bounded process, filling included; median of {ROUNDS}"
    target = f"≤ {TARGET} ×"
    report.add(Figure("contract PDF", ours, "ms", theirs, "plain WeasyPrint", ratio, target, ratio <= TARGET, note))


def one_at_a_time(pool: Pool) -> tuple[float, float]:
    """Milliseconds of a contract: ours, WeasyPrint's."""
    made = pool.render(contract())
    same_words(made.pdf, plain(made.html))
    ours, theirs = [], []
    for _round in range(ROUNDS):
        theirs.append(_elapsed(lambda: plain(made.html)))
        ours.append(_elapsed(lambda: pool.render(contract())))
    return statistics.median(ours), statistics.median(theirs)


def contract() -> Job:
    """The starter of an acknowledged debt with as many clauses as ten pages take."""
    one = starter("confissao_de_divida")
    data = one.schema.sample()
    due = dates.monthly(date(2026, 12, 15), 60)
    amounts = money.instalments(Decimal("76000.00"), len(due))
    rows = [{"vencimento": day, "valor": amount} for day, amount in zip(due, amounts, strict=True)]
    data["contrato"]["parcelas"] = rows
    return Job(
        template=one.source + _CLAUSES,
        data=data,
        title="Contrato",
        letterhead=Letterhead("Padaria Modelo Ltda.", ("Rua das Amostras, 100",)),
        footer="Contrato 118/2026",
    )


def plain(html: str) -> bytes:
    """The same page with nothing but WeasyPrint."""
    fonts = FontConfiguration()
    faces = "".join(
        f"@font-face {{ font-family: Arimo; src: url({name}.ttf); font-weight: {weight} }}"
        for name, weight in (("regular", 400), ("bold", 700))
    )
    look = (files("ramal_documents.contracts.rendering") / "page.css").read_text("utf-8")
    folder = files("ramal_documents.sheet") / "fonts"
    style = weasyprint.CSS(string=faces + look, base_url=f"{folder}/", font_config=fonts)
    return bytes(weasyprint.HTML(string=html).write_pdf(stylesheets=[style], font_config=fonts))


def same_words(ours: bytes, theirs: bytes) -> None:
    """An error unless both say the same on the same ten pages."""
    our_pages, their_pages = _pages(ours), _pages(theirs)
    if our_pages != their_pages or len(our_pages) != PAGES:
        raise RuntimeError(f"{len(our_pages)} and {len(their_pages)} pages, or they say different things")


def _pages(pdf: bytes) -> list[list[str]]:
    return [str(page.get_textpage().get_text_bounded()).split() for page in pypdfium2.PdfDocument(pdf)]


def _elapsed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


_CLAUSES = """
{% for number in range(21) %}
{{ clausula("extra" ~ number, "Da condição adicional") }}
{% for part in range(3) %}
<p>{{ item() }} As partes reconhecem que a obrigação descrita na {{ "divida"|clausula }} permanece íntegra, no valor de
{{ divida.valor|moeda_extenso }}, e que {{ contato.nome }} responderá por ela nos vencimentos pactuados, sem prejuízo
dos direitos que a lei assegura a {{ empresa.nome }}, inclusive quanto a juros, multa e correção monetária.</p>
{% endfor %}
{% endfor %}
"""
