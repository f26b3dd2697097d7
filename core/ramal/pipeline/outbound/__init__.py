"""The way out: outbox → channel → status."""

from ramal.pipeline.outbound.sender import Sender

__all__ = ["Sender"]
