"""From a template and data to HTML and PDF/A-3u, in processes of their own with limits.

`render` is the way for everybody: it shares one pool of warm processes in this process.
"""

from __future__ import annotations

from ramal_documents.contracts.rendering.job import Asset, Job, Letterhead, Rendered
from ramal_documents.contracts.rendering.limits import Limits
from ramal_documents.contracts.rendering.pool import Pool

__all__ = ["Asset", "Job", "Letterhead", "Limits", "Pool", "Rendered", "render", "shared_pool"]


class _Shared:
    pool: Pool | None = None


def shared_pool() -> Pool:
    """The pool of this process; a forked child makes its own."""
    if _Shared.pool is None or not _Shared.pool.is_ours:
        _Shared.pool = Pool()
    return _Shared.pool


def render(job: Job, limits: Limits | None = None, *, whose: str = "") -> Rendered:
    """The document; `RenderError` says in a sentence why there is none (`code`, and the template's `line`).

    Who has many of them laid out at once (`whose`) waits behind those who have few.
    """
    return shared_pool().render(job, limits, whose=whose)
