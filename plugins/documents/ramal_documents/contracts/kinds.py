"""The kinds of variable: what each accepts, and what a template then gets.

A kind's `read` takes what a form, an API call or a cell of a table holds, and answers the plain value; it raises
`DocumentsError` with the rule that was broken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ramal_documents import ids, money
from ramal_documents.contracts.errors import ContractError
from ramal_documents.contracts.pasted import sanitised
from ramal_documents.contracts.plain import clean
from ramal_documents.errors import DocumentsError
from ramal_documents.words import gettext as _

LONGEST_LINE, LONGEST_TEXT = 500, 20_000
LARGEST_MONEY = Decimal("999999999999.99")
ADDRESS_PARTS = ("street", "number", "complement", "district", "city", "state", "postal_code")
_REQUIRED_PARTS = ("street", "city", "state")
STATES = frozenset(
    "AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO".split()  # noqa: SIM905
)
_EMAIL = re.compile(r"[^\s@<>\"(),;:\\]+@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_TRUE = frozenset({"true", "1", "on", "yes", "sim", "s", "verdadeiro"})
_FALSE = frozenset({"false", "0", "off", "no", "não", "nao", "n", "falso"})


@dataclass(frozen=True)
class Kind:
    """How a variable of this kind is read, which widget asks for it, and what stands for it in a preview."""

    read: Callable[[Any, str], Any]
    widget: str
    sample: Any


def read_text(value: Any, name: str) -> str:
    """One line."""
    text = " ".join(_string(value, name).split())
    return _at_most(text, LONGEST_LINE, name)


def read_long_text(value: Any, name: str) -> str:
    """Paragraphs; their lines are kept."""
    text = _string(value, name).replace("\r\n", "\n").strip()
    return _at_most(text, LONGEST_TEXT, name)


def read_rich_text(value: Any, name: str) -> str:
    """Pasted HTML, sanitised."""
    return sanitised(_at_most(_string(value, name).strip(), LONGEST_TEXT, name))


def read_number(value: Any, name: str) -> int | Decimal:
    """A whole number as `int`, any other as `Decimal`; `1.234,5` and `1234.5` alike."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, float, str)):
        raise ContractError(name, _("“%(text)s” is not a number.", text=_shown(value)))
    text = str(value).strip()
    if "," in text:
        text = text.replace(".", "").replace(",", ".")
    if not _NUMBER.fullmatch(text) or len(text) > 20:
        raise ContractError(name, _("“%(text)s” is not a number.", text=_shown(value)))
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else number


def read_money(value: Any, name: str) -> Decimal:
    """Reais, to the cent; a `float` is refused, because it can't hold ten cents."""
    if isinstance(value, (bool, float)) or not isinstance(value, (int, Decimal, str)):
        sentence = _("“%(text)s” is not an amount of money; write it as 1.234,56.", text=_shown(value))
        raise ContractError(name, sentence)
    try:
        amount = money.parse_money(value, name) if isinstance(value, str) else Decimal(value)
        money.cents(amount)
    except (InvalidOperation, OverflowError, DocumentsError) as error:
        raise ContractError(name, str(error) or _("“%(text)s” is not a number.", text=_shown(value))) from error
    if not 0 <= amount <= LARGEST_MONEY:
        largest = money.with_symbol(LARGEST_MONEY)
        raise ContractError(name, _("It must be from R$ 0,00 to %(largest)s.", largest=largest))
    return money.rounded(amount)


def read_date(value: Any, name: str) -> date:
    """`22/11/2026` or `2026-11-22`, of a year from 1900 to 2199."""
    day = value.date() if isinstance(value, datetime) else value
    if isinstance(day, str):
        day = _parsed_date(day.strip())
    if not isinstance(day, date) or not 1900 <= day.year <= 2199:
        raise ContractError(name, _("“%(text)s” is not a date; write it as 31/12/2026.", text=_shown(value)))
    return day


def read_cpf(value: Any, name: str) -> str:
    """Eleven digits."""
    return ids.check_cpf(_string(value, name), name)


def read_cnpj(value: Any, name: str) -> str:
    """Fourteen characters, digits or with letters."""
    return ids.check_cnpj(_string(value, name), name)


def read_cpf_cnpj(value: Any, name: str) -> str:
    """Either, told apart by its length."""
    return ids.check(_string(value, name), name)


def read_phone(value: Any, name: str) -> str:
    """E.164: `+5511912345678`; without a country it is Brazil's."""
    text = _string(value, name)
    digits = re.sub(r"[\s().-]", "", text)
    if digits.startswith("+") and not digits.startswith("+55"):
        right = bool(re.fullmatch(r"\+[1-9][0-9]{6,14}", digits))
    else:
        digits = "+55" + digits.removeprefix("+55").removeprefix("0")
        right = bool(re.fullmatch(r"\+55[1-9][1-9](9[0-9]{8}|[2-5][0-9]{7})", digits))
    if not right:
        sentence = _("“%(text)s” is not a telephone number; write it as (11) 91234-5678.", text=_shown(value))
        raise ContractError(name, sentence)
    return digits


def read_email(value: Any, name: str) -> str:
    """Its domain in lower case."""
    text = _string(value, name).strip()
    local, at, domain = text.rpartition("@")
    address = f"{local}{at}{domain.lower()}"
    if len(address) > 254 or not _EMAIL.fullmatch(address):
        raise ContractError(name, _("“%(text)s” is not an e-mail address.", text=_shown(value)))
    return address


def read_address(value: Any, name: str) -> dict[str, str]:
    """Street, number, complement, district, city, state and CEP; street, city and state must be there."""
    if not isinstance(value, Mapping):
        raise ContractError(name, _("An address has a street, a city and a state."))
    unknown = sorted(str(key) for key in value if key not in ADDRESS_PARTS)
    if unknown:
        raise ContractError(name, _("An address has no “%(part)s”.", part=unknown[0]))
    address = {part: read_text(value.get(part) or "", f"{name}.{part}") for part in ADDRESS_PARTS}
    for part in _REQUIRED_PARTS:
        if not address[part]:
            raise ContractError(f"{name}.{part}", _("An address has a street, a city and a state."))
    address["state"] = address["state"].upper()
    if address["state"] not in STATES:
        raise ContractError(f"{name}.state", _("“%(text)s” is not a state of Brazil.", text=address["state"]))
    address["postal_code"] = re.sub(r"[\s.-]", "", address["postal_code"])
    if address["postal_code"] and not re.fullmatch("[0-9]{8}", address["postal_code"]):
        raise ContractError(f"{name}.postal_code", _("A CEP has eight digits."))
    return address


def read_boolean(value: Any, name: str) -> bool:
    """Yes or no, in either language."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise ContractError(name, _("“%(text)s” is neither yes nor no.", text=_shown(value)))


def _string(value: Any, name: str) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ContractError(name, _("“%(text)s” is not a text.", text=_shown(value)))
    return clean(str(value))


def _at_most(text: str, longest: int, name: str) -> str:
    if len(text) > longest:
        raise ContractError(name, _("It may have at most %(longest)s characters.", longest=longest))
    return text


def _parsed_date(text: str) -> date | None:
    for pattern in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def _shown(value: Any) -> str:
    text = clean(str(value))
    return text if len(text) <= 60 else f"{text[:59]}…"


SAMPLE_ADDRESS = {
    "street": "Rua das Amostras",
    "number": "100",
    "complement": "sala 12",
    "district": "Centro",
    "city": "São Paulo",
    "state": "SP",
    "postal_code": "01000000",
}

KINDS: dict[str, Kind] = {
    "text": Kind(read_text, "text", "Texto de exemplo"),
    "long_text": Kind(read_long_text, "textarea", "Texto de exemplo, com mais de uma linha,\npara ver como fica."),
    "rich_text": Kind(read_rich_text, "richtext", "<p>Texto de exemplo, com <strong>destaque</strong>.</p>"),
    "number": Kind(read_number, "number", 12),
    "money": Kind(read_money, "money", Decimal("1234.56")),
    "date": Kind(read_date, "date", date(2026, 12, 10)),
    "cpf": Kind(read_cpf, "cpf", "52998224725"),
    "cnpj": Kind(read_cnpj, "cnpj", "11222333000181"),
    "cpf_cnpj": Kind(read_cpf_cnpj, "cpf_cnpj", "52998224725"),
    "phone": Kind(read_phone, "tel", "+5511912345678"),
    "email": Kind(read_email, "email", "fulana@exemplo.com.br"),
    "address": Kind(read_address, "address", SAMPLE_ADDRESS),
    "boolean": Kind(read_boolean, "checkbox", True),
}
# `choice` and `rows` are read by the variable itself: they depend on its options and columns.
NAMES = (*KINDS, "choice", "rows")
