"""Fields about the account and the number: each becomes one notice in the channel's log.

A notice that means "nothing will go out until someone acts" holds the channel's queue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ramal.api import AccountNotice, InboundItem
from ramal.api import gettext as _
from ramal_whatsapp_cloud.parse.document import fingerprint
from ramal_whatsapp_cloud.parse.scope import Scope, errors_of, reason_of, unreadable
from ramal_whatsapp_cloud.schemas.account import AccountSchema, GroupSchema
from ramal_whatsapp_cloud.schemas.fields import read

Level = Literal["info", "warning", "error"]
Value = Mapping[str, Any]

_ACCOUNT = AccountSchema()
_GROUP = GroupSchema()


@dataclass(frozen=True)
class News:
    title: str
    level: Level = "info"
    needs_attention: bool = False


def parse_account(value: Value, scope: Scope) -> Iterator[InboundItem]:
    """The notice of an account-level field, known or not."""
    account = read(_ACCOUNT, dict(value))
    if account is None:
        yield unreadable(scope, dict(value))
        return
    describe = DESCRIPTIONS.get(scope.field)
    news = describe(account) if describe else News(_unknown_field(scope.field))
    yield _notice(news, dict(value), scope)


def parse_value_errors(scope: Scope) -> Iterator[InboundItem]:
    """``value.errors`` without messages or statuses: the account itself has a problem."""
    for error in errors_of(scope.errors):
        news = News(_("WhatsApp reports: %(reason)s", reason=reason_of(error)), "error")
        yield _notice(news, error, scope)


def parse_group(raw: Any, scope: Scope) -> Iterator[InboundItem]:
    """One entry of ``groups[]``: created, renamed, joined, left."""
    group = read(_GROUP, raw)
    if group is None:
        yield unreadable(scope, raw)
        return
    name = group.get("subject") or group.get("group_id") or "?"
    title = _("Group %(group)s: %(event)s", group=name, event=group.get("type") or scope.field)
    yield _notice(News(title), dict(raw), scope)


def _notice(news: News, raw: Any, scope: Scope) -> AccountNotice:
    # The entry's time is part of the key: "restricted" in May and again in June are two facts.
    moment = scope.entry_time.isoformat() if scope.entry_time else None
    return AccountNotice(
        title=news.title,
        key=fingerprint(scope.field, scope.entry_id, moment, raw),
        occurred_at=scope.time(),
        payload={"field": scope.field, "raw": raw},
        level=news.level,
        needs_attention=news.needs_attention,
    )


def _unknown_field(field: str) -> str:
    return _("WhatsApp news: %(field)s", field=field or "?")


def _template_name(account: Value) -> str:
    name = account.get("message_template_name") or account.get("message_template_id") or "?"
    language = account.get("message_template_language")
    return f"{name} ({language})" if language else str(name)


def _template_status(account: Value) -> News:
    event = (account.get("event") or "?").upper()
    bad = event in {"REJECTED", "PAUSED", "DISABLED", "FLAGGED", "LIMIT_EXCEEDED"}
    reason = account.get("reason")
    words = {"template": _template_name(account), "event": event}
    title = _("Template %(template)s: %(event)s", **words)
    if reason and reason.upper() != "NONE":
        title = f"{title} ({reason})"
    return News(title, "warning" if bad else "info")


def _template_category(account: Value) -> News:
    words = {
        "template": _template_name(account),
        "before": account.get("previous_category") or "?",
        "after": account.get("new_category") or "?",
    }
    title = _("Template %(template)s changed category from %(before)s to %(after)s", **words)
    return News(title, "warning")


def _template_quality(account: Value) -> News:
    after = (account.get("new_quality_score") or "?").upper()
    words = {
        "template": _template_name(account),
        "before": account.get("previous_quality_score") or "?",
        "after": after,
    }
    title = _("Template %(template)s quality went from %(before)s to %(after)s", **words)
    return News(title, "warning" if after in {"YELLOW", "RED"} else "info")


def _template_components(account: Value) -> News:
    words = {"template": _template_name(account)}
    return News(_("Template %(template)s has new content", **words))


def _phone_quality(account: Value) -> News:
    event = (account.get("event") or "?").upper()
    words = {
        "number": account.get("display_phone_number") or "?",
        "event": event,
        "limit": account.get("current_limit") or "?",
    }
    title = _("Number %(number)s quality: %(event)s, limit %(limit)s", **words)
    return News(title, "warning" if event in {"FLAGGED", "DOWNGRADE"} else "info")


def _phone_name(account: Value) -> News:
    decision = (account.get("decision") or "?").upper()
    words = {"name": account.get("requested_verified_name") or "?", "decision": decision}
    title = _("Display name %(name)s: %(decision)s", **words)
    return News(title, "warning" if decision == "REJECTED" else "info")


def _capability(account: Value) -> News:
    daily = account.get("max_daily_conversations_per_business")
    if daily is None:
        daily = account.get("max_daily_conversation_per_phone")
    unlimited = str(daily) in {"-1", "TIER_UNLIMITED"}
    limit = _("unlimited") if unlimited else str("?" if daily is None else daily)
    return News(_("New messaging limit: %(limit)s people a day", limit=limit))


#: Events of ``account_update`` worth a warning, and those after which nothing goes out.
_WORRYING = frozenset({"ACCOUNT_VIOLATION", "PARTNER_APP_UNINSTALLED"})
_STOPPING = frozenset({"ACCOUNT_DELETED", "ACCOUNT_OFFBOARDED", "ACCOUNT_RESTRICTION", "PARTNER_REMOVED"})
_BANS = frozenset({"DISABLE", "SCHEDULE_FOR_DISABLE"})


def _account_update(account: Value) -> News:
    event = (account.get("event") or "?").upper()
    ban = ((account.get("ban_info") or {}).get("waba_ban_state") or "").upper()
    title = _("WhatsApp account: %(event)s", event=_sentence(event, ban))
    disabled = event == "DISABLED_UPDATE" and ban != "REINSTATE"
    if event in _STOPPING or ban in _BANS or disabled:
        return News(title, "error", needs_attention=True)
    return News(title, "warning" if event in _WORRYING else "info")


def _sentence(event: str, ban: str) -> str:
    known = {
        "ACCOUNT_DELETED": _("the account was deleted"),
        "ACCOUNT_OFFBOARDED": _("the account left the platform"),
        "ACCOUNT_RECONNECTED": _("the account is connected again"),
        "ACCOUNT_RESTRICTION": _("the account is restricted"),
        "ACCOUNT_VIOLATION": _("the account broke a WhatsApp policy"),
        "PARTNER_ADDED": _("a partner was given access"),
        "PARTNER_REMOVED": _("our access was taken away"),
        "PARTNER_APP_INSTALLED": _("an app was installed"),
        "PARTNER_APP_UNINSTALLED": _("an app was removed"),
        "VERIFIED_ACCOUNT": _("the business was verified"),
        "VOLUME_BASED_PRICING_TIER_UPDATE": _("a new price tier applies"),
    }
    bans = {
        "DISABLE": _("the account is banned"),
        "SCHEDULE_FOR_DISABLE": _("the account will be banned"),
        "REINSTATE": _("the account was reinstated"),
    }
    return bans.get(ban) or known.get(event) or event


def _account_review(account: Value) -> News:
    decision = (account.get("decision") or "?").upper()
    rejected = decision == "REJECTED"
    title = _("Account review: %(decision)s", decision=decision)
    return News(title, "error" if rejected else "info", needs_attention=rejected)


def _account_alert(account: Value) -> News:
    severity = (account.get("alert_severity") or "").upper()
    words = account.get("alert_description") or account.get("alert_type") or "?"
    level: Level = "error" if severity == "CRITICAL" else "warning"
    if severity in {"", "INFORMATIONAL"}:
        level = "info"
    return News(_("Account alert: %(alert)s", alert=words), level)


def _account_settings(_account: Value) -> News:
    return News(_("The account's settings changed"))


def _security(account: Value) -> News:
    words = {
        "number": account.get("display_phone_number") or "?",
        "event": account.get("event") or "?",
    }
    return News(_("Security of number %(number)s: %(event)s", **words), "warning")


def _username(account: Value) -> News:
    words = {
        "username": account.get("username") or "?",
        "status": account.get("status") or "?",
    }
    return News(_("Business username %(username)s: %(status)s", **words))


DESCRIPTIONS: Mapping[str, Callable[[Value], News]] = {
    "message_template_status_update": _template_status,
    "template_category_update": _template_category,
    "message_template_quality_update": _template_quality,
    "message_template_components_update": _template_components,
    "phone_number_quality_update": _phone_quality,
    "phone_number_name_update": _phone_name,
    "business_capability_update": _capability,
    "account_update": _account_update,
    "account_review_update": _account_review,
    "account_alerts": _account_alert,
    "account_settings_update": _account_settings,
    "security": _security,
    "business_username_updates": _username,
}
