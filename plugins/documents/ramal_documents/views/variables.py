"""The variables in the editor of a template: as a form or as JSON, changed by buttons, read from what was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response as Answer
from flask import make_response, render_template, request

from ramal.api import InvalidPayload, require_permission
from ramal.api import gettext as _
from ramal_documents.contracts.declared import COLUMN_TYPES
from ramal_documents.permissions import ADMINISTER
from ramal_documents.views import variable_forms
from ramal_documents.views.blueprint import pages
from ramal_documents.views.variable_forms import Line


@dataclass(frozen=True, kw_only=True)
class Editor:
    """What the page shows of them: ``lines`` in the view "list", ``text`` in the view "json"."""

    view: str = "list"
    lines: Sequence[Line] = ()
    text: str = ""
    errors: Sequence[str] = field(default_factory=list)


@pages.post("/templates/variables")
@require_permission(ADMINISTER)
def change_variables() -> Answer:
    """What a button of the variables does, ``?do=`` at ``?at=``; the fragment with the variables again."""
    do, at = request.args.get("do", ""), request.args.get("at", "")
    try:
        lines = _lines()
    except InvalidPayload as error:
        editor = Editor(view="json", text=request.form.get("variables", ""), errors=[error.message])
        return _fragment(editor, "variables", error.message)
    variable_forms.change(lines, do, at, request.form.get("source", ""))
    in_json = do == "json" or ("variables" in request.form and do != "list")
    editor = _as_json(lines) if in_json else Editor(lines=lines)
    return _fragment(editor, *_goes_on(lines, do, at, in_json))


def given() -> list[dict[str, Any]]:
    """What was sent, as a version keeps it. InvalidPayload with line and column for what is not JSON."""
    return _parsed(request.form["variables"]) if "variables" in request.form else _sent_entries()


def shown(entries: Sequence[Mapping[str, Any]]) -> Editor:
    """What a version declares."""
    return Editor(lines=variable_forms.lines_of(entries))


def sent_back() -> Editor:
    """What was sent, with what is wrong at each field."""
    if "variables" not in request.form:
        return Editor(lines=variable_forms.marked(variable_forms.read(request.form)))
    text = request.form["variables"]
    try:
        lines = variable_forms.marked(variable_forms.lines_of(_parsed(text)))
    except InvalidPayload as error:
        return Editor(view="json", text=text, errors=[error.message])
    wrong = [line for outer in lines for line in (outer, *outer.columns)]
    errors = [sentence for line in wrong for said in line.mistakes.values() for sentence in said]
    return Editor(view="json", text=text, errors=errors)


def _sent_entries() -> list[dict[str, Any]]:
    return variable_forms.entries_of(variable_forms.read(request.form))


def _lines() -> list[Line]:
    if "variables" in request.form:
        return variable_forms.lines_of(_parsed(request.form["variables"]))
    return variable_forms.read(request.form)


def _parsed(text: str) -> list[dict[str, Any]]:
    try:
        found = variable_forms.from_json(text or "[]")
    except json.JSONDecodeError as error:
        message = _("Line %(line)s, column %(column)s: this is not JSON.", line=error.lineno, column=error.colno)
        raise InvalidPayload(message, {"variables": [message]}) from None
    except ValueError:
        message = _("The variables nest too deep, or hold a character that no text can have.")
        raise InvalidPayload(message, {"variables": [message]}) from None
    if isinstance(found, list) and all(isinstance(each, dict) for each in found):
        return found
    message = _("The variables are a list of objects.")
    raise InvalidPayload(message, {"variables": [message]})


def _as_json(lines: Sequence[Line]) -> Editor:
    text = json.dumps(variable_forms.entries_of(lines), ensure_ascii=False, indent=2)
    return Editor(view="json", text=text)


def _goes_on(lines: Sequence[Line], do: str, at: str, in_json: bool) -> tuple[str, str]:
    """(the id of the element to go on in, what is said to who can't see it)."""
    if in_json:
        return "variables", ""
    last = f"var.{lines[-1].key}" if lines else ""
    if do == "add":
        return f"{last}.name", _("A variable was added at the end.")
    if do == "declare":
        return f"{last}.label_pt", _("Declared: %(names)s.", names=", ".join(at.split()))
    if do == "add_column":
        added = [f"var.{at}.columns.{line.columns[-1].key}.name" for line in lines if line.key == at]
        return "".join(added), _("A column was added.")
    if do == "remove":
        return "variables-title", _("It was removed.")
    said = {"up": _("It was moved up."), "down": _("It was moved down.")}
    return ("variables-title" if do == "list" else ""), said.get(do, "")


def _fragment(editor: Editor, focus: str, said: str) -> Answer:
    answer = make_response(
        render_template("documents/pages/template_variables.html", editor=editor, may=True, focus=focus, said=said)
    )
    # The check beside it looks at the new ones.
    answer.headers["HX-Trigger-After-Swap"] = "variables-changed"
    return answer


@pages.context_processor
def _context() -> dict[str, Any]:
    return {"type_titles": _type_titles, "column_types": COLUMN_TYPES, "newline": "\n"}


def _type_titles() -> Mapping[str, str]:
    return {
        "text": _("Text, one line"),
        "long_text": _("Text, paragraphs"),
        "rich_text": _("Formatted text (HTML)"),
        "number": _("Number"),
        "money": _("Amount of money"),
        "date": _("Date"),
        "cpf": _("CPF"),
        "cnpj": _("CNPJ"),
        "cpf_cnpj": _("CPF or CNPJ"),
        "phone": _("Telephone"),
        "email": _("E-mail"),
        "address": _("Address"),
        "boolean": _("Yes or no"),
        "choice": _("Choice from a list"),
        "rows": _("Table (rows)"),
    }
