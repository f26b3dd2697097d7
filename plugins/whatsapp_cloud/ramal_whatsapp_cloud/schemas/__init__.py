"""marshmallow schemas of everything the Graph API posts to a webhook.

They only read: unknown fields stay, every field may be absent. What a payload means is decided
in ``parse``.
"""
