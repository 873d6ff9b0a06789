"""The compressed RTF body of Outlook mail ([MS-OXRTFCP]), and the HTML or text that is wrapped in it ([MS-OXRTFEX])."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from channels_app.mail.charsets import clean, codecs_for

MOST = 4_000_000
_START = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_TOKEN = re.compile(rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|([^\\{}]+)", re.DOTALL)
_SILENT = frozenset(
    (b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"themedata", b"listtable", b"generator")
)


def body_of_rtf(packed: bytes) -> tuple[str, str]:
    """Text and HTML of a compressed RTF body; HTML only where Outlook wrapped some. ("", "") if it is broken."""
    rtf = decompress(packed)
    if not rtf.startswith(b"{\\rtf"):
        return "", ""
    is_html = b"\\fromhtml" in rtf[:2000]
    body = clean("".join(_Reader(is_html).read(rtf)))
    return ("", body) if is_html else (body.strip(), "")


def decompress(packed: bytes) -> bytes:
    """LZFu with a dictionary of 4096 bytes that starts out filled; stops at the end, a break or the size limit."""
    if len(packed) < 16:
        return b""
    _size, raw_size, kind, _crc = struct.unpack_from("<IIII", packed)
    if kind == 0x414C454D:  # "MELA": stored
        return packed[16 : 16 + min(raw_size, MOST)]
    if kind != 0x75465A4C:  # "LZFu"
        return b""
    return _expand(packed, min(raw_size, MOST))


def _expand(packed: bytes, limit: int) -> bytes:
    window = bytearray(_START.ljust(4096, b"\0"))
    write = len(_START)
    out = bytearray()
    at = 16
    while at < len(packed) and len(out) < limit:
        flags = packed[at]
        at += 1
        for bit in range(8):
            if at >= len(packed):
                return bytes(out)
            run, step = _run(packed, at, window, write, is_reference=bool(flags >> bit & 1))
            if run is None:
                return bytes(out[:limit])
            at += step
            out += run
            write = (write + len(run)) % 4096
    return bytes(out[:limit])


def _run(packed: bytes, at: int, window: bytearray, write: int, *, is_reference: bool) -> tuple[bytes | None, int]:
    """One literal byte, or a copy of 2–17 bytes from the window; None at the end mark."""
    if not is_reference:
        window[write] = packed[at]
        return packed[at : at + 1], 1
    if at + 1 >= len(packed):
        return None, 0
    token = packed[at] << 8 | packed[at + 1]
    offset, length = token >> 4, (token & 15) + 2
    if offset == write:
        return None, 0
    run = bytearray()
    for step in range(length):
        byte = window[(offset + step) % 4096]
        window[(write + step) % 4096] = byte
        run.append(byte)
    return bytes(run), 2


class _Reader:
    """Walks RTF tokens with a stack of groups: which are silent, and which hold HTML as it was."""

    def __init__(self, is_html: bool) -> None:
        self.is_html = is_html
        self.codec = "cp1252"
        self.pending = b""
        self.skip = 0
        self.stack: list[tuple[bool, bool]] = []
        self.is_silent = False
        self.is_tag = False
        self.is_hidden = False

    def read(self, rtf: bytes) -> Iterator[str]:
        for match in _TOKEN.finditer(rtf):
            word, number, byte, sign, brace, run = match.groups()
            if byte or run:
                yield from self._bytes(
                    bytes.fromhex(byte.decode()) if byte else run.replace(b"\r", b"").replace(b"\n", b"")
                )
                continue
            yield self._flush()
            if brace:
                self._group(brace)
            elif word:
                yield self._word(word, int(number) if number else None)
            else:
                yield self._sign(sign)
        yield self._flush()

    def _is_quiet(self) -> bool:
        return self.is_silent or (self.is_hidden and not self.is_tag)

    def _bytes(self, data: bytes) -> Iterator[str]:
        if self.skip:
            cut = min(self.skip, len(data))
            data, self.skip = data[cut:], self.skip - cut
        if not self._is_quiet():
            self.pending += data
        return iter(())

    def _flush(self) -> str:
        text, self.pending = self.pending.decode(self.codec, "replace"), b""
        return text

    def _group(self, brace: bytes) -> None:
        if brace == b"{":
            self.stack.append((self.is_silent, self.is_tag))
        elif self.stack:
            self.is_silent, self.is_tag = self.stack.pop()

    def _sign(self, sign: bytes) -> str:
        if sign == b"*":
            self.is_silent = True  # an optional destination: silent unless the next word is known
        if self._is_quiet():
            return ""
        return {b"~": "\u00a0", b"_": "-", b"{": "{", b"}": "}", b"\\": "\\", b"\n": "\n"}.get(sign, "")

    def _word(self, word: bytes, number: int | None) -> str:
        if word == b"ansicpg" and number:
            self.codec = next(iter(codecs_for(f"cp{number}")), "cp1252")
        elif word == b"htmltag":
            self.is_tag, self.is_silent = True, False
        elif word == b"htmlrtf":
            self.is_hidden = number != 0
        elif word in _SILENT:
            self.is_silent = True
        elif not self._is_quiet():
            return self._visible(word, number)
        return ""

    def _visible(self, word: bytes, number: int | None) -> str:
        if word == b"u" and number is not None:
            self.skip = 1
            return chr(number % 65536)
        if word in (b"par", b"line"):
            return "\n"
        return {b"tab": "\t", b"lquote": "\u2018", b"rquote": "\u2019", b"bullet": "\u2022", b"endash": "\u2013"}.get(
            word, {b"ldblquote": "\u201c", b"rdblquote": "\u201d", b"emdash": "\u2014"}.get(word, "")
        )
