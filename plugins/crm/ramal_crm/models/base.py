"""Base of the plugin's tables."""

from __future__ import annotations

from sqlalchemy import Numeric

from ramal.api import PluginModel

#: Reais, up to 999,999,999,999.99.
MONEY = Numeric(14, 2)


class Model(PluginModel, plugin="crm"):
    """They go into the schema ``plugin_crm``."""

    __abstract__ = True
