"""WhatsApp Cloud API channel: Meta's hosted API, spoken over plain HTTP."""
