"""Files of inbound messages: shown pending, fetched by a job, retried, served."""

import pytest

from ramal.events.jobs import run_job
from ramal.pipeline.media.services import MAX_ATTEMPTS
from ramal.testing.channels import EchoChannel, message

PDF = b"%PDF-1.4 conta de luz"


@pytest.fixture
def attachment(wire):
    wire.deliver(message("m1", None, kind="document", files=[("conta.pdf", "application/pdf")]))
    return wire.one("select id from attachment").id


def fetch(wire):
    """Run the file's waiting job, whenever it was to run."""
    wire.run("update job set run_at = now() - interval '1 s', locked_until = null where status = 'queued'")
    for row in wire.rows("select id from job where status = 'queued'"):
        run_job(row.id)
    return wire.one("select * from attachment")


def test_a_file_becomes_ready_and_everyone_is_told(wire, attachment, api, agent):
    wire.provider.files["conta.pdf"] = PDF

    row = fetch(wire)

    assert (row.state, row.mime_type, row.size, row.error) == ("ready", "application/pdf", len(PDF), None)
    updated = wire.one("select data from event where type = 'message.updated'").data
    (shown,) = updated["message"]["attachments"]
    assert (shown["state"], shown["filename"]) == ("ready", "conta.pdf")
    assert api(agent).get(f"/media/{attachment}").status_code == 302
    assert wire.one("select status from job").status == "done"


def test_a_file_that_is_not_there_yet_is_tried_again(wire, attachment):
    assert fetch(wire).state == "pending"
    wire.provider.files["conta.pdf"] = PDF

    assert fetch(wire).state == "ready"


def test_after_the_last_try_it_failed_and_a_person_can_ask_again(wire, attachment, api, agent):
    for _ in range(MAX_ATTEMPTS):
        row = fetch(wire)
    assert (row.state, row.error) == ("failed", "KeyError: 'conta.pdf'")
    assert wire.rows("select 1 from job where status = 'queued'") == []
    message_row = wire.one("select body from message")
    assert message_row.body is None

    wire.provider.files["conta.pdf"] = PDF
    answer = api(agent).post(f"/attachments/{attachment}/retry")
    assert (answer.status_code, answer.json["state"]) == (202, "pending")
    assert fetch(wire).state == "ready"
    assert api(agent).post(f"/attachments/{attachment}/retry").status_code == 409


def test_a_file_beyond_the_channels_cap_is_not_kept(wire, attachment):
    cap = max(EchoChannel.capabilities.media.values())
    wire.provider.files["conta.pdf"] = PDF + b" " * cap

    row = fetch(wire)

    assert row.state == "failed"
    assert "1 MB" in row.error
    assert wire.rows("select 1 from stored_file") == []


def test_bytes_that_are_not_what_they_are_called_are_kept_as_a_download(wire, attachment):
    wire.provider.files["conta.pdf"] = b"MZ\x90\x00 not a pdf at all"

    row = fetch(wire)

    assert row.state == "ready"
    assert row.mime_type != "application/pdf"


def test_another_organization_cannot_ask_for_it(wire, attachment, api, other_organization):
    assert api(other_organization.agent).post(f"/attachments/{attachment}/retry").status_code == 404


def test_running_the_job_twice_keeps_one_file(wire, attachment):
    wire.provider.files["conta.pdf"] = PDF
    fetch(wire)
    wire.run("update job set status = 'queued'")
    fetch(wire)

    assert len(wire.rows("select 1 from stored_file")) == 1
