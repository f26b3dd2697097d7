"""HTML that somebody pasted, from a word processor or a page: reduced to what a contract may contain."""

from __future__ import annotations

import nh3
from markupsafe import Markup

TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "strong", "b", "em", "i", "u", "s", "sub", "sup", "blockquote", "span"),
    *("ul", "ol", "li", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "div", "section"),
}
_CLEANER = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags={"script", "style", "title", "svg", "math", "object", "iframe", "template"},
    attributes={"td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}, "ol": {"start"}},
    url_schemes=set(),
    link_rel=None,
    strip_comments=True,
)


def sanitised(html: str) -> Markup:
    """Paragraphs, lists, tables and emphasis; without links, pictures, styles, handlers and comments."""
    return Markup(_CLEANER.clean(html))  # noqa: S704 - this is where markup becomes safe
