"""Turn bytes into text whatever their label says: labels as real mail writes them, then a guess, then a mark."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from channels_app.mail.detect import decodes, guess


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the codec that made it, and whether that codec was certain (declared, or UTF-8) rather than guessed."""

    text: str
    codec: str
    is_certain: bool = True


# Labels that say nothing.
NO_LABEL = frozenset(
    {
        *("", "defaultcharset", "default", "unknown8bit", "unknown", "xunknown", "8bit", "7bit", "binary", "none"),
        *("null", "undefined", "xuserdefined", "iso", "charset", "ansi", "auto", "usascii", "ascii", "ansix341968"),
        *("us", "text", "plain", "rawunicodeescape", "unicodeescape", "idna", "punycode", "mbcs", "oem", "utf8sig"),
    }
)

# Each label in lower case without punctuation → the widest codec real senders mean by it (the label is often too narrow).
ALIASES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("utf8", "utf8mb4", "unicode11utf8", "xutf8", "cp65001", "utf"), ("utf_8",)),
    **dict.fromkeys(("utf7", "unicode11utf7", "unicode20utf7", "xunicode20utf7", "cp65000"), ("utf_7",)),
    **dict.fromkeys(("utf16", "unicode", "ucs2", "iso10646ucs2"), ("utf_16",)),
    **dict.fromkeys(
        (
            *("euckr", "ksc56011987", "ksc56011989", "ksc56011992", "ksc5601", "ksc", "korean", "isoir149", "ks1001"),
            *("ms949", "cp949", "uhc", "xuhc", "windows949", "xwindows949", "xcp949", "xmackorean", "extendedunixkr"),
            *("iso2022kr8bit", "cseuckr", "ksx1001", "5601"),
        ),
        ("cp949",),
    ),
    "johab": ("johab",),
    **dict.fromkeys(("iso2022kr", "csiso2022kr"), ("iso2022_kr", "cp949")),
    **dict.fromkeys(
        (
            *("shiftjis", "sjis", "xsjis", "mskanji", "windows31j", "cswindows31j", "cp932", "ms932", "xmacjapanese"),
            *("csshiftjis", "shiftjisx0213", "xmsshiftjis", "windows932"),
        ),
        ("cp932", "shift_jis_2004"),
    ),
    **dict.fromkeys(
        ("eucjp", "xeucjp", "ujis", "cp51932", "cseucpkdfmtjapanese", "eucjpms"), ("euc_jis_2004", "euc_jp")
    ),
    **dict.fromkeys(
        (
            "iso2022jp",
            "csiso2022jp",
            "jis",
            "iso2022jp1",
            "iso2022jp2",
            "iso2022jp3",
            "iso2022jpms",
            "cp50220",
            "cp50221",
            "cp50222",
        ),
        ("iso2022_jp",),
    ),
    **dict.fromkeys(
        (
            *("gb2312", "gb231280", "gbk", "gb18030", "xgbk", "cngb", "cp936", "ms936", "windows936", "euccn", "eucch"),
            *(
                "csgb2312",
                "chinese",
                "gb",
                "xmacchinesesimp",
                "gb18030_2000",
                "gb180302000",
                "chinesegb",
                "isoir58",
                "gbx",
            ),
        ),
        ("gb18030",),
    ),
    **dict.fromkeys(("hzgb2312", "hz"), ("hz", "gb18030")),
    **dict.fromkeys(
        (
            *("big5", "csbig5", "chinesebig5", "cnbig5", "xxbig5", "cp950", "ms950", "windows950", "xmacchinesetrad"),
            *("big5hkscs", "big5eten", "bigfive", "xbig5", "big5tw", "euctw", "xeuctw"),
        ),
        ("cp950", "big5hkscs"),
    ),
    **dict.fromkeys(
        (
            "iso88591",
            "latin1",
            "iso885911987",
            "l1",
            "cp819",
            "cp1252",
            "windows1252",
            "xansi",
            "iso8859",
            "win1252",
            "88591",
            "isolatin1",
        ),
        ("cp1252", "latin_1"),
    ),
    **dict.fromkeys(("iso88599", "latin5", "windows1254", "cp1254"), ("cp1254", "iso8859_9")),
    **dict.fromkeys(
        ("iso885911", "tis620", "tis6202533", "windows874", "cp874", "ibm874", "xwindows874", "dos874"),
        ("cp874", "iso8859_11"),
    ),
    **dict.fromkeys(("iso88598i", "iso88598e", "iso88598", "hebrew", "visual"), ("cp1255", "iso8859_8")),
    **dict.fromkeys(("iso88596i", "iso88596e", "iso88596", "arabic"), ("iso8859_6", "cp1256")),
    **dict.fromkeys(("koi8r", "koi8", "koi", "cskoi8r"), ("koi8_r",)),
    **dict.fromkeys(("koi8u", "koi8ru"), ("koi8_u",)),
    **dict.fromkeys(("xmaccyrillic", "maccyrillic"), ("mac_cyrillic",)),
    **dict.fromkeys(("xmacce", "xmaccentraleurroman", "maccentraleurope"), ("mac_latin2",)),
    **dict.fromkeys(("macintosh", "xmacroman", "mac", "macroman", "xmac"), ("mac_roman",)),
    **dict.fromkeys(("xmacgreek",), ("mac_greek",)),
    **dict.fromkeys(("xmacturkish",), ("mac_turkish",)),
    **dict.fromkeys(("xmacicelandic",), ("mac_iceland",)),
    **dict.fromkeys(("viscii", "tcvn", "vps"), ("cp1258",)),
}
_NOT_IN_LABEL = re.compile(r"[^0-9a-z]+")
_UNWANTED = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")


@lru_cache(maxsize=512)
def codecs_for(label: str) -> tuple[str, ...]:
    """The codecs to try for a label, best first; () for a label that says nothing or that nobody knows."""
    bare = label.strip().lower().split(";")[0].removeprefix("charset=").strip("\"' ")
    key = _NOT_IN_LABEL.sub("", bare)
    if key in NO_LABEL:
        return ()
    if key in ALIASES:
        return ALIASES[key]
    return _known_to_python(bare, key)


def _known_to_python(bare: str, key: str) -> tuple[str, ...]:
    number = key.removeprefix("x").removeprefix("windows").removeprefix("win").removeprefix("ibm").removeprefix("cp")
    for name in (bare, f"cp{number}", key.replace("iso8859", "iso8859-")):
        found = ""
        try:
            found = codecs.lookup(name).name
            b"a".decode(found)  # LookupError for codecs that are no charsets (zlib, hex, rot13)
        except UnicodeError:
            if not found:
                continue
            return (found.replace("-", "_"),)
        except (LookupError, ValueError):
            continue
        return (found.replace("-", "_"),)
    return ()


def decode(raw: bytes, label: str = "", hints: Sequence[str] = ()) -> Decoded:
    """Decode with the label if it holds, else as UTF-8, else by a guess, else as Latin-1 with `is_certain` off."""
    if raw.isascii() and b"\x1b" not in raw and not _is_seven_bit_shift(label):
        return Decoded(clean(raw.decode("ascii")), "ascii")
    return (
        _by_byte_order_mark(raw)
        or _by_label(raw, label)
        or _as_utf8(raw)
        or _mostly(raw, label)
        or _by_guess(raw, label, hints)
    )


def _is_seven_bit_shift(label: str) -> bool:
    """Labels under which plain ASCII bytes can still mean something else."""
    return codecs_for(label)[:1] in (("utf_7",), ("hz",), ("iso2022_kr",), ("utf_16",))


def _by_byte_order_mark(raw: bytes) -> Decoded | None:
    for mark, codec in (
        (codecs.BOM_UTF8, "utf_8_sig"),
        (codecs.BOM_UTF16_LE, "utf_16"),
        (codecs.BOM_UTF16_BE, "utf_16"),
    ):
        if raw.startswith(mark) and (text := _try(raw, codec)) is not None:
            return Decoded(clean(text), codec.removesuffix("_sig"))
    return None


def _by_label(raw: bytes, label: str) -> Decoded | None:
    for codec in codecs_for(label):
        if codec in ("cp1252", "latin_1") and (utf8 := _as_utf8(raw)):
            return utf8  # Latin-1 accepts any bytes, so the label alone proves nothing.
        if codec == "utf_16" and (len(raw) % 2 or b"\x00" not in raw):
            continue
        text = _japanese_mail(raw) if codec == "iso2022_jp" else _try(raw, codec)
        if text is not None:
            return Decoded(clean(text), codec)
    return None


def _try(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        return None


def _as_utf8(raw: bytes) -> Decoded | None:
    if b"\x1b$" in raw:
        return None  # valid UTF-8 by chance: ISO-2022 is all ASCII bytes
    text = _try(raw, "utf_8")
    return None if text is None else Decoded(clean(text), "utf_8")


def _mostly(raw: bytes, label: str) -> Decoded | None:
    """A known label with a few broken letters (cut in the middle, say) is better evidence than a guess."""
    for codec in codecs_for(label) or (("utf_8",) if _looks_like_utf8(raw) else ()):
        text = raw.decode(codec, "replace")
        letters = sum(letter > "\x7f" for letter in text)
        broken = text.count("\ufffd")
        if broken and (broken * 8 <= letters or _is_cut(raw, codec)):
            return Decoded(clean(text), codec, is_certain=False)
    return None


def _is_cut(raw: bytes, codec: str) -> bool:
    """Whether only the last letter is broken: the sender's program cut the line by bytes."""
    try:
        raw.decode(codec)
    except UnicodeDecodeError as error:
        return 0 < len(raw) - 4 <= error.start
    return False


def _looks_like_utf8(raw: bytes) -> bool:
    letters = raw.decode("utf_8", "replace")
    return sum(letter > "\x7f" and letter != "\ufffd" for letter in letters) > 8 * letters.count("\ufffd")


def _by_guess(raw: bytes, label: str, hints: Sequence[str]) -> Decoded:
    hinted = [codec for hint in hints for codec in codecs_for(hint)[:1] if codec not in ("utf_8", "cp1252")]
    codec = guess(raw, hinted)
    text = _japanese_mail(raw) if codec == "iso2022_jp" else _try(raw, codec) if codec else None
    if text is not None:
        return Decoded(clean(text), codec, is_certain=False)
    fallback = "cp1252" if decodes(raw, "cp1252") else "latin_1"
    return Decoded(clean(raw.decode(fallback)), fallback, is_certain=False)


_ESCAPE = re.compile(rb"\x1b(\$[@B]|\([A-Z])")


def _japanese_mail(raw: bytes) -> str | None:
    """ISO-2022-JP as Japanese mailers send it: with the NEC and IBM letters (①, ㈱, 髙) that Python's codec refuses."""
    if (text := _try(raw, "iso2022_jp")) is not None:
        return text
    pieces = _ESCAPE.split(raw)
    out = [pieces[0].decode("cp932", "replace")]
    for escape, run in zip(pieces[1::2], pieces[2::2], strict=True):
        out.append(_japanese_run(escape, run))
    text = "".join(out)
    return text if text.count("\ufffd") * 20 <= len(text) and len(pieces) > 1 else None


def _japanese_run(escape: bytes, run: bytes) -> str:
    if escape == b"(I":
        return bytes(byte | 0x80 for byte in run).decode("cp932", "replace")
    if not escape.startswith(b"$"):
        return run.decode("cp932", "replace")
    return b"".join(_to_shift_jis(run[i], run[i + 1]) for i in range(0, len(run) - 1, 2)).decode("cp932", "replace")


def _to_shift_jis(row: int, cell: int) -> bytes:
    """Move a letter of JIS X 0208 (row and cell 0x21–0x7E) to its place in Shift_JIS."""
    lead = ((row + 1) >> 1) + (0x70 if row < 0x5F else 0xB0)
    trail = cell + 0x7E if row % 2 == 0 else cell + (0x20 if cell >= 0x60 else 0x1F)
    return bytes((lead & 0xFF, trail & 0xFF))


def clean(text: str) -> str:
    """Take out what no database column or page can hold (NUL, other controls, lone surrogates); compose letters.

    Apple's programs send Hangul in pieces (NFD), which nobody can search for.
    """
    if _UNWANTED.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # pairs become the letter they mean
        text = _UNWANTED.sub("", text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)
