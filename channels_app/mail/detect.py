"""Guess the charset of bytes that carry no usable label: East Asian by the letters' shape, the rest by a library."""

from __future__ import annotations

import re
from collections.abc import Iterable

import charset_normalizer

SAMPLE = 16_384
DENSE = ["cp1256", "cp874", "cp1253"]
SPARSE = ["cp1252", "cp1250", "cp1254", "cp1257", "cp1258", "iso8859_2", "mac_roman"]
_SHIFT = re.compile(rb"\x1b[$(]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")


def guess(raw: bytes, hints: Iterable[str] = ()) -> str:
    """Name a codec that decodes all of `raw`, or "" when none is believable. Hints (codec names) are tried first."""
    if _SHIFT.search(raw[:SAMPLE]):
        return "iso2022_jp"
    # A cut in the middle of a letter would fail the strict test, so cut after an ASCII byte.
    sample = raw if len(raw) <= SAMPLE else raw[: SAMPLE + 1].rstrip(bytes(range(0x80, 0x100)))
    hinted = [codec for codec in hints if codec not in _PLAUSIBLE or _PLAUSIBLE[codec](sample)]
    for codec in (*hinted, *_east_asian(sample)):
        if decodes(raw, codec):
            return codec
    return _ask_library(sample, raw)


def decodes(raw: bytes, codec: str) -> bool:
    """Whether every byte means something in that codec, with no control characters of the C1 range."""
    try:
        text = raw.decode(codec)
    except (UnicodeError, LookupError):
        return False
    return not _C1.search(text)


_C1 = re.compile("[\x80-\x9f\ufffd]")


def _ask_library(sample: bytes, raw: bytes) -> str:
    """Alphabets of their own are nearly all high bytes; Latin ones have one here and there."""
    high = len(sample) - len(sample.translate(None, bytes(range(0x80, 0x100))))
    letters = high + sum(sample.count(byte) for byte in _ASCII_LETTERS)
    is_dense = high * 2 > letters
    if is_dense and (codec := _cyrillic(sample)):
        return codec
    if not is_dense and decodes(raw, "cp1252") and not _NOT_WESTERN.search(sample):
        return "cp1252"
    likely = (["cp1255"] if _HEBREW.fullmatch(sample) else DENSE) if is_dense else SPARSE
    best = charset_normalizer.from_bytes(sample, cp_isolation=likely, threshold=0.5).best()
    return best.encoding if best and decodes(raw, best.encoding) else ""


_ASCII_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_HEBREW = re.compile(rb"[\x00-\x7f\xe0-\xfa]*")
# Signs that stand where other code pages have letters: a text full of them is not Western.
_NOT_WESTERN = re.compile(rb"[\xa1-\xaa\xac-\xba\xbc-\xbf\xd0\xd7\xdd\xde\xf0\xf7\xfd\xfe]")


def _cyrillic(sample: bytes) -> str:
    """KOI8-R and windows-1251 swap the cases, and running text is mostly lower case."""

    def lower(codec: str) -> int:
        return sum("а" <= letter <= "я" for letter in sample.decode(codec, "replace"))

    best = max(("cp1251", "koi8_r"), key=lower)
    high = sum(byte >= 0x80 for byte in sample)
    return best if lower(best) > 0.75 * high else ""


def _east_asian(sample: bytes) -> list[str]:
    found = [codec for codec in ("cp949", "euc_jp", "cp932", "big5", "gb18030") if _PLAUSIBLE[codec](sample)]
    return found or (["cp932"] if _is_kanji_alone(sample) else [])


def _pairs(sample: bytes) -> list[tuple[int, int]]:
    """The two-byte letters of an EUC-like text; empty when a run of high bytes has an odd length."""
    runs = _HIGH_RUN.findall(sample)
    if any(len(run) % 2 for run in runs):
        return []
    return [(run[i], run[i + 1]) for run in runs for i in range(0, len(run), 2)]


def _share(hits: int, total: int) -> float:
    return hits / total if total else 0.0


def _is_korean(sample: bytes) -> bool:
    text = _strict(sample, "cp949")
    hangul = sum("가" <= letter <= "힣" for letter in text)
    others = sum("\u3400" <= letter <= "\u9fff" or "\u3040" <= letter <= "\u30ff" for letter in text)
    common = [pair for pair in _pairs(sample) if 0xB0 <= pair[0] <= 0xC8 and pair[1] >= 0xA1]
    return hangul >= 2 and _share(hangul, hangul + others) > 0.9 and _share(len(common), hangul) > 0.8


def _is_euc_japanese(sample: bytes) -> bool:
    pairs = _pairs(sample)
    kana = sum(lead in (0xA4, 0xA5) for lead, _ in pairs)
    return kana >= 2 and _share(kana, len(pairs)) > 0.2 and bool(_strict(sample, "euc_jp"))


def _is_shift_japanese(sample: bytes) -> bool:
    text = _strict(sample, "cp932")
    wide = sum(letter > "\u3000" and not "\uff61" <= letter <= "\uff9f" for letter in text)
    kana = sum("\u3040" <= letter <= "\u30ff" for letter in text)
    half = sum("\uff61" <= letter <= "\uff9f" for letter in text)
    return kana >= 2 and _share(kana, wide) > 0.2 and half <= kana // 2


def _is_kanji_alone(sample: bytes) -> bool:
    """A Japanese heading without kana: nearly all of it in the first level of kanji."""
    letters = [letter.encode("cp932")[0] for letter in _strict(sample, "cp932") if letter > "\u2fff"]
    return len(letters) >= 2 and _share(sum(0x88 <= lead <= 0x97 for lead in letters), len(letters)) > 0.8


def _is_traditional(sample: bytes) -> bool:
    text = _strict(sample, "big5")
    letters = [letter.encode("big5")[0] for letter in text if letter > "\u2fff"]
    common = sum(0xA4 <= lead <= 0xC6 for lead in letters)
    marks = sum(lead < 0xA4 for lead in letters)
    return common >= 2 and _share(common, len(letters) - marks) > 0.9


def _is_simplified(sample: bytes) -> bool:
    text = _strict(sample, "gb18030")
    pairs = _pairs(sample)
    common = sum(0xB0 <= lead <= 0xD7 and tail >= 0xA1 for lead, tail in pairs)
    marks = sum(0xA1 <= lead <= 0xA9 for lead, _ in pairs)
    return bool(text) and common >= 2 and _share(common, len(pairs) - marks) > 0.8


def _strict(sample: bytes, codec: str) -> str:
    try:
        return sample.decode(codec)
    except UnicodeError:
        return ""


_PLAUSIBLE = {
    "cp949": _is_korean,
    "euc_jp": _is_euc_japanese,
    "cp932": _is_shift_japanese,
    "big5": _is_traditional,
    "gb18030": _is_simplified,
    "cp1251": lambda sample: _cyrillic(sample) == "cp1251",
    "koi8_r": lambda sample: _cyrillic(sample) == "koi8_r",
}
