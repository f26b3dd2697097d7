"""WhatsApp by QR code: a phone's own number, driven through a web session."""
