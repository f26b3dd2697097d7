"""A boleto: what goes in, and the numbers that come out. It can't be made with a number its bank would refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from ramal_documents import money
from ramal_documents.boleto import code, terms
from ramal_documents.boleto.banks import BANKS
from ramal_documents.boleto.banks.base import FIELDS, Bank, Codes
from ramal_documents.boleto.checks import field_errors
from ramal_documents.boleto.due_factor import factor
from ramal_documents.boleto.errors import BoletoError, InvalidBoleto
from ramal_documents.boleto.party import Party
from ramal_documents.boleto.settlement import Settlement, settlement
from ramal_documents.boleto.terms import Discount, Fine, Interest


@dataclass(frozen=True, kw_only=True)
class Boleto:
    """One charge. `InvalidBoleto` says all that is wrong at once; `issue.problems` says what else must hold to issue.

    Numbers are text, since their zeros count: `agency="0012"`, with the check digit after a hyphen or in `agency_dv`.
    `agreement` is what the bank calls convênio, código do beneficiário, cliente or operação; `post` is Sicredi's
    posto, `variation` the wallet's variation (Sicoob: modalidade).
    """

    bank: str
    agency: str
    our_number: str
    amount: Decimal
    due_date: date
    account: str = ""
    wallet: str = ""
    agreement: str = ""
    agency_dv: str = ""
    account_dv: str = ""
    agreement_dv: str = ""
    variation: str = ""
    post: str = ""
    instalment: str = ""
    document_number: str = ""
    document_date: date | None = None
    processing_date: date | None = None
    species: str = "DM"
    accepted: bool = False
    beneficiary: Party | None = None
    payer: Party | None = None
    guarantor: Party | None = None
    interest: Interest | None = None
    fine: Fine | None = None
    discounts: tuple[Discount, ...] = ()
    rebate: Decimal = Decimal(0)
    refuse_after: int | None = None  # days after the due date, like the two below
    protest_after: int | None = None
    report_after: int | None = None
    instructions: tuple[str, ...] = ()
    statement: tuple[str, ...] = ()  # demonstrativo: free lines on the payer's receipt
    place_of_payment: str = ""
    pix_code: str = ""  # the EMV text that the bank gave for this very title, nothing else
    instalment_printed: str = ""  # `3/12`, on the stub of a carnê
    watermark: str = ""  # written across the sheet
    updated_to: date | None = None  # makes it a second copy: the day for which fine and interest are printed

    def __post_init__(self) -> None:
        errors = list(field_errors(self))
        if self.bank in BANKS:
            errors += self._numbers[1]
        if errors:
            raise InvalidBoleto(errors)

    @property
    def rules(self) -> Bank:
        """The bank's."""
        return BANKS[self.bank]

    @cached_property
    def codes(self) -> Codes:
        """The numbers as the bank wants them: digits, with their zeros."""
        return self._numbers[0]

    @cached_property
    def free_field(self) -> str:
        """Campo livre: the bank's 25 digits."""
        return self.rules.free_field(self.codes)

    @cached_property
    def barcode(self) -> str:
        """The 44 digits."""
        return code.barcode(self.bank, factor(self.due_date), money.cents(self.amount), self.free_field)

    @cached_property
    def digitable_line(self) -> str:
        """Linha digitável: 47 digits."""
        return code.digitable_line(self.barcode)

    @property
    def digitable_line_formatted(self) -> str:
        """`34191.09008 00012.345678 …`."""
        return code.formatted_line(self.digitable_line)

    @property
    def our_number_formatted(self) -> str:
        """Nosso número as the bank prints it."""
        return self.rules.our_number_printed(self.codes)

    @property
    def beneficiary_code(self) -> str:
        """Agência/Código do beneficiário."""
        return self.rules.beneficiary_printed(self.codes)

    @property
    def wallet_printed(self) -> str:
        """Carteira."""
        return self.rules.wallet_printed(self.codes)

    @property
    def bank_name(self) -> str:
        """`Itaú`."""
        return self.rules.name

    @property
    def bank_code(self) -> str:
        """`341-7`."""
        return self.rules.code_printed

    @property
    def owed(self) -> Settlement | None:
        """What a second copy comes to."""
        return settlement(self, self.updated_to) if self.updated_to else None

    @property
    def warnings(self) -> tuple[BoletoError, ...]:
        """Check digits of agency, account or agreement that were given and are not those of the bank's rule."""
        return tuple(self.rules.wrong_digits(vars(self.codes), self.codes))

    @property
    def instruction_lines(self) -> tuple[str, ...]:
        """What the terms say, in Portuguese, then the lines given."""
        return (*filter(None, self._term_lines()), *self.instructions)

    def _term_lines(self) -> Iterator[str]:
        for discount in self.discounts:
            yield terms.discount_sentence(self.amount, discount)
        if self.rebate:
            yield f"Abatimento de {money.with_symbol(self.rebate)}"
        yield terms.late_sentence(self.amount, self.fine, self.interest)
        yield terms.days_sentence("Protestar", self.protest_after)
        yield terms.days_sentence("Negativar", self.report_after)
        yield terms.days_sentence("Não receber", self.refuse_after)

    @cached_property
    def _numbers(self) -> tuple[Codes, list[BoletoError]]:
        given = {field: str(getattr(self, field)) for field in FIELDS if hasattr(self, field)}
        given["valued"] = "1" if self.amount else "0"
        return self.rules.codes(given, self.document_date)
