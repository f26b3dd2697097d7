"""The board's sums: the same as the deals', after everything that changes deals, whoever does it at once."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text

from ramal.database.session import db, transaction, use_organization
from ramal.errors import Conflict
from ramal.testing.factories import Factory
from ramal_crm.models import Customer, Deal, DealSum, Stage
from ramal_crm.services import customers, deals, pipelines
from ramal_crm.services import stages as stage_services
from ramal_crm.services.deals.sums import sums

#: From the deals themselves, and as they are kept.
_COUNTED = """
    select d.organization_id, d.pipeline_id, d.stage_id, d.owner_id, t.tag, count(*), sum(d.amount)
    from plugin_crm.deal d, lateral (select '' as tag union all select jsonb_array_elements_text(d.tags)) t
    where d.state = 'open' group by 1, 2, 3, 4, 5
"""
_KEPT = """
    select organization_id, pipeline_id, stage_id, owner_id, tag, sum(deals), sum(amount) from plugin_crm.deal_sum
    group by 1, 2, 3, 4, 5 having sum(deals) <> 0 or sum(amount) <> 0
"""


@pytest.fixture
def stages(enabled: Any) -> Sequence[Stage]:
    """Those of the first pipeline."""
    return pipelines.stages_of(pipelines.default_pipeline().id)


@pytest.fixture
def agrees(owner_engine: Engine) -> Callable[[], int]:
    """Fail unless every sum is what its deals make; how many open deals there are."""

    def check() -> int:
        with owner_engine.connect() as connection:
            counted = {tuple(row) for row in connection.execute(text(_COUNTED))}
            kept = {tuple(row) for row in connection.execute(text(_KEPT))}
        assert kept == counted
        return sum(row[5] for row in counted if row[4] == "")

    return check


def test_every_change_of_a_deal_is_in_the_sums(
    stages: Sequence[Stage], agrees: Callable[[], int], admin: Any, agent: Any
) -> None:
    made = deals.create_deal({"title": "Bolo", "amount": Decimal("10.50"), "tags": ["festa", "natal"]})
    deals.create_deal({"title": "Torta", "amount": Decimal("1.25"), "owner_id": admin.id})
    assert agrees() == 2
    deals.change_deal(made.id, {"amount": Decimal("99.99")})
    deals.change_deal(made.id, {"owner_id": agent.id})
    deals.change_deal(made.id, {"tags": ["natal", "vip"]})
    deals.change_deal(made.id, {"items": [{"name": "Velas", "price": Decimal("3.30"), "quantity": Decimal(2)}]})
    assert agrees() == 2
    deals.move_deal(made.id, stages[3].id, None)
    assert agrees() == 2
    assert sums(stages[0].pipeline_id, deals.Search()).columns[stages[3].id] == (1, Decimal("6.60"))
    deals.win(made.id)
    assert agrees() == 1
    deals.reopen(made.id)
    assert agrees() == 2
    deals.lose(made.id)
    assert agrees() == 1
    deals.reopen(made.id)
    deals.delete_deal(made.id)
    assert agrees() == 1


def test_stages_put_away_and_other_pipelines_are_in_the_sums(
    stages: Sequence[Stage], agrees: Callable[[], int]
) -> None:
    for number in range(3):
        deals.create_deal({"title": f"n {number}", "amount": Decimal(number), "tags": ["vip"]})
    stage_services.archive_stage(stages[0].id, stages[1].id)
    assert agrees() == 3
    assert sums(stages[0].pipeline_id, deals.Search(tag="vip")).columns[stages[1].id] == (3, Decimal(3))
    other = pipelines.create_pipeline({"name": "Atacado", "stages": [{"name": "Primeira"}]})
    (first,) = pipelines.stages_of(other.id)
    taken = deals.list_deals(deals.Search()).items[0]
    deals.move_deal(taken.id, first.id, None)
    assert agrees() == 3
    assert sums(other.id, deals.Search()).columns == {first.id: (1, taken.amount)}
    assert sums(stages[0].pipeline_id, deals.Search()).columns[stages[1].id][0] == 2


def test_what_is_rolled_back_was_never_summed(stages: Sequence[Stage], agrees: Callable[[], int]) -> None:
    made = deals.create_deal({"title": "Bolo", "amount": Decimal(5)})

    def change_and_fail() -> None:
        with transaction():
            deals.move_deal(made.id, stages[2].id, None)
            deals.create_deal({"title": "Torta", "amount": Decimal(7)})
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        change_and_fail()
    assert agrees() == 1
    assert sums(stages[0].pipeline_id, deals.Search()).columns == {stages[0].id: (1, Decimal(5))}


def test_the_rows_are_added_up_now_and_then(stages: Sequence[Stage], agrees: Callable[[], int]) -> None:
    made = deals.create_deal({"title": "Bolo", "amount": Decimal(5)})
    for number in range(320):
        with transaction():
            deals.get_deal(made.id).stage_id = stages[number % 2].id
    assert agrees() == 1
    rows = db.session.execute(select(DealSum.added_up)).scalars().all()
    assert len(rows) < 400
    assert any(rows)


def test_many_who_move_at_once_leave_the_sums_right(
    app: Flask, enabled: Any, stages: Sequence[Stage], agrees: Callable[[], int]
) -> None:
    """From one column to the other and back, in opposite directions: nobody waits for anybody's columns."""
    cards = [deals.create_deal({"title": f"n {n}", "amount": Decimal(n), "tags": ["vip"]}).id for n in range(6)]
    ids = [stage.id for stage in stages]
    organization_id, start, wrong = enabled.id, threading.Barrier(4), list[BaseException]()

    def work(seed: int) -> None:
        chance = random.Random(seed)
        try:
            with app.app_context():
                use_organization(organization_id)
                start.wait()
                for _round in range(30):
                    _something(chance, cards, ids)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong
    open_ = db.session.execute(select(Deal.id).where(Deal.state == "open")).scalars().all()
    assert agrees() == len(open_)


def _something(chance: random.Random, cards: Sequence[uuid.UUID], stages: Sequence[uuid.UUID]) -> None:
    card, what = chance.choice(cards), chance.random()
    try:
        if what < 0.5:
            deals.move_deal(card, chance.choice(stages), None)
        elif what < 0.7:
            deals.change_deal(card, {"amount": Decimal(chance.randrange(100))})
        elif what < 0.8:
            deals.win(card)
        elif what < 0.95:
            deals.reopen(card)
        else:
            deals.delete_deal(deals.create_deal({"title": "kurz", "amount": Decimal(3)}).id)
    except Conflict:
        pass


def test_another_organizations_sums_and_hits_are_nowhere(
    stages: Sequence[Stage], other_organization: Any, acting_for: Any, admin: Any
) -> None:
    deals.create_deal({"title": "Segredo", "amount": Decimal(5), "tags": ["raro"], "owner_id": admin.id})
    pipeline_id = stages[0].pipeline_id
    narrowed = [deals.Search(), deals.Search(text="segredo"), deals.Search(tag="raro"), deals.Search(owner_id=admin.id)]
    functions = (
        "select * from plugin_crm.board_found(:pipeline, to_tsquery('simple', 'segredo'), null, null, 5)",
        "select * from plugin_crm.board_found(:pipeline, null, 'raro', null, 5)",
        "select unnest(plugin_crm.deal_hits(to_tsquery('simple', 'segredo'), '', 5))",
        "select id from plugin_crm.deal_sum",
    )

    def seen() -> tuple[list[int], list[int]]:
        found = [len(sums(pipeline_id, search, 5).columns) for search in narrowed]
        rows = [len(db.session.execute(text(each), {"pipeline": pipeline_id}).all()) for each in functions]
        return found, rows

    assert seen() == ([1, 1, 1, 1], [1, 1, 1, 2])
    with acting_for(other_organization.id):
        assert seen() == ([0, 0, 0, 0], [0, 0, 0, 0])


def test_no_organization_sees_nothing(stages: Sequence[Stage], owner_engine: Engine) -> None:
    deals.create_deal({"title": "Segredo", "tags": ["raro"]})
    with owner_engine.connect() as connection:
        found = connection.execute(
            text("select * from plugin_crm.board_found(:pipeline, to_tsquery('simple', 'segredo'), null, null, 5)"),
            {"pipeline": stages[0].pipeline_id},
        )
        assert found.all() == []


def test_many_hits_are_read_along_the_columns(stages: Sequence[Stage]) -> None:
    """More than are sorted: the same cards and sums, by words and by tag; and the list, newest first."""
    with transaction() as session:
        facts = {"pipeline_id": stages[0].pipeline_id, "amount": Decimal(1), "tags": ["natal"]}
        for number in range(1100):
            stage = stages[number % 2].id
            session.add(Deal(title=f"Cesta {number}", rank=-number, stage_id=stage, **facts))
    pipeline = pipelines.default_pipeline()
    for search in (deals.Search(text="cest"), deals.Search(tag="natal")):
        first, second, *_rest = deals.board(pipeline, search).columns
        assert (first.count, first.total, second.count) == (550, Decimal(550), 550)
        assert [card.deal.title for card in first.cards[:3]] == ["Cesta 1098", "Cesta 1096", "Cesta 1094"]
    page = deals.list_deals(deals.Search(text="cesta"), page_size=3)
    assert [deal.title for deal in page.items] == ["Cesta 1099", "Cesta 1098", "Cesta 1097"]
    following = deals.list_deals(deals.Search(text="cesta"), page_size=1, cursor=page.next_cursor)
    assert [deal.title for deal in following.items] == ["Cesta 1096"]


def test_a_deal_is_found_by_what_its_customer_is_called_now(stages: Sequence[Stage], make: Factory) -> None:
    first = make.add(Customer(kind="company", name="Padaria Modelo", email="pao@exemplo.com.br"))
    second = make.add(Customer(kind="person", name="Quitéria Nogueira"))
    made = deals.create_deal({"title": "Bolo", "customer_id": first.id})

    def finds(words: str) -> bool:
        cards = [
            card
            for column in deals.board(pipelines.default_pipeline(), deals.Search(text=words)).columns
            for card in column.cards
        ]
        listed = deals.list_deals(deals.Search(text=words)).items
        assert bool(cards) == bool(listed)
        return bool(listed)

    assert finds("padaria bolo")
    customers.update_customer(first.id, {"name": "Confeitaria Modelo"})
    assert finds("confeitaria")
    assert not finds("padaria")
    deals.change_deal(made.id, {"customer_id": second.id, "title": "Torta"})
    assert finds("quiteria torta")
    assert not finds("confeitaria")
    customers.delete_customer(second.id)
    assert finds("torta")
    assert not finds("quiteria")
