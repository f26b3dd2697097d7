"""The dozen Graph API calls that a channel needs, over the guarded HTTP client.

Source: Meta, "Cloud API reference" (messages, media, phone numbers). Errors leave as GraphError,
or as httpx2's own when there was no answer; ``errors.classify`` says what each means.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from ramal.api import (
    ChannelContext,
    HttpClient,
    MediaRef,
    MediaStream,
    Outbound,
    OutboundChange,
    OutboundFile,
    SendResult,
    Status,
    UpstreamError,
)
from ramal.api import gettext as _
from ramal_whatsapp_cloud.errors import MEDIA_CODES, GraphError, UnreadableAnswerError, UploadError
from ramal_whatsapp_cloud.limits import MEDIA
from ramal_whatsapp_cloud.outbound import check_file, message_body, only_file, reaction_body
from ramal_whatsapp_cloud.parse.people import aliases_of

#: Seconds. Sending waits long: an answer that is late costs less than a message whose fate is unknown.
SEND_TIMEOUT = 30.0
UPLOAD_TIMEOUT = 120.0
CALL_TIMEOUT = 15.0
#: Where the provider serves files; only they ever see the access token.
MEDIA_HOSTS = frozenset({"graph.facebook.com", "lookaside.fbsbx.com"})
#: A download URL lives 5 minutes; these answers mean "ask for a new one".
_STALE = frozenset({401, 403, 404, 410})
_PHONE_FIELDS = "id,display_phone_number,verified_name,quality_rating,throughput,name_status"


@dataclass(frozen=True)
class GraphClient:
    """One phone number's view of the Graph API."""

    http: HttpClient
    base_url: str
    version: str
    phone_number_id: str
    access_token: str

    @classmethod
    def of(cls, context: ChannelContext) -> GraphClient:
        settings = context.settings
        return cls(
            http=context.http,
            base_url=str(settings["api_base_url"]).rstrip("/"),
            version=str(settings["api_version"]),
            phone_number_id=str(settings["phone_number_id"]),
            access_token=str(settings["access_token"]),
        )

    # --- messages -----------------------------------------------------------------------------

    def send(self, outbound: Outbound) -> SendResult:
        """Upload the file, if there is one, and send the message.

        A file that the provider can't fetch from its own storage is uploaded once more.
        """
        if outbound.kind not in MEDIA:
            return self._send(message_body(outbound))
        file = only_file(outbound)
        check_file(outbound.kind, file)
        message_body(outbound, "checked-before-upload")
        try:
            return self._send(message_body(outbound, self.upload(file)))
        except GraphError as error:
            if error.graph_code not in MEDIA_CODES:
                raise
        return self._send(message_body(outbound, self.upload(file)))

    def react(self, change: OutboundChange) -> None:
        """Put a reaction on a message, or take it back."""
        self._send(reaction_body(change))

    def _send(self, body: Mapping[str, Any]) -> SendResult:
        answer = self._call("POST", f"{self.phone_number_id}/messages", json=body, timeout=SEND_TIMEOUT)
        message = _first(answer, "messages")
        contact = _first(answer, "contacts")
        if not message.get("id"):
            raise UnreadableAnswerError(_("WhatsApp's answer names no message."))
        address = contact.get("wa_id") or contact.get("user_id")
        return SendResult(
            provider_id=str(message["id"]),
            status=Status.ACCEPTED,
            address=address,
            aliases=aliases_of(contact.get("wa_id"), users=[contact.get("user_id")]),
        )

    def mark_read(self, message_id: str, *, typing: bool) -> None:
        """Blue ticks up to ``message_id``; ``typing`` shows until we answer, 25 s at most."""
        body: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": message_id,
        }
        if typing:
            body["typing_indicator"] = {"type": "text"}
        self._call("POST", f"{self.phone_number_id}/messages", json=body)

    # --- files --------------------------------------------------------------------------------

    def upload(self, file: OutboundFile) -> str:
        """The media id (valid 30 days). Raises UploadError: nothing has been sent yet."""
        try:
            with Path(file.path).open("rb") as content:
                answer = self._call(
                    "POST",
                    f"{self.phone_number_id}/media",
                    data={"messaging_product": "whatsapp", "type": file.mime_type},
                    files={"file": (file.filename, content, file.mime_type)},
                    timeout=UPLOAD_TIMEOUT,
                )
            return str(answer["id"])
        except (UpstreamError, httpx2.HTTPError, OSError, KeyError) as error:
            raise UploadError(str(error)) from error

    def download(self, ref: MediaRef) -> MediaStream:
        """A stream of an inbound file; its bytes are fetched when they are first read.

        Raises GraphError when the id is unknown or expired (ids live 7 days).
        """
        claimed: Mapping[str, Any] = {"url": ref.ref.get("url")}
        if not claimed["url"]:
            claimed = self.resolve(str(ref.ref.get("id") or ""))
        return MediaStream(
            chunks=self._chunks(str(claimed["url"]), ref.ref.get("id")),
            mime_type=claimed.get("mime_type") or ref.mime_type,
            filename=ref.filename,
            size=claimed.get("file_size") or ref.size,
        )

    def resolve(self, media_id: str) -> dict[str, Any]:
        """``{url, mime_type, sha256, file_size}`` of a media id."""
        if not media_id.isalnum():
            raise UpstreamError(_("The file has no valid id at WhatsApp."))
        answer = self._call("GET", media_id, params={"phone_number_id": self.phone_number_id})
        if not answer.get("url"):
            raise UnreadableAnswerError(_("WhatsApp's answer has no download address."))
        return answer

    def _chunks(self, url: str, media_id: Any) -> Iterator[bytes]:
        stale = yield from self._fetch(url)
        if stale is None:
            return
        if not media_id:
            raise stale
        stale = yield from self._fetch(str(self.resolve(str(media_id))["url"]))
        if stale is not None:
            raise stale

    def _fetch(self, url: str) -> Generator[bytes, None, GraphError | None]:
        """Yield the file's bytes; return the error instead when the URL has gone stale."""
        self._check_media_host(url)
        with self.http.stream("GET", url, headers=self._headers(), timeout=UPLOAD_TIMEOUT) as response:
            if response.is_success:
                yield from response.iter_bytes()
                return None
            response.read()
            error = GraphError.of(response)
        if error.http_status in _STALE:
            return error
        raise error

    def _check_media_host(self, url: str) -> None:
        """The token goes to the provider's hosts only, whatever a webhook says."""
        given, base = urlsplit(url), urlsplit(self.base_url)
        ours = (given.scheme, given.netloc) == (base.scheme, base.netloc)
        if not ours and (given.scheme != "https" or given.netloc.lower() not in MEDIA_HOSTS):
            raise UpstreamError(_("The file is not on a server of WhatsApp's."))

    # --- the number ---------------------------------------------------------------------------

    def phone_number(self) -> dict[str, Any]:
        """The number's own data: display number, verified name, quality."""
        return self._call("GET", self.phone_number_id, params={"fields": _PHONE_FIELDS})

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}

    def _call(self, method: str, path: str, *, timeout: float = CALL_TIMEOUT, **content: Any) -> dict[str, Any]:
        url = f"{self.base_url}/{self.version}/{path}"
        response = self.http.request(method, url, headers=self._headers(), timeout=timeout, **content)
        if not response.is_success:
            raise GraphError.of(response)
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise UnreadableAnswerError(_("WhatsApp's answer is not JSON."))
        return answer


def _first(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    items = answer.get(name)
    first = items[0] if isinstance(items, list) and items else {}
    return first if isinstance(first, dict) else {}
