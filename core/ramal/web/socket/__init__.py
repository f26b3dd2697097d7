"""``/ws`` and its tickets: who may open a socket, and for how long it may stay open."""
