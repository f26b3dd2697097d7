"""What a plugin keeps with a channel and reads of it, through the façade."""

import pytest

from ramal.api import (
    InvalidPayload,
    NotFound,
    channel_context,
    connect_channel,
    delete_channel,
    get_channel,
    ingest_all,
    known_messages,
    list_notices,
    new_id,
    note_on_channel,
    organizations_of_kind,
    own_session,
    session,
    set_channel_state,
    status_times,
    transaction,
    update_channel,
    utcnow,
)
from ramal.inbox.models import MessageStatus
from ramal.pipeline.inbound import drain_once
from ramal.testing import channels as parts

SETTINGS = {"provider": "acme", "secret": "a secret of the tests"}


@pytest.fixture
def channel(organization):
    return connect_channel("echo", "Eco", SETTINGS)


def test_state_is_lent_to_every_call_and_changes_no_setting(channel):
    before = get_channel(channel.id).updated_at
    with transaction():
        set_channel_state(channel.id, {"since": "2026-11-22"})
    session.expire_all()
    assert channel_context(channel.id).state == {"since": "2026-11-22"}
    assert get_channel(channel.id).updated_at == before


def test_a_stranger_changes_no_state(channel, other_organization, acting_for):
    with acting_for(other_organization.id), transaction():
        set_channel_state(channel.id, {"mine": True})
        with pytest.raises(NotFound):
            channel_context(channel.id)
    session.expire_all()
    assert get_channel(channel.id).state == {}


def test_a_line_of_the_log_is_written_once(channel):
    with transaction():
        assert note_on_channel(channel.id, "k", "Once", level="warning")
        assert not note_on_channel(channel.id, "k", "Twice")
    assert [(notice.title, notice.level) for notice in list_notices(channel.id)] == [("Once", "warning")]


def test_a_secret_can_be_forgotten(channel):
    with pytest.raises(InvalidPayload):
        update_channel(channel.id, {}, {}, forget=("secret",))
    assert channel_context(channel.id).settings["secret"] == SETTINGS["secret"]
    update_channel(channel.id, {}, {"secret": "another secret"}, forget=("secret",))
    assert channel_context(channel.id).settings["secret"] == "another secret"


def test_who_has_channels_of_a_kind(channel, organization, other_organization, acting_for):
    with acting_for(other_organization.id):
        connect_channel("echo", "Outra", SETTINGS | {"provider": "other"})
    found = organizations_of_kind("echo")
    assert found == sorted([organization.id, other_organization.id])
    with own_session(found[0]):
        assert len(organizations_of_kind("echo")) == 2
    delete_channel(channel.id)
    assert organizations_of_kind("echo") == [other_organization.id]
    assert organizations_of_kind("unheard-of") == []


def test_several_deliveries_at_once_and_what_is_known_of_them(channel):
    bodies = [parts.delivery(parts.message(id_, "Oi")) for id_ in ("m1", "m2", "m1")]
    session.commit()
    ingest_all(channel.id, bodies)
    while drain_once():
        pass
    assert known_messages(channel.id, ["m1", "m2", "m3"]) == {"m1", "m2"}
    assert known_messages(new_id(), ["m1"]) == set()
    with pytest.raises(NotFound):
        ingest_all(new_id(), bodies)


def test_the_first_word_of_each_status(channel, make):
    message = make.message(direction="out")
    early, late = utcnow().replace(year=2025), utcnow()
    with transaction() as open_session:
        for status, at in (("sent", late), ("sent", early), ("read", late)):
            open_session.add(
                MessageStatus(
                    channel_id=message.channel_id, message_id=message.id, provider_id="x", status=status, occurred_at=at
                )
            )
    assert status_times(message.id) == {"sent": early, "read": late}
