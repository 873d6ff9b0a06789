"""Where the signature of a stretch of new text begins; folded on strong evidence only."""

from channels_app.mail.quotes import shapes
from channels_app.mail.quotes.line import SIGNATURE, Line, last_filled
from channels_app.mail.quotes.phrases import is_closing, is_disclaimer, is_mobile_footer

#: RFC 3676 asks for four lines; companies write more.
_LONGEST_DELIMITED = 30
_LONGEST_UNSURE = 10
_LONGEST_MARKED = 20
_LONGEST_CONTACTS = 10
_LONGEST_DISCLAIMER = 25
_SHORTEST_DISCLAIMER = 80
_LONGEST_PARAGRAPH = 3000
_QUESTION_MARKS = ("?", "？", "؟")
_LIST_RULE = "_" * 40
_DASHES = frozenset({"--", "—", "––", "– –", "__", "---"})


def signature_start(lines: list[Line], start: int, end: int) -> int:
    """Index of the first signature line of `lines[start:end]`, or `end` where there is none."""
    cut = end
    while (above := _one_above(lines, start, cut)) < cut:
        cut = above
    return cut


def _one_above(lines: list[Line], start: int, cut: int) -> int:
    """Take one more footer, marked element, disclaimer, delimited or contact block off the end."""
    last = last_filled(lines, cut, start)
    if last < start:
        return cut
    if is_mobile_footer(lines[last].text):
        return last
    for rule in (_marked, _disclaimer, _delimited, _contacts):
        first = rule(lines, start, last)
        if first is not None:
            return first
    return cut


def _marked(lines: list[Line], start: int, last: int) -> int | None:
    if not lines[last].marks & SIGNATURE:
        return None
    first = last
    while first > start and (lines[first - 1].marks & SIGNATURE or not lines[first - 1].text):
        first -= 1
    if last - first > _LONGEST_MARKED or _asks(lines, first, last):
        return None
    return first


def _disclaimer(lines: list[Line], start: int, last: int) -> int | None:
    first = _paragraph_start(lines, start, last, _LONGEST_DISCLAIMER)
    text = " ".join(line.text for line in lines[first : last + 1])
    if first == start or len(text) > _LONGEST_PARAGRAPH or shapes.width(text) < _SHORTEST_DISCLAIMER:
        return None
    return first if is_disclaimer(text) else None


def _delimited(lines: list[Line], start: int, last: int) -> int | None:
    for first in range(last, max(start, last - _LONGEST_DELIMITED) - 1, -1):
        line = lines[first]
        if line.is_delimiter:
            return first
        if line.text in _DASHES:
            return first if _is_signature_like(lines, start, first, last) else None
        if line.text.startswith(_LIST_RULE) and shapes.is_rule(line.text):
            return first if _is_list_footer(lines, first, last) else None
    return None


def _is_list_footer(lines: list[Line], first: int, last: int) -> bool:
    """Mailing lists put their address and their page below a long line."""
    texts = [line.text for line in lines[first + 1 : last + 1] if line.text]
    return (
        len(texts) <= _LONGEST_UNSURE and {"address", "web"} <= _contact_kinds(texts) and not _asks(lines, first, last)
    )


def _is_signature_like(lines: list[Line], start: int, first: int, last: int) -> bool:
    """Without the space of "-- ", dashes also divide a person's paragraphs."""
    texts = [line.text for line in lines[first + 1 : last + 1] if line.text]
    if len(texts) > _LONGEST_UNSURE or _asks(lines, first, last) or _has_dashes(lines, start, first):
        return False
    if any(len(text) > 80 for text in texts):
        return False
    return bool(_contact_kinds(texts)) or all(_is_name_like(text) for text in texts)


def _has_dashes(lines: list[Line], start: int, end: int) -> bool:
    return any(line.text in _DASHES for line in lines[max(start, end - _LONGEST_DELIMITED) : end])


def _is_name_like(text: str) -> bool:
    return shapes.width(text) <= 40 and len(text.split()) <= 5 and not text.endswith((".", "!", "。", "！", ":", "요"))


def _contacts(lines: list[Line], start: int, last: int) -> int | None:
    """Contact lines of at least two kinds right below a closing such as "Best regards,"."""
    first = _closing_above(lines, start, last)
    if first is None:
        return None
    texts = [line.text for line in lines[first : last + 1] if line.text]
    if len(texts) < 2 or any(len(text) > 120 or _is_sentence(text) for text in texts) or _asks(lines, first, last):
        return None
    return first if len(_contact_kinds(texts)) >= 2 else None


def _is_sentence(text: str) -> bool:
    return text.endswith(("。", "다.", "요.", "!", "！")) or (text.endswith(".") and len(text.split()) > 6)


def _closing_above(lines: list[Line], start: int, last: int) -> int | None:
    """Index of the line after the nearest closing."""
    for position in range(last, max(start, last - 2 * _LONGEST_CONTACTS) - 1, -1):
        if is_closing(lines[position].text):
            return position + 1 if position < last else None
    return None


def _contact_kinds(texts: list[str]) -> set[str]:
    kinds = set()
    for text in texts:
        short = text[: shapes.LONGEST]
        if shapes.PHONE.search(short):
            kinds.add("phone")
        if shapes.has_address(short):
            kinds.add("address")
        if shapes.WEB.search(short):
            kinds.add("web")
        if " | " in short or " · " in short:
            kinds.add("title")
    return kinds


def _paragraph_start(lines: list[Line], start: int, last: int, most: int) -> int:
    first = last
    while first > start and lines[first - 1].text and last - first < most:
        first -= 1
    return first


def _asks(lines: list[Line], first: int, last: int) -> bool:
    return any(mark in line.text for line in lines[first : last + 1] for mark in _QUESTION_MARKS)
