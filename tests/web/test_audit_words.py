"""Every action that the core writes into the audit trail has its sentence; others are shown as they are."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

from flask.testing import FlaskClient

import ramal
from ramal.accounts.audit import audit
from ramal.database.session import transaction
from ramal.testing.factories import Member
from ramal.web.settings.audit_words import SENTENCES

Login = Callable[[FlaskClient, Member], FlaskClient]
CORE = Path(ramal.__file__).parent


def test_each_action_of_the_core_has_a_sentence() -> None:
    written = {action for path in sorted(CORE.rglob("*.py")) for action in actions(path)}
    assert {"user.created", "plugin.enabled", "organization.archived"} <= written, "the scan still finds them"
    assert written == set(SENTENCES)


def actions(path: Path) -> Iterator[str]:
    """The first arguments of all calls of ``audit``, or of a function of the module that hands its own to it."""
    tree = ast.parse(path.read_text())
    passed = {"audit"}
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        own = {one.arg for one in function.args.args}
        if any(isinstance(action, ast.Name) and action.id in own for action in first_arguments(function, {"audit"})):
            passed.add(function.name)
    for action in first_arguments(tree, passed):
        found = [one.value for one in ast.walk(action) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        handed_on = isinstance(action, ast.Name) and len(passed) > 1
        assert found or handed_on, f"{path}:{action.lineno}: an action is not written out"
        yield from found


def first_arguments(tree: ast.AST, names: set[str]) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
            if called in names:
                yield node.args[0]


def test_the_page_speaks_the_readers_language(client: FlaskClient, login: Login, admin: Member) -> None:
    with transaction():
        audit("label.created", target=("label", None, "VIP"))
        audit("pigeon.fed", target=("pigeon", None, "Zeca"))
    page = login(client, admin).get("/settings/audit").text
    assert "Created a label" in page
    assert "label.created</" not in page
    assert "<code>pigeon.fed</code>" in page
    client.post("/settings/profile", data={"name": "Bia", "locale": "pt_BR", "theme": "system"})
    assert "Criou uma etiqueta" in client.get("/settings/audit").text
