"""The only module of the framework that a plugin imports (``ramal.testing`` apart).

Every name here is documented, typed, and kept stable within a ``hook_api`` major. The module
holds no logic of its own: it says what plugins may rely on.
"""

from ramal.channels.base import Channel, ChannelContext, SignatureInvalid, SignatureMissing
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
    OutboundFile,
    PartyRef,
    RateLimit,
    Reaction,
    SendFailure,
    SendPermission,
    SendResult,
    Status,
    StatusUpdate,
    Typing,
    WebhookAnswer,
    WebhookRequest,
)
from ramal.database.base import PluginModel, TenantMixin, new_id, tenant_args, utcnow
from ramal.database.session import current_organization_id as current_organization
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
from ramal.events.services import emit_event, enqueue
from ramal.hookspecs import Veto, hookimpl
from ramal.i18n import gettext, lazy_gettext, ngettext
from ramal.inbox.info import ContactInfo, ConversationInfo, MessageInfo, UserInfo
from ramal.plugins.contributions import (
    DemoContext,
    JobType,
    MenuItem,
    SearchResult,
    Service,
    SlotFragment,
)
from ramal.plugins.manifest import Manifest, PermissionSpec
from ramal.plugins.plugin import Plugin
from ramal.plugins.settings import settings_for

__all__ = [name for name in dir() if not name.startswith("_")]
