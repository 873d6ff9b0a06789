"""The lines that the last server on a mail's way writes on top of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

_UNSAFE = re.compile(r"[\r\n\0]")


def with_trace(mail: bytes, sender: str, recipients: Iterable[str]) -> bytes:
    """The mail, with a note of from whom and to whom it really came (RFC 5321 §4.4)."""
    lines = [f"Return-Path: <{sender}>", *(f"Delivered-To: {recipient}" for recipient in recipients)]
    return b"".join(_UNSAFE.sub("", line).encode() + b"\r\n" for line in lines) + mail
