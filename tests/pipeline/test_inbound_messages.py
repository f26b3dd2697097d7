from ramal.testing.channels import message


def test_a_message_becomes_a_conversation_with_a_contact(wire):
    wire.deliver(message("m1", "Bom dia", sender="551187654321", name="Ana"))

    row = wire.one("select * from message")
    assert (row.direction, row.kind, row.body, row.provider_id) == ("in", "text", "Bom dia", "m1")
