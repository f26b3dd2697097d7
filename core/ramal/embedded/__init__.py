"""PostgreSQL and Redis from Python wheels, for one-command runs and for tests.

Nothing here is used in production, and nothing here imports the rest of Ramal. `start` is the whole interface;
the extra `ramal[embedded]` brings the two wheels.
"""

from ramal.embedded.binaries import postgres_binary, redis_binary
from ramal.embedded.errors import EmbeddedError
from ramal.embedded.services import EmbeddedServices, start

__all__ = ["EmbeddedError", "EmbeddedServices", "postgres_binary", "redis_binary", "start"]
