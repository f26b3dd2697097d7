"""Channels: what is connected, connecting one step by step, and whether it is receiving."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.channels import services
from ramal.channels.models import ConnectedChannel
from ramal.channels.registry import channel_of_kind, registry
from ramal.channels.schemas import ChannelChangeSchema
from ramal.database.session import current_organization_id
from ramal.errors import InvalidPayload, RamalError
from ramal.http.blueprint import require_permission
from ramal.http.limits import limit
from ramal.i18n import gettext as _
from ramal.plugins.gate import active_plugins, plugin_active
from ramal.plugins.registry import registered
from ramal.plugins.settings_form import FormField, settings_form
from ramal.plugins.settings_form import read_form as read_settings
from ramal.web.forms import read_form
from ramal.web.settings.blueprint import pages

Errors = Mapping[str, list[str]]


@pages.get("/channels")
@require_permission("channel.manage")
def channels() -> str:
    """What is connected."""
    return render_template(
        "settings/channels.html",
        channels=services.list_channels(),
        kinds=registry().kinds,
        active=active_plugins(current_organization_id()),
        states=state_titles(),
    )


@pages.get("/channels/new")
@require_permission("channel.manage")
def new_channel() -> str:
    """Step one: which kind."""
    summaries = {record.name: record.manifest.summary for record in registered()}
    return render_template("settings/channel_kinds.html", kinds=services.list_kinds(), summaries=summaries)


@pages.get("/channels/new/<kind>")
@require_permission("channel.manage")
def new_channel_form(kind: str) -> str:
    """Step two: its settings."""
    return _new_form(kind, {}, {})


@pages.post("/channels/new/<kind>")
@require_permission("channel.manage")
def connect_channel(kind: str) -> Response | tuple[str, int]:
    """Connect it, and go on to step three: what is left to do at the provider."""
    given = read_settings(channel_of_kind(kind).settings_schema, request.form)
    name = request.form.get("channel_name", "").strip()
    try:
        if not name:
            raise InvalidPayload(_("Check the marked fields."), {"channel_name": [_("Give it a name.")]})
        channel = services.connect_channel(kind, name[:120], given)
    except InvalidPayload as error:
        return _new_form(kind, given, error.details, name), 422
    except RamalError as error:
        return _new_form(kind, given, {}, name, error.message), error.status
    flash(_("%(name)s is saved. Test the connection, then take the steps below.", name=channel.name), "success")
    return redirect(url_for(".channel", channel_id=channel.id), 303)


@pages.get("/channels/<uuid:channel_id>")
@require_permission("channel.manage")
def channel(channel_id: uuid.UUID) -> str:
    """One channel: is it receiving, what is left to do, its settings and its log."""
    return _page(services.get_channel(channel_id))


@pages.post("/channels/<uuid:channel_id>")
@require_permission("channel.manage")
def change_channel(channel_id: uuid.UUID) -> Response | tuple[str, int]:
    """Keep the settings, or show the form again with what is wrong."""
    found = services.get_channel(channel_id)
    settings = read_settings(channel_of_kind(found.kind).settings_schema, request.form)
    try:
        changes = read_form(ChannelChangeSchema, enabled="enabled" in request.form)
        services.update_channel(channel_id, changes, settings)
    except InvalidPayload as error:
        return _page(found, settings, error.details, error.message), 422
    except RamalError as error:
        return _page(found, settings, {}, error.message), error.status
    flash(_("Saved."), "success")
    return redirect(url_for(".channel", channel_id=channel_id), 303)


@pages.post("/channels/<uuid:channel_id>/test")
@require_permission("channel.manage")
@limit("20/minute")
def test_channel(channel_id: uuid.UUID) -> Response:
    """Ask the provider, and say what it said."""
    status = services.test_channel(channel_id)
    if status.state == "failed":
        flash(_("The test failed: %(detail)s", detail=status.detail), "danger")
    else:
        flash(_("The provider answers. %(detail)s", detail=status.detail or ""), "success")
    return redirect(url_for(".channel", channel_id=channel_id), 303)


@pages.post("/channels/<uuid:channel_id>/disconnect")
@require_permission("channel.manage")
def disconnect_channel(channel_id: uuid.UUID) -> Response:
    """Disconnect it; conversations stay."""
    name = services.get_channel(channel_id).name
    services.delete_channel(channel_id)
    flash(_("%(name)s is disconnected.", name=name), "success")
    return redirect(url_for(".channels"), 303)


def _new_form(kind: str, given: Mapping[str, Any], errors: Errors, name: str = "", problem: str = "") -> str:
    code = channel_of_kind(kind)
    fields = settings_form(code.settings_schema, given, errors=errors)
    return render_template(
        "settings/channel_new.html", code=code, fields=fields, name=name, errors=errors, problem=problem
    )


def _page(
    found: ConnectedChannel, given: Mapping[str, Any] | None = None, errors: Errors | None = None, problem: str = ""
) -> str:
    return render_template(
        "settings/channel.html",
        channel=found,
        kind=registry().kinds.get(found.kind),
        fields=_fields(found, given, errors),
        errors=errors or {},
        problem=problem,
        steps=services.setup_steps(found),
        webhook_url=services.webhook_url(found),
        shared_webhook_url=services.shared_webhook_url(found),
        notices=services.list_notices(found.id, 20),
        states=state_titles(),
        policies=reopen_titles(),
        active=plugin_active(current_organization_id(), found.plugin),
    )


def _fields(found: ConnectedChannel, given: Mapping[str, Any] | None, errors: Errors | None) -> list[FormField]:
    if found.kind not in registry().kinds:
        return []
    values, secrets = services.shown(found)
    schema = channel_of_kind(found.kind).settings_schema
    return settings_form(schema, values if given is None else given, secrets=secrets, errors=errors)


def state_titles() -> dict[str, tuple[str, str]]:
    """Status → (word, kind of badge)."""
    return {
        "ready": (_("Ready"), "success"),
        "connecting": (_("Connecting"), "info"),
        "needs_attention": (_("Needs attention"), "danger"),
        "disconnected": (_("Disconnected"), "neutral"),
    }


def reopen_titles() -> list[tuple[str, str]]:
    """What happens when a person writes after their conversation was resolved (F26)."""
    return [
        ("same", _("Reopen the same conversation")),
        ("new", _("Open a new conversation")),
        ("hours", _("Reopen it if it was resolved only hours ago")),
    ]
