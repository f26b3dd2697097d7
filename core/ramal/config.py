"""Typed settings, read once from the environment (and ``.env``); ``NAME_FILE`` reads a secret file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from environs import Env, validate
from flask import current_app


def normalise_database_url(url: str) -> str:
    """Name the driver: SQLAlchemy 2.1 would read a bare ``postgresql://`` as psycopg 3."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg2://" + url.removeprefix(prefix)
    return url


@dataclass(frozen=True, slots=True)
class Settings:
    """All that the environment decides. Times in seconds, sizes in bytes."""

    port: int = 8000
    bind: str = "127.0.0.1"
    data_dir: Path = Path(".ramal")
    database_url: str = ""
    database_owner_url: str = ""
    database_system_url: str = ""
    redis_url: str = ""
    #: Newest first; older ones still decrypt. Any text: keys are derived from it.
    secret_keys: tuple[str, ...] = ()
    public_url: str = ""
    smtp_url: str = ""
    #: The language of whatever has no reader, and of readers who ask for none of ours.
    locale: str = "pt_BR"
    #: How many proxies stand in front and add to X-Forwarded-For; 0: none is believed.
    trusted_proxies: int = 0
    #: What ``/metrics`` asks for as a bearer token; empty: no metrics page.
    metrics_token: str = ""
    #: ``host:port`` pairs that tenant-supplied URLs may reach although they are private.
    outbound_allow: tuple[str, ...] = ()
    admin_email: str = "admin@example.com"
    admin_password: str = ""
    #: Names of the plugins to load; None = all that are installed.
    plugins: tuple[str, ...] | None = None
    safe_mode: bool = False
    strict_plugins: bool = False
    web_processes: int = 2
    worker_processes: int = 1
    max_body: int = 4 * 1024 * 1024 + 64 * 1024
    max_upload: int = 100 * 1024 * 1024
    access_token_ttl: int = 900
    refresh_token_ttl: int = 30 * 24 * 3600
    #: Seconds a hook may run in a worker before it is charged to its plugin.
    hook_time_limit: float = 5.0
    #: Days for which handled events, journal rows and jobs are kept; 0 = for ever.
    keep_days: int = 30
    extra: Mapping[str, str] = field(default_factory=dict)

    def with_(self, **changes: object) -> Settings:
        """A copy with some fields changed (``ramal up`` fills in the embedded services)."""
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def base_url(self) -> str:
        """Where people and providers reach this installation."""
        return self.public_url.rstrip("/") or f"http://127.0.0.1:{self.port}"


def _secret(env: Env, name: str, default: str = "") -> str:
    path = os.environ.get(f"{name}_FILE")
    if path:
        return Path(path).read_text().strip()
    return env.str(name, default)


def _names(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def load_settings() -> Settings:
    """Read the environment. Raises environs.EnvError naming the variable that can't be read."""
    env = Env(expand_vars=False)
    plugins = os.environ.get("RAMAL_PLUGINS")
    port = env.int("RAMAL_PORT", 8000)
    return Settings(
        port=port,
        bind=env.str("RAMAL_BIND", "127.0.0.1"),
        data_dir=Path(env.str("RAMAL_DATA_DIR", ".ramal")).absolute(),
        database_url=normalise_database_url(_secret(env, "RAMAL_DATABASE_URL")),
        database_owner_url=normalise_database_url(_secret(env, "RAMAL_DATABASE_OWNER_URL")),
        database_system_url=normalise_database_url(_secret(env, "RAMAL_DATABASE_SYSTEM_URL")),
        redis_url=_secret(env, "RAMAL_REDIS_URL"),
        secret_keys=_names(_secret(env, "RAMAL_SECRET_KEYS")),
        public_url=env.str("RAMAL_PUBLIC_URL", ""),
        smtp_url=_secret(env, "RAMAL_SMTP_URL"),
        locale=env.str("RAMAL_LOCALE", "pt_BR", validate=validate.OneOf(("pt_BR", "en"))),
        trusted_proxies=env.int("RAMAL_TRUSTED_PROXIES", 0, validate=validate.Range(0, 10)),
        metrics_token=_secret(env, "RAMAL_METRICS_TOKEN"),
        outbound_allow=_names(env.str("RAMAL_OUTBOUND_ALLOW", "")),
        admin_email=env.str("RAMAL_ADMIN_EMAIL", "admin@example.com"),
        admin_password=_secret(env, "RAMAL_ADMIN_PASSWORD"),
        plugins=None if plugins is None else _names(plugins),
        safe_mode=env.bool("RAMAL_SAFE_MODE", False),
        strict_plugins=env.bool("RAMAL_STRICT_PLUGINS", False),
        web_processes=env.int("RAMAL_WEB_PROCESSES", 2),
        worker_processes=env.int("RAMAL_WORKER_PROCESSES", 1),
        hook_time_limit=env.float("RAMAL_HOOK_TIME_LIMIT", 5.0),
        keep_days=env.int("RAMAL_KEEP_DAYS", 30),
    )


def current_settings() -> Settings:
    """The settings of the current application."""
    found = current_app.extensions["ramal.settings"]
    assert isinstance(found, Settings)
    return found
