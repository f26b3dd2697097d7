"""Templates of contracts: checked before they are kept, saved as versions that never change."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from ramal.api import Conflict, InvalidPayload, NotFound, audit, session, transaction
from ramal.api import gettext as _
from ramal_documents.contracts import checks, declared
from ramal_documents.contracts.starters import Starter
from ramal_documents.contracts.variables import Schema
from ramal_documents.models import ContractTemplate, TemplateVersion
from ramal_documents.services import pictures
from ramal_documents.services.actors import actor
from ramal_documents.services.problems import told

STATES = ("active", "archived")
_PLAIN = ("name", "summary", "folder", "tags", "state")


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A template looked at before it is kept: what it declares, and what is wrong, errors first."""

    schema: Schema
    problems: tuple[checks.Problem, ...]

    @property
    def errors(self) -> tuple[checks.Problem, ...]:
        """What keeps it from being saved."""
        return tuple(problem for problem in self.problems if problem.is_error)


def list_templates(*, state: str | None = None, folder: str | None = None) -> Sequence[ContractTemplate]:
    """By folder and name: few, so in one piece."""
    query = select(ContractTemplate).order_by(ContractTemplate.folder, ContractTemplate.name)
    if state is not None:
        query = query.where(ContractTemplate.state == state)
    if folder is not None:
        query = query.where(ContractTemplate.folder == folder)
    found: Sequence[ContractTemplate] = session.execute(query).scalars().all()
    return found


def get_template(template_id: uuid.UUID, *, locked: bool = False) -> ContractTemplate:
    """One. NotFound."""
    query = select(ContractTemplate).where(ContractTemplate.id == template_id)
    query = query.execution_options(populate_existing=True)
    found: ContractTemplate | None = session.execute(query.with_for_update() if locked else query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such template."))
    return found


def versions_of(template_id: uuid.UUID) -> Sequence[TemplateVersion]:
    """All of a template's versions, newest first."""
    query = select(TemplateVersion).where(TemplateVersion.template_id == template_id)
    found: Sequence[TemplateVersion] = session.execute(query.order_by(TemplateVersion.number.desc())).scalars().all()
    return found


def latest(template_id: uuid.UUID) -> TemplateVersion:
    """The version that new contracts are made of. NotFound."""
    query = select(TemplateVersion).where(TemplateVersion.template_id == template_id)
    query = query.order_by(TemplateVersion.number.desc()).limit(1)
    found: TemplateVersion | None = session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such template."))
    return found


def get_version(version_id: uuid.UUID) -> TemplateVersion:
    """One version of any template. NotFound."""
    query = select(TemplateVersion).where(TemplateVersion.id == version_id)
    found: TemplateVersion | None = session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such version of a template."))
    return found


def numbered(template_id: uuid.UUID, number: int) -> TemplateVersion:
    """A template's version by its number. NotFound."""
    query = select(TemplateVersion).where(TemplateVersion.template_id == template_id, TemplateVersion.number == number)
    found: TemplateVersion | None = session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such version of a template."))
    return found


def versions_by_id(version_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, TemplateVersion]:
    """Several, for a list."""
    query = select(TemplateVersion).where(TemplateVersion.id.in_(version_ids))
    return {version.id: version for version in session.execute(query).scalars()}


def schema_of(version: TemplateVersion) -> Schema:
    """What a version declares. Conflict when the row is not what was saved."""
    if fingerprint(version.source, version.declared) != version.sha256:
        raise Conflict(_("This version of the template was changed after it was saved, and is not used any more."))
    return declared.parse(version.declared)


def check(source: str, variables: Any) -> Checked:
    """Look at a template. InvalidPayload when its variables can't be read, under ``variables``."""
    try:
        with told():
            schema = declared.parse({"variables": variables})
    except InvalidPayload as error:
        found = [sentence for sentences in error.details.values() for sentence in sentences]
        raise InvalidPayload(error.message, {"variables": found}) from error
    missing = (
        checks.Problem("asset", line, _("There is no picture “%(name)s”.", name=name), is_error=False)
        for line, name in pictures.missing_in(source)
    )
    return Checked(schema=schema, problems=(*checks.check(source, schema), *missing))


def create_template(values: Mapping[str, Any]) -> ContractTemplate:
    """Make one with its first version. InvalidPayload names what is wrong, with the lines of the template."""
    _demand_right(values)
    actor_id, _name = actor()
    with transaction() as open_session:
        _refuse_known_name(values["name"], None)
        template = ContractTemplate(**_columns(values), created_by=actor_id)
        template.state = template.state or "active"
        open_session.add(template)
        open_session.flush()
        _add(template, 1, values)
        audit("documents.template.created", target=_target(template), after=_facts(template))
    return template


def from_starter(starter: Starter, language: str) -> dict[str, Any]:
    """What a new template takes over from one of those we ship."""
    return {
        "name": starter.title[language],
        "summary": starter.summary[language],
        "folder": "",
        "tags": [],
        "source": starter.source,
        "variables": list(starter.declared["variables"]),
        "note": "",
    }


def update_template(template_id: uuid.UUID, changes: Mapping[str, Any]) -> ContractTemplate:
    """Change what it is called, where it is kept, or whether it is used. What contracts were made of stays."""
    with transaction() as open_session:
        template = get_template(template_id, locked=True)
        before = _facts(template)
        for name, value in _columns(changes).items():
            setattr(template, name, value)
        _refuse_known_name(template.name, template.id)
        open_session.flush()
        if _facts(template) != before:
            audit("documents.template.updated", target=_target(template), before=before, after=_facts(template))
    return template


def add_version(template_id: uuid.UUID, values: Mapping[str, Any]) -> TemplateVersion:
    """Save another version; the same text as the latest makes none. InvalidPayload names what is wrong."""
    template = get_template(template_id)
    _demand_right(values)
    with transaction():
        get_template(template_id, locked=True)
        newest = latest(template_id)
        if newest.sha256 == fingerprint(values["source"], {"variables": values["variables"]}):
            return newest
        added = _add(template, newest.number + 1, values)
        facts = {"version": added.number, "sha256": added.sha256, "note": added.note}
        audit("documents.template.version_saved", target=_target(template), after=facts)
    return added


def save(template_id: uuid.UUID, values: Mapping[str, Any]) -> TemplateVersion:
    """Save all of an editor in one: the version that is the latest then."""
    with transaction():
        update_template(template_id, {name: values[name] for name in _PLAIN if name in values})
        return add_version(template_id, values)


def latest_numbers() -> Mapping[uuid.UUID, int]:
    """The number of each template's latest version."""
    query = select(TemplateVersion.template_id, func.max(TemplateVersion.number)).group_by(TemplateVersion.template_id)
    return {row[0]: row[1] for row in session.execute(query)}


def sentence(problem: checks.Problem) -> str:
    """A problem with the line it stands in."""
    if problem.line is None:
        return problem.sentence
    return _("Line %(line)s: %(sentence)s", line=problem.line, sentence=problem.sentence)


def fingerprint(source: str, variables: Mapping[str, Any]) -> str:
    """SHA-256 of a version's text and variables."""
    written = json.dumps([source, variables], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def _add(template: ContractTemplate, number: int, values: Mapping[str, Any]) -> TemplateVersion:
    author_id, author_name = actor()
    variables = {"variables": values["variables"]}
    version = TemplateVersion(
        template_id=template.id,
        number=number,
        source=values["source"],
        declared=variables,
        sha256=fingerprint(values["source"], variables),
        note=values.get("note") or "",
        author_id=author_id,
        author_name=author_name[:120],
    )
    session.add(version)
    session.flush()
    return version


def _demand_right(values: Mapping[str, Any]) -> None:
    errors = check(values["source"], values["variables"]).errors
    if errors:
        raise InvalidPayload(_("The template has mistakes."), {"source": [sentence(each) for each in errors]})


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in _PLAIN if name in values}


def _refuse_known_name(name: str, own_id: uuid.UUID | None) -> None:
    query = select(ContractTemplate.id).where(ContractTemplate.name == name)
    if own_id is not None:
        query = query.where(ContractTemplate.id != own_id)
    with session.no_autoflush:
        known = session.execute(query).first()
    if known is not None:
        message = _("There is a template of this name already.")
        raise Conflict(message, {"name": [message]})


def _facts(template: ContractTemplate) -> dict[str, Any]:
    return {name: getattr(template, name) for name in _PLAIN}


def _target(template: ContractTemplate) -> tuple[str, uuid.UUID, str]:
    return "contract_template", template.id, template.name
