"""HTML made shallow enough to be cleaned in linear time."""

from __future__ import annotations

import re

DEEPEST = 200
MOST_TAGS = 30_000
BLOCKS = {
    *("address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "figcaption", "figure", "footer"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "ul"),
    *("table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th"),
}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)


def shallow(html: str) -> str:
    """Take out tags that nest deeper, or come in greater number, than in any real mail.

    The cleaner's time grows with the square of the depth, and not every closing tag closes something.
    """
    if html.count("<") <= DEEPEST:
        return html
    open_tags: list[str] = []
    seen = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        name = match[2].lower()
        if seen > MOST_TAGS:
            return " "
        if name in _VOID:
            return match[0]
        if match[1]:
            return match[0] if _close(open_tags, name) else ""
        while open_tags and open_tags[-1] in _ENDED_BY.get(name, ()):
            open_tags.pop()
        open_tags.append(name)
        return match[0] if len(open_tags) <= DEEPEST else ""

    return _TAG.sub(keep, html)


# What an opening tag ends without a closing one.
_ENDED_BY = {name: {"p"} for name in BLOCKS} | {
    "li": {"li", "p"},
    "tr": {"tr", "td", "th", "p"},
    "td": {"td", "th", "p"},
    "th": {"td", "th", "p"},
    "dd": {"dd", "dt", "p"},
    "dt": {"dd", "dt", "p"},
}


def _close(open_tags: list[str], name: str) -> bool:
    """Close the nearest open tag of that name; whether the closing tag is to stay (its opening one did)."""
    for at in range(len(open_tags) - 1, max(len(open_tags) - DEEPEST, 0) - 1, -1):
        if open_tags[at] == name:
            del open_tags[at:]
            return at < DEEPEST
    return False
