"""A cable that can be pulled: a TCP relay between one browser and the server.

Chromium's own offline switch leaves sockets that are open alone, so it would prove nothing.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading

_CHUNK = 65_536


class Cable:
    """``url`` leads to the server as long as the cable is plugged in."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self._plugged = threading.Event()
        self._plugged.set()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def pull(self) -> None:
        """Nothing gets through, in either direction; nobody is told."""
        self._plugged.clear()

    def plug_in(self) -> None:
        """New connections work again; those from before are gone."""
        with self._lock:
            left, self._open = self._open, set()
        for connection in left:
            _close(connection)
        self._plugged.set()

    def close(self) -> None:
        """End it all."""
        self.plug_in()
        _close(self._server)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        self._keep(client)
        self._plugged.wait()  # a connection that is made while the cable is out hangs, as in life
        try:
            upstream = socket.create_connection(self._target)
        except OSError:
            _close(client)
            return
        self._keep(upstream)
        with selectors.DefaultSelector() as selector, contextlib.suppress(OSError, ValueError):
            selector.register(client, selectors.EVENT_READ, upstream)
            selector.register(upstream, selectors.EVENT_READ, client)
            self._pump(selector)
        for end in (client, upstream):
            _close(end)
            with self._lock:
                self._open.discard(end)

    def _pump(self, selector: selectors.BaseSelector) -> None:
        while True:
            for key, _ in selector.select():
                assert isinstance(key.fileobj, socket.socket)
                chunk = key.fileobj.recv(_CHUNK)
                if not self._plugged.is_set():
                    self._plugged.wait()
                    return  # what was under way when the cable was out is lost
                if not chunk:
                    return
                key.data.sendall(chunk)

    def _keep(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)


def _close(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
