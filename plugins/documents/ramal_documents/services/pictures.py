"""Pictures and the letterhead of an organization: kept, named, handed to what lays contracts out."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from sqlalchemy import func, select

from ramal.api import (
    Conflict,
    InvalidPayload,
    NotFound,
    audit,
    delete_file,
    enqueue,
    file_url,
    find_file,
    open_file,
    session,
    store_file,
    transaction,
)
from ramal.api import gettext as _
from ramal_documents.contracts import rendering
from ramal_documents.models import PICTURE_TYPES, ContractTemplate, LetterheadPaper, Picture, TemplateVersion
from ramal_documents.services.actors import actor
from ramal_documents.services.repository import FORGET

#: Bytes of a picture; every document that shows it carries it.
LARGEST = 2 * 1024 * 1024
MOST = 50
MOST_LINES, LONGEST_LINE = 4, 120
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_ASKED = re.compile(r"asset:([a-z0-9][a-z0-9_-]*)")


@dataclass(frozen=True, kw_only=True)
class Dress:
    """What of an organization's own a document shows."""

    letterhead: rendering.Letterhead
    assets: Mapping[str, rendering.Asset]


def list_pictures() -> Sequence[Picture]:
    """All, by name."""
    found: Sequence[Picture] = session.execute(select(Picture).order_by(Picture.name)).scalars().all()
    return found


def get_picture(picture_id: uuid.UUID, *, locked: bool = False) -> Picture:
    """One, held until the transaction ends if ``locked``. NotFound."""
    query = select(Picture).where(Picture.id == picture_id).execution_options(populate_existing=True)
    found: Picture | None = session.execute(query.with_for_update() if locked else query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such picture."))
    return found


def picture_url(picture: Picture, *, absolute: bool = True) -> str:
    """A signed link to its bytes."""
    return str(file_url(find_file(picture.file_id), absolute=absolute))


def add_picture(name: str, file: IO[bytes], filename: str | None) -> Picture:
    """Keep a PNG or JPEG under a name. InvalidPayload, Conflict for a known name, FileTooLarge, FileRefused."""
    _demand_free(name)
    kept = _store(file, filename)
    try:
        with transaction() as open_session:
            picture = Picture(name=name, created_by=actor()[0], **_facts(kept))
            open_session.add(picture)
            open_session.flush()
            audit("documents.picture.added", target=_target(picture), after={"sha256": kept.sha256})
    except BaseException:
        delete_file(kept)
        raise
    return picture


def replace_picture(picture_id: uuid.UUID, file: IO[bytes], filename: str | None) -> Picture:
    """Other bytes under the same name: documents made from now on show them, those that were issued stay."""
    get_picture(picture_id)
    kept = _store(file, filename)
    try:
        with transaction():
            picture = get_picture(picture_id, locked=True)
            before, old = picture.sha256, picture.file_id
            for column, value in _facts(kept).items():
                setattr(picture, column, value)
            audit(
                "documents.picture.replaced",
                target=_target(picture),
                before={"sha256": before},
                after={"sha256": kept.sha256},
            )
            enqueue(FORGET, plugin="documents", file_ids=[str(old)])
    except BaseException:
        delete_file(kept)
        raise
    return picture


def delete_picture(picture_id: uuid.UUID) -> None:
    """Remove one. Conflict while the letterhead or a template in use shows it."""
    with transaction() as open_session:
        picture = get_picture(picture_id, locked=True)
        _demand_unused(picture)
        audit("documents.picture.deleted", target=_target(picture), before={"sha256": picture.sha256})
        open_session.delete(picture)
        open_session.flush()
        enqueue(FORGET, plugin="documents", file_ids=[str(picture.file_id)])


def get_letterhead() -> LetterheadPaper:
    """The organization's, which may be empty."""
    found: LetterheadPaper | None = session.execute(select(LetterheadPaper)).scalar_one_or_none()
    return found or LetterheadPaper(name="", lines=[], picture_id=None)


def set_letterhead(values: Mapping[str, Any]) -> LetterheadPaper:
    """What stands above every page from now on; empty for nothing. NotFound for the picture."""
    picture_id = values.get("picture_id")
    lines = [line for line in (" ".join(str(line).split()) for line in values.get("lines") or ()) if line]
    if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
        message = _("At most %(lines)s lines of %(longest)s characters.", lines=MOST_LINES, longest=LONGEST_LINE)
        raise InvalidPayload(message, {"lines": [message]})
    with transaction() as open_session:
        paper = get_letterhead()
        before = _letterhead_facts(paper)
        paper.name, paper.lines = " ".join(str(values.get("name") or "").split())[:120], lines
        paper.picture_id = get_picture(picture_id).id if picture_id else None
        open_session.add(paper)
        open_session.flush()
        after = _letterhead_facts(paper)
        if before != after:
            audit("documents.letterhead.changed", target=("letterhead", paper.id, ""), before=before, after=after)
    return paper


def dress(source: str) -> Dress:
    """The letterhead, and the pictures that a template's text asks for; what is not there the layout refuses."""
    paper = get_letterhead()
    logo = get_picture(paper.picture_id).name if paper.picture_id else ""
    names = asked_for(source) | ({logo} - {""})
    letterhead = rendering.Letterhead(paper.name, tuple(paper.lines), logo)
    return Dress(letterhead=letterhead, assets={picture.name: _asset(picture) for picture in _named(names)})


def missing_in(source: str) -> list[tuple[int, str]]:
    """(line, name) of each picture that a text asks for and that is not there."""
    known = {picture.name for picture in _named(asked_for(source))}
    return [
        (number, name)
        for number, line in enumerate(source.splitlines(), 1)
        for name in _ASKED.findall(line)
        if name not in known
    ]


def asked_for(source: str) -> set[str]:
    """The names of pictures in a text."""
    return set(_ASKED.findall(source))


def on_screen(html: str) -> str:
    """A filled page for a browser: the pictures by their links."""
    urls = {picture.name: picture_url(picture, absolute=False) for picture in _named(asked_for(html))}
    return _ASKED.sub(lambda found: urls.get(found[1], found[0]), html)


def _named(names: set[str]) -> Sequence[Picture]:
    if not names:
        return ()
    found: Sequence[Picture] = session.execute(select(Picture).where(Picture.name.in_(names))).scalars().all()
    return found


def _asset(picture: Picture) -> rendering.Asset:
    with open_file(find_file(picture.file_id)) as file:
        return rendering.Asset(picture.mime_type, file.read())


def _store(file: IO[bytes], filename: str | None) -> Any:
    kept = store_file(file, filename, limit=LARGEST, strict=True, uploaded_by=actor()[0])
    if kept.mime_type in PICTURE_TYPES:
        return kept
    delete_file(kept)
    message = _("Only PNG and JPEG pictures can stand in a document.")
    raise InvalidPayload(message, {"file": [message]})


def _facts(kept: Any) -> dict[str, Any]:
    columns = ("mime_type", "size", "sha256", "width", "height")
    return {"file_id": kept.id, **{name: getattr(kept, name) for name in columns}}


def _demand_free(name: str) -> None:
    if not NAME.fullmatch(name):
        message = _("A name has small letters, digits, - and _, at most 40 of them.")
        raise InvalidPayload(message, {"name": [message]})
    if _named({name}):
        message = _("There is a picture of this name already; replace it, or choose another name.")
        raise Conflict(message, {"name": [message]})
    if (session.execute(select(func.count(Picture.id))).scalar() or 0) >= MOST:
        message = _("An organization has at most %(most)s pictures.", most=MOST)
        raise Conflict(message, {"name": [message]})


def _demand_unused(picture: Picture) -> None:
    if get_letterhead().picture_id == picture.id:
        raise Conflict(_("The letterhead shows this picture."))
    newest = (
        select(TemplateVersion.template_id, func.max(TemplateVersion.number).label("number"))
        .group_by(TemplateVersion.template_id)
        .subquery()
    )
    query = (
        select(ContractTemplate.name, TemplateVersion.source)
        .join(TemplateVersion, TemplateVersion.template_id == ContractTemplate.id)
        .join(newest, newest.c.template_id == TemplateVersion.template_id)
        .where(TemplateVersion.number == newest.c.number, ContractTemplate.state == "active")
        .where(TemplateVersion.source.contains(f"asset:{picture.name}", autoescape=True))
    )
    used = [name for name, source in session.execute(query) if picture.name in asked_for(source)]
    if used:
        raise Conflict(_("Templates show this picture: %(names)s.", names=", ".join(sorted(used))))


def _letterhead_facts(paper: LetterheadPaper) -> dict[str, Any]:
    picture = get_picture(paper.picture_id).name if paper.picture_id else ""
    return {"name": paper.name, "lines": list(paper.lines), "picture": picture}


def _target(picture: Picture) -> tuple[str, uuid.UUID, str]:
    return "picture", picture.id, picture.name
