"""What every plugin must keep."""

from __future__ import annotations

from ramal.testing.plugin_contract import plugin_contract

TestContract = plugin_contract("whatsapp_cloud")
