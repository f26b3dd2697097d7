"""A template of a business's own, rendered where it can harm nothing: a process with little memory and little time.

Templates are code. They run in Jinja's sandbox with plain texts only; the process has limits on memory, processor
time, files and the size of what it answers, none of our secrets, and neither net nor files but fonts and modules
(``limits.guard``); WeasyPrint in it fetches nothing (``sheet.html``).
"""

from __future__ import annotations

import json
import pickle
import resource
import subprocess
import sys
import threading
from collections.abc import Sequence

from ramal_documents.boleto import Boleto
from ramal_documents.contracts.rendering.limits import environment, guard
from ramal_documents.errors import DocumentsError
from ramal_documents.words import gettext as _

SECONDS = 10  # of processor time; the clock may run four times as long on a busy machine
MEMORY = 1024 * 1024 * 1024  # bytes of address space
LARGEST = 4_000_000  # characters of HTML
FILES = 16 * 1024 * 1024  # bytes of a file: WeasyPrint puts fonts into temporary ones

PATIENCE = 60.0  # seconds that somebody waits for a place

_PLACES = threading.BoundedSemaphore(2)  # pages of ours at a time, in this process
_TEMPLATE_ERROR, _LIMIT_ERROR = 3, 4


def pdf(template: str, boletos: Sequence[Boleto]) -> bytes:
    """The PDF of `template` with these boletos; `DocumentsError` says what is wrong, or which limit it broke."""
    command = [sys.executable, "-P", "-m", __name__]
    work = pickle.dumps((SECONDS, template, list(boletos)))
    if not _PLACES.acquire(timeout=PATIENCE):
        raise DocumentsError("template", _("Too many sheets are being made at this moment; try again."))
    try:
        done = subprocess.run(
            command,
            input=work,
            capture_output=True,
            timeout=SECONDS * 4,
            check=False,
            cwd="/",
            env=environment(),
        )
    except subprocess.TimeoutExpired:
        raise DocumentsError("template", _too_slow()) from None
    finally:
        _PLACES.release()
    if done.returncode == 0:
        return done.stdout
    if done.returncode == _TEMPLATE_ERROR:
        raise DocumentsError("template", _("The template can't be rendered: %(error)s", error=_told(done.stderr)))
    if done.returncode == _LIMIT_ERROR:
        raise DocumentsError(
            "template", _("The template needs more memory than it may have, or makes too large a page.")
        )
    raise DocumentsError("template", _too_slow())


def _too_slow() -> str:
    return _("The template takes longer than the %(seconds)s seconds it has; look for a loop.", seconds=SECONDS)


def _told(stderr: bytes) -> str:
    """The child's last line; what libraries print before it is theirs."""
    try:
        return str(json.loads(stderr.splitlines()[-1])["error"])
    except (ValueError, IndexError, KeyError, TypeError):
        return _("no reason given")


def _limit(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILES, FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _load() -> None:
    """What a page needs, before the doors are shut."""
    from ramal_documents.sheet import html

    html.pdf("<p>")


def _render(template: str, boletos: list[Boleto]) -> bytes:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    from ramal_documents.sheet import html

    environment = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    pieces, size = [], 0
    for piece in environment.from_string(template).generate(html.context(boletos)):
        size += len(piece)
        if size > LARGEST:
            raise MemoryError
        pieces.append(piece)
    return html.pdf("".join(pieces))


def _main() -> int:
    seconds, template, boletos = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 (from our own parent)
    _limit(seconds)
    _load()
    guard()
    try:
        made = _render(template, boletos)
    except (MemoryError, OverflowError, RecursionError):
        return _LIMIT_ERROR
    except Exception as error:  # whatever a template brings about is for its author to read
        sentence = error.sentence if isinstance(error, DocumentsError) else f"{type(error).__name__}: {error}"
        sys.stderr.write("\n" + json.dumps({"error": sentence[:300]}) + "\n")
        return _TEMPLATE_ERROR
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
