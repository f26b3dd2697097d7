"""The only module of the framework that a plugin imports (``ramal.testing`` apart).

Every name here is documented, typed, and kept stable within a ``hook_api`` major. The module
holds no logic of its own: it says what plugins may rely on.
"""

from ramal import tables
from ramal.accounts.audit import audit
from ramal.accounts.services import active_members, get_member, list_members
from ramal.channels.base import Channel, ChannelContext, SignatureInvalid, SignatureMissing
from ramal.channels.info import ChannelInfo
from ramal.channels.media import stored_media
from ramal.channels.services import (
    channel_context,
    connect_channel,
    delete_channel,
    get_channel,
    list_channels,
    list_notices,
    organizations_of_kind,
    update_channel,
    webhook_url,
)
from ramal.channels.state import note_on_channel, set_channel_state, set_channel_status
from ramal.channels.types import (
    MEDIA_KINDS,
    AccountNotice,
    Alias,
    Capabilities,
    ChannelStatus,
    ConversationState,
    Delivery,
    FailureClass,
    IdentityChange,
    InboundItem,
    InboundMessage,
    MediaRef,
    MediaStream,
    MessageEdit,
    MessageKind,
    MessageRevoke,
    Outbound,
    OutboundChange,
    OutboundFile,
    PartyRef,
    RateLimit,
    Reaction,
    ReadReceipt,
    SendFailure,
    SendPermission,
    SendResult,
    SessionNews,
    SetupStep,
    Status,
    StatusUpdate,
    Typing,
    WebhookAnswer,
    WebhookRequest,
)
from ramal.contacts.identity import format_phone, parse_phone
from ramal.contacts.services import contact_names, create_contact, find_contacts, get_contact
from ramal.database.base import PluginModel, TenantMixin, new_id, tenant_args, utcnow
from ramal.database.bulk import among, insert_rows, update_rows
from ramal.database.crypto import sign, unsign
from ramal.database.session import current_organization_id as current_organization
from ramal.database.session import db as _db
from ramal.database.session import transaction
from ramal.errors import (
    Conflict,
    Forbidden,
    InvalidPayload,
    NotFound,
    RamalError,
    RateLimited,
    Unauthorized,
    UpstreamError,
)
from ramal.events.attempt import own_session
from ramal.events.services import emit_event, enqueue
from ramal.events.signals import announce_typing
from ramal.events.tickets import issue_ticket
from ramal.events.types import EventType
from ramal.hookspecs import Veto, hookimpl
from ramal.http.access import public, require_login, require_permission
from ramal.http.blueprint import ApiBlueprint, PageBlueprint
from ramal.http.client import AddressRefused, AnswerTooLarge, HttpClient, http_client
from ramal.http.limits import limit
from ramal.http.locale import current_locale, current_timezone
from ramal.http.pagination import Page, PageArguments, decode_cursor, encode_cursor, page_by_key, page_of
from ramal.http.principal import Principal
from ramal.http.principal import current_principal as current_user
from ramal.http.principal import principal_or_none as current_user_or_none
from ramal.http.schema import Schema, Text, Timestamp
from ramal.i18n import gettext, lazy_gettext, ngettext, speaking
from ramal.inbox.customers import describe_customer
from ramal.inbox.info import ContactInfo, ConversationInfo, MessageInfo, UserInfo
from ramal.inbox.party_view import find_conversation, party_history
from ramal.inbox.queries.conversations import conversations_of_contact, get_conversation
from ramal.inbox.queries.messages import get_message, known_messages, status_times
from ramal.inbox.services import add_note, assign, resolve, send_message, set_labels
from ramal.inbox.services import upload as store_upload
from ramal.notifications.services import notify
from ramal.pipeline.ingress.services import ingest, ingest_all, open_channel
from ramal.plugins.contributions import (
    ConversationFilter,
    CustomerInfo,
    DemoContext,
    JobType,
    Medium,
    MenuItem,
    NotificationType,
    SearchResult,
    Service,
    SlotFragment,
)
from ramal.plugins.manifest import Manifest, PermissionSpec
from ramal.plugins.plugin import Plugin
from ramal.plugins.rendering import render_document
from ramal.plugins.settings import settings_for
from ramal.plugins.slots import render_slot as slot
from ramal.storage.services import delete_file, open_file
from ramal.storage.services import find as find_file
from ramal.storage.services import signed_url as file_url
from ramal.storage.services import store as store_file
from ramal.web.forms import read_form

#: The session of the current organization (one per request or hook); hooks never end it.
session = _db.session

__all__ = [name for name in dir() if not name.startswith("_")]
