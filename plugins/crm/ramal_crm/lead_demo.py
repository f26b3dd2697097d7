"""What is to be done, for the demo organization; its leads come by themselves, from those who write."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from ramal.api import utcnow
from ramal_crm.services import activities, customers

#: type, title, days from now.
_TO_DO = (
    ("call", "Ligar para confirmar o pedido", -1),
    ("task", "Enviar a proposta das cestas de Natal", 0),
    ("visit", "Levar amostras", 3),
)


def seed(agents: Sequence[uuid.UUID]) -> None:
    """Once; an organization that has activities keeps them as they are."""
    if activities.count_activities(activities.Search(), most=1):
        return
    known = customers.list_customers(customers.Filters(), page_size=len(_TO_DO)).items
    for place, (type_, title, days) in enumerate(_TO_DO):
        due = utcnow() + timedelta(days=days, hours=1)
        for number, agent in enumerate(agents):
            # Each has something to do with somebody, and no customer has it three times.
            about = {"customer_id": known[place].id} if number == place < len(known) else {}
            made = {"type": type_, "title": title, "due_at": due, "assignee_id": agent}
            activities.create_activity({**made, **about})
