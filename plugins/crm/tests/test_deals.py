"""Deals: made, moved, won, lost; of two who move one card, one truth."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from ramal.database.base import utcnow
from ramal.database.session import db, transaction
from ramal.errors import Conflict, InvalidPayload, NotFound
from ramal.events.models import Event
from ramal.testing.factories import Factory
from ramal_crm.models import Activity, Customer, Deal, Stage, TimelineEntry
from ramal_crm.services import deals, loss_reasons, pipelines, products
from ramal_crm.services.deals import moving
from ramal_crm.services.deals.board import FIRST, PAGE, following


@pytest.fixture
def stages(enabled: Any) -> Sequence[Stage]:
    """Those of the first pipeline."""
    return pipelines.stages_of(pipelines.default_pipeline().id)


@pytest.fixture
def customer(enabled: Any, make: Factory) -> Customer:
    return make.add(Customer(kind="company", name="Padaria Modelo"))


def titles(stage: Stage) -> list[str]:
    """A column from top to bottom."""
    columns = deals.board(pipelines.get_pipeline(stage.pipeline_id)).columns
    return [card.deal.title for column in columns if column.stage.id == stage.id for card in column.cards]


def test_a_deal_starts_at_the_top_of_the_first_column(stages: Sequence[Stage], customer: Customer) -> None:
    deals.create_deal({"title": "Bolo", "amount": Decimal("80.00")})
    deal = deals.create_deal({"title": "Festa", "customer_id": customer.id, "tags": ["VIP", "vip "]})
    assert titles(stages[0]) == ["Festa", "Bolo"]
    assert (deal.state, deal.version, deal.tags) == ("open", 1, ["vip"])
    (step,) = deals.history_of(deal.id)
    assert (step.from_stage, step.to_stage, step.change.to_state) == (None, "Novo contato", "open")
    entry = db.session.execute(select(TimelineEntry).where(TimelineEntry.deal_id == deal.id)).scalar_one()
    assert (entry.kind, entry.customer_id, entry.data["title"]) == ("deal.created", customer.id, "Festa")


def test_items_make_the_amount_to_the_cent(enabled: Any) -> None:
    bread = products.create_product({"name": "Pão", "price": Decimal("0.33"), "unit": "un"})
    lines = [
        {"product_id": bread.id, "quantity": Decimal("3.5")},  # 1.155
        {"name": "Entrega", "price": Decimal("19.99"), "discount": Decimal("12.50")},  # 17.49125
    ]
    deal = deals.create_deal({"title": "Pães", "items": lines, "amount": Decimal(5)})
    assert deal.amount == Decimal("1.16") + Decimal("17.49")
    first, second = deals.items_of(deal.id)
    assert (first.name, first.price, second.product_id) == ("Pão", Decimal("0.33"), None)
    # Its copy stays when the price list changes.
    products.change_product(bread.id, {"price": Decimal(9)})
    assert deals.items_of(deal.id)[0].price == Decimal("0.33")
    with pytest.raises(InvalidPayload, match="sum of the items"):
        deals.change_deal(deal.id, {"amount": Decimal(1)})
    changed = deals.change_deal(deal.id, {"items": []})
    assert changed.amount == Decimal("18.65")
    assert deals.change_deal(deal.id, {"amount": Decimal(1)}).amount == Decimal(1)


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ([{"quantity": Decimal(1)}], "items.0.name"),
        ([{"name": "x", "price": Decimal(999_999_999_999)}] * 2, "items"),
        ([{"name": "x", "price": Decimal(1)}] * 101, "items"),
    ],
)
def test_items_that_make_no_sense_are_named(enabled: Any, lines: list[dict[str, Any]], field: str) -> None:
    with pytest.raises(InvalidPayload) as refused:
        deals.create_deal({"title": "x", "items": lines})
    assert field in refused.value.details
    assert deals.list_deals(deals.Search()).items == []


def test_a_card_goes_where_it_is_put(stages: Sequence[Stage]) -> None:
    a, b, c = (deals.create_deal({"title": title}) for title in "abc")
    assert titles(stages[0]) == ["c", "b", "a"]
    deals.move_deal(c.id, stages[0].id, 1, after_id=a.id)
    assert titles(stages[0]) == ["b", "a", "c"]
    deals.move_deal(c.id, stages[0].id, 2, before_id=a.id)
    assert titles(stages[0]) == ["b", "c", "a"]
    deals.move_deal(a.id, stages[1].id, 1)
    moved = deals.move_deal(b.id, stages[1].id, 1, after_id=a.id)
    assert (titles(stages[0]), titles(stages[1])) == (["c"], ["a", "b"])
    assert following(deals.get_deal(a.id)) == b.id
    assert following(moved) is None
    # A neighbour that left meanwhile is no reason to fail.
    deals.move_deal(c.id, stages[1].id, 3, before_id=c.id, after_id=deals.create_deal({"title": "d"}).id)
    assert titles(stages[1]) == ["c", "a", "b"]


def test_there_is_always_room_between_two_cards(stages: Sequence[Stage]) -> None:
    top, first = deals.create_deal({"title": "top"}), deals.create_deal({"title": "first"})
    deals.move_deal(top.id, stages[0].id, 1)
    second = deals.create_deal({"title": "second"})
    deals.move_deal(second.id, stages[0].id, 1, after_id=top.id)
    for turn in range(2, 92):
        wandering = (first, second)[turn % 2]
        deals.move_deal(wandering.id, stages[0].id, None, after_id=top.id)
        other = (second, first)[turn % 2]
        assert titles(stages[0]) == ["top", wandering.title, other.title]


def test_of_two_who_move_one_card_the_second_is_told_who_was_first(stages: Sequence[Stage]) -> None:
    deal = deals.create_deal({"title": "Bolo"})
    deals.move_deal(deal.id, stages[2].id, 1)
    with pytest.raises(Conflict) as refused:
        deals.move_deal(deal.id, stages[1].id, 1)
    assert "Ramal changed “Bolo” meanwhile; it is in “Proposta enviada” now." in refused.value.message
    assert refused.value.details["deal"] == {
        "id": str(deal.id),
        "pipeline_id": str(stages[2].pipeline_id),
        "stage_id": str(stages[2].id),
        "stage": "Proposta enviada",
        "state": "open",
        "version": 2,
    }
    assert refused.value.details["by"] == {"id": None, "name": "Ramal"}
    assert titles(stages[2]) == ["Bolo"]


def test_many_at_once_move_a_card_once(app: Flask, stages: Sequence[Stage], enabled: Any, acting_for: Any) -> None:
    deal = deals.create_deal({"title": "Bolo"})
    ids = [stage.id for stage in stages]
    start, results = threading.Barrier(6), []

    def move(number: int) -> None:
        with app.app_context(), acting_for(enabled.id):
            start.wait()
            try:
                deals.move_deal(deal.id, ids[1 + number % 4], 1)
                results.append("moved")
            except Conflict:
                results.append("refused")

    threads = [threading.Thread(target=move, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["moved"] + ["refused"] * 5
    db.session.rollback()
    assert len(deals.history_of(deal.id)) == 2


def test_won_lost_and_open_again(stages: Sequence[Stage]) -> None:
    reason = loss_reasons.list_reasons()[0]
    deal = deals.create_deal({"title": "Bolo", "amount": Decimal(10)})
    deals.move_deal(deal.id, stages[1].id, 1)
    won = deals.win(deal.id, 2)
    assert (won.state, won.version, won.closed_at is not None) == ("won", 3, True)
    assert titles(stages[1]) == []
    for act in (lambda: deals.win(deal.id), lambda: deals.move_deal(deal.id, stages[0].id, 3)):
        with pytest.raises(Conflict, match="reopen"):
            act()
    with pytest.raises(Conflict, match="has won “Bolo” meanwhile"):
        deals.lose(deal.id, 2)
    assert deals.reopen(deal.id, 3).stage_id == stages[1].id
    with pytest.raises(Conflict):
        deals.reopen(deal.id)
    lost = deals.lose(deal.id, 4, reason.id, " caro demais ")
    assert (lost.state, lost.loss_reason_id, lost.loss_note) == ("lost", reason.id, "caro demais")
    with pytest.raises(Conflict, match="as lost meanwhile"):
        deals.change_deal(deal.id, {"title": "x"}, 4)
    steps = [(step.change.from_state, step.change.to_state, step.change.reason) for step in deals.history_of(deal.id)]
    assert steps[:3] == [("open", "lost", f"{reason.name}: caro demais"), ("won", "open", ""), ("open", "won", "")]
    with pytest.raises(NotFound):
        deals.lose(deals.create_deal({"title": "x"}).id, 1, deal.id)


def test_changes_are_counted_only_when_something_changed(enabled: Any, admin: Any) -> None:
    deal = deals.create_deal({"title": "Bolo"})
    assert deals.change_deal(deal.id, {"title": "Bolo"}, 1).version == 1
    assert deals.change_deal(deal.id, {"title": "Torta", "owner_id": admin.id}, 1).version == 2
    with pytest.raises(Conflict):
        deals.change_deal(deal.id, {"title": "Pudim"}, 1)
    for changes in ({"owner_id": deal.id}, {"customer_id": deal.id}, {"contact_id": deal.id}):
        with pytest.raises(NotFound):
            deals.change_deal(deal.id, changes)
    with pytest.raises(InvalidPayload):
        deals.change_deal(deal.id, {"tags": [str(number) for number in range(21)]})
    with pytest.raises(InvalidPayload):
        deals.change_deal(deal.id, {"custom": {"cor": "azul"}})


def test_every_change_is_an_event(stages: Sequence[Stage]) -> None:
    deal = deals.create_deal({"title": "Bolo"})
    deals.move_deal(deal.id, stages[1].id, 1)
    deals.change_deal(deal.id, {"title": "Torta"})
    deals.win(deal.id)
    deals.reopen(deal.id)
    deals.delete_deal(deal.id)
    query = select(Event.data).where(Event.type == "crm.deal.updated").order_by(Event.seq)
    told = list(db.session.execute(query).scalars())
    assert [data["change"] for data in told] == ["created", "moved", "changed", "won", "reopened", "deleted"]
    assert told[1]["from_stage_id"] == str(stages[0].id)
    assert (told[1]["deal"]["stage_id"], told[1]["deal"]["version"]) == (str(stages[1].id), 2)
    with pytest.raises(NotFound):
        deals.get_deal(deal.id)


def test_conversations_are_linked_both_ways(enabled: Any, make: Factory) -> None:
    conversation = make.conversation()
    deal = deals.create_deal({"title": "Bolo", "conversation_id": conversation.id})
    assert deal.contact_id == conversation.contact_id
    deals.link_conversation(deal.id, conversation.id)
    assert [item["id"] for item in deals.conversations_of(deal.id)] == [str(conversation.id)]
    assert [found.id for found in deals.deals_of_conversation(conversation.id)] == [deal.id]
    assert [found.id for found in deals.deals_of_contact(conversation.contact_id)] == [deal.id]
    deals.unlink_conversation(deal.id, conversation.id)
    assert deals.conversations_of(deal.id) == []
    with pytest.raises(NotFound):
        deals.unlink_conversation(deal.id, conversation.id)
    with pytest.raises(NotFound):
        deals.link_conversation(deal.id, deal.id)


def test_the_board_counts_all_and_shows_the_first(stages: Sequence[Stage], customer: Customer) -> None:
    with transaction() as session:
        facts = {"pipeline_id": stages[0].pipeline_id, "stage_id": stages[0].id, "amount": Decimal("1.50")}
        session.add_all(Deal(title=f"n {number}", rank=number, **facts) for number in range(FIRST + PAGE + 3))
    board = deals.board(pipelines.get_pipeline(stages[0].pipeline_id))
    column = board.columns[0]
    assert (column.count, column.total, len(column.cards), column.has_more) == (
        FIRST + PAGE + 3,
        Decimal("1.50") * (FIRST + PAGE + 3),
        FIRST,
        True,
    )
    assert board.total == column.total
    assert [len(other.cards) for other in board.columns[1:]] == [0, 0, 0, 0]
    more = deals.more_cards(stages[0], column.cards[-1].deal.id)
    assert [card.deal.title for card in more] == [f"n {number}" for number in range(FIRST, FIRST + PAGE)]
    last = deals.more_cards(stages[0], more[-1].deal.id)
    assert [card.deal.title for card in last] == [f"n {FIRST + PAGE + number}" for number in range(3)]
    assert deals.more_cards(stages[0], last[-1].deal.id) == []


def test_a_card_says_whose_it_is_what_is_next_and_whether_it_waits_too_long(
    stages: Sequence[Stage], customer: Customer, admin: Any, make: Factory
) -> None:
    contact = make.contact("Fulana")
    deal = deals.create_deal({"title": "Bolo", "contact_id": contact.id, "owner_id": admin.id})
    card = deals.card_of(deal)
    assert (card.person, card.owner, card.stale_days, card.activity) == ("Fulana", admin.name, 0, None)
    deal = deals.change_deal(deal.id, {"customer_id": customer.id})
    make.add(Activity(title="Depois", due_at=utcnow() + timedelta(days=2), deal_id=deal.id))
    make.add(Activity(title="Antes", due_at=utcnow() - timedelta(days=1), deal_id=deal.id))
    with transaction():
        deals.get_deal(deal.id).stage_since = utcnow() - timedelta(days=4)
    (card,) = deals.board(pipelines.default_pipeline()).columns[0].cards
    assert (card.person, card.stale_days, card.overdue) == ("Padaria Modelo", 4, True)
    assert card.activity
    assert card.activity.title == "Antes"


def test_the_board_and_the_list_are_narrowed(stages: Sequence[Stage], customer: Customer, admin: Any) -> None:
    deals.create_deal({"title": "Bolo de cenoura", "owner_id": admin.id, "amount": Decimal(3)})
    deals.create_deal({"title": "Torta", "customer_id": customer.id, "tags": ["festa"], "amount": Decimal(5)})
    pipeline = pipelines.default_pipeline()

    def shown(**search: Any) -> tuple[list[str], list[str], Decimal]:
        narrowed = deals.Search(**search)
        board = deals.board(pipeline, narrowed)
        cards = [card.deal.title for column in board.columns for card in column.cards]
        return cards, [deal.title for deal in deals.list_deals(narrowed).items], board.total

    for search in ({"owner_id": admin.id}, {"text": "cenou"}, {"text": "BOLO cen"}):
        assert shown(**search) == (["Bolo de cenoura"], ["Bolo de cenoura"], Decimal(3))
    for search in ({"tag": "Festa"}, {"text": "padária"}, {"text": "tor"}):
        assert shown(**search) == (["Torta"], ["Torta"], Decimal(5))
    assert shown(text="nada disso")[0] == []
    assert len(shown(text="!!! _")[0]) == 2
    won = deals.win(deals.list_deals(deals.Search(text="torta")).items[0].id)
    assert [deal.id for deal in deals.list_deals(deals.Search(state="won", text="padaria")).items] == [won.id]
    assert deals.list_deals(deals.Search(state="open", text="padaria")).items == []
    assert [deal.id for deal in deals.deals_of_customer(customer.id, ("won",))] == [won.id]


def test_a_search_sees_only_ones_own(enabled: Any, other_organization: Any, acting_for: Any) -> None:
    deal = deals.create_deal({"title": "Segredo"})
    deal_id, stage_id = deal.id, deal.stage_id
    with acting_for(other_organization.id):
        assert deals.list_deals(deals.Search(text="segredo")).items == []
        with pytest.raises(NotFound):
            deals.move_deal(deal_id, stage_id, 1)
        with pytest.raises(NotFound):
            deals.win(deal_id)


def test_two_who_find_no_room_between_cards_wait_for_each_other_at_most(
    app: Flask, stages: Sequence[Stage], enabled: Any, acting_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = stages[0], stages[1]
    with transaction() as session:
        for stage in (first, second):
            facts = {"pipeline_id": stage.pipeline_id, "stage_id": stage.id}
            ranks = [Decimal(number).scaleb(-20) for number in range(4)]
            session.add_all(Deal(title=f"{rank}", rank=rank, **facts) for rank in ranks)
        session.flush()
    ids = {stage.id: [card.deal.id for card in _cards(stage)] for stage in (first, second)}
    one, other = ids[first.id], ids[second.id]
    both_hold, results = threading.Barrier(2), []
    taken = moving.taken

    def taken_together(*args: Any) -> Deal:
        deal = taken(*args)
        with contextlib.suppress(threading.BrokenBarrierError):
            both_hold.wait(1)
        return deal

    monkeypatch.setattr(moving, "taken", taken_together)

    def move(deal_id: uuid.UUID, stage_id: uuid.UUID, after_id: uuid.UUID) -> None:
        with app.app_context(), acting_for(enabled.id):
            try:
                results.append(deals.move_deal(deal_id, stage_id, 1, after_id=after_id).stage_id)
            except Exception as error:
                results.append(error)

    # Within one column, and each into the other's.
    for moves in (
        [(one[3], first.id, one[0]), (one[2], first.id, one[0])],
        [(one[1], second.id, other[0]), (other[3], first.id, one[0])],
    ):
        results.clear()
        with transaction() as session:
            for stage_id in (first.id, second.id):
                for place, deal_id in enumerate(ids[stage_id]):
                    deal = session.get(Deal, deal_id)
                    deal.rank, deal.version = Decimal(place).scaleb(-20), 1
        threads = [threading.Thread(target=move, args=args) for args in moves]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        db.session.rollback()
        assert sorted(map(str, results)) == sorted(str(stage_id) for _deal, stage_id, _after in moves)


def _cards(stage: Stage) -> Sequence[Any]:
    columns = deals.board(pipelines.get_pipeline(stage.pipeline_id)).columns
    return next(column.cards for column in columns if column.stage.id == stage.id)
