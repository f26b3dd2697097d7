"""One timeline over everything, and what hooks, merges and the law do with it."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from ramal.api import (
    ContactInfo,
    ConversationInfo,
    describe_customer,
    emit_event,
    get_conversation,
    session,
    transaction,
    utcnow,
)
from ramal.events.delivery import deliver
from ramal.events.sequencer import sequence
from ramal.inbox.serialize import conversation_info
from ramal.inbox.services.merging import merge_contacts
from ramal.plugins import dispatch
from ramal.plugins.services import disable_plugin
from ramal.testing.client import JsonClient
from ramal.testing.factories import Factory
from ramal_crm.models import Customer, CustomerFile, Lead, Note, TimelineEntry
from ramal_crm.services import activities, customers, deals, erasing, feeding, files, notes, people, sentences, timeline


@pytest.fixture(autouse=True)
def crm(enabled: Any) -> None:
    """The organization has the plugin."""


@pytest.fixture
def happen(enabled: Any) -> Callable[..., None]:
    """Write an event and have the hooks hear of it."""

    def once(type_: str, data: Any) -> None:
        emit_event(type_, data)
        told()

    def told() -> None:
        session.commit()
        sequence()
        deliver(enabled.id, range(64))

    once.told = told  # type: ignore[attr-defined]
    return once


def kinds(**which: Any) -> list[str]:
    return [entry.kind for entry in timeline.timeline_of(**which).items]


def conversation_of(make: Factory, contact: Any, organization: Any) -> ConversationInfo:
    conversation = make.conversation(make.party(contact=contact))
    data = {**get_conversation(conversation.id), "created_at": "2026-11-03T12:00:00.000Z"}
    return conversation_info(data, organization.id)


def test_conversations_documents_and_payments_of_a_contact_are_the_customers(
    make: Factory, happen: Callable[..., None], organization: Any
) -> None:
    ana = make.contact("Ana")
    conversation = conversation_of(make, ana, organization)
    feeding.conversation_opened(conversation)
    feeding.conversation_opened(conversation)
    feeding.conversation_closed(conversation)
    boleto = {
        "type": "boleto",
        "id": str(uuid.uuid4()),
        "number": "109/1-2",
        "amount": "1234.50",
        "contact_id": str(ana.id),
    }
    happen("document.issued", boleto)
    happen("document.issued", {**boleto, "id": str(uuid.uuid4()), "contact_id": None})
    happen("payment.received", {"contact_id": str(ana.id), "amount": "89.90"})
    happen("payment.received", {"contact_id": str(uuid.uuid4())})
    customer = customers.create_customer({"name": "Padaria", "kind": "company", "contact_ids": [ana.id]})
    found = timeline.timeline_of(customer.id).items
    assert [entry.kind for entry in found] == [
        "customer.created",
        "contact.linked",
        "payment.received",
        "document.issued",
        "conversation.closed",
        "conversation.opened",
    ]
    lines = {entry.kind: sentences.line_of(entry) for entry in found}
    assert lines["document.issued"].title == "Issued: Boleto 109/1-2 · R$ 1.234,50"
    assert lines["payment.received"].title == "Payment received · R$ 89,90"
    assert lines["conversation.opened"].url == f"/inbox/{conversation.id}"
    assert found[-1].actor_name == "Ana"
    assert kinds(customer_id=customer.id, kinds=("conversation",)) == ["conversation.closed", "conversation.opened"]


def test_what_names_another_customer_stays_with_that_one(make: Factory) -> None:
    ana = make.contact("Ana")
    one = customers.create_customer({"name": "Padaria", "contact_ids": [ana.id]})
    other = customers.create_customer({"name": "Oficina", "contact_ids": [ana.id]})
    notes.add_note("Só da padaria.", customer_id=one.id, contact_id=ana.id)
    notes.add_note("Da Ana.", contact_id=ana.id)
    bodies = [entry.data["body"] for entry in timeline.timeline_of(other.id).items if entry.kind == "note.added"]
    assert bodies == ["Da Ana."]
    assert kinds(contact_id=ana.id) == ["note.added", "note.added"]


def test_the_timeline_goes_on_by_key_over_all_sources(make: Factory) -> None:
    ana = make.contact("Ana")
    customer = customers.create_customer({"name": "Padaria", "contact_ids": [ana.id]})
    start = utcnow()
    with transaction():
        for number in range(20):
            about = {"contact_id": ana.id} if number % 2 else {"customer_id": customer.id}
            timeline.note_entry(
                "test.step", f"step:{number}", {"number": number}, at=start + timedelta(seconds=number // 3), **about
            )
    seen, cursor = [], None
    while True:
        page = timeline.timeline_of(customer.id, kinds=("test",), cursor=cursor, page_size=3)
        seen += [entry.data["number"] for entry in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == list(range(20))
    assert [number // 3 for number in seen] == sorted((number // 3 for number in range(20)), reverse=True)


def test_notes_and_files_come_and_go_with_their_lines(work: Callable[[], None]) -> None:
    customer = customers.create_customer({"name": "Padaria"})
    note = notes.add_note(" Pede fiado. ", customer_id=customer.id)
    kept = files.add_file(customer.id, io.BytesIO(b"%PDF-1.7 x"), "proposta.pdf")
    assert [(each.body, each.author_name) for each in notes.list_notes(customer_id=customer.id).items] == [
        ("Pede fiado.", "Ramal")
    ]
    assert [each.filename for each in files.list_files(customer.id).items] == ["proposta.pdf"]
    assert files.link_of(kept.id).startswith("/files/")
    assert kinds(customer_id=customer.id) == ["file.added", "note.added", "customer.created"]
    notes.delete_note(note.id)
    files.remove_file(kept.id)
    work()
    assert kinds(customer_id=customer.id) == ["customer.created"]


def test_every_kind_has_a_sentence() -> None:
    for kind in sentences._WRITERS:
        line = sentences.line_of(TimelineEntry(kind=kind, data={}))
        assert line.title, kind
    assert sentences.line_of(TimelineEntry(kind="other.thing", data={})).title == "Other thing"
    for url in ("//evil.example", "/\\evil.example", "/\t/evil.example"):
        evil = TimelineEntry(kind="document.issued", data={"url": url, "amount": "x"})
        assert sentences.line_of(evil).url == "", url


def test_a_merge_of_contacts_reaches_the_timeline(make: Factory, happen: Any) -> None:
    ana, absorbed = make.contact("Ana"), make.contact("Ana M.")
    customer = customers.create_customer({"name": "Padaria", "contact_ids": [ana.id]})
    notes.add_note("De antes.", contact_id=absorbed.id)
    merge_contacts(ana.id, absorbed.id)
    happen.told()
    assert "note.added" in kinds(customer_id=customer.id)


def test_other_plugins_learn_who_is_behind_a_contact(make: Factory) -> None:
    ana = make.contact("Ana")
    assert describe_customer(ana.id) is None
    place = {"street": "Rua A", "number": "7", "city": "Santos", "state": "SP", "postal_code": "11000-000"}
    values = {"name": "Padaria", "document": "11222333000181", "legal_name": "Padaria Ltda.", "addresses": [place]}
    customer = customers.create_customer({**values, "contact_ids": [ana.id]})
    found = describe_customer(ana.id)
    assert found
    assert (found.id, found.kind, found.document, found.legal_name) == (
        customer.id,
        "company",
        "11222333000181",
        "Padaria Ltda.",
    )
    assert (found.street, found.city, found.postal_code) == ("Rua A, 7", "Santos", "11000000")
    assert found.url == f"/p/crm/customers/{customer.id}"
    disable_plugin("crm")
    assert describe_customer(ana.id) is None


def test_a_persons_data_is_told_and_erased(make: Factory, work: Callable[[], None], owner_engine: Any) -> None:
    ana = make.contact("Ana")
    person = customers.create_customer(
        {
            "name": "Ana Segredo",
            "document": "52998224725",
            "email": "ana@exemplo.com.br",
            "addresses": [{"street": "Rua Segredo", "city": "Santos"}],
            "contact_ids": [ana.id],
        }
    )
    bakery = customers.create_customer({"name": "Padaria", "kind": "company", "contact_ids": [ana.id]})
    notes.add_note("Nota Segredo", customer_id=person.id)
    notes.add_note("Outra nota Segredo", contact_id=ana.id)
    notes.add_note("Da padaria", customer_id=bakery.id)
    files.add_file(person.id, io.BytesIO(b"%PDF-1.7 Segredo"), "segredo.pdf")
    make.add(Lead(contact_id=ana.id, first_message="Segredo"))
    ((_plugin, told),) = dispatch.collect("export_personal_data", contact=ContactInfo(ana.id, "Ana"))
    first, second = told["customers"]
    assert (first["document"], first["addresses"][0]["street"]) == ("52998224725", "Rua Segredo")
    assert (first["notes"], first["files"]) == (["Nota Segredo"], ["segredo.pdf"])
    assert second == {"kind": "company", "name": "Padaria", "role": ""}
    assert told["leads"][0]["first_message"] == "Segredo"
    assert told["notes"][0]["body"] == "Outra nota Segredo"
    with transaction():
        ((_plugin, done),) = dispatch.collect("erase_personal_data", contact=ContactInfo(ana.id, "Ana"))
    assert done == {"persons_anonymised": 1, "persons_unlinked": 0, "companies_unlinked": 1}
    work()
    for table in (Lead, CustomerFile):
        assert session.execute(select(func.count()).select_from(table)).scalar_one() == 0
    assert session.execute(select(Note.body)).scalars().all() == ["Da padaria"]
    left = session.execute(select(Customer).where(Customer.id == person.id).execution_options(populate_existing=True))
    erased = left.scalar_one()
    assert (erased.name, erased.document, erased.email) == (erasing.ANONYMOUS, None, None)
    assert customers.contacts_of(bakery.id) == []
    with owner_engine.connect() as connection:
        for table in ("customer", "customer_address", "note", "timeline_entry", "customer_file", "lead"):
            rows = connection.exec_driver_sql(f"select t::text from plugin_crm.{table} t").scalars().all()
            assert "Segredo" not in "".join(rows), table


@pytest.mark.parametrize(
    ("own", "mine"),
    [
        ({"name": "Júlia", "role": "filha"}, False),  # a role says that she writes for her mother
        ({"name": "dona teresa", "role": "filha"}, False),
        ({"name": "Júlia"}, True),  # nobody else is there, so she is the customer
        ({"name": "Júlia", "others": [{"name": "Dona  Teresá"}]}, False),  # somebody else has the customer's name
        ({"name": "Júlia", "others": [{"name": "T.", "phone": "+5511912345678"}]}, False),
        ({"name": "Júlia", "others": [{"name": "T.", "email": "Teresa@exemplo.com.br"}]}, False),
        ({"name": "Júlia", "others": [{"name": "Vizinho"}]}, True),  # the first one linked is the main contact
        ({"name": "DONA TERESA", "others": [{"name": "Vizinho", "is_main": True}]}, True),
    ],
)
def test_only_their_own_data_is_told_and_erased(make: Factory, own: dict[str, Any], mine: bool) -> None:
    facts = {"name": "Dona Teresa", "phone": "11912345678", "email": "teresa@exemplo.com.br"}
    mother = customers.create_customer({**facts, "document": "52998224725"})
    contact = make.contact(own["name"])
    customers.link_contact(mother.id, contact.id, own.get("role", ""))
    for other in own.get("others", ()):
        reach = {key: other[key] for key in ("phone", "email") if key in other}
        customers.link_contact(mother.id, make.contact(other["name"], **reach).id, is_main=other.get("is_main", False))
    notes.add_note("Toma remédio às 8h.", customer_id=mother.id)
    (told,) = people.export(contact.id)["customers"]
    if mine:
        assert (told["document"], told["notes"]) == ("52998224725", ["Toma remédio às 8h."])
    else:
        assert told == {"kind": "person", "name": "Dona Teresa", "role": own.get("role", "")}
    with transaction():
        done = people.erase(ContactInfo(contact.id, contact.name))
    assert (done["persons_anonymised"], done["persons_unlinked"]) == ((1, 0) if mine else (0, 1))
    assert (customers.get_customer(mother.id).document is None) == mine
    assert bool(notes.list_notes(customer_id=mother.id).items) != mine
    left = customers.contacts_of(mother.id)
    assert contact.id not in [other.id for _link, other in left]
    assert [link.is_main for link, _other in left] == [True] * len(left)
    kept = session.execute(select(TimelineEntry.data).where(TimelineEntry.kind.like("contact.%"))).scalars().all()
    assert str(contact.id) not in str(kept)


def test_nothing_of_an_erased_person_stays_in_deals_imports_and_exports(
    make: Factory, work: Callable[[], None], owner_engine: Any, desk: JsonClient, client: FlaskClient
) -> None:
    data = b"Nome;CPF;Telefone\nAna Segredo;529.982.247-25;(11) 98765-4321\nBia;168.995.350-09;\n"
    form = {"file": (io.BytesIO(data), "clientes.csv")}
    run = desk.post("/crm/imports", data=form, content_type="multipart/form-data").json
    work()
    assert desk.post(f"/crm/imports/{run['id']}/start", {}).status_code == 202
    work()
    person = customers.find_by_document("52998224725")
    assert person
    ana = make.contact("Ana S.")
    customers.link_contact(person.id, ana.id)
    bakery = customers.create_customer({"name": "Padaria", "kind": "company", "contact_ids": [ana.id]})
    deal = deals.create_deal({"title": "Cestas de ana segredo", "customer_id": person.id})
    deals.lose(deal.id, note="Segredo: sem dinheiro")
    theirs = deals.create_deal({"title": "Pães", "customer_id": bakery.id, "contact_id": ana.id})
    notes.add_note("Nota Segredo", deal_id=deal.id)
    notes.add_note("Da padaria", deal_id=theirs.id)
    activities.create_activity({"title": "Ligar", "due_at": utcnow(), "customer_id": person.id})
    export = desk.post("/crm/exports/customers", {}).json
    told = people.export(ana.id)
    assert {each["title"] for each in told["deals"]} == {"Cestas de ana segredo", "Pães"}
    assert [each["title"] for each in told["activities"]] == ["Ligar"]
    with transaction():
        people.erase(ContactInfo(ana.id, "Ana S."))
    work()
    assert [note.body for note in notes.list_notes().items] == ["Da padaria"]
    assert deals.get_deal(deal.id).title == f"Cestas de {erasing.ANONYMOUS}"
    rows = desk.get(f"/crm/imports/{run['id']}/rows").json["items"]
    assert [(row["cells"][:1], bool(row["values"])) for row in rows] == [([], False), (["Bia"], True)]
    assert client.get(export["url"].partition("localhost")[2]).status_code == 404
    with owner_engine.connect() as connection:
        tables = ("deal", "deal_change", "note", "timeline_entry", "activity", "import_row", "export_run")
        for table in (*tables, "customer"):
            kept = connection.exec_driver_sql(f"select t::text from plugin_crm.{table} t").scalars().all()
            found = [row for row in kept if "segredo" in row.lower() or "52998224725" in row]
            assert found == [], table
        assert connection.exec_driver_sql("select count(*) from stored_file").scalar_one() == 0


def test_rows_that_could_not_be_read_forget_an_erased_person_too(
    make: Factory, work: Callable[[], None], owner_engine: Any, desk: JsonClient
) -> None:
    theirs = [
        "Ana Maria Segrêdo;529.982.247-24;;",  # a wrong CPF, the right name
        "A. M.;52998224725 e outro;;",
        "Ana;x;(11) 8765-4321;",  # without its ninth digit
        "Aninha;x;98765-4321;",  # without its area code
        "Ana;x;11 98765-4321 / 11 3333-4444;",
        "Ana;x;;Ana@Exemplo.com.br, outra@exemplo.com.br",
    ]
    others = ["Ana;111;;", "Mariana;x;;mariana@exemplo.com.br", "Bia;x;(21) 98765-4322;", "Maria Segredo;x;;"]
    data = "\n".join(["Nome;CPF;Telefone;E-mail", *theirs, *others, ""]).encode()
    form = {"file": (io.BytesIO(data), "clientes.csv")}
    run = desk.post("/crm/imports", data=form, content_type="multipart/form-data").json
    work()
    before = desk.get(f"/crm/imports/{run['id']}/rows", page_size=50).json["items"]
    assert {row["action"] for row in before} == {"bad"}
    ana = make.contact("Ana")
    person = {"name": "Ana Maria  Segredo", "document": "52998224725", "contact_ids": [ana.id]}
    customers.create_customer(person)
    with transaction():
        people.erase(ContactInfo(ana.id, "Ana", "+5511987654321", "ana@exemplo.com.br"))
    rows = desk.get(f"/crm/imports/{run['id']}/rows", page_size=50).json["items"]
    assert [(row["cells"], row["errors"]) for row in rows[: len(theirs)]] == [([], [])] * len(theirs)
    assert [row["cells"] for row in rows[len(theirs) :]] == [line.split(";") for line in others]


def test_who_never_became_a_customer_is_forgotten_by_imports_too(
    make: Factory, work: Callable[[], None], desk: JsonClient
) -> None:
    data = b"Nome;CPF;Telefone\nBruno;x;(11) 98765-4321\n"
    form = {"file": (io.BytesIO(data), "clientes.csv")}
    run = desk.post("/crm/imports", data=form, content_type="multipart/form-data").json
    work()
    bruno = make.contact("Bruno")
    with transaction():
        people.erase(ContactInfo(bruno.id, "Bruno", "+5511987654321"))
    assert desk.get(f"/crm/imports/{run['id']}/rows").json["items"][0]["cells"] == []
