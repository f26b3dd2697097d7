"""The inbox's JSON routes."""

from ramal.inbox.api import contacts, conversations, labels, media, messages

BLUEPRINTS = (contacts.api, conversations.api, messages.api, labels.api, media.api)
