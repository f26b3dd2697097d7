"""The library's errors as the API's and the forms': sentences by field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

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
