"""The way in: journal → items → parties, conversations, messages, events."""

from ramal.pipeline.inbound.drain import drain_once

__all__ = ["drain_once"]
