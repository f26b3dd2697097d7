"""Deals: made, changed, moved on the board, won and lost, found; with their conversations."""

from ramal_crm.services.deals import sentences as _sentences  # noqa: F401 (its lines register themselves)
from ramal_crm.services.deals.board import Board, Column, board, card_of, more_cards
from ramal_crm.services.deals.cards import Card, people_of
from ramal_crm.services.deals.changing import change_deal, delete_deal
from ramal_crm.services.deals.closing import lose, reopen, win
from ramal_crm.services.deals.conversations import (
    conversations_of,
    deals_of_conversation,
    link_conversation,
    unlink_conversation,
)
from ramal_crm.services.deals.creating import create_deal
from ramal_crm.services.deals.finding import Search, deals_of_contact, deals_of_customer, get_deal, list_deals
from ramal_crm.services.deals.history import history_of
from ramal_crm.services.deals.items import MOST as MOST_ITEMS
from ramal_crm.services.deals.items import items_of, line_total
from ramal_crm.services.deals.moving import move_deal

__all__ = [
    "MOST_ITEMS",
    "Board",
    "Card",
    "Column",
    "Search",
    "board",
    "card_of",
    "change_deal",
    "conversations_of",
    "create_deal",
    "deals_of_contact",
    "deals_of_conversation",
    "deals_of_customer",
    "delete_deal",
    "get_deal",
    "history_of",
    "items_of",
    "line_total",
    "link_conversation",
    "list_deals",
    "lose",
    "more_cards",
    "move_deal",
    "people_of",
    "reopen",
    "unlink_conversation",
    "win",
]
