"""Names that several parts use."""

#: The channel's kind, and the plugin's name.
KIND = "whatsapp_web"
#: Key in the channel's state: the session lives on another installation.
EXPORTED = "exported"
