"""Pipelines and stages: the first ones, their order, and what archiving asks for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from ramal.database.session import db
from ramal.errors import Conflict, InvalidPayload, NotFound
from ramal_crm.models import Pipeline
from ramal_crm.services import deals, loss_reasons, pipelines, products, stages


def names(pipeline: Pipeline) -> list[str]:
    return [stage.name for stage in pipelines.stages_of(pipeline.id)]


def test_an_organization_begins_with_one_pipeline_in_portuguese(enabled: Any) -> None:
    pipeline = pipelines.default_pipeline()
    assert names(pipeline) == ["Novo contato", "Qualificação", "Proposta enviada", "Negociação", "Fechamento"]
    assert pipelines.default_pipeline().id == pipeline.id
    assert len(pipelines.list_pipelines()) == 1
    assert "Preço" in [reason.name for reason in loss_reasons.list_reasons()]


def test_two_first_visitors_make_one_pipeline(app: Flask, enabled: Any, acting_for: Any) -> None:
    start, found = threading.Barrier(4), []

    def visit() -> None:
        with app.app_context(), acting_for(enabled.id):
            start.wait()
            found.append(pipelines.default_pipeline().id)

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_a_pipeline_is_made_with_its_stages_and_becomes_the_default(enabled: Any) -> None:
    first = pipelines.default_pipeline()
    made = pipelines.create_pipeline({"name": "Parcerias", "stages": [{"name": "A"}, {"name": "B", "stale_after": 2}]})
    assert names(made) == ["A", "B"]
    assert not made.is_default
    pipelines.change_pipeline(made.id, {"is_default": True, "name": "Parceiros"})
    assert pipelines.default_pipeline().id == made.id
    assert not pipelines.get_pipeline(first.id).is_default
    with pytest.raises(Conflict, match="already"):
        pipelines.create_pipeline({"name": "PARCEIROS"})


def test_stages_change_places(enabled: Any) -> None:
    pipeline = pipelines.create_pipeline({"name": "X", "stages": [{"name": name} for name in "ABC"]})
    first, _second, last = pipelines.stages_of(pipeline.id)
    stages.shift_stage(first.id, "right")
    stages.shift_stage(last.id, "right")
    assert names(pipeline) == ["B", "A", "C"]
    stages.shift_stage(last.id, "left")
    assert names(pipeline) == ["B", "C", "A"]
    stages.add_stage(pipeline.id, {"name": "D"})
    stages.change_stage(first.id, {"name": "Z", "stale_after": None})
    assert names(pipeline) == ["B", "C", "Z", "D"]


def test_a_pipeline_has_at_most_twenty_stages(enabled: Any) -> None:
    pipeline = pipelines.create_pipeline({"name": "X", "stages": [{"name": str(number)} for number in range(20)]})
    with pytest.raises(InvalidPayload):
        stages.add_stage(pipeline.id, {"name": "one more"})


def test_a_stage_with_deals_is_archived_only_when_they_go_somewhere(enabled: Any) -> None:
    elsewhere = pipelines.stages_of(pipelines.default_pipeline().id)[0]
    pipeline = pipelines.create_pipeline({"name": "X", "stages": [{"name": name} for name in "ABC"]})
    first, second, third = pipelines.stages_of(pipeline.id)
    made = [deals.create_deal({"title": title, "stage_id": first.id}) for title in ("um", "dois")]
    for nowhere in (None, first.id):
        with pytest.raises(Conflict, match="say where they go"):
            stages.archive_stage(first.id, nowhere)
    with pytest.raises(NotFound):
        stages.archive_stage(first.id, elsewhere.id)
    stages.archive_stage(first.id, second.id)
    assert names(pipeline) == ["B", "C"]
    (column, _empty) = deals.board(pipeline).columns
    assert [card.deal.title for card in column.cards] == ["dois", "um"]
    assert deals.history_of(made[0].id)[0].to_stage == "B"
    with pytest.raises(Conflict):
        deals.create_deal({"title": "três", "stage_id": first.id})
    with pytest.raises(Conflict):
        stages.shift_stage(first.id, "left")
    stages.archive_stage(third.id)
    with pytest.raises(Conflict, match="at least one"):
        stages.archive_stage(second.id, third.id)


def test_of_the_last_two_stages_one_stays_whoever_archives(app: Flask, enabled: Any, acting_for: Any) -> None:
    pipeline = pipelines.create_pipeline({"name": "X", "stages": [{"name": "A"}, {"name": "B"}]})
    ids = [stage.id for stage in pipelines.stages_of(pipeline.id)]
    refused = _together(app, acting_for, enabled.id, [lambda id_=id_: stages.archive_stage(id_) for id_ in ids])
    assert [type(error) for error in refused] == [Conflict]
    assert len(names(pipeline)) == 1


def test_a_default_pipeline_is_never_archived_whoever_asks(app: Flask, enabled: Any, acting_for: Any) -> None:
    first = pipelines.default_pipeline()
    for round_ in range(5):
        other = pipelines.create_pipeline({"name": f"X{round_}", "stages": [{"name": "A"}]})
        acts = [
            lambda: pipelines.change_pipeline(other.id, {"is_default": True}),  # noqa: B023 - run in this round
            lambda: pipelines.change_pipeline(first.id, {"is_default": True}),
            lambda: pipelines.archive_pipeline(other.id),  # noqa: B023
        ]
        refused = _together(app, acting_for, enabled.id, acts)
        assert {type(error) for error in refused} <= {Conflict}, refused
        db.session.expire_all()
        assert pipelines.default_pipeline().archived_at is None


def _together(app: Flask, acting_for: Any, organization_id: Any, acts: list[Callable[[], object]]) -> list[Exception]:
    """Do these at once; the errors that came of it."""
    start, errors = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        with app.app_context(), acting_for(organization_id):
            start.wait()
            try:
                act()
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_a_pipeline_is_archived_when_nothing_is_open_in_it(enabled: Any) -> None:
    default = pipelines.default_pipeline()
    with pytest.raises(Conflict, match="start"):
        pipelines.archive_pipeline(default.id)
    other = pipelines.create_pipeline({"name": "X", "stages": [{"name": "A"}]})
    deal = deals.create_deal({"title": "um", "pipeline_id": other.id})
    with pytest.raises(Conflict, match="open deals"):
        pipelines.archive_pipeline(other.id)
    deals.win(deal.id)
    pipelines.archive_pipeline(other.id)
    assert [each.id for each in pipelines.list_pipelines()] == [default.id]
    assert len(pipelines.list_pipelines(archived=True)) == 2
    # What was won there comes back to a pipeline that is in use.
    assert deals.reopen(deal.id).pipeline_id == default.id
    with pytest.raises(Conflict):
        pipelines.change_pipeline(other.id, {"is_default": True})


def test_products_and_reasons_are_kept_apart_by_code_and_name(enabled: Any) -> None:
    product = products.create_product({"name": "Pão de forma", "code": "PF", "price": 12})
    with pytest.raises(Conflict):
        products.create_product({"name": "Outro", "code": "PF"})
    products.create_product({"name": "Sem código"})
    products.create_product({"name": "Sem código também"})
    assert [found.name for found in products.list_products("forma").items] == ["Pão de forma"]
    products.change_product(product.id, {"archived": True})
    assert product.id not in [found.id for found in products.list_products().items]
    assert product.id in [found.id for found in products.list_products(archived=True).items]
    reason = loss_reasons.create_reason({"name": "Caro"})
    with pytest.raises(Conflict):
        loss_reasons.create_reason({"name": "CARO"})
    loss_reasons.change_reason(reason.id, {"archived": True})
    assert loss_reasons.list_reasons() == []
    with pytest.raises(NotFound):
        loss_reasons.get_reason(product.id)


def test_another_organizations_pipeline_is_nowhere(enabled: Any, other_organization: Any, acting_for: Any) -> None:
    pipeline_id = pipelines.default_pipeline().id
    stage_id = pipelines.stages_of(pipeline_id)[0].id
    with acting_for(other_organization.id):
        with pytest.raises(NotFound):
            pipelines.get_pipeline(pipeline_id)
        with pytest.raises(NotFound):
            pipelines.get_stage(stage_id)
        assert pipelines.default_pipeline().id != pipeline_id
