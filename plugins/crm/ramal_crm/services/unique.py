"""Names that only one row may have: what the database refuses, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from ramal.api import Conflict


@contextmanager
def unique(constraint: str, sentence: str) -> Iterator[None]:
    """Around a transaction: a row that ``constraint`` refuses is a Conflict, said in ``sentence``."""
    try:
        yield
    except IntegrityError as error:
        if constraint not in str(error.orig):
            raise
        raise Conflict(sentence) from None
