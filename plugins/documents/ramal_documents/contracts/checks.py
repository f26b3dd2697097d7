"""A look at a template before it is kept: what is wrong in it, line by line, without filling it.

Errors keep a template from being used; warnings are for its author. What only shows when it is filled (a file asked
for, too many pages) shows in the preview with sample data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jinja2 import nodes

from ramal_documents.contracts import stops
from ramal_documents.contracts.clauses import NAME
from ramal_documents.contracts.kinds import ADDRESS_PARTS
from ramal_documents.contracts.language import Language, parsed
from ramal_documents.contracts.stops import Stop
from ramal_documents.contracts.variables import Schema, Variable
from ramal_documents.words import gettext as _

_CLAUSES = ("clausula", "item", "subitem")


@dataclass(frozen=True)
class Problem:
    """A sentence about a line; `code` names the kind, `is_error` whether the template can't be used so.

    `name` is what could be declared to mend it: a variable, or a column by the rows' name and its own.
    """

    code: str
    line: int | None
    sentence: str
    is_error: bool = True
    name: str = ""


@dataclass(frozen=True)
class Shape:
    """What is known of a name: a group of variables, a variable, a row of some; or nothing that could be checked."""

    path: str = ""
    variable: Variable | None = None
    row_of: Variable | None = None
    known: bool = True


_ANYTHING = Shape(known=False)
_PARTS = {"address": ADDRESS_PARTS, "date": ("day", "month", "year")}


def check(source: str, schema: Schema) -> tuple[Problem, ...]:
    """All problems, errors first, each in the order of the lines."""
    try:
        tree = parsed(Language(), source)
    except Stop as stop:
        return (Problem(stop.code, stop.line, stops.error(stop.code, stop.detail).sentence),)
    reader = _Reader(schema)
    reader.visit(tree, {})
    found = [*reader.problems, *_clause_problems(tree), *_unused(schema, reader.used)]
    return tuple(sorted(dict.fromkeys(found), key=lambda problem: (not problem.is_error, problem.line or 0)))


class _Reader:
    """Walks a template with what is known of each name in its scope."""

    def __init__(self, schema: Schema) -> None:
        self.problems: list[Problem] = []
        self.used: set[str] = set()
        self._schema = schema
        self._groups = {variable.name.partition(".")[0] for variable in schema.variables if "." in variable.name}
        self._functions = set(Language().globals)

    def visit(self, node: nodes.Node, scope: Mapping[str, Shape]) -> None:
        """Everything below `node`; a name set in it counts from there to the end of its block."""
        if isinstance(node, nodes.For):
            self._visit_loop(node, scope)
        elif isinstance(node, (nodes.Name, nodes.Getattr, nodes.Getitem)):
            self._visit_path(node, scope)
        elif isinstance(node, nodes.With):
            inner = dict(scope)
            for target, value in zip(node.targets, node.values, strict=True):
                inner.update(self._bound(target, self._shape(value, scope)))
            self._visit_block(node.body, inner)
        else:
            self._visit_block(node.iter_child_nodes(), dict(scope))

    def _visit_block(self, children: Iterator[nodes.Node] | list[nodes.Node], scope: dict[str, Shape]) -> None:
        for child in children:
            if isinstance(child, (nodes.Assign, nodes.AssignBlock)):
                shape = self._shape(child.node, scope) if isinstance(child, nodes.Assign) else _ANYTHING
                if isinstance(child, nodes.AssignBlock):
                    self._visit_block(child.body, dict(scope))
                scope.update(self._bound(child.target, shape))
            elif isinstance(child, nodes.If):
                self._visit_if(child, scope)
            else:
                self.visit(child, scope)

    def _visit_if(self, node: nodes.If, scope: dict[str, Shape]) -> None:
        """A question makes no scope of its own: what is set in it stays."""
        self.visit(node.test, scope)
        self._visit_block([*node.body, *node.elif_, *node.else_], scope)

    def _visit_loop(self, node: nodes.For, scope: Mapping[str, Shape]) -> None:
        items = self._shape(node.iter, scope)
        rows = items.variable if items.variable and items.variable.type == "rows" else None
        inner = {**scope, "loop": _ANYTHING, **self._bound(node.target, Shape(row_of=rows) if rows else _ANYTHING)}
        if node.test:
            self.visit(node.test, inner)
        self._visit_block(node.body, inner)
        self._visit_block(node.else_, dict(scope))

    def _visit_path(self, node: nodes.Name | nodes.Getattr | nodes.Getitem, scope: Mapping[str, Shape]) -> None:
        shape = self._shape(node, scope)
        if shape.path and not shape.variable:
            self._use_group(shape.path)

    def _shape(self, node: nodes.Node, scope: Mapping[str, Shape]) -> Shape:
        """What an expression is; problems on the way are noted."""
        if isinstance(node, nodes.Name):
            return self._named(node, scope)
        if isinstance(node, nodes.Getattr):
            if isinstance(node.node, nodes.Name) and self._is_unknown(node.node.name, scope):
                self._undeclared(f"{node.node.name}.{node.attr}", node.lineno)
                return _ANYTHING
            return self._member(self._shape(node.node, scope), node.attr, node.lineno)
        if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            return self._entry(self._shape(node.node, scope), node.arg.value, node.lineno)
        if isinstance(node, nodes.Getitem):
            self.visit(node.arg, scope)
            return self._entry(self._shape(node.node, scope), None, node.lineno)
        self.visit(node, scope)
        return _ANYTHING

    def _named(self, node: nodes.Name, scope: Mapping[str, Shape]) -> Shape:
        if node.name in scope:
            return scope[node.name]
        if node.name in self._groups:
            return Shape(path=node.name)
        if variable := self._schema.find(node.name):
            self.used.add(variable.name)
            return Shape(path=node.name, variable=variable)
        if node.name not in self._functions:
            self._undeclared(node.name, node.lineno)
        return _ANYTHING

    def _is_unknown(self, name: str, scope: Mapping[str, Shape]) -> bool:
        known = {*scope, *self._groups, *self._functions}
        return name not in known and self._schema.find(name) is None

    def _member(self, shape: Shape, name: str, line: int) -> Shape:
        if not shape.known:
            return _ANYTHING
        if shape.row_of:
            column = next((column for column in shape.row_of.columns if column.name == name), None)
            if column is None:
                self._undeclared(f"{shape.row_of.name}: {name}", line, f"{shape.row_of.name}.{name}")
            return Shape(path="", variable=column) if column else _ANYTHING
        if shape.variable:
            self._check_part(shape.variable, name, line)
            return _ANYTHING
        variable = self._schema.find(f"{shape.path}.{name}")
        if variable is None:
            self._undeclared(f"{shape.path}.{name}", line)
            return _ANYTHING
        self.used.add(variable.name)
        return Shape(path=variable.name, variable=variable)

    def _entry(self, shape: Shape, argument: object, line: int) -> Shape:
        if isinstance(argument, str):
            return self._member(shape, argument, line)
        rows = shape.variable if shape.variable and shape.variable.type == "rows" else None
        return Shape(row_of=rows) if rows else _ANYTHING

    def _check_part(self, variable: Variable, name: str, line: int) -> None:
        parts = _PARTS.get(variable.type, ())
        if name not in parts:
            self._undeclared(f"{variable.name}.{name}", line, "")

    def _use_group(self, group: str) -> None:
        """A group as a whole, handed to a function: all of it counts as used."""
        self.used.update(variable.name for variable in self._schema.variables if variable.name.startswith(f"{group}."))

    def _undeclared(self, name: str, line: int, declarable: str | None = None) -> None:
        sentence = _("“%(name)s” is used and not declared.", name=name)
        self.problems.append(Problem("undeclared", line, sentence, name=name if declarable is None else declarable))

    @staticmethod
    def _bound(target: nodes.Node, shape: Shape) -> dict[str, Shape]:
        if isinstance(target, nodes.Name):
            return {target.name: shape}
        return {name.name: _ANYTHING for name in target.find_all(nodes.Name)}


def _unused(schema: Schema, used: set[str]) -> Iterator[Problem]:
    for variable in schema.variables:
        if variable.name not in used:
            sentence = _("“%(name)s” is declared and not used.", name=variable.name)
            yield Problem("unused", None, sentence, is_error=False)


def _clause_problems(tree: nodes.Template) -> Iterator[Problem]:
    """Names of clauses given twice, wrongly, or nowhere; only those that are written out can be checked.

    The same name twice is no error in itself: two branches of a question may each have that clause.
    """
    declared = [
        (argument.value, call.lineno)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in _CLAUSES
        for argument in call.args[:1]
        if isinstance(argument, nodes.Const)
    ]
    for name, line in declared:
        if not NAME.fullmatch(str(name)):
            yield Problem("clause_name", line, stops.error("clause_name", str(name)).sentence)
    names = Counter(name for name, _line in declared)
    for name, line in declared:
        if names[name] > 1:
            yield Problem("clause_twice", line, stops.error("clause_twice", str(name)).sentence, is_error=False)
    for filter_ in tree.find_all(nodes.Filter):
        name = filter_.node.value if isinstance(filter_.node, nodes.Const) else None
        if filter_.name == "clausula" and name is not None and name not in names:
            sentence = _("“%(name)s” is referred to, and no clause has that name.", name=name)
            yield Problem("reference", filter_.lineno, sentence)
