"""Customers, deals and the board over HTTP when one organization has 100,000 customers and 50,000 deals.

Every request is asked of an empty organization in the same run, too: that is its floor (HTTP, login, an empty page).
First with most deals closed, as in life; then the board with every deal open, which is its worst.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from bench.report import Figure, Report, percentiles
from bench.stage import Stage, connect_number, stage
from ramal.testing.installation import Person, Team

CUSTOMERS, DEALS, OPEN, CONTACTS, GROUPS = 100_000, 50_000, 6_000, 20_000, 300
ROUNDS = 60
#: Milliseconds of a request, p95.
TARGET = 60.0
STAGES = ("Novo contato", "Qualificação", "Proposta enviada", "Negociação", "Fechamento", "Pós-venda")
_FILL = Path(__file__).with_name("fill_crm.sql")
_ALL_OPEN = "update plugin_crm.deal set state = 'open', closed_at = null where organization_id = :organization"


@dataclass(frozen=True)
class Filled:
    """What of the organization's the requests name."""

    pipeline: str
    stages: tuple[str, ...]
    owner: str
    group: str
    phones: tuple[str, ...]
    documents: tuple[str, ...]
    conversations: tuple[str, ...]
    deals: tuple[str, ...]


class Visitor:
    """A member's browser: cookies, and the CSRF value with what it sends."""

    def __init__(self, url: str, person: Person) -> None:
        self._http = httpx2.Client(base_url=url, timeout=30.0)
        page = self._http.get("/login").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        given = {"email": person.email, "password": person.password, "csrf_token": token[1] if token else ""}
        self._http.post("/login", data=given)

    def get(self, path: str, **query: Any) -> httpx2.Response:
        """A page, or the API's answer; an error unless it is one."""
        return self._http.get(path, params=query).raise_for_status()

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The API's answer to what a page's script sends."""
        headers = {"X-CSRF-TOKEN": self._http.cookies.get("csrf_access_token", "")}
        return self._http.post(path, json=body, headers=headers).raise_for_status().json()


def run(report: Report) -> None:
    """One click after the other, as a person waits for them."""
    with stage() as made:
        began = time.perf_counter()
        filled = fill(made)
        note = f"{CUSTOMERS:,} customers, {DEALS:,} deals, {OPEN:,} of them open, filled in "
        note += f"{time.perf_counter() - began:.0f} s"
        visitor = Visitor(made.installation.url, made.team.agents[0])
        empty = made.installation.team("Padaria Vazia")
        floor = Visitor(made.installation.url, empty.agents[0])
        nothing = _nothing(empty)
        for name, ask in requests(visitor, filled).items():
            below = requests(floor, nothing).get(name) if _is_list(name) else None
            _add(report, f"CRM: {name}", ask, below, note)
            note = ""
        _add(report, "CRM: a card moved, then asked for again", _after_move(visitor, filled), None, "the asking alone")
        made.execute(_ALL_OPEN, organization=made.team.id)
        made.vacuum()
        note = f"all {DEALS:,} deals open"
        for name, ask in board_requests(visitor, filled).items():
            _add(report, f"CRM, all open: {name}", ask, None, note)
        _add(report, "CRM, all open: a card moved, then asked for again", _after_move(visitor, filled), None, note)


def requests(visitor: Visitor, filled: Filled) -> dict[str, Callable[[], object]]:
    """name → one request of it; each time for another phone, document and so on."""
    phones, documents = itertools.cycle(filled.phones), itertools.cycle(filled.documents)
    conversations, numbers = itertools.cycle(filled.conversations), itertools.cycle(range(100, 4000, 61))
    customers, deals = "/api/v1/crm/customers/", "/api/v1/crm/deals"
    found: dict[str, Callable[[], object]] = {
        "customers, page": lambda: visitor.get("/p/crm/customers"),
        "customers, first page": lambda: visitor.get(customers),
        "customers, next page": _deep(visitor, customers),
        "customers, page by part of a name": lambda: visitor.get("/p/crm/customers", q="mar sil"),
        "customers, a common name": lambda: visitor.get(customers, q="maria"),
        "customers, a rare name": lambda: visitor.get(customers, q="zul quad"),
        "customers, by phone": lambda: visitor.get(customers, q=next(phones)),
        "customers, by CPF or CNPJ": lambda: visitor.get(customers, q=next(documents)),
        "customers, by e-mail": lambda: visitor.get(customers, q=f"cliente{next(numbers)}@exemplo.com.br"),
        "customers, a common tag": lambda: visitor.get(customers, tag="varejo"),
        "customers, a rare tag": lambda: visitor.get(customers, tag="raro"),
        "customers, page by tag": lambda: visitor.get("/p/crm/customers", tag="atacado"),
        "customers, a group": lambda: visitor.get(customers, group_id=filled.group),
        "customers, an owner": lambda: visitor.get(customers, owner_id=filled.owner),
        "deals, page": lambda: visitor.get("/p/crm/deals"),
        "deals, first page": lambda: visitor.get(deals),
        "deals, next page": _deep(visitor, deals),
        "deals, open": lambda: visitor.get(deals, state="open"),
        "deals, a common word": lambda: visitor.get(deals, q="pedido"),
        "deals, page by a common word": lambda: visitor.get("/p/crm/deals", q="pedido"),
        "deals, a rare word": lambda: visitor.get(deals, q=f"licença {next(numbers)}"),
        "deals, a tag": lambda: visitor.get(deals, tag="natal"),
        "deals, a rare tag": lambda: visitor.get(deals, tag="urgente", state="open"),
        "deals, an owner": lambda: visitor.get(deals, owner_id=filled.owner, state="open"),
        "panel of a contact": lambda: visitor.get(f"/p/crm/chat/{next(conversations)}"),
    }
    return found | board_requests(visitor, filled)


def board_requests(visitor: Visitor, filled: Filled) -> dict[str, Callable[[], object]]:
    """The board, whole and narrowed."""
    api, page = f"/api/v1/crm/pipelines/{filled.pipeline}/board", "/p/crm/board"
    column = f"/p/crm/board/columns/{filled.stages[0]}"
    return {
        "board, page": lambda: visitor.get(page),
        "board": lambda: visitor.get(api),
        "board, page by a common word": lambda: visitor.get(page, q="pedido"),
        "board, a common word": lambda: visitor.get(api, q="pedido"),
        "board, a customer's name": lambda: visitor.get(api, q="maria sil"),
        "board, a rare word": lambda: visitor.get(api, q="licença 49"),
        "board, page of an owner": lambda: visitor.get(page, owner_id=filled.owner),
        "board, an owner": lambda: visitor.get(api, owner_id=filled.owner),
        "board, page by a tag": lambda: visitor.get(page, tag="natal"),
        "board, a tag": lambda: visitor.get(api, tag="natal"),
        "board, a rare tag": lambda: visitor.get(api, tag="urgente"),
        "board, more of a column": lambda: visitor.get(column),
    }


def fill(made: Stage) -> Filled:
    """Write customers and deals straight into the tables, as the owner role; a pipeline and contacts with them."""
    team = made.team
    team.enable("crm")
    body = {"name": "Vendas da casa", "stages": [{"name": name, "stale_after": 7} for name in STAGES]}
    pipeline = team.api.post("/crm/pipelines", body)
    team.api.patch(f"/crm/pipelines/{pipeline['id']}", {"is_default": True})
    people = [person.id for person in (team.agents[0], team.admin, team.agents[1])]
    numbers = {"customers": CUSTOMERS, "deals": DEALS, "open": OPEN, "contacts": CONTACTS, "groups": GROUPS}
    values: dict[str, object] = {
        **numbers,
        "organization": team.id,
        "channel": made.channel["id"],
        "pipeline": pipeline["id"],
        "stages": [stage["id"] for stage in pipeline["stages"]],
        "people": people,
    }
    made.execute(*filter(str.strip, _FILL.read_text().split(";\n")), **values)
    made.vacuum()
    return _looked_up(made, pipeline)


def _looked_up(made: Stage, pipeline: Mapping[str, Any]) -> Filled:
    def column(statement: str) -> tuple[str, ...]:
        rows = made.installation.rows(f"{statement} limit {ROUNDS}", organization=made.team.id)
        return tuple(str(value) for row in rows for value in row.values())

    ours = "where organization_id = :organization"
    group = (
        f"select group_id from plugin_crm.customer {ours} and group_id is not null group by 1 order by count(*) desc"
    )
    return Filled(
        pipeline=pipeline["id"],
        stages=tuple(stage["id"] for stage in pipeline["stages"]),
        owner=made.team.agents[0].id,
        group=column(group)[0],
        phones=column(f"select phone from plugin_crm.customer {ours} order by md5(id::text)"),
        documents=column(f"select document from plugin_crm.customer {ours} order by md5(id::text)"),
        conversations=column(f"select id from conversation {ours} order by md5(id::text)"),
        deals=column(f"select id from plugin_crm.deal {ours} and state = 'open' order by md5(id::text)"),
    )


def _nothing(empty: Team) -> Filled:
    """The same requests for an organization that has nothing."""
    empty.enable("crm")
    connect_number(empty, "100000000000002")
    pipeline = empty.api.get("/crm/pipelines")["items"][0]
    none = "00000000-0000-0000-0000-000000000000"
    stages = tuple(stage["id"] for stage in pipeline["stages"])
    return Filled(pipeline["id"], stages, empty.agents[0].id, none, ("+5511900000000",), ("10000000000",), (none,), ())


def _is_list(name: str) -> bool:
    return "next page" not in name and not name.startswith("panel")


def _deep(visitor: Visitor, path: str) -> Callable[[], object]:
    """The page after each one, from the first on."""

    def pages() -> Iterator[str | None]:
        cursor: str | None = None
        while True:
            cursor = visitor.get(path, **({"cursor": cursor} if cursor else {})).json()["next_cursor"]
            yield cursor

    following = pages()
    return lambda: next(following)


def _after_move(visitor: Visitor, filled: Filled) -> Callable[[], float]:
    """Move some card to another stage; milliseconds of asking for it afterwards, as the board of others does."""
    cards = itertools.cycle(filled.deals)

    def moved() -> float:
        deal = visitor.get(f"/api/v1/crm/deals/{next(cards)}").json()
        stage = next(each for each in filled.stages if each != deal["stage_id"])
        body = {"stage_id": stage, "version": deal["version"]}
        visitor.post(f"/api/v1/crm/deals/{deal['id']}/move", body)
        return _elapsed(lambda: visitor.get(f"/p/crm/board/cards/{deal['id']}"))

    return moved


def _add(report: Report, name: str, ask: Callable[[], object], below: Callable[[], object] | None, note: str) -> None:
    p50, p95, _ = percentiles(_times(ask))
    base = percentiles(_times(below))[1] if below else None
    words = "; ".join(filter(None, (f"p50 {p50:.0f} ms", note)))
    ratio = p95 / base if base else None
    target, met = f"≤ {TARGET:.0f} ms", p95 <= TARGET
    report.add(Figure(name, p95, "ms, p95", base, "an empty organization" if base else "", ratio, target, met, words))


def _times(ask: Callable[[], object]) -> list[float]:
    """Milliseconds of each round, after three that warm up; those that a request itself has measured, if it does."""
    times = []
    for _ in range(ROUNDS + 3):
        answer: list[object] = []
        whole = _elapsed(lambda answer=answer: answer.append(ask()))
        times.append(answer[0] if isinstance(answer[0], float) else whole)
    return times[3:]


def _elapsed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
