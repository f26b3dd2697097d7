"""``/plugins``: the Apps page for programs."""

from __future__ import annotations

from typing import Any

from ramal.http.blueprint import ApiBlueprint, page_of, require_permission
from ramal.http.pagination import Page
from ramal.web.apps import services
from ramal.web.apps.schemas import PluginQuery, PluginSchema, PluginSettingsBody, PluginSettingsSchema

api = ApiBlueprint("plugins", __name__, url_prefix="/plugins", description="Plugins of the organization")


@api.get("")
@require_permission("plugin.manage")
@api.arguments(PluginQuery, location="query")
@api.response(200, page_of(PluginSchema))
def list_plugins(query: dict[str, Any]) -> Any:
    """List the plugins of this installation, by category and title."""
    apps = [
        app
        for app in services.list_apps()
        if query.get("category") in (None, app.category) and query.get("enabled") in (None, app.enabled)
    ]
    start = (query["page"] - 1) * query["page_size"]
    return Page(apps[start : start + query["page_size"]], total=len(apps))


@api.get("/<name>")
@require_permission("plugin.manage")
@api.response(200, PluginSchema)
@api.alt_response(404, "NOT_FOUND")
def show_plugin(name: str) -> Any:
    """Show one plugin."""
    return services.get_app(name)


@api.post("/<name>/enable")
@require_permission("plugin.manage")
@api.response(200, PluginSchema)
@api.alt_response(404, "NOT_FOUND")
@api.alt_response(409, "CONFLICT")
def enable_plugin(name: str) -> Any:
    """Enable a plugin, with all it requires."""
    return services.enable(name)


@api.post("/<name>/disable")
@require_permission("plugin.manage")
@api.response(200, PluginSchema)
@api.alt_response(404, "NOT_FOUND")
@api.alt_response(409, "CONFLICT")
def disable_plugin(name: str) -> Any:
    """Disable a plugin; its data stays. Refused while an enabled plugin needs it."""
    return services.disable(name)


@api.post("/<name>/resume")
@require_permission("plugin.manage")
@api.response(200, PluginSchema)
@api.alt_response(404, "NOT_FOUND")
def resume_plugin(name: str) -> Any:
    """Let a suspended plugin work again."""
    return services.resume(name)


@api.get("/<name>/settings")
@require_permission("plugin.manage")
@api.response(200, PluginSettingsSchema)
@api.alt_response(404, "NOT_FOUND")
def show_plugin_settings(name: str) -> Any:
    """Show a plugin's settings, without its secrets."""
    return services.app_settings(name)


@api.put("/<name>/settings")
@require_permission("plugin.manage")
@api.arguments(PluginSettingsBody)
@api.response(200, PluginSettingsSchema)
@api.alt_response(404, "NOT_FOUND")
def change_plugin_settings(body: dict[str, Any], name: str) -> Any:
    """Replace a plugin's settings; a secret left out, or empty, keeps its value."""
    return services.save_settings(name, body)
