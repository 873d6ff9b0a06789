"""How a person's name is drawn and spoken: avatar initials, tint, Korean particles."""

import re
import zlib

TINTS = 8
HANGUL = re.compile(r"[가-힣]")
CJK = re.compile(r"[가-힣぀-ヿ㐀-䶿一-鿿]")
# Digits that end in a consonant when read in Korean: 영 일 삼 육 칠 팔.
CLOSED_DIGITS = "013678"
CLOSED_LETTERS = "lmnrLMNR"
LIEUL = 8


def initials(name: str) -> str:
    """The one or two signs that stand for a name: 김하늘 → 하늘, Emma Wilson → EW, 田中 美咲 → 美咲."""
    words = re.findall(r"[\w'’]+", name.split("@")[0] if "@" in name else name)
    if not words:
        return "?"
    if CJK.search(words[-1]):
        return "".join(words)[-2:] if HANGUL.search(words[-1]) else words[-1][-2:]
    if not words[0].isascii() and not words[0][0].isupper():
        return words[0][:2]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [words[0][0]]
    return "".join(letters).upper()


def tint(name: str) -> int:
    """Which of the avatar tints a name has, the same in every process."""
    return zlib.crc32(name.encode()) % TINTS + 1


def _final(word: str) -> int:
    """The index of the last syllable's final consonant, 0 where it has none."""
    last = word[-1:]
    if HANGUL.match(last):
        return (ord(last) - 0xAC00) % 28
    if last in CLOSED_LETTERS or last in CLOSED_DIGITS:
        return LIEUL if last in "lrLR178" else 1
    return 0


def josa(word: str, pair: str) -> str:
    """The word with the Korean particle that fits it: josa("하늘", "이/가") → 하늘이; "으로/로" knows ㄹ."""
    closed, _, open_ = pair.partition("/")
    final = _final(word.rstrip(" )]”’\"'"))
    takes_open = final == 0 or (final == LIEUL and closed == "으로")
    return f"{word}{open_ if takes_open else closed}"
