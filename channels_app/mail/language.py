"""A guess at the language of a mail: what it says of itself, else the script it is written in. A hint, not a fact."""

from __future__ import annotations

import re

from channels_app.mail.headers import Headers

_SCRIPTS = (
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("ja", re.compile("[\u3041-\u30fe]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("vi", re.compile("[\u1ea0-\u1ef9ơưđ]")),
)
_TAG = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*")
SAMPLE = 4000


def language_of(headers: Headers, text: str) -> str:
    """A language tag ("ko", "zh-tw") or "" for Latin letters of an unknown language."""
    sample = text[:SAMPLE]
    if not sample.isascii():
        for language, letters in _SCRIPTS:
            if len(letters.findall(sample)) * 10 > sum(letter.isalpha() for letter in sample):
                return language
    stated = headers.value("Content-Language").partition(",")[0].strip()
    return stated if _TAG.fullmatch(stated) else ""
