"""A plugin that implements every hook is called by each of them, with just what the reference says."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import current_app, g

from ramal.accounts.permissions import permissions_of
from ramal.database.session import use_organization
from ramal.errors import InvalidPayload, NotFound
from ramal.events.delivery import deliver
from ramal.events.sequencer import sequence
from ramal.events.services import emit_event
from ramal.http.principal import Principal
from ramal.notifications.services import count_unread, list_choices, list_notifications
from ramal.plugins import dispatch, services
from ramal.plugins.contributions import ConversationFilter, DemoContext
from ramal.plugins.isolation import PluginFailed
from ramal.plugins.registry import find_record
from ramal.plugins.rendering import render_document
from ramal.testing.factories import make_member

BODY = """
    called = []

    def note(self, *what):
        self.called.append(what)

    @hookimpl
    def register_document_types(self):
        return ["receipt"]

    @hookimpl
    def register_audit_sentences(self):
        return {"nosy.looked": "Looked"}

    @hookimpl
    def register_routing_strategies(self):
        return ["by the moon"]

    @hookimpl
    def register_notifications(self):
        return [NotificationType("nosy.NEW_LEAD", "A new lead")]

    @hookimpl
    def seed_demo(self, demo):
        self.note("seed_demo", demo.base_url)

    @hookimpl
    def render_document(self, document, template, context):
        return f"{document}/{template}".encode() if document == "receipt" else None

    @hookimpl
    def route_conversation(self, conversation, message):
        return {"priority": "high"}

    @hookimpl
    def describe_customer(self, contact):
        return CustomerInfo(id=contact.id, kind="person", name=contact.name, url="/p/nosy")

    @hookimpl
    def filter_conversations(self, filters):
        yield ConversationFilter(contacts=[filters["contact"][0]])

    @hookimpl
    def export_personal_data(self, contact):
        return {"letters": [contact.name]}

    @hookimpl
    def erase_personal_data(self, contact):
        return {"erased": 1}

    @hookimpl
    def on_inbound_message(self, message, conversation):
        self.note("on_inbound_message", message.body, conversation.contact.name)

    @hookimpl
    def on_outbound_message(self, message, conversation):
        self.note("on_outbound_message", message.body)

    @hookimpl
    def on_message_status(self, message, status):
        self.note("on_message_status", status)

    @hookimpl
    def on_assign(self, conversation, assignee, previous, actor):
        self.note("on_assign", assignee.name, previous, actor.name)

    @hookimpl
    def on_conversation_opened(self, conversation):
        self.note("on_conversation_opened", conversation.status)

    @hookimpl
    def on_conversation_closed(self, conversation):
        self.note("on_conversation_closed", conversation.status)

    @hookimpl
    def on_conversation_reopened(self, conversation):
        self.note("on_conversation_reopened", conversation.status)

    @hookimpl
    def on_contact_created(self, contact):
        self.note("on_contact_created", contact.name)

    @hookimpl
    def on_channel_news(self, channel, news):
        self.note("on_channel_news", channel.name, news.state, news.occurred_at.year)

    @hookimpl
    def on_contact_merged(self, contact, absorbed):
        self.note("on_contact_merged", contact.name, absorbed.name)

    @hookimpl
    def on_document_issued(self, document):
        self.note("on_document_issued", document["number"])

    @hookimpl
    def on_payment_received(self, payment):
        self.note("on_payment_received", payment["cents"])
"""

CONTACT = {"id": str(uuid.uuid4()), "name": "Marina Exemplo", "phone": "+5511900000011", "email": None}
CONVERSATION: dict[str, Any] = {
    "id": str(uuid.uuid4()),
    "channel_id": str(uuid.uuid4()),
    "channel": {"kind": "test"},
    "contact": CONTACT,
    "status": "open",
    "control": "none",
    "assignee_id": None,
    "priority": "none",
    "labels": [],
}
MESSAGE: dict[str, Any] = {
    "id": str(uuid.uuid4()),
    "conversation_id": CONVERSATION["id"],
    "direction": "in",
    "kind": "text",
    "body": "Oi",
    "status": None,
    "provider_id": "m1",
    "sent_at": "2026-11-03T12:00:00.000Z",
    "author": None,
    "payload": {},
}
BRUNO = {"id": str(uuid.uuid4()), "name": "Bruno"}


@pytest.fixture
def nosy(make_app, write_plugin, inside):
    write_plugin("nosy", BODY)
    app = make_app("nosy")
    with inside(app):
        services.enable_plugin("nosy")
        plugin = find_record("nosy").plugin
        plugin.called.clear()
        yield plugin


NEWS = {
    "channel": {
        "id": str(uuid.uuid4()),
        "organization_id": str(uuid.uuid4()),
        "kind": "k",
        "name": "Loja",
        "status": "r",
    },
    "news": {
        "state": "ready",
        "reason": None,
        "title": "Connected",
        "key": "n1",
        "occurred_at": "2026-11-20T12:00:00+00:00",
        "payload": {},
        "level": "info",
    },
}
EVENTS = [
    (
        "message.created",
        {"message": MESSAGE, "conversation": CONVERSATION},
        ("on_inbound_message", "Oi", "Marina Exemplo"),
    ),
    (
        "message.created",
        {"message": {**MESSAGE, "direction": "out", "body": "Olá"}, "conversation": CONVERSATION},
        ("on_outbound_message", "Olá"),
    ),
    ("message.status", {"message": MESSAGE, "status": "read"}, ("on_message_status", "read")),
    (
        "conversation.assigned",
        {"conversation": CONVERSATION, "assignee": BRUNO, "previous": None, "actor": BRUNO},
        ("on_assign", "Bruno", None, "Bruno"),
    ),
    ("conversation.created", {"conversation": CONVERSATION}, ("on_conversation_opened", "open")),
    (
        "conversation.closed",
        {"conversation": {**CONVERSATION, "status": "resolved"}},
        ("on_conversation_closed", "resolved"),
    ),
    ("conversation.reopened", {"conversation": CONVERSATION}, ("on_conversation_reopened", "open")),
    ("contact.created", {"contact": CONTACT}, ("on_contact_created", "Marina Exemplo")),
    (
        "contact.merged",
        {"contact": CONTACT, "absorbed": {**CONTACT, "name": "Marina E."}},
        ("on_contact_merged", "Marina Exemplo", "Marina E."),
    ),
    ("channel.news", NEWS, ("on_channel_news", "Loja", "ready", 2026)),
    ("document.issued", {"number": 7}, ("on_document_issued", 7)),
    ("payment.received", {"cents": 8990}, ("on_payment_received", 8990)),
]


@pytest.mark.parametrize(("type_", "data", "expected"), EVENTS, ids=[expected[0] for _, _, expected in EVENTS])
def test_an_event_reaches_its_hook_once(nosy, organization_id, type_, data, expected):
    emit_event(type_, data)
    sequence()
    for _ in range(2):
        deliver(organization_id, range(64))
    assert nosy.called == [expected]


def test_a_note_is_no_message_to_hooks(nosy, organization_id):
    emit_event("message.created", {"message": {**MESSAGE, "kind": "note"}, "conversation": CONVERSATION})
    sequence()
    deliver(organization_id, range(64))
    assert nosy.called == []


def test_decisions_and_collections(nosy):
    from ramal.inbox.serialize import contact_info

    contact = contact_info(CONTACT)
    assert dispatch.decide("render_document", document="receipt", template="a4", context={}) == b"receipt/a4"
    assert dispatch.decide("render_document", document="boleto", template="a4", context={}) is None
    assert dispatch.decide("route_conversation", conversation=None, message=None) == {"priority": "high"}
    behind = dispatch.decide("describe_customer", contact=contact)
    assert (behind.id, behind.name, behind.document) == (contact.id, "Marina Exemplo", "")
    wanted = [ConversationFilter(contacts=["c1"])]
    assert dispatch.collect("filter_conversations", filters={"contact": ("c1",)}) == [("nosy", wanted)]
    assert dispatch.ask(find_record("nosy"), "filter_conversations", filters={"contact": ("c1",)}) == wanted
    assert dispatch.collect("export_personal_data", contact=contact) == [("nosy", {"letters": ["Marina Exemplo"]})]
    assert dispatch.collect("erase_personal_data", contact=contact) == [("nosy", {"erased": 1})]


def test_a_document_is_asked_for_by_its_name(nosy):
    assert render_document("receipt", "a4", {}) == b"receipt/a4"
    with pytest.raises(NotFound, match="boleto"):
        render_document("boleto", None, {})


@pytest.mark.parametrize("plugin_error", ["InvalidPayload('No logo.', {'logo': ['No logo.']})", "ValueError('no')"])
def test_what_a_renderer_says_about_the_data_reaches_the_caller(make_app, write_plugin, inside, plugin_error):
    body = f"""
    @hookimpl
    def render_document(self, document, template, context):
        from ramal.api import InvalidPayload
        raise {plugin_error}
    """
    write_plugin("picky", body)
    with inside(make_app("picky")):
        services.enable_plugin("picky")
        told = InvalidPayload if plugin_error.startswith("Inv") else PluginFailed
        with pytest.raises(told, match="No logo" if told is InvalidPayload else "picky"):
            render_document("receipt", None, {})


def test_boot_values_are_kept(nosy):
    kept = find_record("nosy").contributions
    assert kept.document_types == ("receipt",)
    assert kept.audit_sentences == {"nosy.looked": "Looked"}
    assert kept.routing_strategies == ("by the moon",)
    assert [type_.code for type_ in kept.notifications] == ["nosy.NEW_LEAD"]


def test_the_demo_is_seeded_through_the_hook(nosy, organization_id):
    demo = DemoContext(organization_id, (), "http://127.0.0.1:8000", lambda *_: uuid.uuid4(), lambda _: "")
    dispatch.call_one(find_record("nosy"), "seed_demo", {"demo": demo})
    assert nosy.called == [("seed_demo", "http://127.0.0.1:8000")]


def test_a_plugins_notifications_are_there_while_it_is_enabled(nosy, organization_id):
    from ramal.api import notify

    member = make_member(organization_id, "agent")
    assert notify("nosy.NEW_LEAD", user_ids=[member.id], title="Marina", key="lead:1") == 1
    mine = Principal("user", member.id, organization_id, member.name, permissions=permissions_of("agent"))
    with current_app.test_request_context():
        use_organization(organization_id)
        g.principal = mine
        assert [one["title"] for one in list_notifications().items] == ["Marina"]
        assert "nosy.NEW_LEAD" in {one.code for one in list_choices()}
    services.disable_plugin("nosy")
    assert notify("nosy.NEW_LEAD", user_ids=[member.id], title="Marina", key="lead:2") == 0
    with current_app.test_request_context():
        use_organization(organization_id)
        g.principal = mine
        assert list_notifications().items == []
        assert count_unread() == 0
        assert "nosy.NEW_LEAD" not in {one.code for one in list_choices()}


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        ('[NotificationType("NEW_LEAD", "x")]', "must look like 'rude.NEW_LEAD'"),
        ('[NotificationType("other.NEW_LEAD", "x")]', "must look like"),
        ('[NotificationType("rude.new", "x")]', "must look like"),
        ('[NotificationType("rude.NEW", "x", media=("pigeon",))]', "none of in_app, desktop, push, email"),
        ('[NotificationType("rude.NEW", "x"), NotificationType("rude.NEW", "y")]', "names a code twice"),
        ('["rude.NEW"]', "NotificationType is wanted"),
    ],
)
def test_notifications_that_make_no_sense_break_the_plugin(make_app, write_plugin, inside, returned, says):
    write_plugin("rude", f"    @hookimpl\n    def register_notifications(self):\n        return {returned}\n")
    with inside(make_app("rude")):
        record = find_record("rude")
        assert record.state == "broken"
        assert says in record.error
