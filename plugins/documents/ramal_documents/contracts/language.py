"""The language of templates: a small part of Jinja, sandboxed, that sees plain data and can't run away.

No macros, no inclusion, no methods: a template reads keys of dictionaries, asks, repeats, and calls the filters and
functions named here. Loops, ranges, numbers and the length of what comes out are bounded; what still takes too much
time or memory is stopped from outside (`rendering`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from types import MethodType
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.filters import FILTERS as STANDARD_FILTERS
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import SandboxedEnvironment
from jinja2.tests import TESTS as STANDARD_TESTS

from ramal_documents.contracts import filters, parts
from ramal_documents.contracts.clauses import Clauses
from ramal_documents.contracts.plain import clean, plain
from ramal_documents.contracts.stops import Stop
from ramal_documents.errors import DocumentsError

LONGEST_SOURCE, LONGEST_OUTPUT = 300_000, 3_000_000
MOST_REPETITIONS, LONGEST_RANGE, LARGEST_NUMBER = 20_000, 2_000, 10**18

# What of Jinja's own a template may use.
STANDARD = frozenset(
    (
        *("abs", "capitalize", "count", "d", "default", "first", "int", "join", "last", "length", "list", "lower"),
        *("map", "max", "min", "reject", "rejectattr", "replace", "reverse", "round", "select", "selectattr", "sort"),
        *("sum", "title", "trim", "unique", "upper"),
    )
)
TESTS = STANDARD_TESTS.keys() - {"callable", "escaped", "filter", "test"}
_FORBIDDEN: dict[type[nodes.Node], str] = {
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.FilterBlock: "filter",
    nodes.NSRef: "namespace",
    nodes.ScopedEvalContextModifier: "autoescape",
}
_LOOP = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem"})
_LOOP_METHODS = frozenset({"cycle", "changed"})
_DATE = frozenset({"day", "month", "year"})
_BOUNDED = "_bounded"
_INTERNAL = ("_loop_vars", "_block_vars")  # compiled templates hand these to every call


class Missing(StrictUndefined):
    """What has no value: using it stops the template, with its name."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return str(self._undefined_name)


class Language(SandboxedEnvironment):
    """The environment of one filling: it counts what this template does."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})
    intercepted_unops = frozenset({"+", "-"})

    def __init__(self) -> None:
        super().__init__(
            autoescape=True, undefined=Missing, finalize=filters.written, trim_blocks=True, lstrip_blocks=True
        )
        self.optimized = False  # folding constants would run them where only reading is meant
        self.clauses = Clauses()
        self._left = MOST_REPETITIONS
        self.filters = {name: STANDARD_FILTERS[name] for name in STANDARD} | filters.FILTERS
        self.filters[_BOUNDED] = self._repeated
        self.tests = {name: STANDARD_TESTS[name] for name in TESTS}
        names = {"clausula": self.clauses.clause, "item": self.clauses.item, "subitem": self.clauses.subitem}
        functions: dict[str, Callable[..., Any]] = {part.__name__: part for part in parts.FUNCTIONS}
        self.globals = {**functions, **names, "range": bounded_range}
        self._callable = frozenset(map(id, self.globals.values()))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A key of a dictionary; of a loop and of a date what is named above; nothing else."""
        if isinstance(obj, Mapping):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, LoopContext) and attribute in _LOOP | _LOOP_METHODS:
            return getattr(obj, attribute)
        if isinstance(obj, date) and attribute in _DATE:
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """A key, an entry, a slice."""
        if isinstance(obj, (list, tuple, str)) and isinstance(argument, (int, slice)):
            try:
                return obj[argument]
            except (IndexError, ValueError):
                return self.undefined(obj=obj, name=str(argument))
        return self.getattr(obj, str(argument))

    def call(self, context: Context, obj: Any, *arguments: Any, **named: Any) -> Any:
        """Only what this language has."""
        if isinstance(obj, Missing):
            raise UndefinedError(str(obj._undefined_name))  # noqa: SLF001 - Jinja's own way to its name
        for name in _INTERNAL:
            named.pop(name, None)
        if id(obj) not in self._callable and not _is_loop_method(obj):
            raise SecurityError(str(getattr(obj, "__name__", type(obj).__name__)))
        return obj(*arguments, **named)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic with numbers of a sensible size; `+` also joins texts."""
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return left + right
        if operator == "**" or isinstance(left, (str, list, tuple)) or isinstance(right, (str, list, tuple)):
            raise Stop("forbidden", operator)
        return _sensible(super().call_binop(context, operator, left, right))

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:
        """A sign."""
        return _sensible(super().call_unop(context, operator, arg))

    def _repeated(self, items: Iterable[Any]) -> list[Any]:
        """What a loop goes through, taken off what is left for this template."""
        found = list(islice(items, self._left + 1))
        self._left -= len(found)
        if self._left < 0:
            raise Stop("loops", str(MOST_REPETITIONS))
        return found


def bounded_range(*arguments: int) -> range:
    """`range` of at most 2,000 numbers."""
    numbers = range(*arguments)
    if len(numbers) > LONGEST_RANGE:
        raise Stop("loops", str(LONGEST_RANGE))
    return numbers


def parsed(language: Language, source: str) -> nodes.Template:
    """The template as a tree; `Stop` where it is too long, is not understood, or asks for what is not there."""
    if len(source) > LONGEST_SOURCE:
        raise Stop("source", str(LONGEST_SOURCE))
    try:
        tree = language.parse(clean(source))
        refused = next(forbidden(tree), None)
    except TemplateSyntaxError as error:
        raise Stop("syntax", str(error.message or ""), error.lineno) from error
    except RecursionError as error:
        raise Stop("nesting") from error
    if refused:
        raise Stop("forbidden", *refused)
    return tree


def forbidden(tree: nodes.Template) -> Iterator[tuple[str, int]]:
    """What of Jinja this language has not, with its line."""
    allowed = STANDARD | filters.FILTERS.keys()
    for node in tree.find_all((nodes.Stmt, nodes.Filter, nodes.Test, nodes.NSRef, nodes.Name)):
        if type(node) in _FORBIDDEN:
            yield _FORBIDDEN[type(node)], node.lineno
        elif isinstance(node, nodes.For) and node.recursive:
            yield "recursive", node.lineno
        elif isinstance(node, nodes.Name) and node.name == "self":
            yield "self", node.lineno
        elif isinstance(node, nodes.Filter) and node.name not in allowed:
            yield f"|{node.name}", node.lineno
        elif isinstance(node, nodes.Test) and node.name not in TESTS:
            yield f"is {node.name}", node.lineno


def fill(source: str, data: Mapping[str, Any]) -> str:
    """The template filled with `data`; `Stop` says why not. Meant for a process with limits of its own."""
    language = Language()
    tree = parsed(language, source)
    for loop in list(tree.find_all(nodes.For)):
        loop.iter = nodes.Filter(loop.iter, _BOUNDED, [], [], None, None, lineno=loop.lineno)
    tree.set_environment(language)
    try:
        template = language.from_string(tree)
        return language.clauses.resolved("".join(_measured(template.generate(plain(data)))))
    except Stop as stop:
        raise Stop(stop.code, stop.detail, stop.line or _line_of(stop)) from stop
    except UndefinedError as error:
        raise Stop("undefined", str(error.message), _line_of(error)) from error
    except SecurityError as error:
        raise Stop("forbidden", str(error.message), _line_of(error)) from error
    except TemplateSyntaxError as error:
        raise Stop("syntax", str(error.message), error.lineno) from error
    except (RecursionError, SyntaxError) as error:
        raise Stop("nesting") from error
    except DocumentsError as error:
        raise Stop("value", error.sentence, _line_of(error)) from error
    except (TemplateRuntimeError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise Stop("value", str(error), _line_of(error)) from error


def _measured(pieces: Iterable[str]) -> Iterator[str]:
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > LONGEST_OUTPUT:
            raise Stop("output", str(LONGEST_OUTPUT))
        yield piece


def _sensible(number: Any) -> Any:
    if abs(number) > LARGEST_NUMBER:
        raise Stop("number")
    return number


def _is_loop_method(obj: Any) -> bool:
    return isinstance(obj, MethodType) and isinstance(obj.__self__, LoopContext) and obj.__name__ in _LOOP_METHODS


def _line_of(error: BaseException) -> int | None:
    """The template's line where it happened: Jinja puts its frames into the traceback."""
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in {"<template>", "<unknown>"}:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
