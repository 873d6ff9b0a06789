"""Folding HTML."""

import re
from html import unescape

from channels_app.mail.quotes.decide import labels_of
from channels_app.mail.quotes.dom import Page, is_too_much
from channels_app.mail.quotes.folded import FoldedHtml
from channels_app.mail.quotes.line import Label

#: Stops at the next "<", so that a run of them is read once.
_TAG = re.compile(r"<[^<>]*>")
_VISIBLE = (Label.VISIBLE,)
_FOLDED = (Label.QUOTED, Label.SIGNATURE)


def fold_html(html: str) -> FoldedHtml:
    """Divide an HTML body into what its writer newly wrote and what surrounds it.

    Where nothing is folded, `visible` is the input as it is. Markup too deep or too much to read in good time is not folded.
    """
    if is_too_much(html):
        return FoldedHtml(visible=html, text=_without_tags(html))
    page = Page(html.encode("utf-8", "replace").decode())
    labels = labels_of(page.lines)
    if Label.QUOTED not in labels and Label.SIGNATURE not in labels:
        return FoldedHtml(visible=html, text=page.text(labels, _VISIBLE))
    return FoldedHtml(
        visible=page.html(labels, _VISIBLE),
        quoted=page.html(labels, _FOLDED),
        signature=page.html(labels, (Label.SIGNATURE,)) if Label.SIGNATURE in labels else "",
        text=page.text(labels, _VISIBLE),
        quoted_text=page.text(labels, _FOLDED),
    )


def _without_tags(html: str) -> str:
    """The words of markup that is not parsed."""
    return "\n".join(
        row for row in (" ".join(row.split()) for row in unescape(_TAG.sub("\n", html)).splitlines()) if row
    )
