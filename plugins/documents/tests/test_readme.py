"""What the README shows, run."""

from __future__ import annotations

import doctest
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import ramal_documents.boleto
from ramal_documents.boleto import Boleto
from ramal_documents.contracts.rendering import Rendered

README = Path(__file__).parent.parent / "README.md"


def test_the_readmes_code_runs() -> None:
    shown: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        exec(block, shown)
    assert isinstance(shown["boleto"], Boleto)
    assert shown["boleto"].our_number_formatted == "110/12345678-8"
    assert isinstance(shown["made"], Rendered)
    assert shown["made"].pages == 2


def test_the_packages_example_is_true() -> None:
    names = {"Decimal": Decimal, "date": date, "Boleto": Boleto}
    assert doctest.testmod(ramal_documents.boleto, extraglobs=names).failed == 0
