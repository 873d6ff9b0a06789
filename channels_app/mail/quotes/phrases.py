"""The tables of all languages as look-ups: one step per line of mail however many languages there are."""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from channels_app.mail.quotes.language import Language
from channels_app.mail.quotes.languages import LANGUAGES
from channels_app.mail.quotes.languages.devices import DEVICES

_LABEL_FIELDS = ("sender", "recipient", "copy", "date", "subject", "others")
_EDGES = " \t\xa0-_=*—–~<>|#:：.,!。，！…"
_DASHES = frozenset({"--", "__", "==", "**", "##", "—-", "——", "––", "- "})
#: Lotus Notes goes on with a name and a date.
_FORWARDED_BY = ("forwarded by ", "weitergeleitet von ", "transféré par ", "inoltrato da ", "reenviado por ")
#: Mobile footers are short; anything longer is a sentence.
LONGEST_FOOTER = 120


class Separator(NamedTuple):
    """A line such as "-----Original Message-----"."""

    is_forward: bool
    has_dashes: bool


def _every(field: Callable[[Language], Iterable[str]]) -> list[str]:
    return sorted({word for language in LANGUAGES for word in field(language)}, key=len, reverse=True)


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in words)


def _footer_pattern(template: str) -> str:
    return re.escape(template).replace(r"\{\}", "(.{1,48})", 1)


LABELS: dict[str, frozenset[str]] = {}
for _language in LANGUAGES:
    for _field in _LABEL_FIELDS:
        for _word in getattr(_language, _field):
            LABELS[_word] = LABELS.get(_word, frozenset()) | {_field}

_ORIGINALS = frozenset(_every(lambda language: language.original))
_FORWARDS = frozenset(_every(lambda language: language.forwarded))
_CLOSINGS = frozenset(_every(lambda language: language.closings))
_WROTE = re.compile(rf"(?<!\w)(?:{_alternatives(w for w in _every(lambda x: x.wrote) if w[0] < 'ก')})(?!\w)")
#: Thai, Korean, Japanese and Chinese put the verb against its neighbours.
_WROTE_UNSPACED = re.compile(_alternatives(w for w in _every(lambda x: x.wrote) if w[0] >= "ก"))
_LEADS = re.compile(rf"(?:{_alternatives(w for w in _every(lambda x: x.leads) if w[0] < 'ก')})(?!\w)")
_LEADS_UNSPACED = re.compile(_alternatives(w for w in _every(lambda x: x.leads) if w[0] >= "ก"))
_FOOTER = re.compile("|".join(map(_footer_pattern, _every(lambda language: language.mobile))))
_INLINE = re.compile(_alternatives(_every(lambda language: language.inline)))
_DEVICE_WORD = re.compile(r"[\w.-]+")
_LINK = re.compile(r"\s{0,3}[<\[(]?\s?https?://\S{1,300}|\s?[<(\[]mailto:\S{1,100}")
_BRACKETS = {ord("["): None, ord("]"): None, 0xA0: " "}


def lowered(text: str) -> str:
    """Lower case as in the tables: the Turkish dotted I as "i", straight apostrophes."""
    text = text.lower()
    return text if text.isascii() else text.replace("i\u0307", "i").replace("’", "'")


def says_wrote(text: str) -> bool:
    """Does a lower-case text hold a "wrote" of any language?"""
    return _WROTE.search(text) is not None or (not text.isascii() and _WROTE_UNSPACED.search(text) is not None)


def without_wrote(text: str) -> str:
    """A text without its verb."""
    return _WROTE.sub(" ", text)


def has_lead(text: str) -> bool:
    """Does a lower-case text begin as attributions begin?"""
    return _LEADS.match(text) is not None or (not text.isascii() and _LEADS_UNSPACED.match(text) is not None)


def label_kinds(label: str) -> frozenset[str]:
    """The header fields that a label may name, in any language."""
    return LABELS.get(lowered(label.strip(" \t\xa0\u202f*•|")), frozenset())


def separator(text: str) -> Separator | None:
    """Read a line that announces an original or a forwarded message."""
    if len(text) > 100:
        return None
    core = lowered(text.strip(_EDGES))
    has_dashes = text[:2] in _DASHES
    is_forward = core in _FORWARDS or (has_dashes and core.startswith(_FORWARDED_BY))
    if not is_forward and core not in _ORIGINALS:
        return None
    return Separator(is_forward, has_dashes)


def is_closing(text: str) -> bool:
    return len(text) <= 60 and lowered(text.strip(_EDGES)) in _CLOSINGS


def is_mobile_footer(text: str) -> bool:
    """Is the whole line what a phone or an app adds to a mail?"""
    if len(text) > LONGEST_FOOTER + 300:
        return False
    text = lowered(_LINK.sub("", text).translate(_BRACKETS).strip(_EDGES))
    if not text or len(text) > LONGEST_FOOTER:
        return False
    found = _FOOTER.fullmatch(text)
    return found is not None and (found.lastindex is None or _is_device(found[found.lastindex]))


def _is_device(name: str) -> bool:
    words = _DEVICE_WORD.findall(name)
    return len(words) <= 7 and (
        any(word.strip(".-") in DEVICES for word in words)
        or any(device in name for device in ("iphone", "ipad", "galaxy"))
    )


def is_disclaimer(text: str) -> bool:
    """Is a paragraph a legal footer of some language?"""
    text = lowered(text)
    return any(_is_disclaimer_of(language, text) for language in LANGUAGES)


def _is_disclaimer_of(language: Language, text: str) -> bool:
    parts = sum(phrase in text for phrase in language.disclaimer)
    return parts >= 4 or (parts >= 1 and any(phrase in text for phrase in language.confidential))


def announces_inline_answers(text: str) -> bool:
    """Does the writer say that the answers stand inside the quoted text?"""
    return _INLINE.search(lowered(text)) is not None
