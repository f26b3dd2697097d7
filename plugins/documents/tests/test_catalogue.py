"""The Portuguese of every sentence."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.pofile import read_po

import ramal_documents

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def test_every_sentence_is_translated_with_its_placeholders() -> None:
    file = Path(ramal_documents.__file__).parent / "translations" / "pt_BR" / "LC_MESSAGES" / "messages.po"
    with file.open("rb") as source:
        catalogue = [message for message in read_po(source, locale="pt_BR") if message.id]
    assert len(catalogue) > 100
    for message in catalogue:
        assert message.string, message.id
        assert not message.fuzzy, message.id
        assert set(_PLACEHOLDER.findall(str(message.id))) == set(_PLACEHOLDER.findall(str(message.string)))
