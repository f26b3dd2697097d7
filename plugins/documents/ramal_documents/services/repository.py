"""Documents kept for contacts: added, found, opened, replaced by newer versions; every look is written down."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from sqlalchemy import func, or_, select

from ramal.api import (
    Conflict,
    InvalidPayload,
    NotFound,
    Page,
    audit,
    delete_file,
    enqueue,
    file_url,
    find_file,
    get_contact,
    page_by_key,
    session,
    store_file,
    transaction,
)
from ramal.api import gettext as _
from ramal_documents.models import DocumentAccess, KeptDocument, KeptVersion
from ramal_documents.services.actors import actor

#: Bytes of a version.
LARGEST = 25 * 1024 * 1024
#: The job that ends files whose rows are gone (``forget_files``).
FORGET = "forget_files"
_LONGEST_TAG, _MOST_TAGS = 30, 12


@dataclass(frozen=True, kw_only=True)
class Search:
    """Which documents a list shows. ``text`` is looked for in title, tags and the last file's name, or is a SHA-256."""

    contact_id: uuid.UUID | None = None
    tag: str = ""
    text: str = ""


def add_document(values: Mapping[str, Any], file: IO[bytes], filename: str | None) -> KeptDocument:
    """Keep a file as a new document's first version. FileTooLarge and FileRefused say what is wrong with it."""
    contact = get_contact(values["contact_id"])
    kept = _store(file, filename)
    try:
        with transaction() as open_session:
            document = KeptDocument(
                contact_id=contact.id,
                title=values.get("title") or kept.filename[:150],
                tags=tidy_tags(values.get("tags") or ()),
                created_by=actor()[0],
            )
            open_session.add(document)
            open_session.flush()
            _add(document, kept, values.get("note") or "")
            _note(document, "added", document.versions)
            audit("documents.repository.added", target=_target(document), after={"sha256": kept.sha256})
    except BaseException:
        delete_file(kept)
        raise
    return document


def add_version(document_id: uuid.UUID, file: IO[bytes], filename: str | None, note: str = "") -> KeptDocument:
    """Keep a newer version. Conflict for the very bytes of the last one."""
    kept = _store(file, filename)
    try:
        with transaction():
            document = get_document(document_id, locked=True)
            if versions_of(document.id)[0].sha256 == kept.sha256:
                raise Conflict(_("This is the very file that the last version has."), sha256=kept.sha256)
            _add(document, kept, note)
            _note(document, "version_added", document.versions)
    except BaseException:
        delete_file(kept)
        raise
    return document


def change_document(document_id: uuid.UUID, changes: Mapping[str, Any]) -> KeptDocument:
    """Another title, other tags."""
    with transaction():
        document = get_document(document_id, locked=True)
        if changes.get("title"):
            document.title = changes["title"]
        if "tags" in changes:
            document.tags = tidy_tags(changes["tags"])
        _note(document, "changed", None)
    return document


def open_version(document_id: uuid.UUID, number: int | None = None, *, absolute: bool = True) -> str:
    """A signed link to a version (the last one, if none is named), and a line in the access log. NotFound."""
    with transaction():
        document = get_document(document_id)
        found = [each for each in versions_of(document.id) if number in (None, each.number)]
        if not found:
            raise NotFound(_("There is no such version."))
        _note(document, "opened", found[0].number)
        return file_url(find_file(found[0].file_id), absolute=absolute)


def delete_document(document_id: uuid.UUID) -> None:
    """Remove a document with all its versions, their files and its log; the audit trail keeps that it was so."""
    with transaction():
        document = get_document(document_id, locked=True)
        hashes = {str(each.number): each.sha256 for each in versions_of(document.id)}
        audit("documents.repository.deleted", target=_target(document), before={"title": document.title, **hashes})
        remove([document.id])


def remove(document_ids: Collection[uuid.UUID]) -> int:
    """Remove documents in the caller's transaction; their bytes go once it has committed. How many they were."""
    with transaction() as open_session:
        files = select(KeptVersion.file_id).where(KeptVersion.document_id.in_(document_ids))
        ids = [str(file_id) for file_id in session.execute(files).scalars()]
        documents = session.execute(select(KeptDocument).where(KeptDocument.id.in_(document_ids))).scalars().all()
        for document in documents:
            open_session.delete(document)
        open_session.flush()
        if ids:
            enqueue(FORGET, plugin="documents", file_ids=ids)
    return len(documents)


def forget_files(file_ids: Sequence[str]) -> None:
    """Job. End the files of documents that are gone; those that are gone already are passed over."""
    for file_id in file_ids:
        try:
            file = find_file(uuid.UUID(file_id))
        except NotFound:
            continue
        delete_file(file)


def get_document(document_id: uuid.UUID, *, locked: bool = False) -> KeptDocument:
    """One, held until the transaction ends if ``locked``. NotFound."""
    query = select(KeptDocument).where(KeptDocument.id == document_id).execution_options(populate_existing=True)
    found: KeptDocument | None = session.execute(query.with_for_update() if locked else query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such document."))
    return found


def list_documents(search: Search, *, cursor: str | None = None, page_size: int = 20) -> Page:
    """Newest first, by key."""
    query = select(KeptDocument)
    if search.contact_id is not None:
        query = query.where(KeptDocument.contact_id == search.contact_id)
    if search.tag:
        query = query.where(KeptDocument.tags.contains([search.tag.strip().lower()]))
    text = search.text.strip()
    if text:
        query = query.where(_matches(text))
    return page_by_key(query, ((KeptDocument.id, uuid.UUID),), cursor=cursor, page_size=page_size)


def versions_of(document_id: uuid.UUID) -> Sequence[KeptVersion]:
    """The last one first."""
    query = select(KeptVersion).where(KeptVersion.document_id == document_id).order_by(KeptVersion.number.desc())
    found: Sequence[KeptVersion] = session.execute(query).scalars().all()
    return found


def last_versions(documents: Iterable[KeptDocument]) -> Mapping[uuid.UUID, KeptVersion]:
    """The last version of each, in one query."""
    ids = [document.id for document in documents]
    query = select(KeptVersion).join(KeptDocument, KeptDocument.id == KeptVersion.document_id)
    query = query.where(KeptDocument.id.in_(ids), KeptVersion.number == KeptDocument.versions)
    return {version.document_id: version for version in session.execute(query).scalars()}


def log_of(document_id: uuid.UUID, *, cursor: str | None = None, page_size: int = 20) -> Page:
    """The access log, newest first."""
    query = select(DocumentAccess).where(DocumentAccess.document_id == get_document(document_id).id)
    return page_by_key(query, ((DocumentAccess.id, uuid.UUID),), cursor=cursor, page_size=page_size)


def tags_in_use() -> Sequence[str]:
    """All tags of the organization, in order: few, so in one piece."""
    tag = func.jsonb_array_elements_text(KeptDocument.tags).label("tag")
    return list(session.execute(select(tag).distinct().order_by(tag)).scalars())


def tidy_tags(tags: Iterable[str]) -> list[str]:
    """Small letters, once each, in order. InvalidPayload for too many or too long ones."""
    found = sorted({" ".join(tag.lower().split()) for tag in tags} - {""})
    message = ""
    if len(found) > _MOST_TAGS:
        message = _("A document has at most %(most)s tags.", most=_MOST_TAGS)
    elif any(len(tag) > _LONGEST_TAG for tag in found):
        message = _("A tag has at most %(most)s characters.", most=_LONGEST_TAG)
    if message:
        raise InvalidPayload(message, {"tags": [message]})
    return found


def _matches(text: str) -> Any:
    versions = select(KeptVersion.document_id).where(KeptVersion.number == KeptDocument.versions)
    matches = [
        KeptDocument.title.icontains(text, autoescape=True),
        KeptDocument.tags.contains([text.lower()]),
        KeptDocument.id.in_(versions.where(KeptVersion.filename.icontains(text, autoescape=True))),
    ]
    if len(text) == hashlib.sha256().digest_size * 2:
        of_hash = select(KeptVersion.document_id).where(KeptVersion.sha256 == text.lower())
        matches.append(KeptDocument.id.in_(of_hash))
    return or_(*matches)


def _store(file: IO[bytes], filename: str | None) -> Any:
    return store_file(file, filename, limit=LARGEST, strict=True, uploaded_by=actor()[0])


def _add(document: KeptDocument, kept: Any, note: str) -> None:
    document.versions += 1
    actor_id, actor_name = actor()
    session.add(
        KeptVersion(
            document_id=document.id,
            number=document.versions,
            file_id=kept.id,
            filename=kept.filename,
            mime_type=kept.mime_type,
            size=kept.size,
            sha256=kept.sha256,
            note=note[:300],
            actor_id=actor_id,
            actor_name=actor_name[:120],
        )
    )


def _note(document: KeptDocument, action: str, number: int | None) -> None:
    actor_id, actor_name = actor()
    session.add(
        DocumentAccess(
            document_id=document.id, action=action, number=number, actor_id=actor_id, actor_name=actor_name[:120]
        )
    )


def _target(document: KeptDocument) -> tuple[str, uuid.UUID, str]:
    return "kept_document", document.id, document.title
