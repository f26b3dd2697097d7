"""Settings pages of the core: one module each, all on the blueprint ``settings``."""

from ramal.web.settings import audit, channels, labels, notifications, organization, profile, team, tokens
from ramal.web.settings.blueprint import pages

__all__ = ["audit", "channels", "labels", "notifications", "organization", "pages", "profile", "team", "tokens"]
