"""Four contracts to begin with: templates with their variables, to be read by a lawyer before they are used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from ramal_documents.contracts.declared import parse
from ramal_documents.contracts.variables import Schema

NAMES = ("prestacao_de_servicos", "compra_e_venda", "locacao_residencial", "confissao_de_divida")


@dataclass(frozen=True)
class Starter:
    """A template as it is shipped; `declared` is the JSON of its variables, `schema` the same parsed."""

    name: str
    title: Mapping[str, str]
    summary: Mapping[str, str]
    source: str
    declared: Mapping[str, Any]
    schema: Schema


def starter(name: str) -> Starter:
    """The one of that name; KeyError for another."""
    if name not in NAMES:
        raise KeyError(name)
    return _read(name)


def starters() -> tuple[Starter, ...]:
    """All of them, in the order of a menu."""
    return tuple(_read(name) for name in NAMES)


@lru_cache(maxsize=len(NAMES))
def _read(name: str) -> Starter:
    folder = files("ramal_documents.contracts.starters")
    declared = json.loads((folder / f"{name}.json").read_text("utf-8"))
    source = (folder / f"{name}.html").read_text("utf-8")
    return Starter(name, declared["title"], declared["summary"], source, declared, parse(declared))
