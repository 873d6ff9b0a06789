"""Outlook's winmail.dat (TNEF, [MS-OXTNEF]): its attachments and its body, read within bounds."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from channels_app.mail.charsets import decode
from channels_app.mail.names import made_name, safe_name
from channels_app.mail.rtf import body_of_rtf

SIGNATURE = 0x223E9F78
MOST_ATTACHMENTS = 200
_ATTACHMENT_STARTS, _ATTACHMENT_TITLE, _ATTACHMENT_DATA, _ATTACHMENT_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_MESSAGE_PROPERTIES, _BODY, _CODEPAGE, _SUBJECT = 0x9003, 0x800C, 0x9007, 0x8004
# MAPI property ids
_P_BODY, _P_RTF, _P_HTML, _P_SUBJECT = 0x1000, 0x1009, 0x1013, 0x0037
_P_LONG_NAME, _P_NAME, _P_DISPLAY, _P_DATA, _P_MIME, _P_CONTENT_ID, _P_METHOD = (
    0x3707,
    0x3704,
    0x3001,
    0x3701,
    0x370E,
    0x3712,
    0x3705,
)
_FIXED = {
    0x0002: 4,
    0x0003: 4,
    0x0004: 4,
    0x000A: 4,
    0x000B: 4,
    0x0005: 8,
    0x0006: 8,
    0x0007: 8,
    0x0014: 8,
    0x0040: 8,
    0x0048: 16,
}
_STRING8, _UNICODE, _OBJECT, _BINARY = 0x001E, 0x001F, 0x000D, 0x0102
_VARIABLE = frozenset({_STRING8, _UNICODE, _OBJECT, _BINARY})

Value = bytes | str


@dataclass(slots=True)
class TnefFile:
    """One attachment inside a winmail.dat."""

    name: str = ""
    content: bytes = b""
    content_type: str = ""
    content_id: str = ""


@dataclass(slots=True)
class Tnef:
    """What a winmail.dat holds. `is_whole` is off when it ended or broke before its end."""

    text: str = ""
    html: str = ""
    subject: str = ""
    files: list[TnefFile] = field(default_factory=list)
    is_whole: bool = True


class _Broken(Exception):
    """The structure ends in the middle of something."""


def read_tnef(raw: bytes) -> Tnef | None:
    """Read a winmail.dat; None if it is none. What was read before a break is kept."""
    if len(raw) < 6 or struct.unpack_from("<I", raw)[0] != SIGNATURE:
        return None
    found = Tnef()
    codepage = "cp1252"
    try:
        for name, data in _attributes(raw):
            if name == _CODEPAGE and len(data) >= 4:
                codepage = f"cp{struct.unpack_from('<I', data)[0]}"
            _apply(found, name, data, codepage)
    except (_Broken, struct.error):
        found.is_whole = False
    for number, file in enumerate(found.files, 1):
        file.name = safe_name(file.name) or made_name(file.content_type, number)
    return found


def _attributes(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Level (1), id (2), type (2), length (4), data, checksum (2)."""
    at = 6
    while at + 9 <= len(raw):
        _level, name, _type, length = struct.unpack_from("<BHHI", raw, at)
        at += 9
        if at + length > len(raw):
            raise _Broken
        yield name, raw[at : at + length]
        at += length + 2


def _apply(found: Tnef, name: int, data: bytes, codepage: str) -> None:
    if name == _ATTACHMENT_STARTS:
        if len(found.files) >= MOST_ATTACHMENTS:
            raise _Broken
        found.files.append(TnefFile())
    elif name == _MESSAGE_PROPERTIES:
        _read_message(found, dict(_properties(data, codepage)), codepage)
    elif name == _BODY:
        found.text = found.text or decode(data.rstrip(b"\0"), codepage).text
    elif name == _SUBJECT:
        found.subject = found.subject or decode(data.rstrip(b"\0"), codepage).text
    elif found.files:
        _read_attachment(found.files[-1], name, data, codepage)


def _read_message(found: Tnef, properties: dict[int, Value], codepage: str) -> None:
    found.subject = _string(properties.get(_P_SUBJECT), codepage) or found.subject
    found.text = _string(properties.get(_P_BODY), codepage) or found.text
    found.html = _string(properties.get(_P_HTML), codepage)
    rtf = properties.get(_P_RTF)
    if isinstance(rtf, bytes) and not (found.text and found.html):
        text, html = body_of_rtf(rtf)
        found.text, found.html = found.text or text, found.html or html


def _read_attachment(file: TnefFile, name: int, data: bytes, codepage: str) -> None:
    if name == _ATTACHMENT_TITLE:
        file.name = file.name or decode(data.rstrip(b"\0"), codepage).text
    elif name == _ATTACHMENT_DATA:
        file.content = data
    elif name == _ATTACHMENT_PROPERTIES:
        properties = dict(_properties(data, codepage))
        names = (_string(properties.get(key), codepage) for key in (_P_LONG_NAME, _P_NAME, _P_DISPLAY))
        file.name = next(filter(None, names), "") or file.name
        file.content_type = _string(properties.get(_P_MIME), codepage).lower()
        file.content_id = _string(properties.get(_P_CONTENT_ID), codepage).strip("<>")
        content = properties.get(_P_DATA)
        if isinstance(content, bytes) and not file.content:
            file.content = content


def _string(value: Value | None, codepage: str) -> str:
    if isinstance(value, bytes):
        return decode(value.rstrip(b"\0"), codepage).text
    return value or ""


def _properties(data: bytes, codepage: str) -> Iterator[tuple[int, Value]]:
    """MAPI properties: type, id, a name where the id is ≥ 0x8000, then values padded to four bytes."""
    (count,) = struct.unpack_from("<I", data)
    at = 4
    for _ in range(min(count, 2000)):
        kind, name = struct.unpack_from("<HH", data, at)
        at = _after_name(data, at + 4) if name >= 0x8000 else at + 4
        values, at = _values(data, at, kind)
        for value in values[:1]:
            yield name, _converted(value, kind & 0x0FFF, codepage)


def _after_name(data: bytes, at: int) -> int:
    kind, length = struct.unpack_from("<II", data, at + 16)
    return at + 24 if kind == 0 else at + 24 + _padded(length)


def _values(data: bytes, at: int, kind: int) -> tuple[list[bytes], int]:
    single = kind & 0x0FFF
    count = 1
    if kind & 0x1000 or single in _VARIABLE:
        (count,) = struct.unpack_from("<I", data, at)
        at += 4
    values: list[bytes] = []
    for _ in range(count):
        size, length = (_FIXED.get(single, -1),) * 2
        if single in _VARIABLE:
            (size,) = struct.unpack_from("<I", data, at)
            at, length = at + 4, _padded(size)
        if size < 0 or at + size > len(data):
            raise _Broken
        values.append(data[at : at + size])
        at += length
    return values, at


def _converted(value: bytes, kind: int, codepage: str) -> Value:
    if kind == _UNICODE:
        return value.decode("utf-16-le", "replace").rstrip("\0")
    if kind == _STRING8:
        return decode(value.rstrip(b"\0"), codepage).text
    return value[16:] if kind == _OBJECT else value


def _padded(length: int) -> int:
    return length + -length % 4
