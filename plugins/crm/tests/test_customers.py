"""Customers as use cases: made, changed, linked, merged, put away, deleted."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from ramal.api import Conflict, ContactInfo, InvalidPayload, NotFound, session, transaction, utcnow
from ramal.testing.factories import Factory
from ramal_crm.models import Activity, Customer, CustomerContact, Lead, Note, TimelineEntry
from ramal_crm.services import customers, groups, notes, timeline
from ramal_crm.services.customers import Filters
from ramal_crm.services.people import follow_merge

HOME = {"postal_code": "01310-100", "street": "Avenida Paulista", "number": "1000", "city": "São Paulo", "state": "sp"}


@pytest.fixture(autouse=True)
def crm(enabled: Any) -> None:
    """The organization has the plugin."""


def person(name: str = "Marina Exemplo", **values: Any) -> Customer:
    return customers.create_customer({"name": name, **values})


def company(name: str = "Padaria Modelo", **values: Any) -> Customer:
    return customers.create_customer({"kind": "company", "name": name, **values})


def names(**filters: Any) -> list[str]:
    return [customer.name for customer in customers.list_customers(Filters(**filters)).items]


def info(contact: Any) -> ContactInfo:
    return ContactInfo(contact.id, contact.name)


def test_what_was_typed_is_kept_tidy(admin: Any) -> None:
    customer = person(
        "  Marina   Exemplo ",
        document="529.982.247-25",
        email=" Marina@Exemplo.com.BR ",
        phone="(11) 98765-4321",
        tags=["VIP ", "vip", "Atacado"],
        owner_id=admin.id,
        addresses=[HOME, {"label": "Entrega", "city": "Campinas"}, {}],
    )
    assert (customer.kind, customer.name, customer.document) == ("person", "Marina Exemplo", "52998224725")
    assert (customer.email, customer.phone) == ("marina@exemplo.com.br", "+5511987654321")
    assert customer.tags == ["atacado", "vip"]
    first, second = customers.addresses_of(customer.id)
    assert (first.is_main, first.postal_code, first.state) == (True, "01310100", "SP")
    assert (second.is_main, second.label) == (False, "Entrega")
    assert customers.find_by_document("529.982.247-25").id == customer.id


def test_a_cnpj_says_that_it_is_a_company() -> None:
    assert person("Nova", document="12.ABC.345/01DE-35").kind == "company"


def test_everything_wrong_is_told_at_once_by_field() -> None:
    wrong = {
        "name": " ",
        "document": "529.982.247-24",
        "email": "marina",
        "phone": "123",
        "tags": ["x" * 31],
        "website": "y" * 201,
        "addresses": [{"city": "São Paulo", "postal_code": "1"}],
    }
    with pytest.raises(InvalidPayload) as caught:
        customers.create_customer(wrong)
    assert set(caught.value.details) >= {"name", "document", "email", "phone", "tags", "website"}
    with pytest.raises(InvalidPayload) as caught:
        customers.create_customer({"name": "X", "addresses": [HOME, {"state": "XX", "postal_code": "1"}]})
    assert set(caught.value.details) == {"addresses.1.state", "addresses.1.postal_code"}
    with pytest.raises(InvalidPayload):
        customers.create_customer({"name": "X", "kind": "company", "document": "52998224725"})
    assert session.execute(select(func.count()).select_from(Customer)).scalar_one() == 0


def test_owner_and_group_must_be_ours(other_organization: Any) -> None:
    for wrong in ({"owner_id": other_organization.admin.id}, {"group_id": uuid.uuid4()}):
        with pytest.raises(NotFound):
            person(**wrong)


def test_one_customer_a_document() -> None:
    first = person(document="52998224725")
    with pytest.raises(Conflict) as caught:
        person("Outra", document="529.982.247-25")
    assert caught.value.details["customer_id"] == str(first.id)
    second = person("Outra")
    with pytest.raises(Conflict):
        customers.update_customer(second.id, {"document": "52998224725"})
    assert customers.update_customer(first.id, {"document": "52998224725", "name": "Primeira"}).name == "Primeira"


def test_nobody_overwrites_what_they_have_not_seen() -> None:
    customer = person()
    seen = customer.version
    assert customers.update_customer(customer.id, {"name": "Marina E."}, seen).version == seen + 1
    with pytest.raises(Conflict) as caught:
        customers.update_customer(customer.id, {"name": "Marina F."}, seen)
    assert caught.value.details["version"] == seen + 1
    assert customers.get_customer(customer.id).name == "Marina E."
    # What changes nothing is no version.
    assert customers.update_customer(customer.id, {"name": "Marina E."}, seen + 1).version == seen + 1


def test_addresses_are_replaced_whole() -> None:
    customer = person(addresses=[HOME])
    before = customer.version
    places = [{"city": "Santos"}, {"city": "Campinas", "is_main": True}]
    assert customers.update_customer(customer.id, {"addresses": places}).version == before + 1
    assert [address.city for address in customers.addresses_of(customer.id)] == ["Campinas", "Santos"]
    assert customers.update_customer(customer.id, {"addresses": places[::-1]}).version == before + 1
    assert customers.line_of(None) == ""


def test_customers_are_found_as_people_type(admin: Any) -> None:
    person("José da Silva", document="52998224725", phone="11987654321", email="jose@exemplo.com.br")
    company(
        "Padaria São João", legal_name="Irmãos Souza Ltda.", document="12ABC34501DE35", owner_id=admin.id, tags=["vip"]
    )
    jose, bakery = "José da Silva", "Padaria São João"
    assert names() == [jose, bakery]
    for text in (
        "jose",
        "SILVA jos",
        "529.982.247-25",
        "52998224725",
        "529.982",
        "(11) 98765-4321",
        "+5511987654321",
        "JOSE@exemplo.com.br",
    ):
        assert names(text=text) == [jose], text
    for text in ("sao joao", "souza", "12.abc.345/01de-35", "12abc34501"):
        assert names(text=text) == [bakery], text
    for text in ("jose souza", "!!!", "100%", "'", "a & | !", "\\"):
        assert names(text=text) == [], text
    assert names(kind="company") == names(tag="VIP") == names(owner_id=admin.id) == [bakery]
    assert names(tag="vi") == []


def test_the_list_goes_on_by_key() -> None:
    for name in ("Zebra", "águia", "Abelha", "Bem-te-vi", "Águia", "bicudo", "Zebra"):
        person(name)
    seen, cursor = [], None
    while True:
        page = customers.list_customers(Filters(), cursor=cursor, page_size=2)
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len({customer.id for customer in seen}) == len(seen) == 7
    assert [customer.name.lower() for customer in seen] == [
        "abelha",
        "águia",
        "águia",
        "bem-te-vi",
        "bicudo",
        "zebra",
        "zebra",
    ]


def test_what_a_common_text_and_tag_finds_goes_on_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few hits and many take different ways through the database; both find the same."""
    for number in range(6):
        person(f"Maria {number}", tags=["vip"])
    person("Marta", tags=["vip"])
    person("Maria Outra")
    for many in (1000, 2):
        monkeypatch.setattr("ramal_crm.services.customers.reading._MANY", many)
        filters = Filters(text="mari", tag="vip")
        first = customers.list_customers(filters, page_size=4)
        rest = customers.list_customers(filters, page_size=4, cursor=first.next_cursor)
        assert [each.name for each in (*first.items, *rest.items)] == [f"Maria {number}" for number in range(5, -1, -1)]
        assert rest.next_cursor is None
        assert names(tag="vip")[-1] == "Marta"


def test_archived_ones_are_apart() -> None:
    customer = person()
    customers.archive_customer(customer.id)
    assert (names(), names(archived=True)) == ([], ["Marina Exemplo"])
    customers.archive_customer(customer.id, archived=False)
    assert names() == ["Marina Exemplo"]


def test_contacts_and_customers_are_many_to_many(make: Factory) -> None:
    ana, bruno = make.contact("Ana"), make.contact("Bruno")
    bakery, shop = company("Padaria"), company("Oficina")
    customers.link_contact(bakery.id, ana.id, "sócia")
    customers.link_contact(bakery.id, bruno.id, "financeiro", is_main=True)
    customers.link_contact(shop.id, ana.id)
    customers.link_contact(bakery.id, ana.id, "dona")
    linked = [(contact.name, link.role, link.is_main) for link, contact in customers.contacts_of(bakery.id)]
    assert linked == [("Bruno", "financeiro", True), ("Ana", "dona", False)]
    # Where Ana is the main contact comes first.
    assert [customer.name for customer in customers.customers_of_contact(ana.id)] == ["Oficina", "Padaria"]
    assert names(contact_id=ana.id) == ["Oficina", "Padaria"]
    customers.unlink_contact(bakery.id, ana.id)
    assert names(contact_id=ana.id) == ["Oficina"]
    with pytest.raises(NotFound):
        customers.unlink_contact(bakery.id, ana.id)
    with pytest.raises(NotFound):
        customers.link_contact(bakery.id, uuid.uuid4())


def test_merging_contacts_moves_links_timeline_and_leads(make: Factory) -> None:
    survivor, absorbed = make.contact("Ana"), make.contact("Ana Maria")
    both, one = company("Padaria"), company("Oficina")
    customers.link_contact(both.id, survivor.id, "sócia")
    customers.link_contact(both.id, absorbed.id)
    customers.link_contact(one.id, absorbed.id, "dona", is_main=True)
    notes.add_note("Ligou.", contact_id=absorbed.id)
    for contact in (survivor, absorbed):
        make.add(Lead(contact_id=contact.id))
    with transaction():
        follow_merge(info(survivor), info(absorbed))
    links = session.execute(select(CustomerContact).order_by(CustomerContact.customer_id)).scalars().all()
    assert {(link.customer_id, link.contact_id, link.role, link.is_main) for link in links} == {
        (both.id, survivor.id, "sócia", True),
        (one.id, survivor.id, "dona", True),
    }
    assert "note.added" in [entry.kind for entry in timeline.timeline_of(one.id).items]
    states = session.execute(select(Lead.state, Lead.contact_id).order_by(Lead.state)).all()
    assert states == [("discarded", survivor.id), ("open", survivor.id)]


def test_merging_customers_keeps_what_either_knew(make: Factory) -> None:
    ana = make.contact("Ana")
    survivor = company("Padaria", phone="11987654321", tags=["vip"])
    absorbed = company("Padaria Ltda", document="11222333000181", phone="1133334444", tags=["b"], addresses=[HOME])
    customers.link_contact(absorbed.id, ana.id, "sócia")
    notes.add_note("Pede fiado.", customer_id=absorbed.id)
    make.add(Activity(title="Ligar", due_at=utcnow(), customer_id=absorbed.id))
    made = customers.merge_customers(survivor.id, absorbed.id)
    assert (made.name, made.document, made.phone, made.tags) == (
        "Padaria",
        "11222333000181",
        "+5511987654321",
        ["b", "vip"],
    )
    assert [address.city for address in customers.addresses_of(made.id)] == ["São Paulo"]
    assert [contact.name for _link, contact in customers.contacts_of(made.id)] == ["Ana"]
    assert session.execute(select(Note.customer_id)).scalars().all() == [made.id]
    assert session.execute(select(Activity.customer_id)).scalars().all() == [made.id]
    with pytest.raises(NotFound):
        customers.get_customer(absorbed.id)


def test_merged_customers_have_one_main_contact_and_the_survivors_roles(make: Factory) -> None:
    ana, bruno, carla = make.contact("Ana"), make.contact("Bruno"), make.contact("Carla")
    absorbed, alone, survivor = company("Padaria Ltda"), company("Padaria Vazia"), company("Padaria")
    for contact in (ana, bruno):
        customers.link_contact(absorbed.id, contact.id, "sócia", is_main=contact is bruno)

    def roles(customer: Customer) -> list[tuple[str, str, bool]]:
        return [(contact.name, link.role, link.is_main) for link, contact in customers.contacts_of(customer.id)]

    customers.merge_customers(alone.id, absorbed.id)
    assert roles(alone) == [("Bruno", "sócia", True), ("Ana", "sócia", False)]
    for contact in (carla, ana):
        customers.link_contact(survivor.id, contact.id, "compras")
    customers.merge_customers(survivor.id, alone.id)
    assert roles(survivor) == [("Carla", "compras", True), ("Ana", "compras", False), ("Bruno", "sócia", False)]
    customers.unlink_contact(survivor.id, carla.id)
    assert roles(survivor) == [("Ana", "compras", True), ("Bruno", "sócia", False)]


def test_two_documents_are_two_customers() -> None:
    one, other = person(document="52998224725"), person("Outra", document="11144477735")
    with pytest.raises(Conflict):
        customers.merge_customers(one.id, other.id)
    with pytest.raises(Conflict):
        customers.merge_customers(one.id, company().id)
    with pytest.raises(InvalidPayload):
        customers.merge_customers(one.id, one.id)
    assert len(names()) == 3


def test_a_deleted_customer_leaves_the_audit_trail_alone(owner_engine: Any, make: Factory) -> None:
    customer = person(document="52998224725", addresses=[HOME], contact_ids=[make.contact().id])
    notes.add_note("Segredo.", customer_id=customer.id)
    customers.delete_customer(customer.id)
    for table in (CustomerContact, Note, TimelineEntry):
        assert session.execute(select(func.count()).select_from(table)).scalar_one() == 0
    with owner_engine.connect() as connection:
        query = "select before->>'document' from audit_event where action = 'crm.customer.deleted'"
        assert connection.exec_driver_sql(query).scalar_one() == "52998224725"


def test_groups_hold_companies_together() -> None:
    group = groups.create_group({"name": "Grupo Modelo"})
    company("Padaria", group_id=group.id)
    company("Oficina")
    assert names(group_id=group.id) == ["Padaria"]
    assert groups.sizes([group.id]) == {group.id: 1}
    with pytest.raises(Conflict):
        groups.create_group({"name": "GRUPO modelo"})
    assert groups.update_group(group.id, {"name": "Grupo Modelo S.A."}).name == "Grupo Modelo S.A."
    groups.create_group({"name": "Aliança"})
    page = groups.list_groups(page_size=1)
    rest = groups.list_groups(cursor=page.next_cursor, page_size=1)
    assert [page.items[0].name, rest.items[0].name] == ["Aliança", "Grupo Modelo S.A."]
    assert [each.name for each in groups.list_groups(text="modelo").items] == ["Grupo Modelo S.A."]
    groups.delete_group(group.id)
    assert sorted(names()) == ["Oficina", "Padaria"]


def test_two_people_make_one_customer_of_a_document(app: Any, enabled: Any, acting_for: Callable[..., Any]) -> None:
    """At the same moment, from two processes."""
    import contextvars
    from concurrent.futures import ThreadPoolExecutor

    def make_one(number: int) -> str:
        def inside() -> str:
            with app.app_context(), acting_for(enabled.id):
                try:
                    person(f"Marina {number}", document="52998224725")
                except Conflict:
                    return "conflict"
                return "made"

        return contextvars.Context().run(inside)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(make_one, range(6)))
    assert sorted(answers) == ["conflict"] * 5 + ["made"]
