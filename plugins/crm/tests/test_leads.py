"""Leads: made once by whoever writes first, by their channel's rule; opened, discarded and found by hand."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from flask import Flask

from ramal.api import Conflict, ContactInfo, MessageInfo, NotFound, session
from ramal.database.session import db, transaction, use_organization
from ramal.events.models import Event
from ramal.events.services import emit_event
from ramal.events.worker_steps import drain_events_once
from ramal.inbox.queries.conversations import conversation_data
from ramal.inbox.queries.messages import get_message
from ramal.inbox.serialize import contact_json, conversation_info, message_info
from ramal.inbox.services import resolve
from ramal.inbox.services.merging import merge_contacts
from ramal.plugins.services import disable_plugin
from ramal.testing.factories import Factory
from ramal_crm.models import Customer, CustomerContact, Lead, TimelineEntry
from ramal_crm.services import lead_rules, leads, people

from .people_writing import Line

REFERRAL = {
    "source_url": "https://fb.me/2x",
    "source_id": "120210000000",
    "source_type": "ad",
    "headline": "Pão quentinho em casa",
    "body": "Peça pelo WhatsApp",
    "ctwa_clid": "ARAkLkA8rmlFeiCktEJQ",
    "media": {"nested": True},
}


@pytest.fixture
def line(app: Flask, enabled: Any) -> Line:
    return Line(app)


def all_leads() -> list[Lead]:
    db.session.rollback()
    db.session.expire_all()
    return list(session.execute(db.select(Lead).order_by(Lead.id)).scalars())


def make_customer(make: Factory, contact_id: uuid.UUID) -> Customer:
    customer = make.add(Customer(kind="person", name="Joana Prado"))
    make.add(CustomerContact(customer_id=customer.id, contact_id=contact_id))
    return customer


def test_a_stranger_who_writes_is_a_lead(line: Line) -> None:
    conversation = line.write("Quanto custa?")
    (lead,) = all_leads()
    assert (lead.state, lead.contact_id, lead.conversation_id) == ("open", conversation.contact_id, conversation.id)
    assert (lead.channel_id, lead.source, lead.first_message) == (line.channel.id, "WhatsApp da loja", "Quanto custa?")
    entry = session.execute(db.select(TimelineEntry).where(TimelineEntry.kind == "lead.opened")).scalar_one()
    assert (entry.contact_id, entry.data["source"]) == (lead.contact_id, "WhatsApp da loja")


def test_the_advertisement_that_led_here_is_kept(line: Line) -> None:
    line.write(payload={"referral": REFERRAL})
    (lead,) = all_leads()
    assert lead.campaign == {name: value for name, value in REFERRAL.items() if name != "media"}


def test_the_lead_is_theirs_who_the_contact_became_meanwhile(line: Line, make: Factory) -> None:
    conversation = line.write()
    event = session.execute(db.select(Event).where(Event.type == "message.created")).scalars().first()
    told = (
        message_info(event.data["message"]),
        conversation_info(event.data["conversation"], line.channel.organization_id),
    )
    session.delete(all_leads()[0])
    survivor = make.contact("Ana")
    merge_contacts(survivor.id, conversation.contact_id)
    with transaction():
        leads.open_from_message(*told)
    assert [lead.contact_id for lead in all_leads()] == [survivor.id]


def test_further_messages_make_no_further_lead(line: Line) -> None:
    line.write("Oi")
    line.write("Alguém aí?")
    line.deliver()
    assert len(all_leads()) == 1


def test_the_same_event_again_makes_none(line: Line) -> None:
    line.write()
    written = session.execute(db.select(Event).where(Event.type == "message.created")).scalars().first()
    emit_event(written.type, written.data, conversation_id=written.conversation_id, bucket=written.bucket)
    line.deliver()
    leads.discard(all_leads()[0].id, "Fornecedor")
    emit_event(written.type, written.data, conversation_id=written.conversation_id, bucket=written.bucket)
    line.deliver()
    assert [lead.state for lead in all_leads()] == ["discarded"]


def test_whoever_comes_back_is_a_lead_again(line: Line) -> None:
    conversation = line.write()
    leads.discard(all_leads()[0].id, "Só perguntou")
    line.write("Mais uma coisa")
    assert len(all_leads()) == 1
    resolve(conversation.id)
    line.write("Agora quero comprar")
    assert [(lead.state, lead.first_message) for lead in all_leads()] == [
        ("discarded", "Quero um orçamento"),
        ("open", "Agora quero comprar"),
    ]


def test_messages_that_come_at_once_make_one_lead(app: Flask, line: Line, organization: Any, make: Factory) -> None:
    contact = make.contact("Joana")
    start = threading.Barrier(8)
    made: list[Lead | None] = []

    def write(number: int) -> None:
        with app.app_context():
            use_organization(organization.id)
            data = conversation_data_of[number]
            start.wait()
            with transaction():
                lead = leads.open_from_message(*data)
            made.append(lead)
            db.session.remove()

    conversation_data_of = [_event_of(make, contact, line, number) for number in range(8)]
    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([lead for lead in made if lead is not None]) == 1
    assert len(made) == 8
    assert len(all_leads()) == 1


def _event_of(make: Factory, contact: Any, line: Line, number: int) -> tuple[MessageInfo, Any]:
    """What the hook gets of a first message on yet another party of the contact."""
    conversation = make.conversation(make.party(line.channel, contact, address=f"55119{number:08}"))
    message = make.message(conversation, f"Oi {number}")
    data = conversation_info(conversation_data(conversation.id), conversation.organization_id)
    return message_info(get_message(message.id)), data


def test_customers_make_a_lead_only_where_the_rule_says_so(line: Line, make: Factory) -> None:
    lead_rules.save_rule(line.channel.id, {"active": False})
    make_customer(make, line.write().contact_id)
    lead_rules.save_rule(line.channel.id, {"active": True})
    line.write("De novo")
    assert all_leads() == []
    lead_rules.save_rule(line.channel.id, {"with_customers": True})
    line.write("Quero mais")
    assert [lead.first_message for lead in all_leads()] == ["Quero mais"]


def test_a_channel_with_its_rule_off_makes_none(line: Line) -> None:
    lead_rules.save_rule(line.channel.id, {"active": False})
    line.write()
    assert all_leads() == []


def test_the_rule_of_all_others_gives_way_to_the_channels_own(line: Line, agent: Any) -> None:
    lead_rules.save_rule(None, {"active": False})
    line.write()
    assert all_leads() == []
    lead_rules.save_rule(line.channel.id, {"source": "anúncio", "owner_id": agent.id})
    line.write("Oi de novo")
    (lead,) = all_leads()
    assert (lead.source, lead.owner_id) == ("anúncio", agent.id)


def test_a_rule_is_written_anew_and_taken_away(enabled: Any, line: Line, agent: Any) -> None:
    made = lead_rules.save_rule(line.channel.id, {"source": "a", "owner_id": agent.id})
    again = lead_rules.save_rule(line.channel.id, {"source": "b", "owner_id": None})
    everyone = lead_rules.save_rule(None, {})
    assert (again.id, again.source, again.owner_id, again.active) == (made.id, "b", None, True)
    assert lead_rules.save_rule(None, {}).id == everyone.id
    assert [rule.id for rule in lead_rules.list_rules()] == [everyone.id, made.id]
    lead_rules.delete_rule(made.id)
    assert [rule.id for rule in lead_rules.list_rules()] == [everyone.id]
    with pytest.raises(NotFound):
        lead_rules.delete_rule(made.id)
    for values in ({"owner_id": uuid.uuid4()}, {"pipeline_id": uuid.uuid4()}):
        with pytest.raises(NotFound):
            lead_rules.save_rule(None, values)
    with pytest.raises(NotFound):
        lead_rules.save_rule(uuid.uuid4(), {})


@pytest.mark.parametrize("more", [{"opens": False}, {"direction": "out"}], ids=["history", "our own"])
def test_history_and_our_own_messages_make_none(line: Line, more: dict[str, Any]) -> None:
    line.write(**more)
    assert all_leads() == []


def test_a_disabled_plugin_makes_none(line: Line) -> None:
    disable_plugin("crm")
    line.write()
    assert all_leads() == []


def test_leads_are_opened_by_hand(enabled: Any, make: Factory, agent: Any) -> None:
    contact = make.contact()
    lead = leads.open_lead(contact.id, source="indicação", owner_id=agent.id, first_message="x" * 600)
    assert (lead.state, lead.source, len(lead.first_message)) == ("open", "indicação", 500)
    with pytest.raises(Conflict, match="Carla Cliente"):
        leads.open_lead(contact.id)
    with pytest.raises(NotFound):
        leads.open_lead(uuid.uuid4())
    with pytest.raises(NotFound):
        leads.open_lead(make.contact().id, owner_id=uuid.uuid4())
    assert leads.open_lead_of(contact.id).id == lead.id  # type: ignore[union-attr]
    leads.change_lead(lead.id, {"source": "feira"})
    assert leads.get_lead(lead.id).source == "feira"
    leads.discard(lead.id, " Concorrente ")
    assert (lead.state, lead.reason, lead.closed_at is not None) == ("discarded", "Concorrente", True)
    for late in (lambda: leads.discard(lead.id, ""), lambda: leads.change_lead(lead.id, {"source": "x"})):
        with pytest.raises(Conflict):
            late()
    assert leads.open_lead_of(contact.id) is None
    assert leads.open_lead(contact.id).id != lead.id


def test_leads_are_found(enabled: Any, make: Factory, agent: Any) -> None:
    ana, beto = (leads.open_lead(make.contact(name).id, source=name[0]) for name in ("Ana Lima", "Beto Paz"))
    leads.change_lead(beto.id, {"owner_id": agent.id})
    gone = leads.open_lead(make.contact("Caio Sá").id)
    leads.discard(gone.id, "")

    def ids(**search: Any) -> list[uuid.UUID]:
        return [lead.id for lead in leads.list_leads(leads.Search(**search)).items]

    assert ids() == [beto.id, ana.id]
    assert ids(state=None) == [gone.id, beto.id, ana.id]
    assert ids(state="discarded") == [gone.id]
    assert ids(owner_id=agent.id) == ids(source="B") == ids(text="paz") == ids(contact_id=beto.contact_id) == [beto.id]
    assert ids(text="nobody") == []
    assert leads.sources_in_use() == ["A", "B"]
    first = leads.list_leads(leads.Search(), page_size=1)
    assert [lead.id for lead in leads.list_leads(leads.Search(), cursor=first.next_cursor).items] == [ana.id]


def test_leads_follow_their_contact(enabled: Any, make: Factory) -> None:
    stays, goes = make.contact("Fica"), make.contact("Vai")
    older, newer = leads.open_lead(goes.id), leads.open_lead(stays.id)
    data = {"contact": contact_json(stays), "absorbed": contact_json(goes)}
    emit_event("contact.merged", data)
    while drain_events_once():
        pass
    found = {lead.id: lead for lead in all_leads()}
    assert {lead.contact_id for lead in found.values()} == {stays.id}
    assert (found[older.id].state, found[newer.id].state) == ("open", "discarded")
    assert "merged" in found[newer.id].reason


def test_what_is_kept_about_somebody_is_shown_and_erased(enabled: Any, make: Factory) -> None:
    contact, other = make.contact(), make.contact("Outra")
    leads.open_lead(contact.id, first_message="Meu CPF é…")
    leads.open_lead(other.id)
    shown = people.export(contact.id)
    assert [lead["first_message"] for lead in shown["leads"]] == ["Meu CPF é…"]
    with transaction():
        people.erase(ContactInfo(contact.id, contact.name))
    assert [lead.contact_id for lead in all_leads()] == [other.id]
