"""Chats, history, contacts, LIDs and files."""

from __future__ import annotations

from typing import Any, ClassVar

from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from ramal_whatsapp_web.testing import payloads
from ramal_whatsapp_web.testing.behaviour import Operation
from ramal_whatsapp_web.testing.history import Chat, Message
from ramal_whatsapp_web.testing.people import Person, digits
from ramal_whatsapp_web.testing.refusals import RefusalError
from ramal_whatsapp_web.testing.routing import Routes, answer, body_of, flag, number, rule
from ramal_whatsapp_web.testing.sending import key_of
from ramal_whatsapp_web.testing.sessions import Session


class ReadRoutes(Routes):
    """Answers after WAHA's "Chats", "Contacts" and "Receive messages"."""

    RULES = Map(
        [
            rule("GET", "/api/<session>/chats/overview", "overview"),
            rule("POST", "/api/<session>/chats/overview", "overview_filtered"),
            rule("GET", "/api/<session>/chats/<chat_id>/messages", "messages"),
            rule("GET", "/api/<session>/chats/<chat_id>/messages/<message_id>", "message"),
            rule("GET", "/api/contacts/check-exists", "check_exists"),
            rule("GET", "/api/contacts", "contact"),
            rule("GET", "/api/contacts/profile-picture", "picture"),
            rule("GET", "/api/<session>/lids", "lids"),
            rule("GET", "/api/<session>/lids/<lid>", "by_lid"),
            rule("GET", "/api/<session>/lids/pn/<phone>", "by_phone"),
            rule("GET", "/api/files/<session>/<name>", "file"),
            rule("GET", "/api/server/version", "version"),
            rule("GET", "/ping", "ping"),
        ]
    )
    OPERATION: ClassVar[dict[str, Operation]] = {
        "overview": "read",
        "overview_filtered": "read",
        "messages": "read",
        "message": "read",
        "check_exists": "contacts",
        "contact": "contacts",
        "picture": "contacts",
        "lids": "contacts",
        "by_lid": "contacts",
        "by_phone": "contacts",
        "file": "media",
    }

    def handle(self, request: Request, endpoint: str, arguments: dict[str, Any]) -> Response:
        with self._world.lock:
            return super().handle(request, endpoint, arguments)

    # --- chats ------------------------------------------------------------------------------------

    def overview(self, request: Request, session: str) -> Response:
        """``[{id, name, picture, lastMessage, _chat}]``, the newest chat first."""
        page = number(request, "offset", 0), number(request, "limit", 20)
        return self._overview(session, page, request.args.getlist("ids"))

    def overview_filtered(self, request: Request, session: str) -> Response:
        body = body_of(request)
        paging = body.get("pagination") or {}
        ids = (body.get("filter") or {}).get("ids") or []
        return self._overview(session, (int(paging.get("offset", 0)), int(paging.get("limit", 20))), ids)

    def _overview(self, name: str, page: tuple[int, int], ids: list[str]) -> Response:
        session = self._world.session(name)
        device = session.working()
        wanted = {digits(item) for item in ids}
        chats = [
            chat for chat in device.history.overview() if not wanted or wanted & {chat.person.number, chat.person.lid}
        ]
        offset, limit = page
        return answer([self._summary(session, chat) for chat in chats[offset : offset + limit]])

    def _summary(self, session: Session, chat: Chat) -> dict[str, Any]:
        last = chat.newest
        raw = {"id": chat.person.address, "conversationTimestamp": last.at, "unreadCount": chat.unread}
        return {
            "id": chat.person.address,
            "name": chat.person.name,
            "picture": None,
            "lastMessage": self._shown(session, last, download=False),
            "_chat": raw,
        }

    def messages(self, request: Request, session: str, chat_id: str) -> Response:
        """Newest first (``sortOrder=asc`` turns it); ``filter.timestamp.gte|lte`` in seconds, both inclusive."""
        found = self._world.session(session)
        device = found.working()
        if chat_id == "all":
            raise RefusalError(422, "chatId 'all' is not supported by GOWS engine")
        person = self._world.network.find(chat_id)
        items = list(device.history.newest_first(person)) if person is not None else []
        items = [item for item in items if _passes(request, item)]
        if request.args.get("sortOrder") == "asc":
            items.reverse()
        offset, limit = number(request, "offset", 0), number(request, "limit", 10)
        download = flag(request, "downloadMedia", False)
        return answer([self._shown(found, item, download=download) for item in items[offset : offset + limit]])

    def message(self, request: Request, session: str, chat_id: str, message_id: str) -> Response:
        found = self._world.session(session)
        item = found.working().history.find(key_of(message_id) or "")
        if item is None:
            raise RefusalError(404, "Message not found")
        return answer(self._shown(found, item, download=flag(request, "downloadMedia", False)))

    def _shown(self, session: Session, item: Message, *, download: bool) -> dict[str, Any]:
        view = payloads.View(session.working(), self._world.behaviour.from_is_chat)
        return payloads.message(view, item, self._world.media(session, item, download=download))

    # --- people -----------------------------------------------------------------------------------

    def check_exists(self, request: Request) -> Response:
        """``{numberExists, chatId}``; the chat id in the spelling under which the number is registered."""
        self._world.session(request.args.get("session", "default")).working()
        person = self._world.network.registered(_needed(request, "phone"))
        return answer(
            {"numberExists": person is not None, "chatId": f"{person.number}@c.us" if person is not None else None}
        )

    def contact(self, request: Request) -> Response:
        self._world.session(request.args.get("session", "default")).working()
        contact_id = _needed(request, "contactId")
        person = self._world.network.find(contact_id)
        if person is None:
            return answer({"id": contact_id, "isWAContact": False})
        return answer({"id": person.address, "number": _visible(person), "pushname": person.name, "isWAContact": True})

    def picture(self, request: Request) -> Response:
        self._world.session(request.args.get("session", "default")).working()
        return answer({"profilePictureURL": None})

    def lids(self, request: Request, session: str) -> Response:
        """The pairs that this device knows."""
        self._world.session(session).working()
        pairs = [_pair(person) for person in self._world.network.people if person.known == "both"]
        offset, limit = number(request, "offset", 0), number(request, "limit", 100)
        return answer(pairs[offset : offset + limit])

    def by_lid(self, request: Request, session: str, lid: str) -> Response:
        self._world.session(session).working()
        person = self._world.network.find(f"{digits(lid)}@lid")
        known = person is not None and person.known == "both" and person.number
        return answer({"lid": f"{digits(lid)}@lid", "pn": f"{person.number}@c.us" if person and known else None})

    def by_phone(self, request: Request, session: str, phone: str) -> Response:
        self._world.session(session).working()
        person = self._world.network.find(f"{digits(phone)}@c.us")
        known = person is not None and person.known == "both" and person.lid
        return answer({"lid": f"{person.lid}@lid" if person and known else None, "pn": f"{digits(phone)}@c.us"})

    # --- files and the server -----------------------------------------------------------------------

    def file(self, request: Request, session: str, name: str) -> Response:
        """The bytes; 404 once the link has expired."""
        held = self._world.files.fetch(f"{session}/{name}", self._world.clock.time())
        if held is None:
            raise RefusalError(404, f"ENOENT: no such file or directory, stat '/tmp/whatsapp-files/{session}/{name}'")
        file, content = held
        return Response(content, content_type=file.mimetype)

    def version(self, request: Request) -> Response:
        return answer(payloads.ENVIRONMENT)

    def ping(self, request: Request) -> Response:
        return answer({"message": "pong"})


def _passes(request: Request, item: Message) -> bool:
    oldest, newest = number(request, "filter.timestamp.gte", 0), number(request, "filter.timestamp.lte", 2**40)
    from_me, ack = request.args.get("filter.fromMe"), request.args.get("filter.ack")
    return (
        oldest <= item.at <= newest
        and (from_me is None or flag(request, "filter.fromMe", False) == item.from_me)
        and (ack is None or payloads.ACK_NAMES[item.ack] == ack)
    )


def _needed(request: Request, name: str) -> str:
    value = request.args.get(name)
    if not value:
        raise RefusalError(400, [f"{name} must be a string"])
    return value


def _visible(person: Person) -> str | None:
    return person.number if person.known != "lid" else None


def _pair(person: Person) -> dict[str, str]:
    return {"lid": f"{person.lid}@lid", "pn": f"{person.number}@c.us"}
