"""The blueprint of the settings, and their start page."""

from __future__ import annotations

from flask import render_template

from ramal.http.blueprint import PageBlueprint

pages = PageBlueprint("settings", __name__, url_prefix="/settings")


@pages.get("")
def hub() -> str:
    """Everything that can be set, as cards, and what plugins add."""
    return render_template("settings/hub.html")
