"""What a plugin's modules import: the façade and the public modules of what it requires, nothing else of ours."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ALLOWED = ("ramal.api", "ramal.testing")


def foreign_imports(folder: Path, package: str, requires: Mapping[str, str]) -> list[str]:
    """``file:line: imports x`` for each import that is against the rules.

    ``requires``: the import packages of the plugins that the manifest requires → their names.
    """
    found = []
    for file in sorted(folder.rglob("*.py")):
        inside = file.relative_to(folder)
        for line, module in imported(file, package, inside):
            if "migrations" in inside.parts:
                wrong = module.partition(".")[0] == "ramal" or module.partition(".")[0].startswith("ramal_")
            else:
                wrong = not is_allowed(module, package, requires)
            if wrong:
                found.append(f"{package}/{inside}:{line}: imports {module}")
    return found


def is_allowed(module: str, package: str, requires: Mapping[str, str]) -> bool:
    """Whether a plugin may import ``module``."""
    top = module.partition(".")[0]
    if top == "ramal":
        return module in ALLOWED or module.startswith(tuple(f"{name}." for name in ALLOWED))
    if top == package or not top.startswith("ramal_"):
        return True
    return top in requires and (module == f"{top}.public" or module.startswith(f"{top}.public."))


def imported(file: Path, package: str, inside: Path) -> Iterator[tuple[int, str]]:
    """(line, absolute module) of every import, those under TYPE_CHECKING and inside functions too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            yield from _from(node, package, inside)


def _from(node: ast.ImportFrom, package: str, inside: Path) -> Iterator[tuple[int, str]]:
    if node.level:
        parents = (package, *inside.parent.parts)
        base = ".".join(parents[: len(parents) - node.level + 1])
        yield node.lineno, f"{base}.{node.module}" if node.module else base
        return
    module = node.module or ""
    # `from ramal import app` and `from ramal_pigeon import models` name modules, not attributes.
    whole = module == "ramal" or (module.startswith("ramal_") and "." not in module and module != package)
    for alias in node.names:
        yield node.lineno, f"{module}.{alias.name}" if whole else module
