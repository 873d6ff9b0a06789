"""Finding the quoted blocks of a mail."""

from dataclasses import dataclass

from channels_app.mail.quotes import headers, shapes
from channels_app.mail.quotes.attribution import attribution_ending_at, begins_with_attribution, may_end_attribution
from channels_app.mail.quotes.line import ATTRIBUTION, CITED, HEADERS, Line, last_filled, next_filled
from channels_app.mail.quotes.phrases import separator

#: A quote that nothing announces must look like running text, or it may be a list with arrows.
_BARE_LEAST_LINES = 2
_BARE_LEAST_WIDTH = 20
_BARE_SINGLE_WIDTH = 50


@dataclass(slots=True)
class Block:
    """Lines `start` to `end` (exclusive) of an earlier mail, with the lines that announce it."""

    start: int
    end: int
    #: Quoted without marks on its lines: nobody can tell an answer inside of it.
    is_unmarked: bool = False
    is_forward: bool = False
    is_announced: bool = False


def find_blocks(lines: list[Line]) -> list[Block]:
    """All quoted blocks in order, without overlap."""
    finder = _Finder(lines)
    position = 0
    while position < len(lines):
        block = finder.block_at(position) if lines[position].text else None
        if block is None:
            position += 1
        else:
            finder.accept(block)
            position = block.end
    return finder.blocks


class _Finder:
    """Walks down the lines once; keeps what was found above."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.blocks: list[Block] = []
        self.floor = 0
        self._labels_read_to = 0

    def accept(self, block: Block) -> None:
        if block.is_announced or self._is_trusted(block):
            self.blocks.append(block)
            self.floor = block.end

    def block_at(self, position: int) -> Block | None:
        line = self.lines[position]
        if line.depth > 0:
            return Block(position, self._run_end(position))
        return self._separated(position) or self._headed(position) or self._attributed(position)

    def _separated(self, position: int) -> Block | None:
        found = separator(self.lines[position].text)
        if found is None:
            return None
        header = headers.announced_block(self.lines, position)
        below = next_filled(self.lines, position + 1)
        if not (found.has_dashes or (header and len(header.kinds) >= 2) or self._is_quoted(below)):
            return None
        start = headers.rule_above(self.lines, position, self.floor)
        block = self._below(start, header.end if header else position + 1)
        block.is_forward = found.is_forward
        return block

    def _headed(self, position: int) -> Block | None:
        line = self.lines[position]
        if position < self._labels_read_to:
            return None
        header = headers.marked_block(self.lines, position) if line.marks & HEADERS else None
        if header is not None:
            return self._marked(position, header)
        if not headers.split_label(line.text)[0]:
            return None
        header = headers.header_block(self.lines, position)
        self._labels_read_to = header.end
        start = headers.rule_above(self.lines, position, self.floor)
        if not header.is_evidence(announced=start < position and self.lines[start].text[:1] == "_"):
            return None
        return self._below(start, header.end)

    def _marked(self, position: int, header: headers.HeaderBlock) -> Block | None:
        """A box of labelled lines; what was read and is none needs no second look."""
        if not header.kinds:
            self._labels_read_to = header.end
            return None
        return self._below(headers.rule_above(self.lines, position, self.floor), header.end)

    def _attributed(self, position: int) -> Block | None:
        line = self.lines[position]
        followed = self._is_quoted_below(position)
        if not followed and not (line.marks & ATTRIBUTION or may_end_attribution(line.text)):
            return None
        if line.marks & ATTRIBUTION and line.scope and not followed:
            return self._below(position, position + 1)
        found = attribution_ending_at(self.lines, position, floor=self.floor, followed=followed)
        if found is None or not (followed or found.is_strong):
            return None
        return self._below(found.start, position + 1)

    def _is_quoted_below(self, position: int) -> bool:
        """Does quoting follow, with two empty lines in between at most?"""
        for line in self.lines[position + 1 : position + 4]:
            if line.text:
                return line.depth > 0
        return False

    def _below(self, start: int, after: int) -> Block:
        """The block that begins at `start` and whose quoted text begins at or below `after`."""
        first = next_filled(self.lines, after)
        if self._is_quoted(first):
            return Block(start, self._run_end(first), is_announced=True)
        return Block(start, self._scope_end(start), is_unmarked=True, is_announced=True)

    def _is_quoted(self, position: int) -> bool:
        return position < len(self.lines) and self.lines[position].depth > 0

    def _run_end(self, start: int) -> int:
        end = start
        while end < len(self.lines) and (self.lines[end].depth > 0 or not self.lines[end].text):
            end += 1
        return last_filled(self.lines, end, start) + 1

    def _scope_end(self, start: int) -> int:
        scope, end = self.lines[start].scope, len(self.lines)
        if not scope:
            return end
        while self.lines[end - 1].scope != scope:
            end -= 1
        return end

    def _is_trusted(self, block: Block) -> bool:
        """Believe a quote without announcement after an announced one, in a citing element, or by its look."""
        if self.blocks or self.lines[block.start].marks & CITED or self._announces_itself(block.start):
            return True
        return not self._is_introduced(block.start) and _looks_like_prose(self.lines[block.start : block.end])

    def _announces_itself(self, start: int) -> bool:
        """Are the attribution or the header block quoted too, as Apple Mail and Foxmail do?"""
        text = self.lines[start].text
        if begins_with_attribution(text) or separator(text):
            return True
        return bool(headers.split_label(text)[0]) and headers.header_block(self.lines, start).is_evidence(
            announced=False
        )

    def _is_introduced(self, start: int) -> bool:
        """Did the writer lead over to it, as to an example or an error message?"""
        above = last_filled(self.lines, start)
        return above >= 0 and (above == start - 1 or self.lines[above].text.endswith((":", "：")))


def _looks_like_prose(lines: list[Line]) -> bool:
    widths = [shapes.width(line.text) for line in lines if line.text]
    if len(widths) >= _BARE_LEAST_LINES:
        return sum(widths) >= _BARE_LEAST_WIDTH * len(widths)
    return sum(widths) >= _BARE_SINGLE_WIDTH
