"""Stands in for ramal.api until the core has it."""

import sys, types
import httpx2
from marshmallow import Schema
import pluggy
from dataclasses import dataclass


def install():
    import ramal.channels.types as t, ramal.channels.base as b, ramal.errors as e

    m = types.ModuleType("ramal.api")
    for mod in (t, b, e):
        for k, v in vars(mod).items():
            if not k.startswith("_"):
                setattr(m, k, v)
    m.Schema = Schema
    from ramal.i18n import gettext

    m.gettext = gettext

    class HttpClient:
        def __init__(self):
            self._c = httpx2.Client()

        def request(self, method, url, **kw):
            kw = {k: v for k, v in kw.items() if v is not None}
            return self._c.request(method, url, **kw)

        def stream(self, method, url, **kw):
            return self._c.stream(method, url, **kw)

    m.HttpClient = HttpClient

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

    m.Plugin, m.Manifest = Plugin, Manifest
    m.hookimpl = pluggy.HookimplMarker("ramal")
    m.Service = None
    try:
        from ramal.plugins.contributions import Service, DemoContext

        m.Service, m.DemoContext = Service, DemoContext
    except ImportError:
        pass
    sys.modules["ramal.api"] = m
