"""The framework's own suite, run over this plugin."""

from ramal.testing.plugin_contract import plugin_contract

TestPlugin = plugin_contract("crm")
