"""What a line of the timeline says, in the reader's language. Kinds of other files register theirs here, too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ramal.api import gettext as _
from ramal_crm.models import TimelineEntry

Data = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Line:
    """``title`` is the sentence, ``text`` what was written (a note), ``url`` leads to the thing."""

    title: str
    icon: str = "point"
    text: str = ""
    url: str = ""


_WRITERS: dict[str, Callable[[Data], Line]] = {}
Writer = Callable[[Data], Line]


def says(kind: str) -> Callable[[Writer], Writer]:
    """Mark the function that writes a kind's line from its data."""

    def keep(writer: Writer) -> Writer:
        _WRITERS[kind] = writer
        return writer

    return keep


def line_of(entry: TimelineEntry) -> Line:
    """The line; a kind that nobody writes (any more) shows its name."""
    writer = _WRITERS.get(entry.kind)
    return writer(entry.data) if writer else Line(title=entry.kind.replace(".", " ").capitalize())


@says("customer.created")
def _created(_data: Data) -> Line:
    return Line(title=_("The customer was added"), icon="user-plus")


@says("customer.changed")
def _changed(data: Data) -> Line:
    titles = field_titles()
    names = ", ".join(titles.get(name, name) for name in data.get("fields") or ())
    return Line(title=_("Changed: %(fields)s", fields=names), icon="pencil")


@says("customer.imported")
def _imported(data: Data) -> Line:
    titles, file = field_titles(), data.get("file", "")
    names = ", ".join(titles.get(name, name) for name in data.get("fields") or ())
    if names:
        return Line(title=_("Changed by the import of %(file)s: %(fields)s", file=file, fields=names), icon="upload")
    return Line(title=_("The customer was added by the import of %(file)s", file=file), icon="upload")


@says("customer.import_undone")
def _import_undone(data: Data) -> Line:
    return Line(title=_("The import of %(file)s was undone", file=data.get("file", "")), icon="refresh")


@says("customer.archived")
def _archived(_data: Data) -> Line:
    return Line(title=_("The customer was archived"), icon="package")


@says("customer.restored")
def _restored(_data: Data) -> Line:
    return Line(title=_("The customer was brought back"), icon="refresh")


@says("customer.merged")
def _merged(data: Data) -> Line:
    return Line(title=_("%(name)s was merged into this customer", name=data.get("name", "")), icon="users")


@says("contact.linked")
def _linked(data: Data) -> Line:
    return Line(title=_("%(name)s was linked as a contact", name=data.get("name", "")), icon="link")


@says("contact.unlinked")
def _unlinked(data: Data) -> Line:
    return Line(title=_("%(name)s is no contact any more", name=data.get("name", "")), icon="x")


@says("conversation.opened")
def _opened(data: Data) -> Line:
    return Line(title=_("A conversation began"), icon="message", url=f"/inbox/{data.get('conversation_id', '')}")


@says("conversation.closed")
def _closed(data: Data) -> Line:
    url = f"/inbox/{data.get('conversation_id', '')}"
    return Line(title=_("The conversation was resolved"), icon="circle-check", url=url)


@says("document.issued")
def _issued(data: Data) -> Line:
    what = {"boleto": _("Boleto"), "contract": _("Contract")}.get(data.get("type", ""), _("Document"))
    about = " ".join(part for part in (what, data.get("number", ""), data.get("title", "")) if part)
    money = _reais(data.get("amount"))
    return Line(title=_("Issued: %(document)s", document=about) + money, icon="file-text", url=_own_url(data))


@says("payment.received")
def _paid(data: Data) -> Line:
    return Line(title=_("Payment received") + _reais(data.get("amount")), icon="circle-check", url=_own_url(data))


@says("note.added")
def _noted(data: Data) -> Line:
    return Line(title=_("Note"), icon="note", text=data.get("body", ""))


@says("file.added")
def _kept(data: Data) -> Line:
    url = f"/p/crm/files/{data.get('file_id', '')}"
    return Line(title=_("File: %(name)s", name=data.get("filename", "")), icon="paperclip", url=url)


def field_titles() -> dict[str, str]:
    """What the fields of a customer are called."""
    return {
        "kind": _("Kind"),
        "name": _("Name"),
        "legal_name": _("Registered name"),
        "document": _("CPF or CNPJ"),
        "state_registration": _("State registration"),
        "email": _("E-mail"),
        "phone": _("Phone"),
        "birth_date": _("Day of birth"),
        "website": _("Website"),
        "group_id": _("Group"),
        "owner_id": _("Owner"),
        "tags": _("Tags"),
        "custom": _("Own fields"),
        "addresses": _("Addresses"),
    }


def _reais(amount: Any) -> str:
    """ " · R$ 1.234,56"; nothing for no amount."""
    try:
        text = f"{float(amount):,.2f}"
    except (TypeError, ValueError):
        return ""
    return " · R$ " + text.translate(str.maketrans(",.", ".,"))


def _own_url(data: Data) -> str:
    """Only a path of our own: other plugins tell it, and nobody should be led out of here."""
    url = str(data.get("url", ""))
    # Browsers take a backslash for a slash, and skip control characters.
    stays = url.startswith("/") and not url.startswith("//") and "\\" not in url and url.isprintable()
    return url if stays else ""
