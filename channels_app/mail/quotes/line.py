"""A line of a mail as the rules see it, whether it came from plain text or from HTML."""

import re
from dataclasses import dataclass
from enum import Enum
from unicodedata import is_normalized, normalize

#: What the HTML around a line tells; bits, because a line may carry several.
CITED = 1
ATTRIBUTION = 2
SIGNATURE = 4
HEADERS = 8

_QUOTE_MARKS = re.compile(r"((?:[>＞][ \t]?){1,64})(.*)", re.DOTALL)
_MARKS = frozenset(">＞")
#: Direction marks and zero-width signs stand inside Arabic and Hebrew dates.
_INVISIBLE = re.compile("[\u200b\u200e\u200f\ufeff\u202a-\u202e\u2066-\u2069]")


class Label(Enum):
    """Where a line goes."""

    VISIBLE = "visible"
    QUOTED = "quoted"
    SIGNATURE = "signature"


@dataclass(slots=True)
class Line:
    """One line without its quote marks: `depth` counts `>` signs and quoting blocks around it."""

    text: str
    depth: int = 0
    marks: int = 0
    #: The outermost quoting container of an HTML line; 0 outside of any.
    scope: int = 0
    #: "-- " and "--" mean different things, and `text` has no spaces at its end.
    is_delimiter: bool = False


def normalised(text: str) -> str:
    """Put letters and accents together, take out signs that only steer drawing; line breaks stay where they are."""
    if text.isascii():
        return text
    return _INVISIBLE.sub("", text if is_normalized("NFC", text) else normalize("NFC", text))


def line_of(raw: str, depth: int = 0, marks: int = 0, scope: int = 0) -> Line:
    """Take the quote marks off a raw, normalised line."""
    text = raw.strip()
    if text and text[0] in _MARKS and (found := _QUOTE_MARKS.match(text)):
        depth += found[1].count(">") + found[1].count("＞")
        text = found[2].strip()
    return Line(text, depth, marks, scope, text == "--" and raw.rstrip("\r\n") in ("-- ", "--\xa0"))


def next_filled(lines: list[Line], start: int) -> int:
    """Index of the first line with text from `start` on, or the number of lines."""
    while start < len(lines) and not lines[start].text:
        start += 1
    return start


def last_filled(lines: list[Line], end: int, start: int = 0) -> int:
    """Index of the last line with text before `end`, or `start - 1`."""
    end -= 1
    while end >= start and not lines[end].text:
        end -= 1
    return end
