"""What a deal's lines of the timeline say."""

from __future__ import annotations

from ramal.api import gettext as _
from ramal_crm import money
from ramal_crm.services.sentences import Data, Line, says


@says("deal.created")
def _created(data: Data) -> Line:
    return Line(title=_("New deal: %(title)s", **_words(data)), icon="briefcase", url=_url(data))


@says("deal.moved")
def _moved(data: Data) -> Line:
    return Line(title=_("%(title)s: from “%(old)s” to “%(new)s”", **_words(data)), icon="arrow-right", url=_url(data))


@says("deal.won")
def _won(data: Data) -> Line:
    return Line(title=_("Won: %(title)s, %(amount)s", **_words(data)), icon="circle-check", url=_url(data))


@says("deal.lost")
def _lost(data: Data) -> Line:
    return Line(title=_("Lost: %(title)s", **_words(data)), icon="ban", text=data.get("reason", ""), url=_url(data))


@says("deal.reopened")
def _reopened(data: Data) -> Line:
    return Line(title=_("Open again: %(title)s", **_words(data)), icon="refresh", url=_url(data))


@says("deal.linked")
def _linked(data: Data) -> Line:
    url = f"/inbox/{data.get('conversation_id', '')}"
    return Line(title=_("Conversation linked with %(title)s", **_words(data)), icon="link", url=url)


def _words(data: Data) -> dict[str, str]:
    amount = money.reais(money.read(data.get("amount") or "0.00", "amount"))
    return {"title": data["title"], "old": data.get("from", ""), "new": data.get("to", ""), "amount": amount}


def _url(data: Data) -> str:
    return f"/p/crm/deals/{data['deal_id']}" if data.get("deal_id") else ""
