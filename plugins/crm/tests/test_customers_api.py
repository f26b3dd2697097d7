"""Customers, groups, own fields and CEP by the API: what comes back, who may do what."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from ramal.testing.client import JsonClient
from ramal.testing.factories import Factory
from ramal.testing.waiting import wait_for

PADARIA = {
    "name": "Padaria Modelo",
    "document": "12.abc.345/01de-35",
    "phone": "(11) 98765-4321",
    "tags": ["VIP"],
    "addresses": [{"postal_code": "01310-100", "street": "Avenida Paulista", "city": "São Paulo", "state": "SP"}],
}


@pytest.fixture
def bakery(desk: JsonClient) -> dict[str, Any]:
    answer = desk.post("/crm/customers", PADARIA)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def test_a_customer_comes_back_as_it_is_kept(desk: JsonClient, bakery: dict[str, Any], make: Factory) -> None:
    assert (bakery["kind"], bakery["document"], bakery["phone"]) == ("company", "12ABC34501DE35", "+5511987654321")
    assert bakery["addresses"][0]["postal_code"] == "01310100"
    path = f"/crm/customers/{bakery['id']}"
    ana = make.contact("Ana", phone="+5511900000001")
    linked = desk.post(f"{path}/contacts", {"contact_id": str(ana.id), "role": "sócia"})
    assert linked.json["contacts"] == [
        {
            "contact_id": str(ana.id),
            "name": "Ana",
            "phone": "+5511900000001",
            "email": None,
            "role": "sócia",
            "is_main": True,
        }
    ]
    assert desk.get(path).json == linked.json
    found = desk.get("/crm/customers", contact_id=str(ana.id)).json["items"]
    assert [each["id"] for each in found] == [bakery["id"]]
    assert desk.delete(f"{path}/contacts/{ana.id}").status_code == 204
    assert desk.delete(f"{path}/contacts/{ana.id}").status_code == 404


def test_changes_say_which_version_they_saw(desk: JsonClient, bakery: dict[str, Any]) -> None:
    path = f"/crm/customers/{bakery['id']}"
    changed = desk.patch(path, {"name": "Padaria Nova", "version": bakery["version"]})
    assert (changed.status_code, changed.json["name"], changed.json["tags"]) == (200, "Padaria Nova", ["vip"])
    late = desk.patch(path, {"name": "Outra", "version": bakery["version"]})
    assert (late.status_code, late.json["error"]["details"]["version"]) == (409, changed.json["version"])


def test_what_does_not_fit_and_whose_document_it_is(desk: JsonClient, bakery: dict[str, Any]) -> None:
    wrong = desk.post("/crm/customers", {**PADARIA, "document": "11.222.333/0001-82", "email": "x"})
    assert wrong.status_code == 422
    assert set(wrong.json["error"]["details"]) == {"document", "email"}
    taken = desk.post("/crm/customers", PADARIA)
    assert (taken.status_code, taken.json["error"]["details"]["customer_id"]) == (409, bakery["id"])
    assert desk.post("/crm/customers", {}).status_code == 422


def test_lists_archives_merges_and_deletes(desk: JsonClient, bakery: dict[str, Any]) -> None:
    other = desk.post("/crm/customers", {"name": "Padaria Velha", "kind": "company"}).json

    def listed(**query: Any) -> list[str]:
        return [each["name"] for each in desk.get("/crm/customers", **query).json["items"]]

    assert listed() == ["Padaria Modelo", "Padaria Velha"]
    assert listed(q="mod", tag="vip", kind="company") == ["Padaria Modelo"]
    page = desk.get("/crm/customers", page_size=1).json
    assert listed(page_size=1, cursor=page["next_cursor"]) == ["Padaria Velha"]
    assert desk.get("/crm/customers", cursor="x").status_code == 422
    assert desk.get("/crm/customers/tags").json == {"items": ["vip"]}
    assert desk.post(f"/crm/customers/{other['id']}/archive").json["archived_at"]
    assert (listed(), listed(archived=True)) == (["Padaria Modelo"], ["Padaria Velha"])
    assert desk.post(f"/crm/customers/{other['id']}/restore").json["archived_at"] is None
    merged = desk.post(f"/crm/customers/{bakery['id']}/merge", {"absorbed_customer_id": other["id"]})
    assert (merged.status_code, listed()) == (200, ["Padaria Modelo"])
    assert desk.delete(f"/crm/customers/{bakery['id']}").status_code == 204
    assert desk.get(f"/crm/customers/{bakery['id']}").status_code == 404


def test_notes_files_and_timeline(desk: JsonClient, bakery: dict[str, Any], client: FlaskClient) -> None:
    path = f"/crm/customers/{bakery['id']}"
    note = desk.post(f"{path}/notes", {"body": "Prefere boleto."}).json
    assert desk.get(f"{path}/notes").json["items"] == [note]
    sent = desk.post(
        f"{path}/files", data={"file": (io.BytesIO(b"%PDF-1.7 x"), "a.pdf")}, content_type="multipart/form-data"
    )
    assert sent.status_code == 201, sent.text
    url = desk.get(f"/crm/files/{sent.json['id']}").json["url"]
    assert client.get(url.partition("localhost")[2]).data == b"%PDF-1.7 x"
    assert [each["filename"] for each in desk.get(f"{path}/files").json["items"]] == ["a.pdf"]
    assert desk.post(f"{path}/files", data={}, content_type="multipart/form-data").status_code == 422
    lines = desk.get(f"{path}/timeline").json["items"]
    assert [(line["kind"], line["text"]) for line in lines] == [
        ("file.added", ""),
        ("note.added", "Prefere boleto."),
        ("customer.created", ""),
    ]
    assert lines[0]["actor_name"] == "Ana Admin"
    assert [line["kind"] for line in desk.get(f"{path}/timeline", kind="note").json["items"]] == ["note.added"]
    assert desk.delete(f"/crm/notes/{note['id']}").status_code == 204
    assert desk.delete(f"/crm/files/{sent.json['id']}").status_code == 204
    assert len(desk.get(f"{path}/timeline").json["items"]) == 1


def test_groups(desk: JsonClient, bakery: dict[str, Any]) -> None:
    group = desk.post("/crm/groups", {"name": "Grupo Modelo"}).json
    assert desk.patch(f"/crm/customers/{bakery['id']}", {"group_id": group["id"]}).status_code == 200
    assert desk.get(f"/crm/groups/{group['id']}").json["customers"] == 1
    assert desk.get("/crm/groups", q="mod").json["items"][0]["name"] == "Grupo Modelo"
    assert desk.patch(f"/crm/groups/{group['id']}", {"note": "Matriz em Santos"}).json["note"] == "Matriz em Santos"
    assert desk.post("/crm/groups", {"name": "grupo modelo"}).status_code == 409
    assert desk.delete(f"/crm/groups/{group['id']}").status_code == 204
    assert desk.get(f"/crm/customers/{bakery['id']}").json["group_id"] is None


def test_own_fields(desk: JsonClient, clerk: JsonClient, bakery: dict[str, Any]) -> None:
    new = {"entity": "customer", "label": "Segmento", "type": "choice", "options": ["Varejo", "Atacado"]}
    assert clerk.post("/crm/fields", new).status_code == 403
    field = desk.post("/crm/fields", new).json
    path = f"/crm/customers/{bakery['id']}"
    assert clerk.patch(path, {"custom": {"segmento": "varejo"}}).json["custom"] == {"segmento": "Varejo"}
    wrong = clerk.patch(path, {"custom": {"segmento": "x"}})
    assert (wrong.status_code, list(wrong.json["error"]["details"])) == (422, ["custom.segmento"])
    assert desk.patch(f"/crm/fields/{field['id']}", {"archived": True}).json["archived_at"]
    assert clerk.get("/crm/fields").json["items"] == []
    assert clerk.get("/crm/fields", archived=True, entity="customer").json["items"][0]["key"] == "segmento"


def test_cep_tells_apart_wrong_unknown_and_silent(desk: JsonClient, enabled: Any) -> None:
    from ramal.plugins.services import save_settings

    save_settings("crm", {"cep_services": ["http://127.0.0.1:9/{cep}"]})
    assert desk.get("/crm/cep/123").status_code == 422
    silent = desk.get("/crm/cep/01310-100")
    assert silent.status_code == 502
    assert "nothing you filled in is lost" in silent.json["error"]["message"]


def test_viewers_look_and_agents_do_not_delete(
    api: Callable[[Any], JsonClient], enabled: Any, clerk: JsonClient, bakery: dict[str, Any]
) -> None:
    viewer = api(enabled.member("viewer"))
    path = f"/crm/customers/{bakery['id']}"
    assert viewer.get(path).status_code == 200
    for call in (
        lambda: viewer.post("/crm/customers", PADARIA),
        lambda: viewer.patch(path, {"name": "x"}),
        lambda: viewer.post(f"{path}/notes", {"body": "x"}),
        lambda: viewer.post(f"{path}/archive"),
        lambda: clerk.delete(path),
        lambda: clerk.post(f"{path}/merge", {"absorbed_customer_id": bakery["id"]}),
    ):
        assert call().status_code == 403
    assert clerk.patch(path, {"name": "Padaria"}).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/crm/groups", {"name": "Grupo Modelo"}),
        ("/crm/fields", {"entity": "customer", "label": "Porte", "type": "text"}),
    ],
)
def test_of_several_who_make_the_same_at_once_one_does(
    desk: JsonClient, api: Callable[[Any], JsonClient], admin: Any, path: str, body: dict[str, Any]
) -> None:
    start, people = threading.Barrier(6), [api(admin) for _ in range(6)]

    def make_it(person: JsonClient) -> int:
        start.wait()
        return person.post(path, body).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(make_it, people)) == [201, 409, 409, 409, 409, 409]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/crm/activities", {"title": "Ligar", "due_at": "2026-12-01T10:00:00Z"}),
        ("/crm/deals", {"title": "Bolo"}),
        ("/crm/customers/{id}/notes", {"body": "Ligou."}),
    ],
)
def test_what_is_linked_to_a_customer_who_is_just_being_deleted_is_no_fault_of_ours(
    desk: JsonClient, bakery: dict[str, Any], owner_engine: Engine, path: str, body: dict[str, Any]
) -> None:
    answers: list[Any] = []
    given = body if "{id}" in path else {**body, "customer_id": bakery["id"]}
    asking = threading.Thread(target=lambda: answers.append(desk.post(path.format(id=bakery["id"]), given)))
    with owner_engine.connect() as other:
        other.execute(text("delete from plugin_crm.customer where id = :id"), {"id": bakery["id"]})
        asking.start()
        waiting = text(
            "select count(*) from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))"
        )
        wait_for(lambda: other.scalar(waiting), "the answer waits for the deletion")
        other.commit()
    asking.join(60)
    (answer,) = answers
    assert (answer.status_code, "deleted by somebody else" in answer.text) == (409, True), answer.text
