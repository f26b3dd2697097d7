"""What surrounds the application: keys, storage, Redis, the web server and its socket, fonts."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import redis

from ramal.cli.doctor.findings import Finding, ill, mind, well
from ramal.config import Settings

SHORTEST_KEY = 32
FREE_WANTED, FREE_NEEDED = 2 * 1024**3, 256 * 1024**2  # bytes
_HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "cmFtYWwgZG9jdG9yIDEyMw==",
}


def look_at_keys(settings: Settings) -> Iterator[Finding]:
    """The keys that encrypt channels' secrets and sign links and sessions."""
    mend = "Set RAMAL_SECRET_KEYS to a long random text: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
    if not settings.secret_keys:
        yield ill("secret keys", "RAMAL_SECRET_KEYS is not set", mend)
    elif any(len(key) < SHORTEST_KEY for key in settings.secret_keys):
        yield mind("secret keys", f"a key is shorter than {SHORTEST_KEY} characters", mend)
    else:
        others = len(settings.secret_keys) - 1
        yield well("secret keys", "one key" if not others else f"the newest of {others + 1} keys encrypts")


def look_at_address(settings: Settings) -> Iterator[Finding]:
    """Where providers and people reach us."""
    host = urlsplit(settings.public_url).hostname or ""
    if not settings.public_url:
        yield mind(
            "public address",
            f"RAMAL_PUBLIC_URL is not set: webhook URLs begin with {settings.base_url}, which no provider reaches",
            "Set it to the https:// address of this installation.",
        )
    elif not settings.public_url.startswith("https://") and host not in {"localhost", "127.0.0.1"}:
        yield mind("public address", f"{settings.public_url} is not https", "Providers refuse webhooks without TLS.")
    else:
        yield well("public address", settings.public_url)


def look_at_storage(settings: Settings) -> Iterator[Finding]:
    """Whether files can be kept, and for how long there is room."""
    folder = settings.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as probe:
        probe.write(b"ramal")
        probe.flush()
    free = shutil.disk_usage(folder).free
    detail = f"{folder}: {free / 1024**3:.1f} GB free"
    if free < FREE_NEEDED:
        yield ill("storage", detail, "Make room, or point RAMAL_DATA_DIR to another disk.")
    elif free < FREE_WANTED:
        yield mind("storage", detail, "Make room soon: customers' files are kept here.")
    else:
        yield well("storage", detail)


def look_at_redis(settings: Settings) -> Iterator[Finding]:
    """Redis only wakes processes: without it everything still works, a second later."""
    if not settings.redis_url:
        yield ill("redis", "RAMAL_REDIS_URL is not set", "Set it: live updates and rate limits need Redis.")
        return
    with redis.Redis.from_url(settings.redis_url, socket_timeout=3, socket_connect_timeout=3) as client:
        version = str(client.info("server")["redis_version"])
        memory = client.info("memory")
    used, most = int(memory["used_memory"]), int(memory.get("maxmemory") or 0)
    if most and used > most * 0.9:
        yield mind("redis", f"{version}: {used * 100 // most} % of its memory is used", "Raise maxmemory.")
    else:
        yield well("redis", f"{version} answers")


def look_at_web(settings: Settings) -> Iterator[Finding]:
    """The web server and, through it, the way a browser's socket takes."""
    url = f"http://127.0.0.1:{settings.port}"
    try:
        ready = httpx2.get(f"{url}/health/ready", timeout=5.0)
    except httpx2.HTTPError:
        yield ill("web server", f"nobody answers at {url}", "Start `ramal serve` (or `ramal up`), or set RAMAL_PORT.")
        return
    if ready.status_code == 200:
        yield well("web server", f"{url} says {ready.json().get('status')}")
    else:
        yield ill("web server", f"{url}/health/ready answers {ready.status_code}", "Its log says why.")
    yield from look_at_socket(settings.base_url)


def look_at_socket(base_url: str) -> Iterator[Finding]:
    """Ask for a socket as a browser without a login would; a proxy that drops the upgrade shows itself.

    Without a login ours refuses with 401 or 403; anything else comes from somebody in between.
    """
    mend = "Let the proxy pass Upgrade and Connection on /ws (nginx: proxy_http_version 1.1; proxy_set_header …)."
    try:
        answer = httpx2.get(f"{base_url}/ws", headers={**_HANDSHAKE, "Origin": base_url}, timeout=5.0)
    except httpx2.HTTPError as error:
        yield ill("socket", f"{base_url}/ws: {type(error).__name__}", mend)
        return
    if answer.status_code in {101, 401, 403}:
        yield well("socket", f"{base_url}/ws takes sockets")
    else:
        yield ill("socket", f"{base_url}/ws answers {answer.status_code}", mend)


def look_at_fonts() -> Iterator[Finding]:
    """Documents are drawn with the machine's fonts."""
    mend = "Install one: apt-get install fontconfig fonts-dejavu-core"
    program = shutil.which("fc-list")
    if program is None:
        yield mind("fonts", "fontconfig is not installed: documents (PDF) can't be drawn", mend)
        return
    result = subprocess.run([program, ":", "family"], capture_output=True, text=True, timeout=20, check=False)
    families = {line.strip() for line in result.stdout.splitlines() if line.strip()}
    if families:
        yield well("fonts", f"{len(families)} families")
    else:
        yield mind("fonts", "there is no font: documents (PDF) would show boxes", mend)
