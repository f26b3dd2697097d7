"""What this area adds to the application: the plugins themselves, and the gate before their routes."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask

from ramal.config import Settings
from ramal.database.session import db, organization_id_or_none
from ramal.errors import NotFound, PluginError
from ramal.http.blueprint import ApiBlueprint, PageBlueprint, plugin_of_request
from ramal.http.security import add_csp_sources
from ramal.http.wiring import register_api
from ramal.i18n import gettext as _
from ramal.plugins.boot import boot
from ramal.plugins.contribute import take
from ramal.plugins.gate import GateCache, active_anywhere, plugin_active
from ramal.plugins.isolation import watch_hooks
from ramal.plugins.limits import watch_statements
from ramal.plugins.menu import menu_items
from ramal.plugins.registry import PluginRecord
from ramal.plugins.slots import render_slot


def init_app(app: Flask) -> None:
    """Boot the plugins. Comes after all areas, which said before what they take from them."""
    settings = app.extensions["ramal.settings"]
    assert isinstance(settings, Settings)
    app.extensions["ramal.gate"] = GateCache()
    app.jinja_env.globals.update(slot=render_slot, menu_items=menu_items)
    app.before_request(_gate)
    take(app, "register_csp_sources", _take_csp_sources)
    take(app, "register_blueprints", _take_blueprints)
    with app.app_context():
        watch_statements(db.engine)
        watch_hooks(db.engine)
    boot(app, settings)


def _take_csp_sources(app: Flask, _record: PluginRecord, sources: Mapping[str, tuple[str, ...]]) -> None:
    add_csp_sources(app, sources)


def _take_blueprints(app: Flask, record: PluginRecord, blueprints: tuple[object, ...]) -> None:
    for blueprint in blueprints:
        if not isinstance(blueprint, (ApiBlueprint, PageBlueprint)) or blueprint.plugin != record.name:
            raise PluginError(
                f"register_blueprints: each must be an ApiBlueprint or PageBlueprint of plugin={record.name!r}"
            )
    taken = {rule.rule.split("/")[3] for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")}
    if record.name in taken:
        raise PluginError(f"the address /api/v1/{record.name} is the core's own: the plugin needs another name")
    for blueprint in blueprints:
        if isinstance(blueprint, ApiBlueprint):
            register_api(app, blueprint)
        elif isinstance(blueprint, PageBlueprint):
            app.register_blueprint(blueprint)


def _gate() -> None:
    """404 for the routes of a plugin that is not active for the caller.

    A public route has no organization yet: it passes while the plugin is active anywhere, and the
    plugin's own code asks again when it knows whose page it is.
    """
    plugin = plugin_of_request()
    if plugin is None:
        return
    organization_id = organization_id_or_none()
    active = active_anywhere(plugin) if organization_id is None else plugin_active(organization_id, plugin)
    if not active:
        raise NotFound(_("There is nothing here."))
