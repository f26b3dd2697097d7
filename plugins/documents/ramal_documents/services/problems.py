"""The library's errors as the API's and the forms': sentences by field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ramal.api import InvalidPayload
from ramal.api import gettext as _
from ramal_documents.boleto import InvalidBoleto
from ramal_documents.contracts import InvalidContract
from ramal_documents.errors import DocumentsError


def refusal(errors: Iterable[DocumentsError]) -> InvalidPayload:
    """One error with all that is wrong, by field."""
    details: dict[str, list[str]] = {}
    for error in errors:
        sentences = details.setdefault(error.field, [])
        if error.sentence not in sentences:
            sentences.append(error.sentence)
    return InvalidPayload(_("Some of the data does not fit."), details)


@contextmanager
def told() -> Iterator[None]:
    """What the library refuses inside is the caller's to mend: InvalidPayload."""
    try:
        yield
    except (InvalidBoleto, InvalidContract) as error:
        raise refusal(error.errors) from error
    except DocumentsError as error:
        raise refusal([error]) from error


def mistakes_of(act: Callable[[], Any]) -> tuple[DocumentsError, ...]:
    """What the library says against it: nothing where it is right."""
    try:
        act()
    except (InvalidBoleto, InvalidContract) as error:
        return tuple(error.errors)
    except DocumentsError as error:
        return (error,)
    return ()
