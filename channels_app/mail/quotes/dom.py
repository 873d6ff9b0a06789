"""Reading an HTML body as lines, and writing a choice of them back as HTML."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from channels_app.mail.quotes.line import Label, Line, line_of, normalised
from channels_app.mail.quotes.markers import NOTHING, Meaning, meaning_of

_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dir", "div", "dl", "dt"}
    | {"fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr"}
    | {"includetail", "li", "main", "menu", "nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead"}
    | {"tr", "ul"}
)
_CELLS = frozenset({"td", "th"})
#: Kept whole: their inside is not text of the mail.
_OPAQUE = frozenset({"head", "iframe", "math", "noscript", "object", "script", "select", "style", "svg"}) | frozenset(
    {"template", "textarea", "title"}
)
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source"})
_OUTER = frozenset({"html", "body"})
_RULE = "_" * 32
#: Stands for a picture, so that a mail of one photo is not empty.
_PICTURE = "\ufffc"
_MOST_DEPTH = 400
_MOST_TAGS = 60_000
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)")
#: Not counted for depth: void, or closed by what follows.
_UNCOUNTED = _VOID | {"p", "li", "td", "tr", "th", "dd", "dt", "option", "tbody", "o:p", "body", "html", "head", "wbr"}
_SHORT_ENOUGH = 20_000


@dataclass(slots=True)
class _Element:
    """An open element of the tree: where it hangs and how to write it."""

    parent: int
    tag: str
    attributes: dict[str, str | None]
    depth: int
    marks: int
    scope: int
    is_preformatted: bool


@dataclass(slots=True)
class _Leaf:
    """A piece of HTML without inside, in the element `parent`, on the line `line`."""

    parent: int
    html: str
    line: int


@dataclass(slots=True)
class _Open:
    """The line that is being read."""

    words: list[str] = field(default_factory=list)
    depth: int = 0
    marks: int = 0
    scope: int = 0
    is_preformatted: bool = False


def is_too_much(html: str) -> bool:
    """Has this more tags than people's mails have, or so deep ones that parsing takes quadratic time?"""
    if len(html) < _SHORT_ENOUGH:
        return False
    if html.count("<") > _MOST_TAGS:
        return True
    depth = deepest = 0
    for found in _TAG.finditer(html):
        if found[2].lower() not in _UNCOUNTED:
            depth = max(0, depth - 1) if found[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest > _MOST_DEPTH


class Page:
    """An HTML body: its lines, and the pieces of HTML that make them up."""

    def __init__(self, html: str) -> None:
        self.lines: list[Line] = []
        self._rows: list[str] = []
        self._elements = [_Element(0, "", {}, 0, 0, 0, is_preformatted=False)]
        self._leaves: list[_Leaf] = []
        self._styles: list[str] = []
        self._line = _Open()
        self._scopes = 0
        parser = LexborHTMLParser(html)
        self._styles = [node.html or "" for node in (parser.head.css("style") if parser.head else [])]
        if parser.body is not None:
            self._read(parser.body)
        self._break_line()

    def text(self, labels: list[Label], wanted: tuple[Label, ...]) -> str:
        """The chosen lines as plain text, quote marks put back."""
        chosen = [row for row, label in zip(self._rows, labels, strict=True) if label in wanted]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(chosen)).strip("\n").rstrip()

    def html(self, labels: list[Label], wanted: tuple[Label, ...]) -> str:
        """The chosen lines as HTML, each piece within the elements that held it."""
        parts, path, skipped = list(self._styles), [0], False
        for leaf in self._leaves:
            if labels[leaf.line] not in wanted:
                skipped = True
                continue
            if skipped and path[-1] == leaf.parent:
                parts.append("<br>")
            self._move(parts, path, leaf.parent)
            parts.append(leaf.html)
            skipped = False
        self._move(parts, path, 0)
        return "".join(parts)

    def _move(self, parts: list[str], path: list[int], target: int) -> None:
        """Close and open elements to get from one place of the tree to another."""
        opened: list[int] = []
        while target not in path:
            opened.append(target)
            target = self._elements[target].parent
        while path[-1] != target:
            parts.append(_end_tag(self._elements[path.pop()]))
        for number in reversed(opened):
            parts.append(_start_tag(self._elements[number]))
            path.append(number)

    def _read(self, root: LexborNode) -> None:
        """Walk the tree without recursion: mails nest deeper than Python's stack."""
        pending: list[tuple[LexborNode, int] | Callable[[], None]] = [(root, 0)]
        while pending:
            item = pending.pop()
            if not isinstance(item, tuple):
                item()
                continue
            node, parent = item
            if (sibling := node.next) is not None and node is not root:
                pending.append((sibling, parent))
            self._visit(node, parent, pending)

    def _visit(self, node: LexborNode, parent: int, pending: list[tuple[LexborNode, int] | Callable[[], None]]) -> None:
        tag = node.tag or ""
        if tag == "-text":
            self._text(node.text_content or "", parent)
            return
        if not node.is_element_node:
            return
        if tag in _BLOCKS:
            self._end_line()
            pending.append(self._end_line)
        elif tag in _CELLS:
            self._line.words.append(" ")
        child = node.child
        if child is None or tag in _OPAQUE:
            self._childless(node, tag, parent)
        else:
            pending.append((child, self._open(node, tag, parent)))

    def _open(self, node: LexborNode, tag: str, parent: int) -> int:
        attributes = node.attributes
        outer = self._elements[parent]
        meaning = meaning_of(tag, attributes) if attributes or tag in ("blockquote", "sign", "includetail") else NOTHING
        self._elements.append(
            _Element(
                parent,
                tag,
                attributes,
                outer.depth + meaning.depth,
                outer.marks | meaning.marks,
                outer.scope or self._scope(meaning),
                is_preformatted=outer.is_preformatted or tag == "pre" or _keeps_breaks(attributes),
            )
        )
        return len(self._elements) - 1

    def _scope(self, meaning: Meaning) -> int:
        if not meaning.is_scope:
            return 0
        self._scopes += 1
        return self._scopes

    def _text(self, text: str, parent: int) -> None:
        if not self._elements[parent].is_preformatted or "\n" not in text:
            self._piece(text, escape(text, quote=False), parent)
            return
        for row in text.splitlines(keepends=True):
            self._piece(row.rstrip("\r\n"), escape(row, quote=False), parent)
            if row.endswith(("\n", "\r")):
                self._break_line()

    def _childless(self, node: LexborNode, tag: str, parent: int) -> None:
        html = node.html or ""
        if tag == "img":
            self._piece(_PICTURE if _is_seen(node.attributes) else "", html, parent)
        elif tag == "hr":
            self._piece(_RULE, html, parent)
        else:
            self._piece("", html, parent)
        if tag == "br":
            self._break_line()

    def _piece(self, words: str, html: str, parent: int) -> None:
        self._leaves.append(_Leaf(parent, html, len(self.lines)))
        if words.strip():
            element, line = self._elements[parent], self._line
            line.depth = element.depth if not line.words else min(line.depth, element.depth)
            line.marks |= element.marks
            line.scope = element.scope
            line.is_preformatted = element.is_preformatted
        self._line.words.append(words)

    def _end_line(self) -> None:
        """Finish the line if anything stands on it: space between elements makes no empty lines."""
        text = "".join(self._line.words)
        if (text and not text.isspace()) or "\xa0" in text:
            self._break_line()

    def _break_line(self) -> None:
        """Finish the line, empty or not."""
        line = self._line
        text = "".join(line.words)
        text = text.rstrip() if line.is_preformatted else " ".join(text.split())
        self.lines.append(line_of(normalised(text), line.depth, line.marks, line.scope))
        self._rows.append(_row(text, line.depth))
        self._line = _Open()


def _row(text: str, depth: int) -> str:
    """A line of the plain text that stands for the HTML."""
    text = text.replace(_PICTURE, "")
    return f"{'>' * depth} {text}".strip() if depth else text


def _start_tag(element: _Element) -> str:
    if element.tag in _OUTER:
        return ""
    pairs = "".join([f' {name}="{escape(value or "")}"' for name, value in element.attributes.items()])
    return f"<{element.tag}{pairs}>"


def _end_tag(element: _Element) -> str:
    return "" if element.tag in _OUTER else f"</{element.tag}>"


def _keeps_breaks(attributes: dict[str, str | None]) -> bool:
    _, _, value = (attributes.get("style") or "").partition("white-space")
    return "pre" in value[:16]


def _is_seen(attributes: dict[str, str | None]) -> bool:
    """Pictures of a dot's size count opens; they are no content."""
    return not any((attributes.get(side) or "").strip() in ("0", "1", "2", "1px") for side in ("width", "height"))
