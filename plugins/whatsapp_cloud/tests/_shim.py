"""Adds what ramal.api does not export yet."""

from dataclasses import dataclass

import httpx2
from marshmallow import Schema

import ramal.api as m


def install():
    class HttpClient:
        def __init__(self):
            self._c = httpx2.Client()

        def request(self, method, url, **kw):
            return self._c.request(method, url, **{k: v for k, v in kw.items() if v is not None})

        def stream(self, method, url, **kw):
            return self._c.stream(method, url, **kw)

    class Plugin:
        pass

    @dataclass(frozen=True)
    class Manifest:
        name: str
        title: str
        summary: str = ""
        category: str = ""
        icon: str = ""
        hook_api: str = ""
        default_enabled: bool = False
        requires: tuple = ()
        after: tuple = ()

    for k, v in {"HttpClient": HttpClient, "Plugin": Plugin, "Manifest": Manifest, "Schema": Schema}.items():
        if not hasattr(m, k):
            setattr(m, k, v)
    if not hasattr(m, "ingest"):
        m.ingest = lambda *a: None
