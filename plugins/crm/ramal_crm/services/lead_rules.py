"""Which channels make leads of whoever writes first, and what those leads begin with."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert

from ramal.api import NotFound, audit, current_organization, session, transaction
from ramal.api import gettext as _
from ramal_crm.models import LeadRule
from ramal_crm.services import references

FIELDS = ("active", "source", "with_customers", "owner_id", "pipeline_id")


def rule_for(channel_id: uuid.UUID | None) -> LeadRule:
    """The channel's own rule, else the one for all others; where nobody made any, every channel makes leads."""
    query = select(LeadRule).where(or_(LeadRule.channel_id == channel_id, LeadRule.channel_id.is_(None)))
    found: LeadRule | None = (
        session.execute(query.order_by(LeadRule.channel_id.is_(None)).limit(1)).scalars().one_or_none()
    )
    return found or LeadRule(active=True, source="", with_customers=False, owner_id=None, pipeline_id=None)


def list_rules() -> Sequence[LeadRule]:
    """All rules, the one for all other channels first."""
    query = select(LeadRule).order_by(LeadRule.channel_id.is_not(None), LeadRule.id)
    found: Sequence[LeadRule] = session.execute(query).scalars().all()
    return found


def get_rule(rule_id: uuid.UUID) -> LeadRule:
    """One rule. NotFound."""
    found: LeadRule | None = session.execute(select(LeadRule).where(LeadRule.id == rule_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such rule."))
    return found


def save_rule(channel_id: uuid.UUID | None, values: Mapping[str, Any]) -> LeadRule:
    """Make the rule of a channel, or of all others without one, or write it anew. NotFound for what it names."""
    references.demand({**values, "channel_id": channel_id})
    written = {name: values[name] for name in FIELDS if name in values}
    statement = insert(LeadRule).values(organization_id=current_organization(), channel_id=channel_id, **written)
    if written:
        statement = statement.on_conflict_do_update(index_elements=["organization_id", "channel_id"], set_=written)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=["organization_id", "channel_id"])
    with transaction() as open_session:
        open_session.execute(statement)
        query = select(LeadRule).where(LeadRule.channel_id.is_not_distinct_from(channel_id))
        rule: LeadRule = open_session.execute(query.execution_options(populate_existing=True)).scalar_one()
        audit("crm.lead_rule.saved", target=("lead_rule", rule.id, rule.source), after=_plain(written))
    return rule


def delete_rule(rule_id: uuid.UUID) -> None:
    """Back to what holds for all other channels. NotFound."""
    with transaction() as open_session:
        rule = get_rule(rule_id)
        audit("crm.lead_rule.deleted", target=("lead_rule", rule.id, rule.source))
        open_session.delete(rule)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in values.items()}
