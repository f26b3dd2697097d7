"""The table of banks: every module `bank_…` of this folder, by its code."""

from __future__ import annotations

import importlib
import pkgutil

from ramal_documents.boleto.banks.base import Bank


def _found() -> dict[str, Bank]:
    modules = (importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    banks = [module.BANK for module in modules if hasattr(module, "BANK")]
    return {bank.code: bank for bank in sorted(banks, key=lambda bank: bank.code)}


BANKS: dict[str, Bank] = _found()

# Banks that send boletos and have no module here, for whoever reads one.
_OTHERS = {
    "003": "Banco da Amazônia",
    "021": "Banestes",
    "047": "Banese",
    "070": "BRB",
    "097": "Credisis",
    "212": "Banco Original",
    "246": "ABC Brasil",
    "260": "Nubank",
    "274": "Grafeno",
    "290": "PagBank",
    "301": "Dock",
    "310": "Vórtx",
    "323": "Mercado Pago",
    "364": "Efí",
    "389": "Mercantil do Brasil",
    "403": "Cora",
    "461": "Asaas",
    "633": "Rendimento",
    "637": "Sofisa",
    "655": "Votorantim",
    "745": "Citibank",
}


def bank_name(code: str) -> str:
    """The name of the bank with this code; empty when nobody here knows it."""
    return BANKS[code].name if code in BANKS else _OTHERS.get(code, "")
