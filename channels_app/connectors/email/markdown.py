"""Light Markdown, as agents write it, into the HTML part of a mail."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt

from channels_app.mail.html import clean_html


def render(text: str) -> str:
    """HTML of what was written: emphasis, lists, links, code, quotes. Raw HTML stays text; a line break stays one."""
    return clean_html(_parser().render(text)).html.strip()


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False})
    return parser.disable(["image", "html_block", "html_inline"]).enable(["strikethrough"])
