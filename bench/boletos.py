"""Boletos as PDF: the directly drawn sheet against the same sheet by WeasyPrint.

Both say the same words in the same embedded fonts and draw the same barcode, which is checked before anything is
timed: the text of both files is compared, and a reader decodes both barcodes.
"""

from __future__ import annotations

import io
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import pypdfium2
import zxingcpp

from bench.report import Figure, Report
from ramal_documents import sheet
from ramal_documents.boleto import Boleto, Discount, Fine, Interest, Party
from ramal_documents.sheet import html

SINGLE_TARGET, BATCH_TARGET = 20.0, 60.0
ROUNDS, EACH = 15, 20
BATCH, HTML_BATCH = 1_000, 100

_BENEFICIARY = Party(
    name="Padaria Modelo Ltda.",
    document="11222333000181",
    street="Rua das Amostras, 100",
    district="Centro",
    city="São Paulo",
    state="SP",
    postal_code="01000000",
)
_PAYER = Party(
    name="Fulana de Tal e Souza",
    document="52998224725",
    street="Avenida do Exemplo, 42, apto. 7",
    district="Jardim Fictício",
    city="Campinas",
    state="SP",
    postal_code="13000000",
)


def run(report: Report) -> None:
    """One at a time, interleaved; then a batch in one file."""
    same_words(sheet.one(_boleto(1)), html.pdf(html.page([_boleto(1)])))
    ours, theirs = one_at_a_time()
    ratio = theirs / ours
    note = f"receipt and slip, same words, fonts and bars; median of {ROUNDS}"
    target = f"{SINGLE_TARGET:.0f} × faster"
    met = ratio >= SINGLE_TARGET
    report.add(Figure("boleto PDF, one", ours, "ms", theirs, "WeasyPrint", ratio, target, met, note))
    ours, theirs = batches()
    ratio = theirs / ours
    note = f"each, of {BATCH:,} in one file; WeasyPrint's of {HTML_BATCH}, and it gets no faster with more"
    target = f"{BATCH_TARGET:.0f} × faster"
    met = ratio >= BATCH_TARGET
    report.add(Figure("boleto PDF, batch", ours, "ms", theirs, "WeasyPrint", ratio, target, met, note))


def same_words(ours: bytes, theirs: bytes) -> None:
    """An error unless both files say the same and their barcodes have the same digits."""
    our_words, their_words = Counter(_words(ours)), Counter(_words(theirs))
    if our_words != their_words:
        raise RuntimeError(f"only ours: {our_words - their_words}; only WeasyPrint's: {their_words - our_words}")
    if _barcode(ours) != _boleto(1).barcode or _barcode(theirs) != _boleto(1).barcode:
        raise RuntimeError("a barcode can't be read")


def one_at_a_time() -> tuple[float, float]:
    """Milliseconds of a boleto: ours, WeasyPrint's."""
    ours, theirs = [], []
    for number in range(ROUNDS):
        theirs.append(_elapsed(lambda number=number: html.pdf(html.page([_boleto(number)]))))
        fresh = list(_boletos(EACH, number * EACH))
        ours.append(_elapsed(lambda fresh=fresh: [sheet.one(boleto) for boleto in fresh]) / EACH)
    return statistics.median(ours), statistics.median(theirs)


def batches() -> tuple[float, float]:
    """Milliseconds of a boleto of a batch, the making of its numbers included: ours, WeasyPrint's."""
    ours = _elapsed(lambda: sheet.many(_boletos(BATCH), io.BytesIO())) / BATCH
    theirs = _elapsed(lambda: html.pdf(html.page(_boletos(HTML_BATCH)))) / HTML_BATCH
    return ours, theirs


def _boletos(count: int, first: int = 0) -> Iterator[Boleto]:
    return (_boleto(first + number) for number in range(count))


def _boleto(number: int) -> Boleto:
    return Boleto(
        bank="341",
        agency="0057",
        account="12345-7",
        wallet="110",
        our_number=str(number),
        amount=Decimal("1234.56") + number,
        due_date=date(2026, 12, 10),
        document_number=f"2026-{number}",
        document_date=date(2026, 11, 20),
        processing_date=date(2026, 11, 22),
        beneficiary=_BENEFICIARY,
        payer=_PAYER,
        fine=Fine(percent=Decimal(2)),
        interest=Interest(monthly=Decimal(1)),
        discounts=(Discount(until=date(2026, 12, 5), amount=Decimal(50)),),
        refuse_after=30,
        instructions=("Contrato 118/2026.",),
        statement=("Mensalidade de dezembro de 2026", "Dúvidas: atendimento@padaria.example"),
    )


def _words(pdf: bytes) -> list[str]:
    page = pypdfium2.PdfDocument(pdf)[0]
    return str(page.get_textpage().get_text_bounded()).split()


def _barcode(pdf: bytes) -> str:
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=150 / 72).to_pil()
    return "".join(found.text for found in zxingcpp.read_barcodes(picture))


def _elapsed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
