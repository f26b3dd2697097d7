"""Names that several parts use."""

#: The channel's kind, and the plugin's name.
KIND = "whatsapp_web"
#: The background job that looks after one session.
DRIVE = "drive_session"
