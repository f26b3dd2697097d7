"""Flask with a short way through for providers' webhooks, and with rules that are soon made.

A webhook must cost little more than its INSERT, and Flask calls every before- and after-request
function for it, at some ten microseconds each. Webhooks have no login, language, cookie or page,
so they skip them all.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, request
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from werkzeug.routing import Rule

from ramal.http import metrics, request_id
from ramal.http.lean import is_webhook
from ramal.http.writable import WritableRequest


class LazyRule(Rule):
    """A rule whose URL builders are compiled when its first URL is built.

    Werkzeug writes and compiles two functions for each rule as it is added, a tenth of the time to start; most rules
    of a process never build a URL.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled: Callable[..., tuple[str, str]] | None = None

        def build(rule: Rule, **values: object) -> tuple[str, str]:
            nonlocal compiled
            if compiled is None:
                compiled = super(LazyRule, self)._compile_builder(append_unknown)
            return compiled(rule, **values)

        return build


class Application(Flask):
    """The application: everything but webhooks goes Flask's usual way."""

    request_class = WritableRequest
    url_rule_class = LazyRule

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
