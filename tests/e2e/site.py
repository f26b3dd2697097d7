"""Somebody's web site, on an origin of its own, with the chat embedded as the documentation says."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PAGE = """<!doctype html>
<html lang="pt-BR"><head><meta charset="utf-8"><title>Padaria</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"></head>
<body><main><h1>Padaria Central</h1><p>Pão quente a cada hora.</p></main>
<script async src="{base}/p/webchat/widget.js" data-channel="{channel}"></script></body></html>
"""


class Site:
    """``http://localhost:<port>``: another origin than the installation's ``127.0.0.1``."""

    def __init__(self) -> None:
        self.html = ""
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = site.html.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def embed(self, base: str, channel: str) -> None:
        """Put the chat of a channel on every page."""
        self.html = _PAGE.format(base=base, channel=channel)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
