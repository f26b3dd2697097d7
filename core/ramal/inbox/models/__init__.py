"""Tables of the inbox: conversations, messages and what hangs on them."""

from ramal.inbox.models.conversation import Conversation, ConversationLabel, Label
from ramal.inbox.models.message import Attachment, Message, MessageChange, MessageStatus
from ramal.inbox.models.outbox import CHANGE_KINDS, UNSENT, OutboxItem

__all__ = [
    "CHANGE_KINDS",
    "UNSENT",
    "Attachment",
    "Conversation",
    "ConversationLabel",
    "Label",
    "Message",
    "MessageChange",
    "MessageStatus",
    "OutboxItem",
]
