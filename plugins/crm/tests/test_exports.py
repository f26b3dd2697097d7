"""Lists as files: with the list's filters, as formulas to nobody, and back through an import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from ramal.api import tables
from ramal.testing.client import JsonClient
from ramal_crm.services.exports import making

from .tables_of_customers import cpf_of, row, table, upload

Work = Callable[[], None]


def customer(desk: JsonClient, **values: Any) -> dict[str, Any]:
    answer = desk.post("/crm/customers", values)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


def rows_in(client: FlaskClient, export: dict[str, Any]) -> list[dict[str, tables.Cell]]:
    answer = client.get(export["url"].partition("localhost")[2])
    assert answer.status_code == 200
    table_ = tables.read(answer.data)
    return [dict(zip(table_.headers, each.cells, strict=True)) for each in table_.rows]


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_customers_go_out_and_come_back(desk: JsonClient, client: FlaskClient, work: Work, format_: str) -> None:
    for label, type_ in (("Limite", "number"), ("Aniversário da loja", "date"), ("Ativo", "yes_no")):
        assert desk.post("/crm/fields", {"entity": "customer", "label": label, "type": type_}).status_code == 201
    group = desk.post("/crm/groups", {"name": "Grupo Um"}).json
    made = customer(
        desk,
        name="=Padaria",
        legal_name="Padaria Modelo Ltda",
        document="11.222.333/0001-81",
        phone="+551133334444",
        email="a@b.com.br",
        state_registration="123",
        website="https://exemplo.com.br",
        group_id=group["id"],
        tags=["vip", "atacado"],
        custom={"limite": "1234,5", "aniversario_da_loja": "31/12/2020", "ativo": "sim"},
        addresses=[{"street": "Rua A", "number": "1", "postal_code": "01310-100", "city": "São Paulo", "state": "SP"}],
    )
    customer(desk, name="Ana", document=cpf_of(7), birth_date="1990-06-05", phone="+14155552671")
    export = desk.post("/crm/exports/customers", {"format": format_}).json
    assert (export["state"], export["rows"]) == ("ready", 2)
    shown = rows_in(client, export)[0]
    assert shown["Name"] == ("'=Padaria" if format_ == "csv" else "=Padaria")
    assert shown["Phone"] == "(11) 3333-4444"
    data = client.get(export["url"].partition("localhost")[2]).data
    body = upload(data, f"clientes.{format_}")
    run = desk.post("/crm/imports", data=body, content_type="multipart/form-data").json
    path = f"/crm/imports/{run['id']}"
    work()
    run = desk.get(path).json
    assert len(run["columns"]) == len(run["headers"])
    desk.put(f"{path}/columns", {"columns": run["columns"], "overwrite": "all"})
    work()
    # Every field was read as it is.
    assert desk.get(path).json["counts"] == {"same": 2}, desk.get(f"{path}/rows").json
    assert made["version"] == 1


def test_the_lists_filters_narrow_an_export(desk: JsonClient, client: FlaskClient) -> None:
    customer(desk, name="Ana", tags=["vip"])
    customer(desk, name="Bia")
    only = desk.post("/crm/exports/customers", {"filters": {"tag": "vip"}}).json
    assert [each["Name"] for each in rows_in(client, only)] == ["Ana"]
    found = desk.post("/crm/exports/customers", {"filters": {"q": "bia"}}).json
    assert [each["Name"] for each in rows_in(client, found)] == ["Bia"]
    assert desk.post("/crm/exports/customers", {"filters": {"x": 1}}).status_code == 422
    assert [each["id"] for each in desk.get("/crm/exports").json["items"]] == [found["id"], only["id"]]


def test_deals_go_out_with_customer_and_stage(desk: JsonClient, client: FlaskClient) -> None:
    ana = customer(desk, name="Ana", document=cpf_of(7))
    pipeline = desk.get("/crm/pipelines").json["items"][0]
    answer = desk.post(
        "/crm/deals",
        {"title": "@Telhado", "customer_id": ana["id"], "amount": "1234.50", "pipeline_id": pipeline["id"]},
    )
    assert answer.status_code == 201, answer.text
    export = desk.post("/crm/exports/deals", {"format": "xlsx", "filters": {"state": "open"}}).json
    (shown,) = rows_in(client, export)
    assert (shown["Title"], shown["Customer"], shown["State"], str(shown["Amount"])) == (
        "@Telhado",
        "Ana",
        "In progress",
        "1234.5",
    )
    assert shown["Pipeline"] == pipeline["name"]
    none = desk.post("/crm/exports/deals", {"filters": {"state": "won"}}).json
    assert (none["state"], none["rows"]) == ("ready", 0)


def test_a_long_list_is_made_in_the_background_and_thrown_away_after_a_day(
    desk: JsonClient, client: FlaskClient, work: Work, monkeypatch: pytest.MonkeyPatch, owner_engine: Any
) -> None:
    body = upload(table(row(number) for number in range(1, making.AT_ONCE + 251)))
    run = desk.post("/crm/imports", data=body, content_type="multipart/form-data").json
    work()
    desk.post(f"/crm/imports/{run['id']}/start", {})
    work()
    export = desk.post("/crm/exports/customers", {}).json
    assert (export["state"], export["url"]) == ("making", None)
    work()
    export = desk.get(f"/crm/exports/{export['id']}").json
    assert (export["state"], export["rows"]) == ("ready", making.AT_ONCE + 250)
    assert len({each["CPF or CNPJ"] for each in rows_in(client, export)}) == making.AT_ONCE + 250
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("update plugin_crm.export_run set created_at = now() - interval '25 hours'")
    desk.post("/crm/exports/deals", {})
    assert len(desk.get("/crm/exports").json["items"]) == 1
    assert client.get(export["url"].partition("localhost")[2]).status_code == 404


def test_a_file_goes_after_a_day_though_nobody_exports_again(
    desk: JsonClient, client: FlaskClient, work: Work, owner_engine: Any
) -> None:
    export = desk.post("/crm/exports/customers", {}).json
    work()
    assert len(desk.get("/crm/exports").json["items"]) == 1
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("update plugin_crm.export_run set created_at = now() - interval '25 hours'")
        connection.exec_driver_sql("update job set run_at = now() where name = 'drop_exports' and run_at > now()")
    work()
    assert desk.get("/crm/exports").json["items"] == []
    assert client.get(export["url"].partition("localhost")[2]).status_code == 404


def test_days_are_the_organizations(desk: JsonClient, client: FlaskClient, owner_engine: Any) -> None:
    deal = desk.post("/crm/deals", {"title": "Telhado"}).json
    assert desk.post(f"/crm/deals/{deal['id']}/win", {}).status_code == 200
    with owner_engine.begin() as connection:
        # In the evening in São Paulo, where it is the day after by UTC.
        night = "timestamptz '2026-03-10T22:30:00-03:00'"
        connection.exec_driver_sql(f"update plugin_crm.deal set created_at = {night}, closed_at = {night}")
    (shown,) = rows_in(client, desk.post("/crm/exports/deals", {"format": "xlsx"}).json)
    assert [str(shown[name])[:10] for name in ("Added on", "Closed on")] == ["2026-03-10", "2026-03-10"]


def test_agents_do_not_export(clerk: JsonClient) -> None:
    assert clerk.post("/crm/exports/customers", {}).status_code == 403
