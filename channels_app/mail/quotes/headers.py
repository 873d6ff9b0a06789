"""Blocks of "From: … Sent: … To: … Subject: …" in any language, and the lines drawn above them."""

import re
from dataclasses import dataclass, field

from channels_app.mail.quotes import shapes
from channels_app.mail.quotes.line import HEADERS, Line, last_filled, next_filled
from channels_app.mail.quotes.phrases import label_kinds

_LONGEST_LABEL = 40
#: Long lists of recipients wrap.
_MOST_CONTINUATIONS = 4
_DIGIT = re.compile(r"\d")


@dataclass(slots=True)
class HeaderBlock:
    """A run of labelled lines: `end` is the index after the last of them."""

    end: int
    kinds: set[str] = field(default_factory=set)
    has_address: bool = False
    has_dated_value: bool = False

    def is_evidence(self, *, announced: bool) -> bool:
        """Is this what a mail program writes above a quoted message, rather than a person's list?"""
        if announced and self.has_address and len(self.kinds) >= 2:
            return True
        return len(self.kinds) >= 3 and {"sender", "subject"} <= self.kinds and self.has_dated_value


def split_label(text: str) -> tuple[frozenset[str], str]:
    """Split "From: Carol" into what the label names and the value; nothing named if it is no known label."""
    colon = _colon(text)
    if colon < 0:
        return frozenset(), text
    return label_kinds(text[:colon]), text[colon + 1 :].strip(" \t\xa0*")


def _colon(text: str) -> int:
    """Where a label would end, or -1."""
    found = text.find(":", 0, _LONGEST_LABEL)
    wide = -1 if text.isascii() else text.find("：", 0, _LONGEST_LABEL)
    return wide if found < 0 or 0 <= wide < found else found


def header_block(lines: list[Line], start: int) -> HeaderBlock:
    """Read labelled lines from `start`, with wrapped values and single empty lines between them."""
    block = HeaderBlock(end=start)
    depth, position, continuations = lines[start].depth, start, 0
    while position < len(lines) and lines[position].depth == depth:
        text = lines[position].text
        kinds, value = split_label(text)
        if kinds:
            _note(block, kinds, value)
            block.end, continuations = position + 1, 0
        elif text and (not block.kinds or continuations >= _MOST_CONTINUATIONS or not _continues(lines, position)):
            break
        elif text:
            continuations += 1
        elif not _label_follows(lines, position):
            break
        position += 1
    return block


def _note(block: HeaderBlock, kinds: frozenset[str], value: str) -> None:
    block.kinds |= kinds if len(kinds) == 1 else kinds - block.kinds
    value = value[: shapes.LONGEST]
    block.has_address = block.has_address or "@" in value
    block.has_dated_value = block.has_dated_value or ("date" in kinds and _DIGIT.search(value) is not None)


def _continues(lines: list[Line], position: int) -> bool:
    """Does a line without a label belong to the list of recipients above it?"""
    text, above = lines[position].text, lines[position - 1].text
    if above.endswith((";", ",", ":", "：")) and len(text) <= 200:
        return True
    return "@" in text and len(text) <= 200 and not text.endswith(("?", ".", "!", ":"))


def _label_follows(lines: list[Line], position: int) -> bool:
    """One empty line may stand between two labelled lines, as where each is a paragraph."""
    below = position + 1
    return below < len(lines) and bool(lines[below].text) and bool(split_label(lines[below].text)[0])


def marked_block(lines: list[Line], start: int) -> HeaderBlock:
    """A header block that the HTML gives away, whatever its language: labelled lines in a box of their own.

    Its `kinds` are empty where the box holds something else.
    """
    end = start
    while end < len(lines) and (lines[end].marks & HEADERS or not lines[end].text):
        end += 1
    texts = [lines[at].text[: shapes.LONGEST] for at in range(start, end) if lines[at].text]
    labelled = sum(_colon(text) >= 0 for text in texts)
    is_block = labelled >= 3 and labelled * 2 >= len(texts) and any("@" in text for text in texts)
    return HeaderBlock(end=last_filled(lines, end, start) + 1, kinds={"sender"} if is_block else set())


def rule_above(lines: list[Line], start: int, floor: int) -> int:
    """Index of a line drawn right above `start`, or `start`."""
    above = last_filled(lines, start, floor)
    if above >= floor and start - above <= 3 and lines[above].depth == 0 and shapes.is_rule(lines[above].text):
        return above
    return start


def announced_block(lines: list[Line], position: int) -> HeaderBlock | None:
    """The header block that a separator at `position` announces."""
    below = next_filled(lines, position + 1)
    if below < len(lines) and below - position <= 4 and split_label(lines[below].text)[0]:
        return header_block(lines, below)
    return None
