"""A desk: an organization whose channel can do nearly everything, and a plugin that may object."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from flask import Flask
from markupsafe import Markup
from sqlalchemy import event, select

from ramal.channels.registry import registry as channel_registry
from ramal.channels.types import Capabilities
from ramal.contacts.models import Contact
from ramal.database.base import new_id, utcnow
from ramal.database.session import db
from ramal.hookspecs import Veto, hookimpl
from ramal.inbox.models import Conversation, ConversationLabel, Label, Message
from ramal.plugins.contributions import ConversationFilter, SlotFragment
from ramal.plugins.manifest import Manifest
from ramal.plugins.plugin import Plugin
from ramal.plugins.registry import Contributions, PluginRecord
from ramal.plugins.registry import registry as plugin_registry
from ramal.testing.channels import EchoChannel
from ramal.testing.factories import Factory

MEGABYTE = 1024 * 1024


class DeskChannel(EchoChannel):
    kind = "desk"
    capabilities: ClassVar[Capabilities] = Capabilities(
        kinds=frozenset(
            {"text", "image", "voice", "audio", "document", "sticker", "location", "contact", "interactive"}
        ),
        text_limit=100,
        media={"image": 50_000, "voice": MEGABYTE, "audio": MEGABYTE, "document": 2 * MEGABYTE, "sticker": MEGABYTE},
        mime_types={"image": frozenset({"image/jpeg", "image/png"})},
        captionless=frozenset({"sticker"}),
        caption_limit=20,
        reply_to=True,
        reactions=True,
        edit=True,
        revoke=True,
        edit_seconds=15 * 60,
        revoke_seconds=60 * 3600,
        buttons=3,
        list_rows=10,
        read_receipts=True,
        window=True,
        statuses=("sent", "delivered", "read"),
    )


class MuteChannel(EchoChannel):
    kind = "mute"
    capabilities: ClassVar[Capabilities] = Capabilities(
        kinds=frozenset({"text", "image"}), media={"image": MEGABYTE}, caption=False
    )


class DeskPlugin(Plugin):
    manifest = Manifest(name="desk", title="Desk", default_enabled=True)
    objects_to: ClassVar[dict[str, str]] = {}
    seen: ClassVar[list[Any]] = []

    @hookimpl
    def before_send(self, message: Any, conversation: Any) -> Veto | None:
        self.seen.append((message, conversation))
        return Veto(self.objects_to["send"]) if "send" in self.objects_to else None

    @hookimpl
    def filter_conversations(self, filters: Any) -> Any:
        self.seen.append(dict(filters))
        return self.narrow(filters)

    @staticmethod
    def narrow(filters: Any) -> Any:
        """By the names of labels and of people; tests put something else here."""
        if "label" in filters:
            named = select(Label.id).where(Label.name.in_(filters["label"]))
            labelled = select(ConversationLabel.conversation_id).where(ConversationLabel.label_id.in_(named))
            yield ConversationFilter(conversations=labelled)
        if "person" in filters:
            yield ConversationFilter(contacts=select(Contact.id).where(Contact.name.in_(filters["person"])))

    @hookimpl
    def before_close(self, conversation: Any) -> Veto | None:
        return Veto(self.objects_to["close"]) if "close" in self.objects_to else None


def _card(**context: Any) -> Markup:
    return Markup("<p>{}</p>").format(context["conversation"].contact.name)


def _action(**context: Any) -> Markup:
    html = '<button type="button" class="menu-item" data-menu-close>Copy to {}: {}</button>'
    return Markup(html).format(context["contact"].name, context["message"].body)


def _control() -> Markup:
    return Markup('<label>Label <input name="filter.desk.label"></label>')


@pytest.fixture(scope="session")
def desk_app(ramal_app: Flask) -> Flask:
    with ramal_app.app_context():
        for channel in (DeskChannel(), MuteChannel()):
            channel_registry().add(channel, "desk")
        plugin = DeskPlugin()
        record = PluginRecord("desk", plugin=plugin, loaded_manifest=plugin.manifest, state="installed")
        record.contributions = Contributions(
            channels=(DeskChannel(),),
            slots=(
                SlotFragment("inbox.sidebar", "card", render=_card),
                SlotFragment("inbox.message.actions", "copy", render=_action),
                SlotFragment("inbox.filters", "label", render=_control),
            ),
        )
        plugins = plugin_registry()
        plugins.records["desk"] = record
        plugins.manager.register(plugin, name="desk")
        plugins.freeze()
    return ramal_app


@pytest.fixture(autouse=True)
def _desk(desk_app: Flask, app: Flask) -> Iterator[None]:
    yield
    DeskPlugin.objects_to.clear()
    DeskPlugin.seen.clear()


@pytest.fixture
def desk_plugin() -> type[DeskPlugin]:
    return DeskPlugin


@pytest.fixture
def channel(make: Factory) -> Any:
    return make.channel("desk", name="Balcão", settings={"secret": "s"})


@pytest.fixture
def open_conversation(make: Factory, channel: Any) -> Callable[..., Conversation]:
    """A conversation in which the customer has just written, so that the window is open."""

    def opened(name: str = "Carla Cliente", body: str = "Olá", **changes: Any) -> Conversation:
        now = utcnow()
        party = make.party(
            channel, make.contact(name=name), last_inbound_at=now, window_opened_at=changes.pop("window", now)
        )
        conversation = make.conversation(party, **{"unread_count": 1, "waiting_since": now, **changes})
        make.message(conversation, body, provider_id=f"in-{new_id()}")
        return conversation

    return opened


@pytest.fixture
def conversation(open_conversation: Callable[..., Conversation]) -> Conversation:
    return open_conversation()


@pytest.fixture
def queries() -> Callable[[], contextlib.AbstractContextManager[list[str]]]:
    """``with queries() as seen: …``: the statements that went to the database as the app role."""

    @contextlib.contextmanager
    def watch() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if "set_config" not in statement and not statement.upper().startswith(("SAVEPOINT", "RELEASE")):
                seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return watch


def fresh(row: Any) -> Any:
    """The row as the database has it now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(type(row), row.id)


@pytest.fixture
def reload() -> Callable[[Any], Any]:
    return fresh


@pytest.fixture
def messages_of() -> Callable[[Conversation], list[Message]]:
    """What was said in a conversation, in the order of the thread: all but system lines."""

    def found(conversation: Conversation) -> list[Message]:
        db.session.rollback()
        db.session.expire_all()
        query = (
            db.select(Message).where(Message.conversation_id == conversation.id).order_by(Message.sent_at, Message.seq)
        )
        return [message for message in db.session.execute(query).scalars() if message.kind != "system"]

    return found
