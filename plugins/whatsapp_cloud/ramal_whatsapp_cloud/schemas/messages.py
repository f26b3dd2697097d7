"""An inbound message and the object of each type (also inside echoes, history and edits)."""

from __future__ import annotations

from marshmallow import fields

from ramal_whatsapp_cloud.schemas.fields import (
    Epoch,
    Flag,
    Lenient,
    Number,
    Text,
    many,
    nested,
    objects,
)


class TextSchema(Lenient):
    body = Text()


class MediaSchema(Lenient):
    id = Text()
    url = Text()
    mime_type = Text()
    sha256 = Text()
    caption = Text()
    filename = Text()
    voice = Flag()
    animated = Flag()


class LocationSchema(Lenient):
    latitude = Number()
    longitude = Number()
    name = Text()
    address = Text()
    url = Text()


class CardNameSchema(Lenient):
    formatted_name = Text()
    first_name = Text()
    last_name = Text()


class CardPhoneSchema(Lenient):
    phone = Text()
    wa_id = Text()
    type = Text()


class CardSchema(Lenient):
    """One shared contact."""

    name = nested(CardNameSchema)
    phones = many(CardPhoneSchema)
    vcard = Text()


class ButtonSchema(Lenient):
    """The quick reply of a template."""

    text = Text()
    payload = Text()


class ReplySchema(Lenient):
    """What a person picked; ``nfm_reply`` carries a form's answers as a JSON string."""

    id = Text()
    title = Text()
    description = Text()
    name = Text()
    body = Text()
    response_json = Text()
    response = Text()
    expiration_timestamp = Text()
    response_source = Text()


class InteractiveSchema(Lenient):
    type = Text()
    button_reply = nested(ReplySchema)
    list_reply = nested(ReplySchema)
    nfm_reply = nested(ReplySchema)
    call_permission_reply = nested(ReplySchema)


class ProductItemSchema(Lenient):
    product_retailer_id = Text()
    quantity = Number()
    item_price = Number()
    currency = Text()


class OrderSchema(Lenient):
    catalog_id = Text()
    text = Text()
    product_items = many(ProductItemSchema)


class ReactionSchema(Lenient):
    message_id = Text()
    emoji = Text()


class EditSchema(Lenient):
    original_message_id = Text()
    message = fields.Dict(allow_none=True)


class RevokeSchema(Lenient):
    original_message_id = Text()


class SystemSchema(Lenient):
    body = Text()
    type = Text()
    wa_id = Text()
    new_wa_id = Text()
    customer = Text()
    user_id = Text()
    previous_user_id = Text()
    parent_user_id = Text()
    previous_parent_user_id = Text()


class UnsupportedSchema(Lenient):
    type = Text()


class ContextSchema(Lenient):
    """``id`` is the quoted message; forwards have none."""

    id = Text()
    forwarded = Flag()
    frequently_forwarded = Flag()


class MessageSchema(Lenient):
    """One message in or, in an echo or in history, out. ``from`` may itself hold a BSUID."""

    id = Text()
    timestamp = Epoch()
    type = Text()
    from_ = Text(data_key="from")
    from_user_id = Text()
    from_parent_user_id = Text()
    to = Text()
    to_user_id = Text()
    to_parent_user_id = Text()
    group_id = Text()
    context = nested(ContextSchema)
    errors = objects()
    text = nested(TextSchema)
    image = nested(MediaSchema)
    video = nested(MediaSchema)
    document = nested(MediaSchema)
    audio = nested(MediaSchema)
    voice = nested(MediaSchema)
    sticker = nested(MediaSchema)
    location = nested(LocationSchema)
    contacts = many(CardSchema)
    button = nested(ButtonSchema)
    interactive = nested(InteractiveSchema)
    order = nested(OrderSchema)
    reaction = nested(ReactionSchema)
    edit = nested(EditSchema)
    revoke = nested(RevokeSchema)
    system = nested(SystemSchema)
    unsupported = nested(UnsupportedSchema)


class HistoryMetadataSchema(Lenient):
    phase = Text()
    chunk_order = Text()
    progress = Text()


class ThreadSchema(Lenient):
    """The messages exchanged with one person, both ways; ``id`` is that person's number."""

    id = Text()
    messages = objects()


class HistorySchema(Lenient):
    metadata = nested(HistoryMetadataSchema)
    threads = objects()
    errors = objects()
