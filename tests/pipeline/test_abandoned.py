"""Uploads that nobody sent are forgotten after a day, with their bytes; what anything still speaks of is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from PIL import Image
from sqlalchemy import select

from ramal.channels.models import InboundDelivery, InboundItem
from ramal.database.session import db
from ramal.inbox.models import Attachment
from ramal.inbox.services import upload
from ramal.pipeline.worker import abandoned
from ramal.pipeline.worker.abandoned import forget_abandoned
from ramal.storage.models import StoredFile
from ramal.storage.services import file_path, store
from ramal.testing.factories import Factory, TestOrganization

PDF = b"%PDF-1.7\n%%EOF\n"


def later(hours: float) -> time_machine.travel:
    """The clock, moved on."""
    return time_machine.travel(datetime.now(UTC) + timedelta(hours=hours), tick=True)


@pytest.fixture
def uploaded(organization: TestOrganization) -> Attachment:
    """A file in the composer."""
    row = upload(PDF, "proposta.pdf", uploaded_by=organization.agent.id)
    db.session.expunge(row)
    return row


def kept(upload: Attachment) -> bool:
    """Whether it is there, row and bytes; not half of it."""
    db.session.rollback()
    file = db.session.scalar(select(StoredFile).where(StoredFile.id == upload.file_id))
    row = db.session.scalar(select(Attachment.id).where(Attachment.id == upload.id))
    assert (file is None) == (row is None)
    return file is not None and file_path(file).exists()


def test_after_a_day_row_and_bytes_are_gone(uploaded: Attachment) -> None:
    file = db.session.get_one(StoredFile, uploaded.file_id)
    path = file_path(file)
    with later(23.9):
        assert forget_abandoned() == 0
    assert kept(uploaded)
    with later(24.1):
        assert forget_abandoned() == 1
    assert not kept(uploaded)
    assert not path.exists()
    with later(24.2):
        assert forget_abandoned() == 0


def test_a_pictures_thumbnail_goes_along(organization: TestOrganization) -> None:
    png = BytesIO()
    Image.new("RGB", (60, 30), "blue").save(png, "PNG")
    picture = upload(png.getvalue(), "foto.png")
    file = db.session.get_one(StoredFile, picture.file_id)
    assert file.thumbnail_path is not None
    thumbnail = file_path(file).with_name(file_path(file).name + ".webp")
    assert thumbnail.exists()
    with later(25):
        forget_abandoned()
    assert not thumbnail.exists()


def test_a_sent_file_stays(uploaded: Attachment, make: Factory) -> None:
    uploaded.message_id = make.message().id
    make.add(uploaded)
    db.session.expunge(uploaded)
    with later(24 * 400):
        assert forget_abandoned() == 0
    assert kept(uploaded)


def test_files_that_plugins_store_for_themselves_are_none_of_its_business(organization: TestOrganization) -> None:
    file = store(PDF, "contrato.pdf", limit=1000)
    with later(24 * 400):
        assert forget_abandoned() == 0
    assert file_path(file).exists()


@pytest.mark.parametrize("status", ["pending", "parked"])
def test_what_the_journal_still_speaks_of_stays(uploaded: Attachment, make: Factory, status: str) -> None:
    delivery = journal(make, uploaded, status)
    with later(25):
        assert forget_abandoned() == 0
        assert kept(uploaded)
        settle(delivery)
        assert forget_abandoned() == 1
    assert not kept(uploaded)


@pytest.mark.parametrize("status", ["waiting", "parked"])
def test_what_an_unprocessed_item_speaks_of_stays(uploaded: Attachment, make: Factory, status: str) -> None:
    delivery = journal(make, uploaded, "done")
    item = make.add(
        InboundItem(
            channel_id=delivery.channel_id,
            delivery_id=delivery.id,
            position=0,
            party_key="x",
            summary="a message",
            status=status,
        )
    )
    with later(25):
        assert forget_abandoned() == 0
        settle(item)
        assert forget_abandoned() == 1


def test_what_is_still_to_be_fetched_stays(uploaded: Attachment, make: Factory) -> None:
    message = make.message()
    copy = make.add(
        Attachment(message_id=message.id, kind="document", state="failed", ref={"file_id": str(uploaded.file_id)})
    )
    with later(25):
        assert forget_abandoned() == 0
        settle(copy, "ready")
        assert forget_abandoned() == 1


def test_many_go_in_several_rounds(
    organization: TestOrganization,
    other_organization: TestOrganization,
    acting_for: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(abandoned, "BATCH", 2)
    for _ in range(3):
        upload(PDF, "proposta.pdf")
    with acting_for(other_organization.id):
        theirs = upload(PDF, "proposta.pdf")
        db.session.expunge(theirs)
    with later(25):
        assert forget_abandoned() == 4
    with acting_for(other_organization.id):
        assert not kept(theirs)


def journal(make: Factory, uploaded: Attachment, status: str) -> InboundDelivery:
    """A delivery that names the upload, as web chat's do."""
    raw = f'{{"items": [{{"files": [{{"file_id": "{uploaded.file_id}"}}]}}]}}'.encode()
    return make.add(InboundDelivery(channel_id=make.channel().id, key="1", raw=raw, status=status))


def settle(row: Any, value: str = "done") -> None:
    """Nothing waits for it any more."""
    for name in ("status", "state"):
        if hasattr(row, name):
            setattr(row, name, value)
    db.session.add(row)
    db.session.commit()
