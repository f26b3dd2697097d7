"""The board: columns of cards, and what its script asks for."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import jsonify, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import current_user, require_permission
from ramal.api import gettext as _
from ramal_crm import money
from ramal_crm.models import Pipeline
from ramal_crm.permissions import EDIT, VIEW
from ramal_crm.services import deals, pipelines
from ramal_crm.services.deals.board import PAGE, following, shows
from ramal_crm.services.deals.sums import sums
from ramal_crm.views.assets import asset_url
from ramal_crm.views.blueprint import pages
from ramal_crm.views.deal_forms import reason_options

_ID = uuid.UUID(int=0)


@pages.get("/board")
@require_permission(VIEW)
def board() -> str:
    """A pipeline's open deals, column by column."""
    in_use = pipelines.list_pipelines()
    pipeline = _pipeline(in_use)
    found = deals.board(pipeline, _search())
    return render_template(
        "crm/pages/board.html",
        board=found,
        pipelines=in_use or [pipeline],
        members=[member for member in found.members if member.active],
        reasons=reason_options(),
        given={name: value for name in ("q", "owner_id", "tag") if (value := request.args.get(name, ""))},
        script=asset_url("board.js"),
        styles=asset_url("board.css"),
        config=_config(pipeline),
    )


@pages.get("/board/columns/<uuid:stage_id>")
@require_permission(VIEW)
def board_cards(stage_id: uuid.UUID) -> str:
    """The next cards of a column, as a fragment."""
    stage = pipelines.get_stage(stage_id)
    cards = deals.more_cards(stage, request.args.get("after", type=uuid.UUID), _search())
    return render_template("crm/pages/board_cards.html", cards=cards, has_more=len(cards) == PAGE)


@pages.get("/board/cards/<uuid:deal_id>")
@require_permission(VIEW)
def board_card(deal_id: uuid.UUID) -> Response:
    """One card and where it stands now, with all columns' heads, for the page's script."""
    deal = deals.get_deal(deal_id)
    pipeline = _pipeline()
    search = _search()
    found = sums(pipeline.id, search)
    below = following(deal) if deal.state == "open" else None
    columns = []
    for stage in pipelines.stages_of(pipeline.id):
        count, total = found.columns.get(stage.id, (0, money.CENT * 0))
        columns.append(
            {"stage_id": str(stage.id), "count": count, "cents": int(total * 100), "total": money.reais(total)}
        )
    return jsonify(
        id=str(deal.id),
        html=render_template("crm/pages/board_cards.html", cards=[deals.card_of(deal)], has_more=False),
        stage_id=str(deal.stage_id),
        version=deal.version,
        shown=deal.pipeline_id == pipeline.id and shows(deal, search),
        next_id=str(below) if below else None,
        total=money.reais(found.total),
        columns=columns,
    )


def _pipeline(known: Sequence[Pipeline] = ()) -> Pipeline:
    """The one that the address names, or the default one; asked for only where it is not known."""
    pipeline_id = request.args.get("pipeline", type=uuid.UUID)
    for each in known:
        if each.id == pipeline_id or (pipeline_id is None and each.is_default):
            return each
    return pipelines.get_pipeline(pipeline_id) if pipeline_id else pipelines.default_pipeline()


def _search() -> deals.Search:
    owner_id = request.args.get("owner_id", type=uuid.UUID)
    return deals.Search(owner_id=owner_id, tag=request.args.get("tag", ""), text=request.args.get("q", ""))


def _config(pipeline: Pipeline) -> dict[str, Any]:
    """What the script needs to know; texts come along, in the reader's language."""
    user = current_user()
    return {
        "me": str(user.user_id),
        "pipeline": str(pipeline.id),
        "may_edit": user.can(EDIT),
        "card_url": url_for(".board_card", deal_id=_ID).replace(str(_ID), "ID"),
        "words": _words(),
    }


def _words() -> dict[str, str]:
    return {
        "offline": _("The server can't be reached. Nothing was changed."),
        "failed": _("Something went wrong on our side. Nothing was changed."),
        "moved": _("{title} is in {stage} now."),
        "won": _("“{title}” was won."),
        "lost": _("“{title}” was marked as lost."),
        "picked": _(
            "{title} picked up in {stage}, {place} of {count}. Arrow keys move it, Space drops it, Escape cancels."
        ),
        "over": _("{stage}, {place} of {count}"),
        "unmoved": _("{title} stays where it was."),
        "cancelled": _("Cancelled. {title} is back where it was."),
        "where": _("Where does “{title}” go?"),
        "why": _("Why was “{title}” lost?"),
        "they_created": _("{name} opened “{title}”."),
        "they_moved": _("{name} moved “{title}” to {stage}."),
        "they_took": _("{name} moved “{title}” to another pipeline."),
        "they_won": _("{name} has won “{title}”!"),
        "they_lost": _("{name} marked “{title}” as lost."),
        "they_reopened": _("{name} opened “{title}” again."),
        "they_deleted": _("{name} deleted “{title}”."),
    }
