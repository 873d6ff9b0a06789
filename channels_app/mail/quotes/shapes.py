"""Shapes that need no language: addresses, dates, clocks, telephone numbers.

All expressions have bounded repeats and run on short strings only, so that time stays linear in the mail.
"""

import re

#: No attribution or label line of a mail program is longer; longer lines are a person's.
LONGEST = 400

ADDRESS = re.compile(r"[\w.+%'=&/-]{1,64}@\w[\w-]{0,62}(?:\.[\w-]{1,63}){1,8}")
BRACKETED_ADDRESS = re.compile(r"[<(\[＜]\s?(?:mailto:)?[\w.+%'=&/-]{1,64}@\w[\w-]{0,62}(?:\.[\w-]{1,63}){1,8}")
DATE = re.compile(
    r"\d{1,4}\s?[./\-年년]\s?\d{1,2}\s?[./\-月월]\s?\d{1,4}|(?<!\d)\d{1,2}\D{2,24}\d{4}(?!\d)"
    r"|(?<!\d)\d{4}\D{1,3}\d{1,2}\D{1,3}\d{1,2}(?!\d)"
)
NUMERIC_DATE = re.compile(r"(?<![\d:])\d{1,4}\s?[./\-年년]\s?\d{1,2}\s?[./\-月월]\s?\d{1,4}(?![\d:])")
CLOCK = re.compile(r"(?<![\d.])\d{1,2}\s?[:.hH時时点點시]\s?\d{2}(?!\d|\.\d)|(?<!\d)\d{1,2}[:.]\d{2}[:.]\d{2}(?!\d)")
#: Seconds or a time zone: people do not write these.
PRECISE_CLOCK = re.compile(r"(?<!\d)\d{1,2}[:.]\d{2}[:.]\d{2}(?!\d)|\b(?:GMT|UTC)\b|[+-]0\d{3}\b")
PHONE = re.compile(r"\+?\(?\d[\d ().\-/]{6,20}\d")
WEB = re.compile(r"\bwww\.|https?://", re.IGNORECASE)
RULE = re.compile(r"[_\-—–=*]{5,200}")


def has_address(text: str) -> bool:
    return "@" in text and ADDRESS.search(text) is not None


def has_bracketed_address(text: str) -> bool:
    return "@" in text and BRACKETED_ADDRESS.search(text) is not None


def has_date(text: str) -> bool:
    return DATE.search(text) is not None


def has_clock(text: str) -> bool:
    return CLOCK.search(text) is not None


def is_rule(text: str) -> bool:
    """Is this line nothing but a drawn line?"""
    return text[:1] in "_-—–=*" and len(text) >= 5 and RULE.fullmatch(text) is not None


def width(text: str) -> int:
    """Columns a text takes; Korean, Japanese and Chinese letters take two."""
    return len(text) if text.isascii() else sum(2 if ord(letter) >= 0x1100 else 1 for letter in text)
