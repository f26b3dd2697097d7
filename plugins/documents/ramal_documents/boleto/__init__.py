"""Boletos: `Boleto` makes one, `parse` reads one, `issue` says whether it may be issued, `BANKS` is the table of rules.

>>> boleto = Boleto(bank="341", agency="1234", account="56789-7", wallet="109", our_number="223350",
...                 amount=Decimal("600.00"), due_date=date(2026, 12, 10))
>>> boleto.digitable_line_formatted
'34191.09008 22335.021238 45678.970000 7 16560000060000'
"""

from ramal_documents.boleto import issue
from ramal_documents.boleto.banks import BANKS, bank_name
from ramal_documents.boleto.errors import BoletoError, InvalidBoleto
from ramal_documents.boleto.model import Boleto
from ramal_documents.boleto.parsing import parse
from ramal_documents.boleto.party import Party
from ramal_documents.boleto.reading import Field, Reading, WrongDigit
from ramal_documents.boleto.settlement import Settlement, settlement
from ramal_documents.boleto.species import SPECIES, Species
from ramal_documents.boleto.terms import Discount, Fine, Interest

__all__ = [
    "BANKS",
    "SPECIES",
    "Boleto",
    "BoletoError",
    "Discount",
    "Field",
    "Fine",
    "Interest",
    "InvalidBoleto",
    "Party",
    "Reading",
    "Settlement",
    "Species",
    "WrongDigit",
    "bank_name",
    "issue",
    "parse",
    "settlement",
]
