"""The base class of every plugin."""

from __future__ import annotations

from typing import ClassVar

from ramal.plugins.manifest import Manifest


class Plugin:
    """Wiring only: a manifest, and ``@hookimpl`` methods that call into the plugin's other modules.

    One instance lives as long as the process; it holds no state that a restart may not lose.
    """

    manifest: ClassVar[Manifest]

    def __repr__(self) -> str:
        return f"<plugin {self.manifest.name}>"
