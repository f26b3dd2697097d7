"""Base of the plugin's tables."""

from __future__ import annotations

from ramal.api import PluginModel


class Model(PluginModel, plugin="whatsapp_web"):
    """They go into the schema ``plugin_whatsapp_web``."""

    __abstract__ = True
