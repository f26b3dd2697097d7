"""What a bank decides: sizes of its numbers, check digits, the free field, and how the numbers are printed.

A bank is one module with a `BANK`; the folder is the table, so a new bank is one new file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from types import MappingProxyType
from typing import ClassVar

from ramal_documents.boleto.errors import BoletoError
from ramal_documents.boleto.layout import Layout
from ramal_documents.words import gettext as _

_DV = re.compile(r"[0-9XP]?")


@dataclass(frozen=True, kw_only=True)
class Codes:
    """The numbers of a boleto tidied for its bank: digits only, zeros before them up to the bank's size.

    The `…_dv` are check digits: what was given, or what the bank's rule makes of it; empty where there is neither.
    """

    agency: str = ""
    agency_dv: str = ""
    account: str = ""
    account_dv: str = ""
    wallet: str = ""
    variation: str = ""
    agreement: str = ""
    agreement_dv: str = ""
    our_number: str = ""
    our_number_dv: str = ""
    post: str = ""
    instalment: str = ""
    document_number: str = ""
    valued: str = "1"  # "0" when the payer decides the amount


def sized(**digits: int) -> Mapping[str, int]:
    """How many digits each number has."""
    return MappingProxyType(digits)


Raw = dict[str, str]
FIELDS = tuple(field.name for field in fields(Codes))
_WITH_DV = ("agency", "account", "agreement", "our_number")


def word(field: str) -> str:
    """The field's name inside a sentence."""
    words = {
        "agency": _("agency (agência)"),
        "agency_dv": _("agency's check digit"),
        "account": _("account (conta)"),
        "account_dv": _("account's check digit"),
        "wallet": _("wallet (carteira)"),
        "variation": _("wallet's variation"),
        "agreement": _("agreement (convênio or código do beneficiário)"),
        "agreement_dv": _("agreement's check digit"),
        "our_number": _("nosso número"),
        "our_number_dv": _("nosso número's check digit"),
        "post": _("post (posto)"),
        "instalment": _("instalment (parcela)"),
        "document_number": _("document number"),
    }
    return words.get(field, field)


class Bank:
    """A bank's rules; the attributes and the methods below are what a module changes."""

    code: ClassVar[str]
    header_dv: ClassVar[str]  # printed after the code; from the bank's manual, no formula
    name: ClassVar[str]
    sizes: ClassVar[Mapping[str, int]]  # digits of each number that the bank uses
    optional: ClassVar[frozenset[str]] = frozenset()
    digits_in_code: ClassVar[tuple[str, ...]] = ()  # check digits that the free field carries: digits, and no letter
    layout: ClassVar[Layout]
    place_of_payment: ClassVar[str] = "Pagável em qualquer banco"
    uses_cip: ClassVar[bool] = False  # a CIP box beside "Uso do banco"

    # Rules that a module gives.

    def tidy(self, raw: Raw, issued: date | None) -> Iterator[BoletoError]:
        """Bring other usual forms of the numbers to the plain one, before sizes are looked at."""
        yield from ()

    def sizes_for(self, raw: Raw) -> Mapping[str, int]:
        """The sizes, where they depend on other numbers."""
        return self.sizes

    def problems(self, codes: Codes) -> Iterator[BoletoError]:
        """What sizes alone do not say."""
        yield from ()

    def agency_digit(self, agency: str) -> str:
        """The agency's check digit; empty where the bank computes none."""
        return ""

    def account_digit(self, agency: str, account: str) -> str:
        """The account's check digit; empty where it can't be computed."""
        return ""

    def agreement_digit(self, agreement: str) -> str:
        """The agreement's check digit, likewise."""
        return ""

    def our_number_digit(self, codes: Codes) -> str:
        """The check digit printed after the nosso número."""
        return ""

    def sequence_limit(self, numbers: Mapping[str, str]) -> int:
        """How far one may count in the nosso número of an account with these numbers."""
        raw = {field: numbers.get(field, "").strip().upper() for field in FIELDS}
        return int("9" * self.sizes_for(raw)["our_number"])

    def sequence_number(self, sequence: int, issued: date) -> str:
        """The nosso número at a place in an account's sequence, for a boleto issued on this day."""
        return str(sequence)

    def layout_of(self, codes: Codes) -> Layout:
        """The free field's layout for these numbers."""
        return self.layout

    def values(self, codes: Codes) -> dict[str, str]:
        """The parts of the free field by name."""
        return vars(codes).copy()

    def free_field(self, codes: Codes) -> str:
        """The bank's 25 digits of the barcode."""
        return self.layout_of(codes).write(self.values(codes))

    def layout_for_reading(self, free_field: str) -> Layout | None:
        """The layout that a free field seems to have; None when it has none of the bank's."""
        return self.layout if self.layout.fits(free_field) else None

    def expected(self, parts: Mapping[str, str], free_field: str) -> dict[str, str]:
        """Check digits inside a free field, by part, as they should be."""
        return {}

    def our_number_printed(self, codes: Codes) -> str:
        """Nosso número as the bank prints it."""
        return f"{codes.our_number}-{codes.our_number_dv}" if codes.our_number_dv else codes.our_number

    def beneficiary_printed(self, codes: Codes) -> str:
        """Agência/Código do beneficiário."""
        return f"{with_dv(codes.agency, codes.agency_dv)} / {with_dv(codes.account, codes.account_dv)}"

    def wallet_printed(self, codes: Codes) -> str:
        """The box "Carteira"."""
        return codes.wallet

    # What every bank does alike.

    @property
    def code_printed(self) -> str:
        """`341-7`, as the header of the sheet has it."""
        return f"{self.code}-{self.header_dv}"

    def codes(self, given: Mapping[str, str], issued: date | None) -> tuple[Codes, list[BoletoError]]:
        """The tidied numbers, and all that is wrong with those given; the codes count only when nothing is."""
        raw = {field: given.get(field, "").strip().upper() for field in FIELDS}
        errors = [error for field in _WITH_DV for error in self._split_dv(raw, field)]
        errors += self.tidy(raw, issued)
        sizes = self.sizes_for(raw)
        wrong = {error.field for error in errors}
        errors += [
            error for field, size in sizes.items() if field not in wrong for error in self._fit(raw, field, size)
        ]
        errors += [error for field in _WITH_DV for error in self._check_dv(raw, f"{field}_dv")]
        if errors:
            return Codes(), errors
        codes = self._with_digits(raw)
        errors += self._missing_digits(codes)
        errors += self._other_digit(raw["our_number_dv"], codes)
        return codes, [*errors, *self.problems(codes)]

    def wrong_digits(self, given: Mapping[str, str], codes: Codes) -> Iterator[BoletoError]:
        """Check digits of agency and account that were given and are not what the bank's rule makes.

        No error: banks have moved accounts with their old digits. But somebody should look.
        """
        rules = {
            "agency_dv": self.agency_digit(codes.agency),
            "account_dv": self.account_digit(codes.agency, codes.account) if codes.account else "",
            "agreement_dv": self.agreement_digit(codes.agreement) if codes.agreement else "",
        }
        for field, right in rules.items():
            found = getattr(codes, field)
            if right and found and found != right:
                yield BoletoError(field, self._digit_sentence(field, found, right))

    def _with_digits(self, raw: Raw) -> Codes:
        agency, account, agreement = raw["agency"], raw["account"], raw["agreement"]
        raw["agency_dv"] = raw["agency_dv"] or self.agency_digit(agency)
        raw["account_dv"] = raw["account_dv"] or (self.account_digit(agency, account) if account else "")
        raw["agreement_dv"] = raw["agreement_dv"] or (self.agreement_digit(agreement) if agreement else "")
        codes = Codes(**{**raw, "our_number_dv": ""})
        return replace(codes, our_number_dv=self.our_number_digit(codes))

    def _missing_digits(self, codes: Codes) -> Iterator[BoletoError]:
        for field in self.digits_in_code:
            text = getattr(codes, field)
            if text.isdigit():
                continue
            values = {"field": word(field), "bank": self.name, "text": text}
            if text:
                sentence = _("The %(field)s “%(text)s” has to be a digit: %(bank)s has it in the barcode.", **values)
            else:
                sentence = _("The %(field)s is missing; %(bank)s has it in the barcode.", **values)
            yield BoletoError(field, sentence)

    def _other_digit(self, found: str, codes: Codes) -> Iterator[BoletoError]:
        """A nosso número that came with its check digit must have the right one."""
        if found and found != codes.our_number_dv:
            yield BoletoError("our_number", self._digit_sentence("our_number_dv", found, codes.our_number_dv or "-"))

    def _split_dv(self, raw: Raw, field: str) -> Iterator[BoletoError]:
        """`1234-5` is a number and its check digit."""
        number, dash, digit = raw[field].rpartition("-")
        if not dash:
            return
        name = f"{field}_dv"
        if raw[name] and raw[name] != digit:
            values = {"field": word(field), "first": digit, "second": raw[name]}
            yield BoletoError(name, _("The %(field)s has two check digits, %(first)s and %(second)s.", **values))
        raw[field], raw[name] = number, digit

    def _fit(self, raw: Raw, field: str, size: int) -> Iterator[BoletoError]:
        """Digits only, with zeros up to the size; more digits only where they are zeros."""
        text = raw[field]
        if text.isascii() and text.isdecimal() and len(text.lstrip("0")) <= size:
            raw[field] = text.lstrip("0").zfill(size)
            return
        if not text and field in self.optional:
            return
        values = {"field": word(field), "bank": self.name, "size": size, "text": text}
        if not text:
            sentence = _("The %(field)s is missing; %(bank)s has %(size)s digits in it.", **values)
        elif re.fullmatch(r"[0-9]+", text):
            sentence = _("The %(field)s “%(text)s” is too long: %(bank)s takes up to %(size)s digits.", **values)
        else:
            sentence = _(
                "The %(field)s “%(text)s” has more than digits in it; %(bank)s takes %(size)s digits.", **values
            )
        yield BoletoError(field, sentence)

    def _check_dv(self, raw: Raw, field: str) -> Iterator[BoletoError]:
        if not _DV.fullmatch(raw[field]):
            values = {"field": word(field), "text": raw[field]}
            yield BoletoError(field, _("The %(field)s is one digit, X or P, not “%(text)s”.", **values))

    def _digit_sentence(self, field: str, found: str, right: str) -> str:
        values = {"field": word(field), "bank": self.name, "found": found, "right": right}
        return _("The %(field)s is %(found)s, but by the rule of %(bank)s it should be %(right)s.", **values)


def with_dv(number: str, dv: str) -> str:
    """`1234-5`, or `1234` where there is no check digit."""
    return f"{number}-{dv}" if dv else number
