"""Light Markdown, as agents write it, for channels that know no Markdown: as plain text, or in a channel's own marks."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.tree import SyntaxTreeNode

Around = tuple[str, str]
# What CommonMark leaves standing, since a particle follows the marks at once: **이음(Ieum)**은.
_LEFT_STRONG = re.compile(r"\*\*(?=[^\s*])([^*\n]+?)(?<=\S)\*\*")
# A bare address from its colon on; what may stand in it is no emphasis: https://shop.example/_a_/*b
_BARE = re.compile(r"://[^\s<>\[\]]*[^\s<>\[\]*_~`.,;:!?)'\"]")


def titled(title: str, url: str) -> str:
    """A link where there are none: the title with its address behind it, the address alone where it is the title."""
    url = url.removeprefix("mailto:").removeprefix("tel:")
    return url if title == url else f"{title} ({url})"


@dataclass(frozen=True)
class Marks:
    """How a channel writes what Markdown means: what goes around the words, and how signs of its own are escaped."""

    strong: Around = ("", "")
    em: Around = ("", "")
    strike: Around = ("", "")
    code: Around = ("", "")
    fence: Around = ("", "")
    heading: Around = ("", "")
    quote: Around = ("", "")
    quote_line: str = "> "
    link: Callable[[str, str], str] = titled
    escape: Callable[[str], str] = str


def _anchor(title: str, url: str) -> str:
    return f'<a href="{html.escape(url)}">{title}</a>'


def _escape(text: str) -> str:
    return html.escape(text, quote=False)


PLAIN = Marks()
# Few tags, and line breaks as they are: what a chat takes for HTML.
HTML = Marks(
    strong=("<strong>", "</strong>"),
    em=("<em>", "</em>"),
    strike=("<del>", "</del>"),
    code=("<code>", "</code>"),
    fence=("<pre>", "</pre>"),
    heading=("<strong>", "</strong>"),
    quote=("<blockquote>", "</blockquote>"),
    quote_line="",
    link=_anchor,
    escape=_escape,
)


def plain(text: str) -> str:
    """What was meant, without marks: bullets, numbers and quotes as signs, links with their address behind them."""
    return write(text, PLAIN)


def marked_html(text: str) -> str:
    """The same as HTML with <br> for line breaks; blank where nothing is marked, so that the plain text says it all."""
    marked = write(text, HTML)
    return "" if marked == _escape(plain(text)) else marked.replace("\n", "<br>")


def write(text: str, marks: Marks) -> str:
    """Light Markdown in a channel's own marks. Line breaks and empty lines stay as they were written."""
    tree = SyntaxTreeNode(_parser().parse(text))
    return _Writer(text.splitlines(), marks).blocks(tree.children)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False})
    # Not what an agent means in a chat: a line of dashes under a sentence, four spaces, &amp; written out, references.
    unmeant = ["image", "html_block", "html_inline", "lheading", "code", "entity", "reference"]
    parser.disable(unmeant).enable(["strikethrough"])
    parser.inline.ruler.after("text", "bare", _bare_address)
    return parser


def _bare_address(state: StateInline, silent: bool) -> bool:
    """An inline rule of the parser's: an address that stands for itself is text as it is."""
    if not state.pending.endswith(("http", "https")) or not (found := _BARE.match(state.src, state.pos)):
        return False
    if not silent:
        state.pending += found[0]
    state.pos = found.end()
    return True


@dataclass(frozen=True)
class _Writer:
    """Walks the tree of one text; `lines` are its source, from which the empty lines between blocks are counted."""

    lines: Sequence[str]
    marks: Marks

    def blocks(self, nodes: Sequence[SyntaxTreeNode]) -> str:
        written = ""
        for node in nodes:
            written += ("\n" + "\n" * self._gap(node) if written else "") + self._block(node)
        return written

    def _gap(self, node: SyntaxTreeNode) -> int:
        """How many empty lines stand before a block; inside a quote an empty line has its sign."""
        start = node.map[0] if node.map else 0
        gap = 0
        while gap < start and not self.lines[start - gap - 1].strip(" \t>"):
            gap += 1
        return gap

    def _block(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "fence":
                return _around(self.marks.fence, self.marks.escape(node.content.removesuffix("\n")))
            case "heading":
                return _around(self.marks.heading, self.blocks(node.children))
            case "blockquote":
                said = self.blocks(node.children)
                return _around(self.marks.quote, _indented(said, self.marks.quote_line, first=True))
            case "list_item":
                return self._item(node)
            case "inline":
                return "".join(self._sign(child) for child in node.children)
            case "hr":
                return self.marks.escape(self.lines[node.map[0]].strip() if node.map else node.markup)
        return self.blocks(node.children)

    def _item(self, node: SyntaxTreeNode) -> str:
        bullet = f"{node.info}{node.markup} " if node.info else "• "
        return bullet + _indented(self.blocks(node.children), " " * len(bullet))

    def _sign(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "softbreak" | "hardbreak":
                return "\n"
            case "code_inline":
                return _around(self.marks.code, self.marks.escape(node.content))
            case "link":
                return self._link(node)
            case "strong" | "em" | "s":
                kind = {"strong": self.marks.strong, "em": self.marks.em}.get(node.type, self.marks.strike)
                return _around(kind, "".join(self._sign(child) for child in node.children))
        strong = self.marks.strong
        return _LEFT_STRONG.sub(lambda found: _around(strong, found[1]), self.marks.escape(node.content))

    def _link(self, node: SyntaxTreeNode) -> str:
        title = "".join(self._sign(child) for child in node.children)
        if node.markup == "autolink" and self.marks.link is titled:
            return title
        return self.marks.link(title, str(node.attrs["href"]))


def _around(marks: Around, words: str) -> str:
    return f"{marks[0]}{words}{marks[1]}" if words else words


def _indented(text: str, by: str, *, first: bool = False) -> str:
    lines = text.split("\n")
    return "\n".join(by + line if line and (first or number) else line for number, line in enumerate(lines))
