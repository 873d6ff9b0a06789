"""Lines such as "On Friday Carol wrote:", in any language, over one to four lines."""

import re
from typing import NamedTuple

from channels_app.mail.quotes import shapes
from channels_app.mail.quotes.line import ATTRIBUTION, Line
from channels_app.mail.quotes.phrases import has_lead, says_wrote, without_wrote

_MOST_LINES = 4
_FEW_WORDS = 11
#: A shorter line was not wrapped.
_WRAPPED_WIDTH = 25
_LONGEST_NAME = 100
_SENTENCE_ENDS = (".", "!", "?", "。", "！", "？", ",")
_WORD = re.compile(r"[^\W\d_]+")
_ENDS = (":", "：", ":*", "︰", " ----")
#: A digit within the first three words: "пт, 7 нояб.", "2025年11月7日".
_DATED_START = re.compile(r"[\W_]{0,6}(?:[^\W\d]{1,16}[\s,.]{1,3}){0,2}\d")


class _Features(NamedTuple):
    wrote: bool
    address: bool
    date: bool

    def adds_to(self, other: "_Features") -> bool:
        """Does this line bring what the other lacks?"""
        return any(mine and not theirs for mine, theirs in zip(self, other, strict=True))

    def is_enough(self) -> bool:
        return self.date and (self.wrote or self.address)


class Attribution(NamedTuple):
    """Where an attribution starts, and whether it stands for a quote even if what follows has no quote marks."""

    start: int
    is_strong: bool


def attribution_ending_at(lines: list[Line], end: int, *, floor: int, followed: bool) -> Attribution | None:
    """Find the attribution whose last line is `end`; `followed` says that marked quoting comes next."""
    if lines[end].marks & ATTRIBUTION and followed:
        return Attribution(_marked_start(lines, end, floor), is_strong=True)
    if not may_end_attribution(lines[end].text) and not (followed and _may_end_without_colon(lines[end].text)):
        return None
    rows = _paragraph_upwards(lines, end, floor)
    top = end - len(rows)
    is_whole = top < floor or not lines[top].text
    for count in range(1, len(rows) + 1):
        text = _joined(rows, count)
        if len(text) > shapes.LONGEST:
            return None
        is_alone = _is_paragraph(lines, end - count + 1, end)
        if _is_likely(text) if followed else (_is_strong(text) or (is_alone and _is_program_s(text))):
            return Attribution(end - _stretched(rows, count, is_whole=is_whole) + 1, is_strong=not followed)
    return None


def _may_end_without_colon(text: str) -> bool:
    return says_wrote(text[-40:].lower()) or _ends_with_address(text[-80:])


def _is_paragraph(lines: list[Line], start: int, end: int) -> bool:
    return (start == 0 or not lines[start - 1].text) and (end + 1 == len(lines) or not lines[end + 1].text)


def may_end_attribution(text: str) -> bool:
    """Does a line end as the last line of an attribution does? Zoho writes "---- On Wed, … wrote ----"."""
    return len(text) <= shapes.LONGEST and text.endswith(_ENDS) and (text[-1] != "-" or text.startswith("---- "))


def _paragraph_upwards(lines: list[Line], end: int, floor: int) -> list[str]:
    """The line `end` and those above it that may be its beginning, from below."""
    rows = [lines[end].text]
    while len(rows) < _MOST_LINES and end > floor:
        end -= 1
        if not lines[end].text or lines[end].depth or lines[end].text.endswith(_ENDS):
            break
        rows.append(lines[end].text)
    return rows


def _marked_start(lines: list[Line], end: int, floor: int) -> int:
    while end > floor and lines[end - 1].marks & ATTRIBUTION and lines[end - 1].text:
        end -= 1
    return end


def begins_with_attribution(text: str) -> bool:
    """Is a line within a quote an attribution? Apple Mail quotes it with the text."""
    return len(text) <= shapes.LONGEST and text.endswith(_ENDS) and _is_likely(text)


def _features(text: str) -> _Features:
    return _Features(says_wrote(text.lower()), shapes.has_address(text), shapes.has_date(text))


def _is_likely(text: str) -> bool:
    """Enough for a line that stands right above quoted lines."""
    wrote, address, date = _features(text)
    if wrote:
        return date or address or len(text.split()) <= 6
    return address and (date or len(text.split()) <= 6)


def _is_strong(text: str) -> bool:
    """Enough without any quoted line below: an address and a date as programs put them."""
    wrote, address, date = _features(text)
    if not (date and address):
        return False
    if wrote and shapes.has_bracketed_address(text):
        return True
    if not _DATED_START.match(text) or not shapes.has_clock(text):
        return False
    return len(text.split()) <= _FEW_WORDS if wrote else _ends_with_address(text)


def _is_program_s(text: str) -> bool:
    """Enough for a paragraph of its own without any address: Thunderbird's numbers, a name, and no word in between."""
    if not (says_wrote(text.lower()) and _starts_well(text) and shapes.has_clock(text)):
        return False
    if not (shapes.NUMERIC_DATE.search(text) or (shapes.has_date(text) and shapes.PRECISE_CLOCK.search(text))):
        return False
    return not any(len(word) >= 4 and word.islower() for word in _WORD.findall(without_wrote(text)))


def _ends_with_address(text: str) -> bool:
    tail = text.rstrip(":： ")[-80:]
    return tail.endswith((">", ")", "]", "＞")) and shapes.has_bracketed_address(tail)


def _starts_well(text: str) -> bool:
    return has_lead(text.lower()) or _DATED_START.match(text) is not None


def _stretched(rows: list[str], count: int, *, is_whole: bool) -> int:
    """Take in the lines above that complete a wrapped attribution."""
    for longer in range(count + 1, len(rows) + 1):
        features = _features(_joined(rows, count))
        above = rows[longer - 1]
        brings_address = not features.address and shapes.has_bracketed_address(above)
        if features.is_enough() and _starts_well(_joined(rows, count)) and not brings_address:
            return count
        if brings_address or (_starts_well(above) and _features(above).adds_to(features)):
            count = longer
    text = _joined(rows, count)
    if _starts_well(text) or not all(_features(text)[1:]):
        return count
    return count + _name_rows(rows, count, is_whole=is_whole)


def _name_rows(rows: list[str], count: int, *, is_whole: bool) -> int:
    """How many lines above begin a sender's name that goes on in front of the address."""
    above = rows[count:]
    if not above or any(row.endswith(_SENTENCE_ENDS) or len(row) > _LONGEST_NAME for row in above[:2]):
        return 0
    if is_whole and len(above) <= 2 and all(shapes.width(row) >= _WRAPPED_WIDTH for row in above[-1:]):
        return len(above)
    return int(rows[count - 1].startswith(("<", "＜")))


def _joined(rows: list[str], count: int) -> str:
    return " ".join(reversed(rows[:count]))
