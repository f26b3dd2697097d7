"""Another organization's ids, tried on every operation of the OpenAPI document.

:func:`attacks` makes one request for each path and each field that names a row; a plugin's tests
may run it over the plugin's own routes, with ``extra`` ids for its tables.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ramal.accounts.models import ApiToken
from ramal.accounts.tokens import hashed
from ramal.channels.models import InboundDelivery
from ramal.contacts.models import MergeSuggestion
from ramal.database.base import new_id
from ramal.events.models import Event, PluginDelivery
from ramal.inbox.models import Attachment
from ramal.notifications.models import Notification
from ramal.storage.models import StoredFile
from ramal.testing.factories import Factory, TestOrganization

Document = Mapping[str, Any]

#: Parameter and field names → the kind of row they name (a key of :func:`rows_of`).
NAMES: dict[str, str] = {
    "absorbed_id": "contact",
    "actor": "user",
    "around": "message",
    "assignee": "user",
    "assignee_id": "user",
    "attachment_id": "attachment",
    "attachment_ids": "attachment",
    "channel": "channel",
    "channel_id": "channel",
    "contact": "contact",
    "contact_id": "contact",
    "conversation": "conversation",
    "conversation_id": "conversation",
    "delivery_id": "delivery",
    "label": "label",
    "label_id": "label",
    "label_ids": "label",
    "letter_id": "letter",
    "message_id": "message",
    "notification_id": "notification",
    "organization_id": "organization",
    "reply_to": "message",
    "suggestion_id": "suggestion",
    "token_id": "token",
    "unprocessed_id": "delivery",
    "user_id": "user",
}
#: UUIDs that name no row of ours: the caller makes them up.
MADE_UP = frozenset({"client_id", "id"})


@dataclass(frozen=True, slots=True)
class Attack:
    """A request that carries another organization's id in one place."""

    place: str
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    #: The body's field under attack, if it is one.
    field: str | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.place}"


class UnknownName(AssertionError):
    """An operation takes a UUID and nobody said what it names: add it to ``NAMES`` or to ``extra``."""


def rows_of(organization: TestOrganization, make: Factory) -> dict[str, uuid.UUID]:
    """One row of each kind, made in the organization the session serves; their ids by kind."""
    conversation = make.conversation(make.party(contact=make.contact("Vizinha Secreta")))
    message = make.message(conversation, "segredo da vizinha", direction="out", status="failed")
    file = make.add(
        StoredFile(path=f"test/{new_id()}", filename="segredo.png", mime_type="image/png", size=1, sha256="0" * 64)
    )
    attachment = make.add(Attachment(message_id=message.id, kind="image", state="ready", file_id=file.id))
    token = make.add(
        ApiToken(user_id=organization.admin.id, name="segredo", token_hash=hashed(str(new_id())), scopes=["team.read"])
    )
    delivery = make.add(
        InboundDelivery(channel_id=conversation.channel_id, key="segredo", raw=b"segredo da vizinha", status="parked")
    )
    other = make.contact("Outra Vizinha")
    suggestion = make.add(MergeSuggestion(contact_id=conversation.contact_id, other_id=other.id, reason="phone"))
    return {
        "attachment": attachment.id,
        "channel": conversation.channel_id,
        "contact": conversation.contact_id,
        "conversation": conversation.id,
        "delivery": delivery.id,
        "label": make.label("Segredo").id,
        "letter": _dead_letter(make).id,
        "message": message.id,
        "notification": _notification(organization, make, conversation.id).id,
        "organization": organization.id,
        "suggestion": suggestion.id,
        "token": token.id,
        "user": organization.agent.id,
    }


def _notification(organization: TestOrganization, make: Factory, conversation_id: uuid.UUID) -> Notification:
    title = {"text": "segredo da vizinha"}
    return make.add(
        Notification(
            user_id=organization.admin.id, code="NEW_MESSAGE", title=title, body=None, conversation_id=conversation_id
        )
    )


def _dead_letter(make: Factory) -> PluginDelivery:
    event = make.add(Event(type="test.happened", bucket=0, data={"secret": "segredo da vizinha"}))
    return make.add(
        PluginDelivery(event_id=event.id, plugin="test", bucket=0, position=event.seq, status="dead", error="segredo")
    )


def attacks(
    document: Document,
    own: Mapping[str, uuid.UUID],
    foreign: Mapping[str, uuid.UUID],
    extra: Mapping[str, str] | None = None,
) -> Iterator[Attack]:
    """Every operation with a foreign id in its path, then in each query argument and each field of its body.

    All other places carry one's own ids. ``extra`` adds to :data:`NAMES`.
    """
    names = {**NAMES, **(extra or {})}
    for template, item in document["paths"].items():
        for method, operation in item.items():
            yield from _Operation(document, template, method.upper(), operation, names).attacks(own, foreign)


@dataclass(frozen=True)
class _Operation:
    document: Document
    template: str
    method: str
    description: Mapping[str, Any]
    names: Mapping[str, str]

    def attacks(self, own: Mapping[str, uuid.UUID], foreign: Mapping[str, uuid.UUID]) -> Iterator[Attack]:
        schema = self._schema()
        fields = [field for field in _id_fields(schema) if field not in MADE_UP]
        required = {field: own[self._kind(field)] for field in fields if field in schema.get("required", ())}
        # A field that may be left out would only get in the way of the one under attack.
        body = self._with(self._example(without=fields), required)
        path = self._path(own)
        if self._ids("path"):
            yield Attack(f"{self.template} (path)", self.method, self._path(foreign), {}, body)
        for name in self._ids("query"):
            query = {name: str(foreign[self._kind(name)])}
            yield Attack(f"{self.template} (query {name})", self.method, path, query, body)
        for field in fields:
            wrong = self._with(copy.deepcopy(body), {field: foreign[self._kind(field)]})
            yield Attack(f"{self.template} (body {field})", self.method, path, {}, wrong, field)

    def _kind(self, name: str) -> str:
        if name not in self.names:
            raise UnknownName(f"{self.method} {self.template}: what does {name!r} name?")
        return self.names[name]

    def _ids(self, place: str) -> list[str]:
        parameters = [p for p in self.description.get("parameters", []) if p.get("in") == place]
        return [p["name"] for p in parameters if _is_uuid(p.get("schema", {}))]

    def _path(self, ids: Mapping[str, uuid.UUID]) -> str:
        path = self.template
        for parameter in self.description.get("parameters", []):
            if parameter.get("in") == "path":
                name, schema = parameter["name"], parameter["schema"]
                other = schema.get("enum", ["unknown"])[0]
                value = ids[self._kind(name)] if _is_uuid(schema) else other
                path = path.replace(f"{{{name}}}", str(value))
        return path

    def _content(self) -> Mapping[str, Any]:
        contents = self.description.get("requestBody", {}).get("content", {})
        found: Mapping[str, Any] = contents.get("application/json", {})
        return found

    def _example(self, without: list[str]) -> Any:
        example = copy.deepcopy(self._content().get("example"))
        if isinstance(example, dict):
            return {key: value for key, value in example.items() if key not in without}
        return example

    def _schema(self) -> Mapping[str, Any]:
        schema: Mapping[str, Any] = self._content().get("schema", {})
        name = schema.get("$ref", "").rpartition("/")[2]
        found: Mapping[str, Any] = self.document["components"]["schemas"][name] if name else schema
        return found

    def _with(self, body: Any, values: Mapping[str, uuid.UUID]) -> Any:
        if isinstance(body, dict):
            for field, value in values.items():
                body[field] = [str(value)] if field.endswith("_ids") else str(value)
            for field in set(body) & MADE_UP:
                body[field] = str(new_id())
        return body


def _id_fields(schema: Mapping[str, Any]) -> list[str]:
    properties = schema.get("properties", {})
    return [key for key, value in properties.items() if _is_uuid(value) or _is_uuid(value.get("items", {}))]


def _is_uuid(schema: Mapping[str, Any]) -> bool:
    return schema.get("format") == "uuid"
