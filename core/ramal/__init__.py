"""Ramal: a plugin framework for businesses that serve customers by chat."""

__version__ = "0.1.0"
