"""Web chat: visitors of a site write, agents answer in the inbox."""

__version__ = "0.1.0"
