"""Connected channels: connect, change, test, disconnect. Each change leaves an audit line."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ramal.accounts.audit import audit
from ramal.channels.base import Channel, ChannelContext
from ramal.channels.context import context_for, secrets_purpose
from ramal.channels.models import ChannelNotice, ConnectedChannel
from ramal.channels.registry import channel_of_kind, plugin_of_kind, registry
from ramal.channels.state import set_channel_status
from ramal.channels.types import ChannelStatus, SetupStep
from ramal.config import current_settings
from ramal.database import crypto
from ramal.database.base import new_id, utcnow
from ramal.database.session import after_commit, current_organization_id, db, system_transaction, transaction
from ramal.errors import Conflict, NotFound, RamalError
from ramal.i18n import gettext as _
from ramal.plugins.gate import plugin_active
from ramal.plugins.limits import time_limit
from ramal.plugins.services import enable_plugin
from ramal.plugins.settings import check_settings, shown_settings, split_secrets

log = structlog.get_logger(__name__)

#: Seconds that a provider may take to let go of a channel.
_PARTING = 10.0
#: What PATCH may change besides settings.
CHANGEABLE = ("name", "enabled", "reopen_policy", "reopen_hours")


def list_kinds() -> list[tuple[Channel, str]]:
    """Every kind that can be connected, with its plugin, by title."""
    return sorted(registry().kinds.values(), key=lambda entry: str(entry[0].title))


def list_channels() -> Sequence[ConnectedChannel]:
    """The organization's channels, by name."""
    query = select(ConnectedChannel).where(ConnectedChannel.deleted_at.is_(None)).order_by(ConnectedChannel.name)
    return db.session.execute(query).scalars().all()


def organizations_of_kind(kind: str) -> list[uuid.UUID]:
    """The organizations with a connected channel of this kind, its plugin switched on.

    For a plugin's own service, which serves no organization by itself: it goes on with ``own_session``.
    """
    query = select(ConnectedChannel.organization_id).where(
        ConnectedChannel.kind == kind, ConnectedChannel.deleted_at.is_(None)
    )
    with system_transaction() as session:
        found = session.scalars(query.distinct().order_by(ConnectedChannel.organization_id)).all()
    plugin = plugin_of_kind(kind)
    return [id_ for id_ in found if plugin is not None and plugin_active(id_, plugin)]


def get_channel(channel_id: uuid.UUID) -> ConnectedChannel:
    """One channel; NotFound if it is gone or another organization's."""
    channel = db.session.get(ConnectedChannel, channel_id)
    if channel is None or channel.deleted_at is not None:
        raise NotFound(_("There is no such channel."))
    return channel


def channel_context(channel_id: uuid.UUID) -> ChannelContext:
    """What a channel of the organization lends to a call of its plugin. NotFound if it is gone."""
    return context_for(get_channel(channel_id))


def connect_channel(kind: str, name: str, settings: Mapping[str, Any]) -> ConnectedChannel:
    """Connect a channel; its plugin is switched on if it was off.

    InvalidPayload names each setting that does not fit; Conflict if the provider's id (a number) is
    connected already, or the plugin can't be enabled.
    """
    code = channel_of_kind(kind)
    values = check_settings(code.settings_schema, settings)
    plugin = plugin_of_kind(kind)
    assert plugin is not None
    with transaction() as session:
        if not plugin_active(current_organization_id(), plugin):
            enable_plugin(plugin)
            audit("plugin.enabled", target=("plugin", plugin, plugin))
        channel = ConnectedChannel(id=new_id(), kind=kind, plugin=plugin, name=name, status="ready")
        _keep(channel, code, values)
        session.add(channel)
        _flush(channel)
        audit("channel.connected", target=_target(channel), after=_described(channel))
    return channel


def update_channel(
    channel_id: uuid.UUID,
    changes: Mapping[str, Any],
    settings: Mapping[str, Any] | None = None,
    *,
    forget: Collection[str] = (),
) -> ConnectedChannel:
    """Change a channel; settings that are not given keep their value, secrets too, but for those to ``forget``.

    Looking after it ends ``needs_attention``: its queue goes on.
    """
    with transaction():
        channel = get_channel(channel_id)
        before = _described(channel)
        for name in CHANGEABLE:
            if name in changes:
                setattr(channel, name, changes[name])
        if settings is not None:
            code = channel_of_kind(channel.kind)
            stored = {name: value for name, value in _stored(channel).items() if name not in forget}
            _keep(channel, code, check_settings(code.settings_schema, {**_plain(code, stored), **settings}, stored))
            set_channel_status(channel.id, "ready", None)
        _flush(channel)
        audit("channel.changed", target=_target(channel), before=before, after=_described(channel))
        db.session.refresh(channel)
    return channel


def delete_channel(channel_id: uuid.UUID) -> None:
    """Disconnect a channel: nothing comes in or goes out any more; its history stays.

    The provider is told afterwards; whether that works changes nothing here.
    """
    with transaction():
        channel = get_channel(channel_id)
        after_commit(_parting(channel))
        channel.deleted_at = utcnow()
        channel.enabled = False
        channel.external_ref = None
        channel.secrets = None
        audit("channel.disconnected", target=_target(channel))


def test_channel(channel_id: uuid.UUID) -> ChannelStatus:
    """Ask the provider; whatever goes wrong is an answer with its reason, not an error.

    A channel that needed attention and is well again goes on.
    """
    channel = get_channel(channel_id)
    code = channel_of_kind(channel.kind)
    try:
        status = code.connect(context_for(channel))
    except RamalError as error:
        return ChannelStatus("failed", error.message)
    except Exception as error:  # the provider's client raises what it likes
        return ChannelStatus("failed", code.classify(error).message)
    if status.state == "ready" and channel.status != "ready":
        with transaction():
            set_channel_status(channel.id, "ready", None)
    return status


def list_notices(channel_id: uuid.UUID, limit: int = 50) -> Sequence[ChannelNotice]:
    """The channel's log, newest first."""
    get_channel(channel_id)
    query = (
        select(ChannelNotice)
        .where(ChannelNotice.channel_id == channel_id)
        .order_by(ChannelNotice.occurred_at.desc())
        .limit(limit)
    )
    return db.session.execute(query).scalars().all()


def webhook_url(channel: ConnectedChannel) -> str:
    """Where the provider posts what is for this channel."""
    return f"{current_settings().base_url}/webhooks/{channel.kind}/{channel.id}"


def shared_webhook_url(channel: ConnectedChannel) -> str | None:
    """The address all channels of the kind share, where the kind has one."""
    return f"{current_settings().base_url}/webhooks/{channel.kind}" if channel.external_ref else None


def setup_steps(channel: ConnectedChannel) -> Sequence[SetupStep]:
    """What is left to do at the provider; nothing while the channel's plugin is not loaded."""
    if channel.kind not in registry().kinds:
        return ()
    return channel_of_kind(channel.kind).setup_steps(context_for(channel), webhook_url(channel))


def shown(channel: ConnectedChannel) -> tuple[dict[str, Any], dict[str, bool]]:
    """(settings that may be shown, for each secret whether it is set)."""
    return shown_settings(channel_of_kind(channel.kind).settings_schema, _stored(channel))


def _stored(channel: ConnectedChannel) -> dict[str, Any]:
    return {**channel.settings, **crypto.decrypt(channel.secrets, secrets_purpose(channel.id))}


def _plain(code: Channel, stored: Mapping[str, Any]) -> dict[str, Any]:
    return split_secrets(code.settings_schema, stored)[0]


def _keep(channel: ConnectedChannel, code: Channel, values: Mapping[str, Any]) -> None:
    plain, secret = split_secrets(code.settings_schema, values)
    channel.settings = plain
    channel.secrets = crypto.encrypt(secret, secrets_purpose(channel.id)) if secret else None
    channel.external_ref = code.external_ref(values)


def _flush(channel: ConnectedChannel) -> None:
    try:
        with db.session.begin_nested():
            db.session.flush()
    except IntegrityError as error:
        raise Conflict(
            _("%(ref)s is connected already, by another channel of this kind.", ref=channel.external_ref)
        ) from error


def _parting(channel: ConnectedChannel) -> Callable[[], None]:
    """What lets the provider know, made while the secrets are still there. It never raises."""
    noted = log.bind(channel=str(channel.id), kind=channel.kind)
    try:
        code, context = channel_of_kind(channel.kind), context_for(channel)
        active = plugin_active(channel.organization_id, channel.plugin)
    except RamalError as error:  # the plugin is gone, or the key of the secrets
        noted.warning("channel.not_disconnected", error=repr(error))
        return lambda: None

    def part() -> None:
        try:
            with time_limit(_PARTING):
                code.disconnect(context)
        except Exception:  # a provider's client raises what it likes
            noted.warning("channel.not_disconnected", exc_info=True)

    return part if active else lambda: None


def _target(channel: ConnectedChannel) -> tuple[str, uuid.UUID, str]:
    return ("channel", channel.id, channel.name)


def _described(channel: ConnectedChannel) -> dict[str, Any]:
    return {"kind": channel.kind, **{name: getattr(channel, name) for name in CHANGEABLE}, **channel.settings}
