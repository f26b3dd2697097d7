"""Addresses by CEP: asked of public services in turn, kept for 90 days. A help for typing, never a condition.

Sources: viacep.com.br, brasilapi.com.br/docs#tag/CEP-V2, opencep.com. The first and the last answer with
``logradouro, bairro, localidade, uf`` and ViaCEP says ``erro`` with status 200; BrasilAPI with
``street, neighborhood, city, state``. A CEP of a whole town has no street.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from ramal.api import (
    NotFound,
    UpstreamError,
    current_organization,
    http_client,
    new_id,
    session,
    settings_for,
    transaction,
    utcnow,
)
from ramal.api import gettext as _
from ramal_crm.models import CepEntry
from ramal_crm.services.problems import refuse

#: Asked in this order; ``{cep}`` becomes the eight digits.
SERVICES = (
    "https://viacep.com.br/ws/{cep}/json/",
    "https://brasilapi.com.br/api/cep/v2/{cep}",
    "https://opencep.com/v1/{cep}",
)
#: Seconds for each.
TIME_LIMIT = 2.0
KEPT = timedelta(days=90)
_MAX_BYTES = 64 * 1024
#: Our names ← theirs.
_NAMES = {
    "street": ("logradouro", "street"),
    "district": ("bairro", "neighborhood"),
    "city": ("localidade", "city"),
    "state": ("uf", "state"),
}
_WIDTHS = {"street": 120, "district": 60, "city": 60}


@dataclass(frozen=True, kw_only=True)
class Place:
    """What is known of a CEP; ``postal_code`` has eight digits, ``source`` is who said so."""

    postal_code: str
    street: str
    district: str
    city: str
    state: str
    source: str


def tidy_cep(typed: str) -> str:
    """Eight digits; an empty text stays one. InvalidPayload for anything else."""
    digits = re.sub(r"[\s.\-]", "", typed)
    if digits and not re.fullmatch(r"[0-9]{8}", digits):
        raise refuse("postal_code", _("A CEP has eight digits."))
    return digits


def formatted_cep(postal_code: str) -> str:
    """01310-100."""
    return f"{postal_code[:5]}-{postal_code[5:]}" if len(postal_code) == 8 else postal_code


def find_cep(typed: str) -> Place:
    """The place of a CEP, for filling in a form. Asks outside of any transaction: don't call it inside one.

    InvalidPayload for what is no CEP, NotFound where the services know none, UpstreamError where none answers; what
    was kept longer than 90 days is then better than nothing.
    """
    postal_code = tidy_cep(typed)
    if not postal_code:
        raise refuse("postal_code", _("A CEP has eight digits."))
    with transaction():
        kept = session.execute(select(CepEntry).where(CepEntry.postal_code == postal_code)).scalar_one_or_none()
        services = settings_for("crm")["cep_services"]
    if kept is not None and kept.fetched_at > utcnow() - KEPT:
        return _place(kept)
    answered = False
    for service in services:
        try:
            found = _ask(service, postal_code)
        except (httpx2.HTTPError, httpx2.InvalidURL, RecursionError, UpstreamError, OSError, ValueError):
            continue
        answered = True
        if found is not None:
            _keep(found)
            return found
    if kept is not None:
        return _place(kept)
    if answered:
        raise NotFound(_("Nobody knows this CEP. Look at it again, or type the address."))
    raise UpstreamError(_("The CEP services don't answer now. Type the address; nothing you filled in is lost."))


def _ask(service: str, postal_code: str) -> Place | None:
    """What one service says; None where it knows no such CEP. ValueError for an answer that makes no sense."""
    deadline, body = time.monotonic() + TIME_LIMIT, b""
    with http_client().stream("GET", service.replace("{cep}", postal_code), timeout=TIME_LIMIT) as response:
        if response.status_code in (400, 404):
            return None
        if response.status_code != 200:
            raise ValueError(response.status_code)
        for chunk in response.iter_bytes():
            body += chunk
            # The client's limit is for one piece; a service that drips would take for ever.
            if time.monotonic() > deadline or len(body) > _MAX_BYTES:
                raise ValueError("too slow, or too much")
    return _read(json.loads(body), postal_code, urlsplit(service).hostname or "")


def _read(data: Any, postal_code: str, source: str) -> Place | None:
    if not isinstance(data, Mapping):
        raise ValueError("no object")
    if data.get("erro"):
        return None
    texts = {name: _text(data, theirs)[: _WIDTHS.get(name)] for name, theirs in _NAMES.items()}
    if not texts["city"] or not re.fullmatch(r"[A-Z]{2}", texts["state"]):
        raise ValueError("no address")
    return Place(postal_code=postal_code, source=source[:20], **texts)


def _text(data: Mapping[str, Any], names: tuple[str, ...]) -> str:
    found = next((data[name] for name in names if data.get(name)), "")
    # JSON can spell halves of characters, which no database keeps.
    return " ".join(str(found).replace("\0", "").encode(errors="replace").decode().split())


def _keep(place: Place) -> None:
    facts = {**vars(place), "fetched_at": utcnow()}
    entry = insert(CepEntry).values(id=new_id(), organization_id=current_organization(), **facts)
    with transaction() as open_session:
        open_session.execute(entry.on_conflict_do_update(index_elements=["organization_id", "postal_code"], set_=facts))


def _place(entry: CepEntry) -> Place:
    return Place(**{name: getattr(entry, name) for name in Place.__dataclass_fields__})
