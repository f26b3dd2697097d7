"""What a name that a template uses and does not declare could be declared as: its type by how it is written.

A guess is a beginning for the author, who sees it in the form; nothing is declared by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jinja2 import nodes

from ramal_documents.contracts.language import Language, parsed
from ramal_documents.contracts.stops import Stop

#: The type that a filter takes.
_TYPES = {
    "moeda": "money",
    "moeda_extenso": "money",
    "data": "date",
    "data_extenso": "date",
    "cpf_cnpj": "cpf_cnpj",
    "telefone": "phone",
    "endereco": "address",
    "paragrafos": "long_text",
    "simnao": "boolean",
    "numero": "number",
    "percentual": "number",
    "ordinal": "number",
}
#: What the table of instalments wants of each row.
_INSTALMENT = {"vencimento": "date", "valor": "money"}


def guess(source: str, name: str) -> dict[str, Any]:
    """An entry of the list of variables for `group.name` or `name`; plain text where nothing says more."""
    try:
        tree = parsed(Language(), source)
    except Stop:
        return _entry(name, "text")
    columns = {column: type_ for loop in _loops(tree, name) for column, type_ in _columns(loop)}
    if _is_table(tree, name):
        columns = {**_INSTALMENT, **columns}
    if columns:
        listed = [_entry(column, "text" if type_ == "address" else type_) for column, type_ in columns.items()]
        return {**_entry(name, "rows"), "columns": listed}
    return _entry(name, next(_types(tree, name), "text"))


def _entry(name: str, type_: str) -> dict[str, Any]:
    label = name.rpartition(".")[2].replace("_", " ").capitalize()
    found: dict[str, Any] = {"name": name, "type": type_, "label": {"pt": label, "en": label}}
    return {**found, "required": False} if type_ == "boolean" else found


def _path(node: nodes.Node | None) -> str:
    if isinstance(node, nodes.Name):
        return str(node.name)
    if isinstance(node, nodes.Getattr):
        return f"{_path(node.node)}.{node.attr}"
    return ""


def _types(tree: nodes.Node, name: str) -> Iterator[str]:
    """By its filters; what is only ever asked for is a yes or no."""
    for filter_ in tree.find_all(nodes.Filter):
        if filter_.name in _TYPES and _path(filter_.node) == name:
            yield _TYPES[filter_.name]
    written = [_path(part) for output in tree.find_all(nodes.Output) for part in output.nodes]
    asked = {_path(question.test) for question in tree.find_all(nodes.If)}
    if name in asked and name not in written:
        yield "boolean"


def _loops(tree: nodes.Node, name: str) -> Iterator[nodes.For]:
    return (loop for loop in tree.find_all(nodes.For) if _path(loop.iter) == name)


def _columns(loop: nodes.For) -> Iterator[tuple[str, str]]:
    row = loop.target.name if isinstance(loop.target, nodes.Name) else ""
    for node in loop.find_all(nodes.Getattr):
        if row and _path(node.node) == row:
            yield node.attr, next(_types(loop, f"{row}.{node.attr}"), "text")


def _is_table(tree: nodes.Node, name: str) -> bool:
    return any(
        _path(call.node) == "tabela_parcelas" and any(_path(argument) == name for argument in call.args)
        for call in tree.find_all(nodes.Call)
    )
