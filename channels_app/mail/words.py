"""Encoded words (RFC 2047) as real mailers write them: split inside a letter, glued together, quoted, unpadded, raw."""

from __future__ import annotations

import binascii
import re
from collections.abc import Sequence

from channels_app.mail.charsets import decode

LONGEST = 65_536
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?(.{0,4000}?)\?=", re.DOTALL)
_SPACE = re.compile(r"[\x00-\x20\x7f]+")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def decode_text(raw: str, hints: Sequence[str] = ()) -> str:
    """Decode an unstructured header. Bytes beyond ASCII arrive as surrogates, the way the stdlib's parser keeps them."""
    raw = raw[:LONGEST]
    pieces = _joined(_pieces(raw)) if "=?" in raw else [("", raw)]
    text = "".join(_piece_text(charset, piece, hints) for charset, piece in pieces)
    return _SPACE.sub(" ", text).strip()


def raw_bytes(raw: str) -> bytes:
    """The bytes that a header had on the wire."""
    return raw.encode("utf-8", "surrogateescape")


def _piece_text(charset: str, piece: str | bytes, hints: Sequence[str]) -> str:
    if isinstance(piece, bytes):
        return decode(piece, charset.partition("*")[0], hints).text
    if piece.isascii() and "\x1b" not in piece:
        return piece
    return decode(raw_bytes(piece), "", hints).text


def _pieces(raw: str) -> list[tuple[str, str | bytes]]:
    """Alternating plain text and (charset, bytes); white space between two encoded words is not text."""
    pieces: list[tuple[str, str | bytes]] = []
    end = 0
    for match in _WORD.finditer(raw):
        between = raw[end : match.start()]
        if between and (between.strip() or not pieces):
            pieces.append(("", between))
        pieces.append((match[1].lower(), _word_bytes(match[2], match[3])))
        end = match.end()
    return [*pieces, ("", raw[end:])]


def _joined(pieces: list[tuple[str, str | bytes]]) -> list[tuple[str, str | bytes]]:
    """Neighbours of one charset are decoded together: many mailers cut in the middle of a letter."""
    joined: list[tuple[str, str | bytes]] = []
    run = b""
    label = ""
    for charset, piece in pieces:
        if isinstance(piece, bytes) and (not run or charset == label):
            run, label = run + piece, charset
            continue
        if run:
            joined.append((label, run))
            run = b""
        if isinstance(piece, bytes):
            run, label = piece, charset
        else:
            joined.append((charset, piece))
    return [*joined, (label, run)] if run else joined


def _word_bytes(encoding: str, text: str) -> bytes:
    data = raw_bytes(text)
    if encoding in "bB":
        return lenient_base64(data)
    return binascii.a2b_qp(data.replace(b"\r", b"").replace(b"\n", b""), header=True)


def lenient_base64(data: bytes) -> bytes:
    """Decode what is there: foreign characters are skipped, padding in the middle or none at all is no obstacle."""
    out = []
    for block in data.split(b"="):
        digits = _NOT_BASE64.sub(b"", block)
        whole = len(digits) - (len(digits) % 4 == 1)
        out.append(binascii.a2b_base64(digits[:whole] + b"==="[: -whole % 4]))
    return b"".join(out)
