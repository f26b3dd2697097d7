"""People: adding, changing, finding; and that one person is not added twice."""

from __future__ import annotations

import threading

import pytest

from ramal.accounts.models import AuditEvent
from ramal.contacts.models import Contact, MergeSuggestion
from ramal.contacts.schemas import ContactSchema
from ramal.database.base import new_id
from ramal.database.session import db, transaction
from ramal.events.models import Event


def names(answer):
    assert answer.status_code == 200, answer.json
    return [item["name"] for item in answer.json["items"]]


def test_of_many_who_write_down_one_caller_at_once_one_does(api, agent):
    callers = [api(agent) for _ in range(8)]
    barrier, answers = threading.Barrier(len(callers)), []

    def write(caller):
        barrier.wait(60)
        answers.append(caller.post("/contacts", {"name": "Maria", "phone": "11 98765-4321"}).status_code)

    threads = [threading.Thread(target=write, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [201] + [409] * 7


def test_add_and_change(api, agent):
    caller = api(agent)
    made = caller.post("/contacts", {"name": " Maria ", "phone": "(11) 8765-4321", "email": "m@example.com"})
    assert made.status_code == 201
    assert (made.json["name"], made.json["phone"], made.json["name_is_manual"]) == ("Maria", "+5511987654321", True)
    assert set(made.json) == set(ContactSchema().fields)
    (event,) = db.session.execute(db.select(Event)).scalars()
    assert (event.type, event.data["contact"]["id"]) == ("contact.created", made.json["id"])

    changed = caller.patch(f"/contacts/{made.json['id']}", {"name": "Maria José", "email": None})
    assert (changed.json["name"], changed.json["email"], changed.json["phone"]) == (
        "Maria José",
        None,
        "+5511987654321",
    )
    assert caller.patch(f"/contacts/{made.json['id']}", {"phone": ""}).json["phone"] is None
    (first, _second) = db.session.execute(db.select(AuditEvent).order_by(AuditEvent.id)).scalars()
    assert (first.action, first.before["name"], first.after["name"]) == ("contact.updated", "Maria", "Maria José")


def test_a_name_set_by_hand_is_marked_so(api, agent, make):
    contact = make.contact("Apelido 🤙")
    answer = api(agent).patch(f"/contacts/{contact.id}", {"name": "Carlos Pereira"})
    assert answer.json["name_is_manual"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x", "phone": "não é telefone"}, "phone"),
        ({"name": "x", "phone": "123"}, "phone"),
        ({"name": "x", "phone": "11 98765-43210"}, "phone"),
        ({"name": "x", "phone": "1" * 41}, "phone"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({}, "name"),
        ({"name": "x", "email": "no at sign"}, "email"),
        ({"name": "x", "surprise": 1}, "surprise"),
        ({"name": 7}, "name"),
    ],
)
def test_what_is_no_contact(api, agent, body, field):
    answer = api(agent).post("/contacts", body)
    assert answer.status_code == 422
    assert field in answer.json["error"]["details"]
    assert db.session.execute(db.select(Contact)).first() is None


def test_a_phone_belongs_to_one_contact_however_it_is_written(api, agent):
    caller = api(agent)
    first = caller.post("/contacts", {"name": "Maria", "phone": "11 98765-4321"}).json
    for phone in ("11 8765-4321", "+55 11 98765 4321", "551187654321"):
        answer = caller.post("/contacts", {"name": "Outra", "phone": phone})
        assert answer.status_code == 409
        assert answer.json["error"]["details"]["contact_id"] == first["id"]
        assert "Maria" in answer.json["error"]["message"]
    other = caller.post("/contacts", {"name": "Bia"}).json
    assert caller.patch(f"/contacts/{other['id']}", {"phone": "1187654321"}).status_code == 409
    assert caller.patch(f"/contacts/{first['id']}", {"phone": "1187654321"}).status_code == 200


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("jose", ["José Álvares", "Maria José"]),
        ("JOSÉ alv", ["José Álvares"]),
        ("alvares", ["José Álvares"]),
        ("mar", ["Maria José"]),
        ("ari", []),
        ("maria@example.com", ["Maria José"]),
        ("8765-4321", ["Maria José"]),
        ("11 8765-4321", ["Maria José"]),
        ("* | &", []),
    ],
)
def test_find(api, agent, make, typed, expected):
    make.contact("José Álvares")
    make.contact("Maria José", phone="+5511987654321", email="maria@example.com")
    make.contact("Antônio")
    assert names(api(agent).get("/contacts", q=typed)) == expected


def test_find_by_a_channels_spelling_of_the_phone(api, agent, make):
    contact = make.contact("Só no canal")
    make.party(contact=contact, address="5511987654321")
    assert names(api(agent).get("/contacts", q="11 8765-4321")) == ["Só no canal"]


@pytest.mark.parametrize("query", [{}, {"q": "pessoa"}])
def test_pages(api, agent, make, query):
    made = [make.contact(f"Pessoa {number}").name for number in range(5)]
    caller, found, cursor = api(agent), [], {}
    while True:
        answer = caller.get("/contacts", page_size=2, **query, **cursor)
        found += names(answer)
        if answer.json["next_cursor"] is None:
            break
        cursor = {"cursor": answer.json["next_cursor"]}
    assert found == (made if query else made[::-1])
    assert caller.get("/contacts", cursor="nonsense", **query).status_code == 422


def test_one_contact_shows_its_channels(api, agent, make):
    contact = make.contact("Maria")
    party = make.party(contact=contact, address="5511987654321", username="maria.s")
    make.party(make.channel(name="Segundo"), contact)
    shown = api(agent).get(f"/contacts/{contact.id}").json
    assert [entry["username"] for entry in shown["parties"]] == ["maria.s", None]
    assert shown["parties"][0]["id"] == str(party.id)
    assert shown["parties"][0]["aliases"] == [{"kind": "phone", "value": "5511987654321"}]


def test_others_contacts_do_not_exist(api, make, other_organization, agent):
    contact = make.contact("Maria", phone="+5511987654321")
    stranger = api(other_organization.admin)
    for method, path, body in (
        ("GET", f"/contacts/{contact.id}", None),
        ("PATCH", f"/contacts/{contact.id}", {"name": "x"}),
        ("GET", f"/contacts/{contact.id}/conversations", None),
        ("POST", f"/contacts/{contact.id}/merge", {"absorbed_id": str(new_id())}),
        ("DELETE", f"/contacts/merge-suggestions/{new_id()}", None),
    ):
        assert stranger.request(method, path, body).status_code == 404, path
    assert names(stranger.get("/contacts")) == []
    assert names(stranger.get("/contacts", q="maria")) == []
    # The same phone in another organization is another person.
    assert stranger.post("/contacts", {"name": "Maria", "phone": "11987654321"}).status_code == 201
    assert api(agent).get(f"/contacts/{new_id()}").status_code == 404


def test_a_viewer_reads_only(api, organization, make):
    contact = make.contact()
    viewer = api(organization.member("viewer"))
    assert viewer.get(f"/contacts/{contact.id}").status_code == 200
    assert viewer.post("/contacts", {"name": "x"}).status_code == 403
    assert viewer.patch(f"/contacts/{contact.id}", {"name": "x"}).status_code == 403


def suggest(first, second):
    row = MergeSuggestion(contact_id=first.id, other_id=second.id, reason="shared_alias")
    with transaction() as session:
        session.add(row)
    return row


def test_suggestions_wait_for_a_human(api, agent, make):
    caller, one, other = api(agent), make.contact("Maria"), make.contact("Maria S.")
    suggestion = suggest(one, other)
    (item,) = caller.get("/contacts/merge-suggestions").json["items"]
    assert (item["reason"], [contact["name"] for contact in item["contacts"]]) == (
        "shared_alias",
        ["Maria", "Maria S."],
    )
    assert caller.delete(f"/contacts/merge-suggestions/{suggestion.id}").status_code == 204
    assert caller.get("/contacts/merge-suggestions").json["items"] == []


def test_merge(api, agent, make):
    caller = api(agent)
    survivor, absorbed = make.contact("Maria"), make.contact("Maria José", phone="+5511987654321", name_is_manual=True)
    suggest(survivor, absorbed)
    kept = make.conversation(make.party(contact=survivor))
    moved = make.conversation(make.party(make.channel(name="Outro"), absorbed))

    answer = caller.post(f"/contacts/{survivor.id}/merge", {"absorbed_id": str(absorbed.id)})

    assert answer.status_code == 200
    assert (answer.json["name"], answer.json["phone"], len(answer.json["parties"])) == (
        "Maria José",
        "+5511987654321",
        2,
    )
    listed = caller.get(f"/contacts/{survivor.id}/conversations").json["items"]
    assert {item["id"] for item in listed} == {str(kept.id), str(moved.id)}
    assert {item["contact"]["id"] for item in listed} == {str(survivor.id)}
    assert caller.get("/contacts/merge-suggestions").json["items"] == []
    assert names(caller.get("/contacts")) == ["Maria José"]
    # An old link leads to the survivor.
    assert caller.get(f"/contacts/{absorbed.id}").json["id"] == str(survivor.id)
    event = db.session.execute(db.select(Event).where(Event.type == "contact.merged")).scalar_one()
    assert event.data["absorbed"]["id"] == str(absorbed.id)
    assert caller.post(f"/contacts/{survivor.id}/merge", {"absorbed_id": str(absorbed.id)}).status_code == 404
    last = make.contact("M. José")
    assert caller.post(f"/contacts/{last.id}/merge", {"absorbed_id": str(survivor.id)}).status_code == 200
    assert caller.get(f"/contacts/{absorbed.id}").json["id"] == str(last.id)
    assert caller.post(f"/contacts/{survivor.id}/merge", {"absorbed_id": str(survivor.id)}).status_code == 422
