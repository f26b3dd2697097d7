"""Names that several parts use."""

#: The channel's kind, and the plugin's name.
KIND = "whatsapp_web"
#: Key in the channel's state: the session lives on another installation.
EXPORTED = "exported"
#: The background job that looks after one session.
DRIVE = "drive_session"
