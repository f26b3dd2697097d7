"""Batches of boletos by the API: from a table to numbers, nothing half-written."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest

from ramal.testing.client import JsonClient
from ramal.testing.workbooks import workbook
from ramal_documents.services.batches import checking, printing, running

from .orders import ACCOUNT, in_days
from .spreadsheets import HEADERS, row, table, upload

Upload = Callable[..., dict[str, Any]]


def errors_of(desk: JsonClient, batch: dict[str, Any]) -> list[tuple[int, str, str]]:
    """(row, column, rule) of all that is wrong."""
    found: list[tuple[int, str, str]] = []
    query: dict[str, Any] = {"state": "bad", "page_size": 100}
    while True:
        page = desk.get(f"/documents/batches/{batch['id']}/rows", **query).json
        found += [
            (item["number"], error["column"], error["rule"]) for item in page["items"] for error in item["errors"]
        ]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


def test_a_table_becomes_boletos(desk: JsonClient, checked: Upload, work: Callable[[], None]) -> None:
    batch = checked(table(row(number) for number in range(1, 251)))
    assert (batch["state"], batch["rows"], batch["good"], batch["bad"]) == ("checked", 250, 250, 0)
    assert Decimal(batch["total"]) == sum(Decimal(f"1{number:03}.50") for number in range(1, 251))
    assert batch["columns"] == dict(
        zip(("payer.name", "payer.document", "amount", "due_date", "document_number"), HEADERS, strict=True)
    )
    assert desk.get("/documents/boletos").json["items"] == []
    started = desk.post(f"/documents/batches/{batch['id']}/start", {})
    assert (started.status_code, started.json["state"]) == (202, "running")
    work()
    done = desk.get(f"/documents/batches/{batch['id']}").json
    assert (done["state"], done["issued"], done["failed"]) == ("done", 250, 0)
    rows = desk.get(f"/documents/batches/{batch['id']}/rows", page_size=3).json["items"]
    assert [item["number"] for item in rows] == [2, 3, 4]
    boleto = desk.get(f"/documents/boletos/{rows[1]['boleto_id']}").json
    assert (boleto["our_number"][:12], boleto["amount"]) == ("109/00000002", "1002.50")
    assert (boleto["document_number"], boleto["payer"]["name"]) == ("M-2", "Pagador 00002")
    (change,) = desk.get(f"/documents/boletos/{boleto['id']}/history").json["items"]
    assert (change["after"], change["actor_name"]) == ("issued", "Ana Admin")
    again = desk.post(f"/documents/batches/{batch['id']}/start", {})
    assert again.status_code == 409


def test_a_cell_beyond_every_limit_is_one_bad_row_and_no_more(desk: JsonClient, checked: Upload) -> None:
    far, long = in_days(365 * 30).isoformat(), "N" * 500
    rows = [row(2), row(3, Valor="9" * 60), row(4, Vencimento=far), row(5, Nome=long)]
    batch = checked(table(rows))
    assert (batch["state"], batch["good"], batch["bad"]) == ("checked", 1, 3)
    bad = desk.get(f"/documents/batches/{batch['id']}/rows", state="bad").json["items"]
    assert [[error["column"] for error in each["errors"]] for each in bad] == [["Valor"], ["Vencimento"], ["Nome"]]


def test_every_bad_cell_is_named_by_row_column_and_rule(
    desk: JsonClient, checked: Upload, account: dict[str, Any]
) -> None:
    headers = [*HEADERS, "Agência", "Conta"]
    good = ["0057", "12345-7"]
    rows = [
        [*row(2), *good],
        [*row(3, **{"CPF/CNPJ": "529.982.247-26"}), *good],
        [*row(4, **{"CPF/CNPJ": "12.ABC.345/01DE-35"}), *good],
        [*row(5, **{"CPF/CNPJ": "12.ABC.345/01DE-36"}), *good],
        [*row(6, **{"CPF/CNPJ": "123"}), *good],
        [*row(7, Vencimento=in_days(-1).isoformat()), *good],
        [*row(8, Valor="0"), *good],
        [*row(9, Valor="100.000.000,00"), *good],
        [*row(10, Valor="99.999.999,99"), *good],
        [*row(11, Valor="-5,00"), *good],
        [*row(12), "00A7", "12345-7"],
        [*row(13), "0058", "12345-7"],
        [*row(14, Nome="", Valor="dez", Vencimento="amanhã"), *good],
        [*row(15, **{"Número do documento": "x" * 16}), *good],
        [*row(16, Valor="1,005"), *good],
        [*row(17, Vencimento="05/06/2027"), *good],
    ]
    batch = checked(table(rows, headers))
    assert errors_of(desk, batch) == [
        (3, "CPF/CNPJ", "check_digits"),
        (5, "CPF/CNPJ", "check_digits"),
        (6, "CPF/CNPJ", "length"),
        (7, "Vencimento", "past"),
        (8, "Valor", "zero"),
        (9, "Valor", "too_large"),
        (11, "Valor", "negative"),
        (12, "Agência", "not_digits"),
        (13, "Agência", "other_account"),
        (14, "Nome", "missing"),
        (14, "Valor", "not_an_amount"),
        (14, "Vencimento", "not_a_date"),
        (15, "Número do documento", "too_long"),
        # The other rows say that a comma stands before cents here.
        (16, "Valor", "not_an_amount"),
        (17, "Vencimento", "ambiguous_date"),
    ]
    assert (batch["good"], batch["bad"]) == (3, 13)


def test_of_ten_thousand_rows_the_37_bad_ones_are_listed_and_nothing_is_written(
    desk: JsonClient, checked: Upload
) -> None:
    bad = set(range(13, 10_001, 271))
    assert len(bad) == 37
    rows = (row(number, **({"CPF/CNPJ": "529.982.247-26"} if number in bad else {})) for number in range(1, 10_001))
    batch = checked(table(rows))
    assert (batch["rows"], batch["good"], batch["bad"]) == (10_000, 9_963, 37)
    assert errors_of(desk, batch) == [(number + 1, "CPF/CNPJ", "check_digits") for number in sorted(bad)]
    assert desk.get("/documents/boletos").json["items"] == []
    assert desk.get(f"/documents/accounts/{batch['account_id']}").json["next_number"] == 1


def test_bad_rows_stop_everything_unless_the_good_ones_are_wanted(
    desk: JsonClient, checked: Upload, work: Callable[[], None]
) -> None:
    batch = checked(table([row(1), row(2, Valor="0"), row(3)]))
    path = f"/documents/batches/{batch['id']}"
    refused = desk.post(f"{path}/start", {"bad_rows": "stop"})
    assert (refused.status_code, "Some rows are bad" in refused.text) == (409, True)
    work()
    assert desk.get("/documents/boletos").json["items"] == []
    assert desk.post(f"{path}/start", {"bad_rows": "skip"}).status_code == 202
    work()
    assert len(desk.get("/documents/boletos").json["items"]) == 2
    states = [item["state"] for item in desk.get(f"{path}/rows").json["items"]]
    assert states == ["issued", "bad", "issued"]


def test_a_workbook_is_read_with_its_numbers_and_days(
    desk: JsonClient, checked: Upload, work: Callable[[], None]
) -> None:
    day = in_days(20)
    rows = [["Cliente", "CPF", "Valor (R$)", "Vencimento"], ["Ana", 52998224725, 1234.5, day]]
    # 001.202.799-59 without its zeros, as a spreadsheet keeps a number.
    rows += [["Bia", 120279959, 10, day], ["Cia", "12.ABC.345/01DE-35", 0.1 + 0.2, day]]
    batch = checked(workbook(rows), "cobrança.xlsx")
    assert (batch["good"], batch["bad"]) == (3, 0), errors_of(desk, batch)
    desk.post(f"/documents/batches/{batch['id']}/start", {})
    work()
    made = desk.get("/documents/boletos").json["items"]
    assert [(one["amount"], one["payer"]["document"]) for one in reversed(made)] == [
        ("1234.50", "529.982.247-25"),
        ("10.00", "001.202.799-59"),
        ("0.30", "12.ABC.345/01DE-35"),
    ]


def test_what_can_be_read_in_two_ways_is_asked_for_and_remembered(
    desk: JsonClient, checked: Upload, work: Callable[[], None]
) -> None:
    rows = [row(1, Valor="1.234", Vencimento="05/06/2027")]
    batch = checked(table(rows))
    assert errors_of(desk, batch) == [(2, "Valor", "ambiguous_amount"), (2, "Vencimento", "ambiguous_date")]
    layout = {"columns": batch["columns"], "numbers": "en", "dates": "mdy"}
    assert desk.put(f"/documents/batches/{batch['id']}/columns", layout).status_code == 202
    work()
    assert errors_of(desk, batch) == [(2, "Valor", "not_an_amount")]
    desk.put(f"/documents/batches/{batch['id']}/columns", {**layout, "numbers": "pt", "dates": "dmy"})
    work()
    assert desk.get(f"/documents/batches/{batch['id']}").json["total"] == "1234.00"
    following = checked(table([row(2, Valor="2.345", Vencimento="05/06/2027")]), "outra.csv")
    assert (following["numbers"], following["dates"], following["total"]) == ("pt", "dmy", "2345.00")


def test_columns_by_other_names_are_chosen_once_for_an_account(
    desk: JsonClient, uploaded: Upload, work: Callable[[], None]
) -> None:
    headers = ["Quem", "Registro", "Quanto", "Quando", "Ref."]
    batch = uploaded(table([row(1)], headers))
    assert (batch["state"], batch["columns"]) == ("uploaded", {})
    path = f"/documents/batches/{batch['id']}/columns"
    refused = desk.put(path, {"columns": {"payer.name": "Quem", "amount": "Quanto", "x": "Ref.", "due_date": "Nada"}})
    assert refused.status_code == 422
    assert refused.json["error"]["details"].keys() == {"columns.x", "columns.due_date", "columns.payer.document"}
    columns = {"payer.name": "Quem", "payer.document": "Registro", "amount": "Quanto", "due_date": "Quando"}
    twice = desk.put(path, {"columns": {**columns, "statement": "Quem"}})
    assert "This column is used twice." in twice.text
    assert desk.put(path, {"columns": columns}).json["state"] == "checking"
    work()
    assert uploaded(table([row(2)], headers))["columns"] == columns


def test_the_very_same_file_is_not_issued_again_unless_one_insists(
    desk: JsonClient, checked: Upload, work: Callable[[], None]
) -> None:
    data = table([row(1)])
    first = checked(data)
    assert first["same_file_before"] is None
    desk.post(f"/documents/batches/{first['id']}/start", {})
    work()
    second = checked(data)
    assert second["same_file_before"] == first["id"]
    path = f"/documents/batches/{second['id']}/start"
    assert desk.post(path, {}).status_code == 409
    assert desk.post(path, {"again": True}).status_code == 202


def test_rows_checked_on_another_day_are_checked_again(
    desk: JsonClient, checked: Upload, on: Callable[[str], None]
) -> None:
    batch = checked(table([row(1)]))
    on(in_days(1).isoformat())
    answer = desk.post(f"/documents/batches/{batch['id']}/start", {})
    assert (answer.status_code, "on another day" in answer.text) == (409, True)


def test_numbers_that_do_not_suffice_are_told_before_the_first_is_used(
    desk: JsonClient, account: dict[str, Any], checked: Upload
) -> None:
    desk.patch(f"/documents/accounts/{account['id']}", {"next_number": 99_999_998})
    batch = checked(table([row(1), row(2), row(3)]))
    answer = desk.post(f"/documents/batches/{batch['id']}/start", {})
    assert (answer.status_code, "2 nossos números left, and 3 are wanted" in answer.json["error"]["message"]) == (
        409,
        True,
    )


def test_numbers_that_another_account_of_the_bank_gave_are_left_out(
    desk: JsonClient, account: dict[str, Any], checked: Upload, work: Callable[[], None], order: Any
) -> None:
    twin = desk.post("/documents/accounts", {**ACCOUNT, "name": "Twin", "next_number": 2}).json
    assert desk.post("/documents/generate-boleto", order(account_id=twin["id"])).status_code == 201
    batch = checked(table([row(1), row(2), row(3)]))
    desk.post(f"/documents/batches/{batch['id']}/start", {})
    work()
    rows = desk.get(f"/documents/batches/{batch['id']}/rows").json["items"]
    numbers = [desk.get(f"/documents/boletos/{item['boleto_id']}").json["our_number"][4:12] for item in rows]
    assert numbers == ["00000001", "00000003", "00000004"]


def test_what_changes_between_check_and_issue_stops_the_batch_and_it_goes_on(
    desk: JsonClient, account: dict[str, Any], checked: Upload, work: Callable[[], None]
) -> None:
    batch = checked(table([row(1, Valor="50,00"), row(2)]))
    path = f"/documents/batches/{batch['id']}"
    assert desk.post(f"{path}/start", {}).status_code == 202
    desk.patch(f"/documents/accounts/{account['id']}", {"active": False})
    work()
    stopped = desk.get(path).json
    assert (stopped["state"], stopped["issued"]) == ("stopped", 0)
    assert "switched off" in stopped["error"]
    terms = {"discounts": [{"days_before": 0, "amount": "99.00"}]}
    changed = desk.patch(f"/documents/accounts/{account['id']}", {"active": True, "terms": terms})
    assert changed.status_code == 200, changed.text
    assert desk.post(f"{path}/start", {}).status_code == 202
    work()
    stopped = desk.get(path).json
    assert (stopped["state"], stopped["issued"], stopped["failed"]) == ("stopped", 0, 1)
    assert desk.post(f"{path}/start", {}).status_code == 202
    work()
    done = desk.get(path).json
    assert (done["state"], done["issued"], done["failed"]) == ("done", 1, 1)
    failed = desk.get(f"{path}/rows", state="failed").json["items"]
    assert "leaves nothing to pay" in failed[0]["errors"][0]["sentence"]


def test_a_file_of_all_sheets_is_made_and_made_anew_when_they_change(
    desk: JsonClient, checked: Upload, work: Callable[[], None], client: Any
) -> None:
    batch = checked(table([row(1), row(2, Valor="0"), row(3)]))
    path = f"/documents/batches/{batch['id']}"
    assert desk.post(f"{path}/results", {"kind": "zip"}).status_code == 409
    desk.post(f"{path}/start", {"bad_rows": "skip"})
    work()
    for kind in ("zip", "pdf"):
        assert desk.post(f"{path}/results", {"kind": kind}).json["state"] == "making"
    work()
    results = desk.get(f"{path}/results").json
    assert (results["issued"], results["bad"]) == (2, 1)
    urls = {print_["kind"]: print_["url"].partition("localhost")[2] for print_ in results["prints"]}
    with zipfile.ZipFile(io.BytesIO(client.get(urls["zip"]).data)) as archive:
        assert archive.namelist() == ["00002-boleto-M-1.pdf", "00004-boleto-M-3.pdf"]
        assert "Pagador 00003" in text_of(archive.read("00004-boleto-M-3.pdf"))[0]
    pages = text_of(client.get(urls["pdf"]).data)
    assert ["Pagador 00001" in pages[0], "Pagador 00003" in pages[1], len(pages)] == [True, True, 2]
    assert "AGUARDANDO REGISTRO" in pages[0]
    assert desk.post(f"{path}/results", {"kind": "pdf"}).json["state"] == "ready"
    boleto_id = desk.get(f"{path}/rows").json["items"][0]["boleto_id"]
    desk.post("/documents/boletos/registered", {"boleto_ids": [boleto_id]})
    assert desk.get(f"{path}/results").json["prints"][0]["outdated"]
    assert desk.post(f"{path}/results", {"kind": "pdf"}).json["state"] == "making"
    work()
    (url,) = [one["url"] for one in desk.get(f"{path}/results").json["prints"] if one["kind"] == "pdf"]
    assert "AGUARDANDO REGISTRO" not in text_of(client.get(url.partition("localhost")[2]).data)[0]


def text_of(pdf: bytes) -> list[str]:
    """Each page's text."""
    return [str(page.get_textpage().get_text_bounded()) for page in pypdfium2.PdfDocument(pdf)]


def test_the_rows_come_back_as_csv_and_never_as_formulas(
    desk: JsonClient, checked: Upload, work: Callable[[], None]
) -> None:
    batch = checked(table([row(1, Nome="=HYPERLINK(1)"), row(2, Nome="@x", Valor="0")]))
    path = f"/documents/batches/{batch['id']}"
    answer = desk.get(f"{path}/rows.csv", state="bad")
    assert answer.content_type.startswith("text/csv")
    lines = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))
    assert lines[0] == [*HEADERS, "Row", "State", "Problems", "Nosso número", "Linha digitável"]
    assert lines[1][0] == "'@x"
    assert lines[1][5:] == ["3", "Bad", "Valor: The amount is 0.", "", ""]
    desk.post(f"{path}/start", {"bad_rows": "skip"})
    work()
    lines = list(csv.reader(io.StringIO(desk.get(f"{path}/rows.csv").text), delimiter=";"))
    assert lines[1][0] == "'=HYPERLINK(1)"
    assert lines[1][8].startswith("109/00000001-")
    assert lines[1][9].startswith("34191.09008")


def test_files_that_are_no_tables_leave_nothing_behind(
    desk: JsonClient, account: dict[str, Any], owner_engine: Any, organization: Any
) -> None:
    def post(body: dict[str, Any]) -> Any:
        return desk.post("/documents/batches", data=body, content_type="multipart/form-data")

    refused = post(upload(b"a;b\n", account))
    assert (refused.status_code, refused.json["error"]["details"]["file"]) == (
        422,
        ["The file has no rows below its headers."],
    )
    assert post(upload(b"MZ\x90\x00" * 100, account, "tabela.csv")).status_code == 422
    assert post(upload(b"a\n" + b"1" * 4_200_000, account)).status_code == 413
    assert post({"account_id": account["id"]}).status_code == 422
    assert post(upload(b"a\n1", {"id": "x"})).json["error"]["details"].keys() == {"account_id"}
    assert desk.get("/documents/batches").json["items"] == []
    with owner_engine.connect() as connection:
        query = "select count(*) from stored_file where organization_id = %(id)s"
        assert connection.exec_driver_sql(query, {"id": organization.id}).scalar_one() == 0


def test_a_batch_is_thrown_away_until_boletos_came_of_it(
    desk: JsonClient, checked: Upload, work: Callable[[], None]
) -> None:
    first, second = checked(table([row(1)])), checked(table([row(2)]))
    assert [item["id"] for item in desk.get("/documents/batches").json["items"]] == [second["id"], first["id"]]
    assert desk.delete(f"/documents/batches/{first['id']}").status_code == 204
    assert desk.get(f"/documents/batches/{first['id']}").status_code == 404
    desk.post(f"/documents/batches/{second['id']}/start", {})
    work()
    assert desk.delete(f"/documents/batches/{second['id']}").status_code == 409


def test_a_cursor_that_is_none_of_ours_is_refused(desk: JsonClient, checked: Upload) -> None:
    batch = checked(table([row(1)]))
    answer = desk.get(f"/documents/batches/{batch['id']}/rows", cursor="x")
    assert answer.status_code == 422


def test_viewers_look_and_do_not_issue(
    api: Callable[[Any], JsonClient], enabled: Any, checked: Upload, account: dict[str, Any]
) -> None:
    batch = checked(table([row(1)]))
    viewer = api(enabled.member("viewer"))
    assert viewer.get(f"/documents/batches/{batch['id']}").status_code == 200
    assert viewer.post(f"/documents/batches/{batch['id']}/start", {}).status_code == 403
    body = upload(table([row(1)]), account)
    assert viewer.post("/documents/batches", data=body, content_type="multipart/form-data").status_code == 403


def test_what_was_done_is_in_the_audit_trail(desk: JsonClient, checked: Upload, owner_engine: Any) -> None:
    batch = checked(table([row(1)]))
    desk.post(f"/documents/batches/{batch['id']}/start", {})
    with owner_engine.connect() as connection:
        query = "select action from audit_event where target_id = %(id)s order by id"
        actions = connection.exec_driver_sql(query, {"id": batch["id"]}).scalars().all()
    assert actions == ["documents.batch.created", "documents.batch.started"]


def test_an_accounts_own_sheet_comes_as_a_zip_shift_after_shift(
    desk: JsonClient,
    account: dict[str, Any],
    checked: Upload,
    work: Callable[[], None],
    client: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(printing, "_SHIFT", 0.0)
    template = "<h1>Do bairro</h1>{% for account, text in sheets %}<p>{{ text.payer }}</p>{% endfor %}"
    assert desk.patch(f"/documents/accounts/{account['id']}", {"template": template}).status_code == 200
    batch = checked(table([row(1), row(2)]))
    path = f"/documents/batches/{batch['id']}"
    desk.post(f"{path}/start", {})
    work()
    refused = desk.post(f"{path}/results", {"kind": "pdf"})
    assert (refused.status_code, "come as a ZIP" in refused.text) == (409, True)
    desk.post(f"{path}/results", {"kind": "zip"})
    work()
    (made,) = desk.get(f"{path}/results").json["prints"]
    with zipfile.ZipFile(io.BytesIO(client.get(made["url"].partition("localhost")[2]).data)) as archive:
        assert ["Do bairro" in text_of(archive.read(name))[0] for name in archive.namelist()] == [True, True]


def test_a_sheet_of_ones_own_that_fails_says_why(
    desk: JsonClient, account: dict[str, Any], checked: Upload, work: Callable[[], None]
) -> None:
    batch = checked(table([row(1)]))
    path = f"/documents/batches/{batch['id']}"
    desk.post(f"{path}/start", {})
    work()
    template = "{% for account, text in sheets %}{{ text.nothing_at_all }}{% endfor %}"
    assert desk.patch(f"/documents/accounts/{account['id']}", {"template": template}).status_code == 200
    desk.post(f"{path}/results", {"kind": "zip"})
    work()
    (made,) = desk.get(f"{path}/results").json["prints"]
    assert (made["state"], made["url"]) == ("failed", None)
    assert "nothing_at_all" in made["error"]
    assert desk.patch(f"/documents/accounts/{account['id']}", {"template": "<p>mended</p>"}).status_code == 200
    assert desk.post(f"{path}/results", {"kind": "zip"}).json["state"] == "making"
    work()
    (made,) = desk.get(f"{path}/results").json["prints"]
    assert (made["state"], made["error"]) == ("ready", "")


def test_a_long_batch_is_issued_shift_after_shift(
    desk: JsonClient, checked: Upload, work: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_SHIFT", 0.0)
    batch = checked(table(row(number) for number in range(250)))
    desk.post(f"/documents/batches/{batch['id']}/start", {})
    work()
    done = desk.get(f"/documents/batches/{batch['id']}").json
    assert (done["state"], done["issued"]) == ("done", 250)


def test_what_is_wrong_is_said_in_the_language_of_whoever_asked(
    desk: JsonClient, checked: Upload, work: Callable[[], None]
) -> None:
    batch = checked(table([row(1, Valor="0")]))
    path = f"/documents/batches/{batch['id']}"
    desk.request("PUT", f"{path}/columns", {"columns": batch["columns"]}, headers={"Accept-Language": "pt-BR"})
    work()
    ((error,),) = (item["errors"] for item in desk.get(f"{path}/rows").json["items"])
    assert error["sentence"] == "O valor é 0."


def test_a_check_that_was_overtaken_writes_nothing(
    desk: JsonClient, uploaded: Upload, checked: Upload, organization: Any
) -> None:
    batch = checked(table([row(1)]))
    checking.check_batch(batch["id"], 99, "en")
    again = desk.get(f"/documents/batches/{batch['id']}").json
    assert (again["state"], again["good"]) == ("checked", 1)
