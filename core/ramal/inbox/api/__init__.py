"""The inbox's JSON routes."""

from ramal.inbox.api import conversations, labels, media, messages

BLUEPRINTS = (conversations.api, messages.api, labels.api, media.api)
