"""Base of the plugin's tables."""

from __future__ import annotations

from ramal.api import PluginModel


class Model(PluginModel, plugin="documents"):
    """They go into the schema ``plugin_documents``."""

    __abstract__ = True
