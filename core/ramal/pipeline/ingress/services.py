"""Taking deliveries in: verified by the channel, committed raw, and only then acknowledged."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence

from ramal.channels.base import ChannelContext, SignatureInvalid, SignatureMissing
from ramal.channels.registry import channel_of_kind
from ramal.channels.types import WebhookAnswer, WebhookRequest
from ramal.database.session import use_organization
from ramal.errors import Forbidden, InvalidPayload, NotFound, Unauthorized
from ramal.i18n import gettext as _
from ramal.pipeline.ingress.journal import JournalRow, write_journal
from ramal.pipeline.targets import Target, kinds_of, target_of, targets_by_refs, targets_of_kinds
from ramal.plugins.gate import plugin_active

_KEY = 200
#: Ids of channels in one delivery on a shared URL; the largest batch known has 1,000 changes.
MOST_REFS = 2_000
_OK = 200


def receive(segment: str, channel_id: uuid.UUID, request: WebhookRequest) -> None:
    """Store a delivery to one channel. NotFound, Unauthorized or Forbidden: nothing is stored."""
    target = _target(segment, channel_id)
    try:
        target.code.verify(request, target.context)
    except SignatureMissing as error:
        raise _unsigned() from error
    except SignatureInvalid as error:
        raise _forged() from error
    write_journal([_row(target, request)])


def receive_shared(segment: str, request: WebhookRequest) -> None:
    """Store a delivery on a provider's one URL, once for each channel it speaks of.

    Only channels whose own secrets verify it: another organization's app must not be able to
    forge their messages.
    """
    targets = [target for target in _shared_targets(segment, request) if _active(target)]
    if not targets:
        raise NotFound(_("No channel here is meant by this delivery."))
    missing = False
    rows = []
    for target in targets:
        try:
            target.code.verify(request, target.context)
        except SignatureMissing:
            missing = True
        except SignatureInvalid:
            continue
        else:
            rows.append(_row(target, request))
    if not rows:
        raise _unsigned() if missing else _forged()
    write_journal(rows)


def handshake(segment: str, channel_id: uuid.UUID, request: WebhookRequest) -> WebhookAnswer:
    """A channel's own answer to a GET on its URL. NotFound if it has none."""
    target = _target(segment, channel_id)
    answer = _answer(target, request)
    if answer is None:
        raise NotFound(_("There is nothing here."))
    return answer


def handshake_shared(segment: str, request: WebhookRequest) -> WebhookAnswer:
    """The answer of whichever channel accepts the handshake; else of the last one that refused."""
    refused = None
    for target in targets_of_kinds(kinds_of(segment)):
        answer = _answer(target, request) if _active(target) else None
        if answer is not None and answer.status == _OK:
            return answer
        refused = answer or refused
    if refused is None:
        raise NotFound(_("There is nothing here."))
    return refused


def ingest(channel_id: uuid.UUID, raw: bytes, key: str | None = None, headers: Mapping[str, str] | None = None) -> None:
    """Put a delivery that a channel fetched by itself (polling, a socket) into the journal.

    ``key`` makes it unique in its channel; by default the body's SHA-256. NotFound if the channel
    is gone. Needs no organization and no transaction, and must not be called within one.
    """
    target = target_of(channel_id)
    if target is None:
        raise NotFound(_("This channel does not exist any more."))
    key = key or hashlib.sha256(raw).hexdigest()
    write_journal([JournalRow(target.organization_id, channel_id, key[:_KEY], raw, headers or {})])


def ingest_all(channel_id: uuid.UUID, raws: Sequence[bytes]) -> None:
    """Put several deliveries into the journal at once, in their order, each by its hash. As :func:`ingest`."""
    target = target_of(channel_id)
    if target is None:
        raise NotFound(_("This channel does not exist any more."))
    where = (target.organization_id, channel_id)
    write_journal([JournalRow(*where, hashlib.sha256(raw).hexdigest(), raw, {}) for raw in raws])


def open_channel(kind: str, channel_id: uuid.UUID) -> ChannelContext:
    """Serve the organization of a connected channel from here on: for public routes of its plugin.

    NotFound where there is no such channel of this kind, or its organization switched the plugin off.
    """
    target = _target(kind, channel_id)
    use_organization(target.organization_id)
    return target.context


def _target(segment: str, channel_id: uuid.UUID) -> Target:
    target = target_of(channel_id)
    if target is None or segment not in (target.code.kind, target.plugin) or not _active(target):
        raise NotFound(_("There is nothing here."))
    return target


def _active(target: Target) -> bool:
    return plugin_active(target.organization_id, target.plugin)


def _shared_targets(segment: str, request: WebhookRequest) -> Iterator[Target]:
    for kind in kinds_of(segment):
        try:
            refs = channel_of_kind(kind).shared_targets(request)
        except ValueError:
            continue  # unreadable: it names no channel
        if len(refs) > MOST_REFS:
            raise InvalidPayload(_("The delivery speaks of more than %(count)s channels.", count=MOST_REFS))
        yield from targets_by_refs(kind, refs)


def _answer(target: Target, request: WebhookRequest) -> WebhookAnswer | None:
    try:
        return target.code.handshake(request, target.context)
    except (SignatureInvalid, SignatureMissing):
        return WebhookAnswer(403, "")


def _row(target: Target, request: WebhookRequest) -> JournalRow:
    wanted = target.code.journal_headers
    headers = {name: request.headers[name] for name in wanted if name in request.headers}
    key = target.code.delivery_key(request)[:_KEY]
    return JournalRow(target.organization_id, target.channel_id, key, request.body, headers)


def _unsigned() -> Unauthorized:
    return Unauthorized(_("The delivery carries no signature."))


def _forged() -> Forbidden:
    return Forbidden(_("The delivery's signature does not match."))
