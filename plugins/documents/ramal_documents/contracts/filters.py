"""What a template writes values with: `{{ contrato.valor|moeda }}`. What was not given is written as nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from jinja2 import Undefined
from markupsafe import Markup, escape

from ramal_documents import dates, ids, money, spelling
from ramal_documents.contracts.clauses import Clauses
from ramal_documents.contracts.stops import Stop

_JOINED = "\u00a0"  # no line ends between R$ and its amount


def extenso(value: Any, *, feminino: bool = False) -> str:
    """In words: an amount in reais, a whole number, a date."""
    if isinstance(value, date):
        return dates.in_words(value)
    if isinstance(value, Decimal):
        return money.extenso(value)
    return spelling.number_words(_whole(value), feminine=feminino)


def moeda(value: Any) -> str:
    """`R$ 1.234,56`."""
    return money.with_symbol(_decimal(value)).replace(" ", _JOINED)


def moeda_extenso(value: Any) -> str:
    """`R$ 1.234,56 (mil duzentos e trinta e quatro reais e cinquenta e seis centavos)`."""
    amount = _decimal(value)
    return f"{moeda(amount)} ({money.extenso(amount)})"


def numero(value: Any) -> str:
    """`1.234,5`; whole numbers without a comma."""
    if isinstance(value, int):
        return f"{value:,}".replace(",", ".")
    text = f"{_decimal(value).normalize():,f}"
    return text.translate(str.maketrans(",.", ".,"))


def percentual(value: Any) -> str:
    """`2%`, `0,33%`."""
    return f"{numero(value)}%"


def data(value: Any) -> str:
    """`22/11/2026`."""
    return dates.short(_date(value))


def data_extenso(value: Any, cidade: str = "") -> str:
    """`22 de novembro de 2026`, with the city before it if one is given."""
    return dates.long(_date(value), cidade)


def cpf_cnpj(value: Any) -> str:
    """`123.456.789-09`, `12.ABC.345/01DE-35`."""
    return ids.formatted(str(value))


def telefone(value: Any) -> str:
    """`(11) 91234-5678`; of another country as it is."""
    text = str(value)
    found = re.fullmatch(r"(?:\+?55)?([0-9]{2})([0-9]{4,5})([0-9]{4})", text)
    return f"({found[1]}) {found[2]}-{found[3]}" if found else text


def cep(value: Any) -> str:
    """`01310-100`."""
    text = str(value)
    return f"{text[:5]}-{text[5:]}" if re.fullmatch("[0-9]{8}", text) else text


def endereco(value: Any) -> str:
    """An address in one line, as contracts write it."""
    if not isinstance(value, Mapping):
        return str(value)
    parts = [", ".join(filter(None, (value.get("street"), value.get("number"), value.get("complement"))))]
    parts += [str(value.get("district") or ""), f"{value.get('city')}/{value.get('state')}"]
    if value.get("postal_code"):
        parts.append(f"CEP{_JOINED}{cep(value['postal_code'])}")
    return ", ".join(filter(None, parts))


def ordinal(value: Any, *, feminino: bool = False) -> str:
    """`primeiro`, `vigésima primeira`."""
    return spelling.ordinal(_whole(value), feminine=feminino)


def paragrafos(value: Any) -> Markup:
    """A long text with its paragraphs and lines."""
    blocks = re.split(r"\n\s*\n", str(value).strip())
    lines = (Markup("<br>").join(block.split("\n")) for block in blocks)
    return Markup("").join(Markup("<p>{}</p>").format(line) for line in lines)


def simnao(value: Any) -> str:
    """`sim` or `não`."""
    return "sim" if value else "não"


def clausula(value: Any) -> Markup:
    """The reference to a clause or item by its name: `cláusula terceira`, `item 3.2`."""
    return Clauses.reference(str(value))


def written(value: Any) -> Any:
    """A value that no filter wrote: as a Brazilian would."""
    if isinstance(value, bool):
        return simnao(value)
    if isinstance(value, Decimal):
        return money.formatted(value) if value.as_tuple().exponent == -2 else numero(value)
    if isinstance(value, int):
        return str(value)  # it may be a year, or the number of a contract
    if isinstance(value, date):
        return data(value)
    if value is None or isinstance(value, (str, Undefined)):
        return "" if value is None else escape(value)
    raise Stop("value", type(value).__name__)


def _or_nothing(filter_: Callable[..., Any]) -> Callable[..., Any]:
    def maybe(value: Any, *arguments: Any, **named: Any) -> Any:
        return "" if value is None or value == "" else filter_(value, *arguments, **named)

    return maybe


def _decimal(value: Any) -> Decimal:
    if isinstance(value, (Decimal, int)) and not isinstance(value, bool):
        return Decimal(value)
    raise Stop("value", str(value)[:60])


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    raise Stop("value", str(value)[:60])


def _date(value: Any) -> date:
    if isinstance(value, date):
        return value
    raise Stop("value", str(value)[:60])


_WRITERS = (
    *(extenso, moeda, moeda_extenso, numero, percentual, data, data_extenso, cpf_cnpj, telefone, cep, endereco),
    *(ordinal, paragrafos),
)
FILTERS: dict[str, Callable[..., Any]] = {
    **{filter_.__name__: _or_nothing(filter_) for filter_ in _WRITERS},
    "simnao": simnao,
    "clausula": clausula,
}
