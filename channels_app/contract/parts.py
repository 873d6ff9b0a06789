"""A message that is more than the provider takes at once goes out in parts, cut where a reader would pause."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from channels_app.contract.capabilities import Capabilities, TextUnit
from channels_app.contract.lengths import length
from channels_app.contract.sent import OutboundFile, OutboundMessage

# Where one may cut, best first: between paragraphs, lines, sentences, words; at last between any two signs. A full stop
# ends a sentence only before a space: there is one in every number and address.
CUTS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…])\s+(?=\S)|(?<=[。！？])\s*(?=\S)"),
    re.compile(r"\s+"),
)
# A cut that leaves less than this share of a part empty-handed is worse than the next kind of cut.
LEAST_SHARE = 0.5
JOINER = "\u200d"
# What belongs to the sign before it beside combining marks: joiners, vowels and ends of Hangul syllables, skin tones, tags.
CLINGS = re.compile("[\u0e33\u0eb3\u200c\u200d\u1160-\u11ff\ud7b0-\ud7ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
FLAG_LETTERS = re.compile("[\U0001f1e6-\U0001f1ff]+$")


def parts_of(message: OutboundMessage, can: Capabilities) -> list[OutboundMessage]:
    """The provider's own messages that one of ours becomes: texts first, then files; quick replies go with the last.

    Each has its own `delivery_key`, made of the first's and its number, so that a repeated part can be recognised.
    """
    if can.takes_whole or message.template is not None:
        return [message]
    captioned = _captioned(message, can)
    texts = [] if captioned else split(message.text, can)
    bare = replace(message, files=(), text="", html="", quick_replies=(), quoted_id="")
    found = [replace(bare, text=text) for text in texts]
    found += [replace(bare, files=files) for files in _batches(message.files, can.files_per_part)]
    if captioned:
        found[0] = replace(found[0], text=message.text)
    if not found:
        return [message]
    found[0] = replace(found[0], quoted_id=message.quoted_id, html=message.html if len(found) == 1 else "")
    found[-1] = replace(found[-1], quick_replies=message.quick_replies)
    return [replace(part, delivery_key=_key(message.delivery_key, number)) for number, part in enumerate(found)]


def _key(delivery_key: str, number: int) -> str:
    return f"{delivery_key}-{number}" if number else delivery_key


def _captioned(message: OutboundMessage, can: Capabilities) -> bool:
    """Whether the text fits beside the first file."""
    if not message.files or can.max_caption is None or not message.text:
        return False
    return length(message.text, can.text_unit) <= can.max_caption


def _batches(files: Sequence[OutboundFile], size: int) -> Iterator[tuple[OutboundFile, ...]]:
    rest = iter(files)
    while batch := tuple(islice(rest, size)):
        yield batch


def split(text: str, can: Capabilities) -> list[str]:
    """Cut a text into pieces of at most `max_text` in the provider's unit; nothing of it is lost but white space."""
    rest, found = text.strip(), []
    while rest:
        size = _longest(rest, can.max_text, can.text_unit) if can.max_text else len(rest)
        at = _cut(rest, size)
        found.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return found


def _longest(text: str, limit: int, unit: TextUnit) -> int:
    """How many code points from the beginning fit."""
    if length(text, unit) <= limit:
        return len(text)
    low, high = 1, min(len(text), limit * 160 if unit is TextUnit.GSM_SEGMENTS else limit)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if length(text[:middle], unit) <= limit else (low, middle - 1)
    return low


def _cut(text: str, size: int) -> int:
    if size >= len(text):
        return len(text)
    for cut in CUTS:
        ends = [found.start() for found in cut.finditer(text, 0, size + 1) if 0 < found.start() <= size]
        if ends and ends[-1] >= size * LEAST_SHARE:
            return ends[-1]
    return _between_signs(text, size)


def _between_signs(text: str, size: int) -> int:
    """Not inside a sign that is made of several code points, unless it is longer than a whole part."""
    at = size
    while at > 0 and _is_inside(text, at):
        at -= 1
    return at or size


def _is_inside(text: str, at: int) -> bool:
    """Whether a cut here would tear a sign in two (the common cases of Unicode's annex 29)."""
    before, after = text[at - 1], text[at]
    if before == JOINER or CLINGS.match(after) or unicodedata.category(after).startswith("M"):
        return True
    if before == "\r" and after == "\n":
        return True
    letters = FLAG_LETTERS.search(text[max(0, at - 64) : at])
    return bool(letters and FLAG_LETTERS.match(after) and len(letters[0]) % 2)
