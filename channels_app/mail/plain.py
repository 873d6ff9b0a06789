"""The plain text of HTML, and HTML of plain text."""

from __future__ import annotations

import re
from html import escape, unescape

import nh3

from channels_app.mail.charsets import clean
from channels_app.mail.html import DROPPED_WHOLE
from channels_app.mail.nesting import shallow

_TEXT_TAGS = {
    "p",
    "div",
    "br",
    "hr",
    "tr",
    "td",
    "th",
    "li",
    "blockquote",
    "pre",
    "img",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "table",
    "ul",
    "ol",
}
_text_cleaner = nh3.Cleaner(
    tags=_TEXT_TAGS,
    clean_content_tags=DROPPED_WHOLE,
    attributes={"img": {"alt"}, "*": set()},
    strip_comments=True,
    link_rel=None,
)
_PIECE = re.compile(r"<(/?)([a-z0-9]+)((?:[^>\"]|\"[^\"]*\")*)>|([^<]+)")
_ALT = re.compile(r' alt="([^"]*)"')
_WHITE = re.compile(r"[ \t\n\r\f]+")
_PARAGRAPHS = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table", "ul", "ol"))
_LINES = frozenset(("div", "tr", "li", "hr"))


def html_to_text(html: str) -> str:
    """Plain text as a reader sees it: paragraphs, lines, list marks, `> ` for quotes, pictures by their description."""
    writer = _Writer()
    for match in _PIECE.finditer(_text_cleaner.clean(shallow(clean(html)))):
        if match[4] is not None:
            writer.text(unescape(match[4]))
        else:
            writer.tag(match[2], match[3], is_end=bool(match[1]))
    return writer.result()


class _Writer:
    """Builds lines; remembers the quote depth and whether white space counts."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line = ""
        self.quotes = 0
        self.is_pre = False
        self.gap = False

    def text(self, text: str) -> None:
        if self.is_pre:
            first, *rest = text.split("\n")
            self.line += first
            for more in rest:
                self.end_line()
                self.line = more
            return
        text = _WHITE.sub(" ", text)
        self.line += text.lstrip(" ") if not self.line or self.line.endswith(" ") else text

    def tag(self, name: str, attributes: str, *, is_end: bool) -> None:
        if name == "br":
            self.end_line()
        elif name == "img":
            alt = _ALT.search(attributes)
            self.text(f"[{unescape(alt[1])}]" if alt and alt[1].strip() else "")
        elif name in ("td", "th"):
            self.text(" " if is_end else "")
        elif name in _PARAGRAPHS or name in _LINES:
            self.block(name, is_end=is_end)

    def block(self, name: str, *, is_end: bool) -> None:
        if self.line.strip():
            self.end_line()
        self.gap |= name in _PARAGRAPHS
        self.quotes = max(0, self.quotes + (0 if name != "blockquote" else -1 if is_end else 1))
        self.is_pre = not is_end if name == "pre" else self.is_pre
        if name == "li" and not is_end:
            self.line = "- "

    def end_line(self) -> None:
        marks = "> " * self.quotes
        if self.gap and self.lines and self.lines[-1].strip("> "):
            self.lines.append(("> " * min(self.quotes, self.lines[-1].count("> "))).rstrip())
        self.gap = False
        self.lines.append(f"{marks}{self.line if self.is_pre else self.line.strip(' ')}".rstrip())
        self.line = ""

    def result(self) -> str:
        if self.line.strip():
            self.end_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self.lines)).strip("\n")


def text_to_html(text: str) -> str:
    """Plain text as HTML that keeps its lines."""
    return "<div>" + escape(text, quote=False).replace("\n", "<br>\n") + "</div>"
