"""Imports of customers by the API: from somebody's table to customers, nothing half-written, and back again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, text

from ramal.testing.client import JsonClient
from ramal.testing.workbooks import workbook

from .messy import messy
from .tables_of_customers import HEADERS, cpf_of, row, table, upload

Upload = Callable[..., dict[str, Any]]
Work = Callable[[], None]


@pytest.fixture
def uploaded(desk: JsonClient, work: Work) -> Upload:
    """Upload a table and wait until it was read."""

    def made(data: bytes, filename: str = "clientes.csv", **more: str) -> dict[str, Any]:
        answer = desk.post("/crm/imports", data=upload(data, filename, **more), content_type="multipart/form-data")
        assert answer.status_code == 201, answer.text
        work()
        found: dict[str, Any] = desk.get(f"/crm/imports/{answer.json['id']}").json
        return found

    return made


@pytest.fixture
def checked(desk: JsonClient, uploaded: Upload, work: Work) -> Upload:
    """Upload a table and try its rows with options."""

    def made(data: bytes, filename: str = "clientes.csv", **options: Any) -> dict[str, Any]:
        run = uploaded(data, filename)
        if options:
            path = f"/crm/imports/{run['id']}"
            answer = desk.put(f"{path}/columns", {"columns": run["columns"], **options})
            assert answer.status_code == 202, answer.text
            work()
            run = desk.get(path).json
        assert run["state"] == "checked", run
        return run

    return made


@pytest.fixture
def imported(desk: JsonClient, checked: Upload, work: Work) -> Upload:
    """All the way."""

    def made(data: bytes, filename: str = "clientes.csv", **options: Any) -> dict[str, Any]:
        run = checked(data, filename, **options)
        path = f"/crm/imports/{run['id']}"
        answer = desk.post(f"{path}/start", {"bad_rows": "skip"})
        assert answer.status_code == 202, answer.text
        work()
        found: dict[str, Any] = desk.get(path).json
        assert found["state"] == "done", found
        return found

    return made


def rows_of(desk: JsonClient, run: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.get(f"/crm/imports/{run['id']}/rows", page_size=100, **query).json["items"]
    return found


def problems(desk: JsonClient, run: dict[str, Any]) -> list[tuple[int, str, str]]:
    """(row, column, rule) of all that is wrong."""
    return [(item["number"], error["column"], error["rule"]) for item in rows_of(desk, run) for error in item["errors"]]


def columns(engine: Engine, names: str, order: str = "name") -> list[Sequence[Any]]:
    with engine.connect() as connection:
        query = f"select {names} from plugin_crm.customer order by {order}"
        return [tuple(found) for found in connection.execute(text(query))]


def test_a_messy_file_names_row_column_and_rule_of_each_problem(
    desk: JsonClient, checked: Upload, imported: Upload, owner_engine: Engine
) -> None:
    run = checked(messy(), "Clientes antigos.csv")
    assert run["headers"][4:6] == ["Telefone", "Telefone (F)"]
    assert run["columns"]["legal_name"] == "Razão Social"
    assert (run["columns"]["document"], run["columns"]["other_document"]) == ("CNPJ", "CPF")
    assert problems(desk, run) == [
        (5, "CNPJ", "check_digits"),
        (6, "Telefone", "area_code"),
        (7, "Telefone", "ninth_digit"),
        (8, "Telefone", "two_phones"),
        (9, "CNPJ", "repeated"),
        (10, "CNPJ", "length"),
        (10, "Telefone", "not_a_phone"),
        (10, "E-mail", "not_an_email"),
        (10, "CEP", "not_allowed"),
        (10, "UF", "not_allowed"),
        (11, "Nome Fantasia", "missing"),
    ]
    assert run["counts"] == {"create": 4, "bad": 6, "duplicate": 1}
    sentences = {item["number"]: item["errors"][0]["sentence"] for item in rows_of(desk, run) if item["errors"]}
    assert sentences[5] == "“11222333000182” is not a CNPJ: its check digits are wrong."
    assert sentences[7] == "“(11) 8765-9999” is a mobile number without its ninth digit."
    assert sentences[9] == "Row 2 has the same CPF or CNPJ."
    refused = desk.post(f"/crm/imports/{run['id']}/start", {})
    assert (refused.status_code, "bad or duplicate" in refused.text) == (409, True)
    # Once somebody says how phones are meant, those rows are good.
    done = imported(messy(), area_code="11", ninth_digit="add", two_phones="first")
    assert done["counts"] == {"create": 7, "bad": 3, "duplicate": 1}
    assert columns(owner_engine, "kind, name, document, phone") == [
        ("person", "=HYPERLINK(1)", None, "+5531988881111"),
        ("person", "Ana Zero", "00120279959", "+5521998765432"),
        ("person", "Beto Sem Área", None, "+5511988887777"),
        ("person", "Carla Antiga", None, "+5511987659999"),
        ("person", "Davi Dois", None, "+5511987650001"),
        ("person", "João da Conceição", "52998224725", "+5511987654321"),
        ("company", "Três Irmãs", "11222333000181", "+551133334444"),
    ]
    (company,) = [item for item in rows_of(desk, done) if item["number"] == 2]
    assert company["customer_id"]
    with owner_engine.connect() as connection:
        query = (
            "select g.name, c.legal_name, c.tags, a.street, a.number, a.postal_code, a.city, a.is_main "
            "from plugin_crm.customer c join plugin_crm.company_group g on g.id = c.group_id "
            "join plugin_crm.customer_address a on a.customer_id = c.id"
        )
        assert [tuple(found) for found in connection.execute(text(query))] == [
            (
                "Grupo Irmãs",
                "Padaria Três Irmãs Ltda",
                ["atacado", "vip"],
                "Rua São João",
                "10",
                "01310100",
                "São Paulo",
                True,
            )
        ]
        lines = connection.execute(text("select kind, data->>'file', actor_name from plugin_crm.timeline_entry"))
        assert set(map(tuple, lines)) == {("customer.imported", "clientes.csv", "Ana Admin")}


def test_a_second_file_fills_what_is_empty_or_is_right(
    desk: JsonClient, imported: Upload, checked: Upload, owner_engine: Engine
) -> None:
    imported(table([row(1, **{"E-mail": "", "Etiquetas": "a"}), row(2), row(3)]))
    changed = table(
        [row(1, Celular="(21) 99999-0001", Etiquetas="b"), row(2), row(3, **{"CPF/CNPJ": "", "Nome": "Outra"}), row(4)]
    )
    run = checked(changed)
    assert run["counts"] == {"update": 1, "same": 2, "create": 1}
    first = rows_of(desk, run)[0]
    assert (first["action"], first["before"]) == ("update", {"email": None, "tags": ["a"]})
    run = checked(changed, overwrite="all")
    assert run["counts"] == {"update": 2, "same": 1, "create": 1}
    imported(changed, overwrite="all")
    assert columns(owner_engine, "name, phone, email, tags, version", "document, name")[:3] == [
        ("Cliente 00001", "+5521999990001", "cliente1@exemplo.com.br", ["a", "b"], 2),
        ("Cliente 00002", "+5511980000002", "cliente2@exemplo.com.br", [], 1),
        ("Outra", "+5511980000003", "cliente3@exemplo.com.br", [], 2),
    ]


def test_what_is_imported_is_what_was_looked_at(desk: JsonClient, work: Callable[[], None]) -> None:
    """Somebody else changes the columns between the look and the start."""
    form = {"file": (io.BytesIO(b"Nome;Apelido\nAna Souza;Aninha\n"), "clientes.csv")}
    run = desk.post("/crm/imports", data=form, content_type="multipart/form-data").json
    work()
    path = f"/crm/imports/{run['id']}"
    seen = desk.get(path).json["check_number"]
    assert desk.put(f"{path}/columns", {"columns": {"name": "Apelido"}}).status_code == 202
    work()
    refused = desk.post(f"{path}/start", {"check_number": seen})
    assert (refused.status_code, "Look again" in refused.json["error"]["message"]) == (409, True), refused.json
    assert desk.get(path).json["state"] == "checked"
    assert desk.post(f"{path}/start", {"check_number": seen + 1}).status_code == 202


def test_customers_are_met_by_document_then_phone_then_email(
    desk: JsonClient, imported: Upload, checked: Upload
) -> None:
    shared = {"Celular": "(11) 98888-0000"}
    imported(table([row(1, **shared), row(2, **shared), row(3, **{"CPF/CNPJ": ""}), row(4, **{"E-mail": "x@y.com"})]))
    again = [
        # The document decides, though the phone is another's; a document nobody has is somebody new.
        row(1, Celular="(11) 98000-0003"),
        row(9, Celular="(11) 98000-0004", **{"E-mail": "x@y.com"}),
        # Two customers have this phone.
        row(8, **shared, **{"CPF/CNPJ": "", "E-mail": ""}),
        # Of row 3 no document is known: it is met by phone, and gets one.
        row(3),
        # Two rows of one file have this address, and only one of them is a document known of.
        row(4, Celular="", **{"CPF/CNPJ": "", "E-mail": "X@Y.com", "Etiquetas": "novo"}),
        row(4),
    ]
    run = checked(table(again), overwrite="all")
    assert [item["action"] for item in rows_of(desk, run)] == [
        "update",
        "create",
        "duplicate",
        "update",
        "duplicate",
        "update",
    ]
    assert problems(desk, run) == [(4, "Celular", "ambiguous"), (6, "E-mail", "repeated")]
    assert rows_of(desk, run)[3]["before"] == {"document": None}
    by_email = checked(table([row(7, **shared, **{"CPF/CNPJ": "", "E-mail": "x@y.com"})]), match=["email"])
    assert by_email["counts"] == {"same": 1}
    taken = checked(table([row(1, Celular="(11) 97777-0000", **{"E-mail": "neu@y.com"})]), match=["email"])
    assert problems(desk, taken) == [(2, "CPF/CNPJ", "taken")]
    twice = [row(5, Celular="", **{"E-mail": "a@y.com"}), row(5, Celular="", **{"E-mail": "b@y.com"})]
    assert problems(desk, checked(table(twice), match=["email"])) == [(3, "CPF/CNPJ", "repeated")]


def test_own_fields_are_columns_and_read_by_their_type(
    desk: JsonClient, imported: Upload, owner_engine: Engine
) -> None:
    for field in (
        {"label": "Data do Contrato", "type": "date"},
        {"label": "Limite", "type": "number", "required": True},
        {"label": "Porte", "type": "choice", "options": ["Pequeno", "Médio"]},
    ):
        answer = desk.post("/crm/fields", {"entity": "customer", **field})
        assert answer.status_code == 201, answer.text
    headers = ["Nome", "Data do contrato", "Limite", "PORTE", "Nascimento"]
    rows = [
        ["Ana", "31/12/2025", "1.234,50", "médio", "05/06/1990"],
        ["Bia", "13/01/2026", "10,5", "", ""],
        ["Cia", "amanhã", "x", "Enorme", ""],
        ["Duda", "", "", "", ""],
    ]
    run = imported(table(rows, headers))
    assert problems(desk, run) == [
        (4, "Data do contrato", "not_a_date"),
        (4, "Limite", "own_field"),
        (4, "PORTE", "own_field"),
        (5, "Limite", "missing"),
    ]
    assert columns(owner_engine, "custom, birth_date::text") == [
        ({"data_do_contrato": "2025-12-31", "limite": 1234.5, "porte": "Médio"}, "1990-06-05"),
        ({"data_do_contrato": "2026-01-13", "limite": 10.5}, None),
    ]


def test_a_workbook_is_read_with_its_numbers(desk: JsonClient, checked: Upload) -> None:
    rows = [["Cliente", "CPF", "Fone", "CEP", "Rua"], ["Ana", 120279959, 11987654321, 1310100, "Av. Paulista"]]
    run = checked(workbook(rows), "clientes.xlsx")
    (item,) = rows_of(desk, run)
    assert item["values"]["document"] == "00120279959"
    assert item["values"]["phone"] == "+5511987654321"
    assert item["values"]["address"]["postal_code"] == "01310100"


def test_columns_are_chosen_once_for_headers_and_remembered(desk: JsonClient, uploaded: Upload, work: Work) -> None:
    headers = ["Quem", "Registro", "Liga para"]
    data = table([["Ana", cpf_of(1), "98765-4321"]], headers)
    run = uploaded(data)
    assert (run["state"], run["columns"]) == ("uploaded", {})
    path = f"/crm/imports/{run['id']}/columns"
    refused = desk.put(path, {"columns": {"x": "Quem", "tags": "Nada"}, "area_code": "1"})
    assert refused.status_code == 422
    assert refused.json["error"]["details"].keys() == {"columns.x", "columns.tags", "columns", "area_code"}
    layout = {"columns": {"name": "Quem", "document": "Registro", "phone": "Liga para"}, "area_code": "51"}
    assert desk.put(path, layout).json["state"] == "checking"
    work()
    following = uploaded(table([["Bia", cpf_of(2), "98765-4322"]], headers))
    assert (following["columns"], following["options"]["area_code"]) == (layout["columns"], "51")
    assert following["counts"] == {"create": 1}


def test_a_file_that_is_no_table_says_so(desk: JsonClient, uploaded: Upload, owner_engine: Engine) -> None:
    run = uploaded(b"Nome;CPF\n")
    assert (run["state"], run["error"]) == ("unreadable", "The file has no rows below its headers.")
    many = uploaded(b"Nome\n" + b"x\n" * 50_001)
    assert many["error"] == "The file has more than 50000 rows; split it."
    assert desk.post("/crm/imports", data={}, content_type="multipart/form-data").status_code == 422
    too_large = upload(b"a\n" + b"1" * 21 * 1024 * 1024)
    assert desk.post("/crm/imports", data=too_large, content_type="multipart/form-data").status_code == 413
    assert desk.delete(f"/crm/imports/{run['id']}").status_code == 204
    with owner_engine.connect() as connection:
        assert connection.execute(text("select count(*) from plugin_crm.import_run")).scalar_one() == 1


def test_what_changes_between_dry_run_and_import_counts(
    desk: JsonClient, checked: Upload, work: Work, owner_engine: Engine
) -> None:
    run = checked(table([row(1), row(2)]))
    made = desk.post("/crm/customers", {"name": "Feita à mão", "document": cpf_of(1)})
    assert made.status_code == 201, made.text
    assert desk.post(f"/crm/imports/{run['id']}/start", {}).status_code == 202
    work()
    done = desk.get(f"/crm/imports/{run['id']}").json
    assert done["counts"] == {"update": 1, "create": 1}
    assert columns(owner_engine, "name, phone, version") == [
        ("Cliente 00002", "+5511980000002", 1),
        ("Feita à mão", "+5511980000001", 2),
    ]


def test_the_very_same_file_is_not_imported_again_unless_one_insists(
    desk: JsonClient, imported: Upload, checked: Upload
) -> None:
    data = table([row(1)])
    first = imported(data)
    again = checked(data, overwrite="all")
    assert again["same_file_before"] == first["id"]
    assert again["counts"] == {"same": 1}
    nothing = desk.post(f"/crm/imports/{again['id']}/start", {})
    assert (nothing.status_code, "nothing to import" in nothing.text) == (409, True)
    assert desk.delete(f"/crm/imports/{first['id']}").status_code == 409


def test_undoing_takes_back_all_but_what_somebody_changed_since(
    desk: JsonClient, imported: Upload, work: Work, owner_engine: Engine
) -> None:
    headers = [*HEADERS, "Rua", "Grupo"]
    imported(table([[*row(1, Etiquetas="a"), "Rua Velha", "Antigo"], [*row(2), "", ""]], headers))
    before = columns(owner_engine, "name, phone, email, tags, group_id")
    run = imported(
        table(
            [
                [*row(1, Celular="(21) 99999-0001", Etiquetas="b"), "Rua Nova", "Novo"],
                [*row(2, Celular="(21) 99999-0002"), "Rua Primeira", ""],
                *([*row(number), "Rua X", "Novo"] for number in range(3, 7)),
            ],
            headers,
        ),
        overwrite="all",
    )
    assert run["counts"] == {"update": 2, "create": 4}
    ids = {item["number"]: item["customer_id"] for item in rows_of(desk, run)}
    # Row 3 was changed, 4 got a note, 5 was deleted by hand.
    assert desk.patch(f"/crm/customers/{ids[3]}", {"website": "https://exemplo.com.br"}).status_code == 200
    assert desk.post(f"/crm/customers/{ids[4]}/notes", {"body": "Ligou"}).status_code == 201
    assert desk.delete(f"/crm/customers/{ids[5]}").status_code == 204
    assert desk.post(f"/crm/imports/{run['id']}/undo", {}).status_code == 202
    work()
    undone = desk.get(f"/crm/imports/{run['id']}").json
    assert (undone["state"], undone["counts"]["undone"], undone["counts"]["kept"]) == ("undone", 4, 2)
    kept = rows_of(desk, run, action="kept")
    assert [(item["number"], item["errors"][0]["sentence"]) for item in kept] == [
        (3, "Cliente 00002 was changed since; it stays as it is."),
        (4, "Cliente 00003 has contacts, deals, notes, files or activities by now; it stays."),
    ]
    after = columns(owner_engine, "name, phone, email, tags, group_id")
    assert (after[0], len(after)) == (before[0], 3)
    with owner_engine.connect() as connection:
        streets = "select street from plugin_crm.customer_address order by 1"
        assert list(connection.execute(text(streets)).scalars()) == ["Rua Primeira", "Rua Velha", "Rua X"]
        groups = "select name from plugin_crm.company_group order by 1"
        # One customer of the new group stayed.
        assert list(connection.execute(text(groups)).scalars()) == ["Antigo", "Novo"]
    assert desk.post(f"/crm/imports/{run['id']}/undo", {}).status_code == 409


def test_undoing_puts_nobody_back_into_a_group_that_was_dissolved(
    desk: JsonClient, imported: Upload, work: Work, owner_engine: Engine
) -> None:
    headers = [*HEADERS, "Grupo"]
    imported(table([[*row(1), "Antigo"]], headers))
    (antigo,) = desk.get("/crm/groups").json["items"]
    run = imported(table([[*row(1), "Novo"]], headers), overwrite="all")
    assert desk.delete(f"/crm/groups/{antigo['id']}").status_code == 204
    assert desk.post(f"/crm/imports/{run['id']}/undo", {}).status_code == 202
    work()
    assert desk.get(f"/crm/imports/{run['id']}").json["state"] == "undone"
    assert columns(owner_engine, "name, group_id") == [("Cliente 00001", None)]


def test_the_rows_come_back_as_csv_to_be_mended(desk: JsonClient, checked: Upload) -> None:
    run = checked(table([row(1, Nome="=1+1"), row(2, **{"CPF/CNPJ": "123"})]))
    answer = desk.get(f"/crm/imports/{run['id']}/rows.csv", action="bad")
    lines = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))
    assert lines[0] == [*HEADERS, "Row", "Result", "Problems"]
    assert lines[1][5:7] == ["3", "Bad"]
    assert "CPF/CNPJ: “123” has neither" in lines[1][7]
    assert desk.get(f"/crm/imports/{run['id']}/rows.csv").text.splitlines()[1].startswith("'=1+1;")


def test_agents_do_not_import(clerk: JsonClient, checked: Upload) -> None:
    run = checked(table([row(1)]))
    assert clerk.get(f"/crm/imports/{run['id']}").status_code == 403
    assert clerk.post(f"/crm/imports/{run['id']}/start", {}).status_code == 403
