"""What befalls a session from outside: logged out, banned, replaced, restricted, cut off, gone quiet."""

from __future__ import annotations

from ramal_whatsapp_web.testing.network import Ban, Device, Happening
from ramal_whatsapp_web.testing.refusals import RefusalError
from ramal_whatsapp_web.testing.world import World


class Elsewhere:
    """Another client that connects with the same credentials."""

    @property
    def hears(self) -> bool:
        return True

    def learn(self, happening: Happening) -> None:
        """It listens, and does nothing with it."""

    def replaced(self) -> None:
        """It lets go."""

    def unlinked(self) -> None:
        """It lets go."""

    def banned(self, ban: Ban) -> None:
        """It lets go."""


class Trouble:
    """Each method is about one session by name; RefusalError (404) for none of that name."""

    def __init__(self, world: World) -> None:
        self._world = world

    def log_out(self, session: str = "default") -> None:
        """The owner removes the device on the phone: FAILED, and a restart asks for a QR code."""
        with self._world.lock:
            self._world.network.unlink(self._device(session))

    def replace(self, session: str = "default") -> None:
        """Someone connects elsewhere with the same credentials: FAILED by conflict; a restart wins it back."""
        with self._world.lock:
            self._world.network.attach(self._device(session), Elsewhere())

    def ban(self, session: str = "default", seconds: float | None = None, code: int = 101) -> None:
        """WhatsApp bans the number, for ``seconds`` or for good: FAILED, also after restarts."""
        until = None if seconds is None else self._world.clock.time() + seconds
        with self._world.lock:
            self._world.network.ban(self._device(session).account, Ban(until, code))

    def restrict(self, session: str = "default", seconds: float | None = 3600.0) -> None:
        """Reachout timelock: sends to people without a chat fail with error 463. None lifts it."""
        with self._world.lock:
            found = self._world.session(session)
            account = self._device(session).account
            account.restricted_until = None if seconds is None else self._world.clock.time() + seconds
            found.announce_restriction()

    def drop(self, session: str = "default", seconds: float = 0.1) -> None:
        """The connection to WhatsApp is away for a while: STARTING, then WORKING by itself."""
        with self._world.lock:
            self._world.session(session).drop(seconds)

    def silence(self, session: str = "default") -> None:
        """WORKING, sends work, the history fills; but no webhook leaves until a restart."""
        self._world.session(session).silent = True

    def pretend(self, session: str = "default") -> None:
        """WORKING by its own word, and dead: sends answer 201 and nothing moves, until a restart."""
        self._world.session(session).pretending = True

    def sign_passkey(self, session: str = "default") -> None:
        """The person signs the challenge on web.whatsapp.com, and confirms the code if one is shown."""
        with self._world.lock:
            found = self._world.session(session)
            found.passkey_signed()
            if found.status == "PASSKEY_CONFIRMATION_REQUIRED":
                found.passkey_confirmed()

    def _device(self, session: str) -> Device:
        device = self._world.session(session).device
        if device is None:
            raise RefusalError(422, f"The session '{session}' is not linked to a phone")
        return device
