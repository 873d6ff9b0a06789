"""Light Markdown, as agents write it, into the HTML part of a mail."""

from __future__ import annotations

import re
from functools import cache

from markdown_it import MarkdownIt

from channels_app.mail.html import clean_html

_LINK = re.compile(r"\[([^\]\n]+)\]\((https?://[^\s)]+)\)")
_STRONG = re.compile(r"(\*\*|__|~~)(?=\S)([^\n]+?)(?<=\S)\1")


def plain(text: str) -> str:
    """What was written, for the text part: lists and quotes as they stand, links with their address behind them."""
    return _STRONG.sub(r"\2", _LINK.sub(r"\1 (\2)", text))


def render(text: str) -> str:
    """HTML of what was written: emphasis, lists, links, code, quotes. Raw HTML stays text; a line break stays one."""
    return clean_html(_parser().render(text)).html.strip()


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False})
    return parser.disable(["image", "html_block", "html_inline"]).enable(["strikethrough"])
