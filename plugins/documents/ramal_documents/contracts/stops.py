"""Why a document could not be made: a reason that travels from the process that lays out to the one that speaks."""

from __future__ import annotations

from ramal_documents.contracts.errors import RenderError
from ramal_documents.words import gettext as _


class Stop(Exception):
    """`code` is one of those of `error`; `detail` the name, address or number that its sentence mentions."""

    def __init__(self, code: str, detail: str = "", line: int | None = None) -> None:
        super().__init__(code, detail, line)
        self.code = code
        self.detail = detail
        self.line = line


def error(code: str, detail: str = "", line: int | None = None) -> RenderError:
    """The reason as a sentence in the reader's language, with the line of the template where it is known."""
    sentence = _sentence(code, detail)
    return RenderError(code, _line(sentence, line) if line else sentence, line)


def _line(sentence: str, line: int) -> str:
    return _("Line %(line)s: %(sentence)s", line=line, sentence=sentence)


def _sentence(code: str, detail: str) -> str:
    return _about_templates(code, detail) or _about_limits(code, detail) or _about_files(code, detail)


def _about_templates(code: str, detail: str) -> str:
    sentences = {
        "syntax": _("The template can't be understood: %(detail)s", detail=detail),
        "forbidden": _("A template may not use “%(detail)s”.", detail=detail),
        "undefined": _("“%(detail)s” has no value.", detail=detail),
        "value": _("A value does not fit where it is used: %(detail)s", detail=detail),
        "reference": _("The clause “%(detail)s” is referred to, and is not in the document.", detail=detail),
        "clause_twice": _("There are two clauses with the name “%(detail)s”.", detail=detail),
        "clause_name": _("“%(detail)s” can't be the name of a clause: small letters, digits, - and _.", detail=detail),
        "item": _("The item “%(detail)s” stands before the first clause.", detail=detail),
    }
    return sentences.get(code, "")


def _about_limits(code: str, detail: str) -> str:
    sentences = {
        "loops": _("The template repeats too much: at most %(detail)s repetitions.", detail=detail),
        "nesting": _("The template is nested too deeply."),
        "source": _("The template is too long: at most %(detail)s characters.", detail=detail),
        "output": _("The document became too long: at most %(detail)s characters.", detail=detail),
        "pages": _("The document has too many pages: at most %(detail)s.", detail=detail),
        "size": _("The file became too big: at most %(detail)s MB.", detail=detail),
        "number": _("A number became too big."),
        "time": _("It took longer than %(detail)s seconds and was stopped.", detail=detail),
        "memory": _("It needed more than %(detail)s MB of memory and was stopped.", detail=detail),
        "crash": _("Laying out the document failed; it may be too large for it."),
        "busy": _("All places for making documents are taken; try again in a moment."),
    }
    return sentences.get(code, "")


def _about_files(code: str, detail: str) -> str:
    sentences = {
        "fetch": _("A document may not fetch anything; this one asks for “%(detail)s”.", detail=detail),
        "asset": _("There is no asset “%(detail)s”.", detail=detail),
        "attachment": _("A template may not attach files; this one asks for “%(detail)s”.", detail=detail),
        "engine": _(
            "Documents can't be laid out on this machine, because Pango was not found (%(detail)s). "
            "On Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; on macOS: brew install "
            "pango.",
            detail=detail,
        ),
    }
    return sentences.get(code) or _("Laying out the document failed: %(detail)s", detail=detail or code)
