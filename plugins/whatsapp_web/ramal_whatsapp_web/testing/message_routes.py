"""``/api/send…``, ``/api/reaction``, and changes to messages below ``/api/{session}/chats``."""

from __future__ import annotations

from typing import Any, ClassVar

from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from ramal_whatsapp_web.testing import contracts
from ramal_whatsapp_web.testing.behaviour import Operation
from ramal_whatsapp_web.testing.routing import Routes, answer, body_of, rule
from ramal_whatsapp_web.testing.sending import Sending
from ramal_whatsapp_web.testing.world import World

SENDS = (
    "sendText",
    "sendImage",
    "sendFile",
    "sendVoice",
    "sendVideo",
    "sendSticker",
    "sendLocation",
    "sendContactVcard",
    "sendPoll",
    "sendList",
    "forwardMessage",
)


class MessageRoutes(Routes):
    """Sends answer 201 with the message's id in the shape of the knob ``id_shape``."""

    RULES = Map(
        [
            *(rule("POST", f"/api/{operation}", operation) for operation in SENDS),
            rule("POST", "/api/sendSeen", "send_seen"),
            rule("POST", "/api/startTyping", "start_typing"),
            rule("POST", "/api/stopTyping", "stop_typing"),
            rule("PUT", "/api/reaction", "reaction"),
            rule("POST", "/api/<session>/presence", "presence"),
            rule("POST", "/api/<session>/chats/<chat_id>/messages/read", "read_chat"),
            rule("PUT", "/api/<session>/chats/<chat_id>/messages/<message_id>", "edit"),
            rule("DELETE", "/api/<session>/chats/<chat_id>/messages/<message_id>", "revoke"),
        ]
    )
    OPERATION: ClassVar[dict[str, Operation]] = {
        **dict.fromkeys(SENDS, "send"),
        "send_seen": "presence",
        "start_typing": "presence",
        "stop_typing": "presence",
        "presence": "presence",
        "read_chat": "presence",
        "reaction": "change",
        "edit": "change",
        "revoke": "change",
    }

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._sending = Sending(world)

    def handle(self, request: Request, endpoint: str, arguments: dict[str, Any]) -> Response:
        if endpoint in SENDS:
            return self._send(request, endpoint)
        return super().handle(request, endpoint, arguments)

    def _send(self, request: Request, operation: str) -> Response:
        body = contracts.checked(body_of(request), operation)
        session = self._world.session(str(body.get("session", "default")))
        return answer(self._sending.send(session, operation, body), 201)

    def send_seen(self, request: Request) -> Response:
        """``messageIds`` (or one ``messageId``); all unread ones of the chat without."""
        body = contracts.checked(body_of(request), "chat")
        single = [body["messageId"]] if body.get("messageId") else []
        session = self._world.session(str(body.get("session", "default")))
        self._sending.seen(session, str(body["chatId"]), list(body.get("messageIds") or single))
        return answer({}, 201)

    def read_chat(self, request: Request, session: str, chat_id: str) -> Response:
        keys = self._sending.seen(self._world.session(session), chat_id, [])
        return answer({"ids": [f"false_{chat_id}_{key}" for key in keys]}, 201)

    def start_typing(self, request: Request) -> Response:
        return self._typing(request, "typing")

    def stop_typing(self, request: Request) -> Response:
        return self._typing(request, "paused")

    def _typing(self, request: Request, presence: str) -> Response:
        body = contracts.checked(body_of(request), "chat")
        session = self._world.session(str(body.get("session", "default")))
        self._sending.typing(session, str(body["chatId"]), presence)
        return answer({"result": True}, 201)

    def presence(self, request: Request, session: str) -> Response:
        body = contracts.checked(body_of(request), "presence")
        self._sending.typing(self._world.session(session), str(body.get("chatId") or ""), str(body["presence"]))
        return answer({"result": True}, 201)

    def reaction(self, request: Request) -> Response:
        body = contracts.checked(body_of(request), "reaction")
        session = self._world.session(str(body.get("session", "default")))
        return answer(self._sending.react(session, str(body["messageId"]), str(body["reaction"])))

    def edit(self, request: Request, session: str, chat_id: str, message_id: str) -> Response:
        body = contracts.checked(body_of(request), "edit")
        return answer(self._sending.edit(self._world.session(session), chat_id, message_id, str(body["text"])))

    def revoke(self, request: Request, session: str, chat_id: str, message_id: str) -> Response:
        return answer(self._sending.revoke(self._world.session(session), chat_id, message_id))
