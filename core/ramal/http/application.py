"""Flask with a short way through for providers' webhooks.

A webhook must cost little more than its INSERT, and Flask calls every before- and after-request
function for it, at some ten microseconds each. Webhooks have no login, language, cookie or page,
so they skip them all.
"""

from __future__ import annotations

from flask import Flask, request
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from ramal.http import metrics, request_id
from ramal.http.lean import is_webhook


class Application(Flask):
    """The application: everything but webhooks goes Flask's usual way."""

    def preprocess_request(self) -> ResponseReturnValue | None:
        """Run the before-request functions, for other requests than webhooks."""
        if not is_webhook():
            return super().preprocess_request()
        request_id.begin()
        return None

    def process_response(self, response: Response) -> Response:
        """Run the after-request functions, for other requests than webhooks."""
        if not is_webhook():
            return super().process_response(response)
        request_id.answer(response)
        metrics.REQUESTS.labels(request.method, request.endpoint or "none", str(response.status_code)).inc()
        return response
