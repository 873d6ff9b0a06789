"""What an uploaded file really is: the name and the sender's word prove nothing."""

from __future__ import annotations

import mimetypes

SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"#!")
PROGRAM_NAMES = (
    ".exe",
    ".bat",
    ".cmd",
    ".com",
    ".scr",
    ".msi",
    ".msp",
    ".pif",
    ".cpl",
    ".dll",
    ".js",
    ".jse",
    ".vbs",
    ".vbe",
    ".wsf",
    ".hta",
    ".ps1",
    ".jar",
    ".lnk",
    ".reg",
    ".apk",
    ".app",
    ".sh",
)


def is_dangerous(name: str, head: bytes) -> bool:
    """Whether a file could run where somebody opens it."""
    return name.strip(". ").lower().endswith(PROGRAM_NAMES) or head.startswith(PROGRAMS)


def content_type(name: str, head: bytes) -> str:
    """The type by the first bytes, else by the name; a picture only where the bytes are one."""
    for signature, kind in SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return "application/octet-stream" if guessed.startswith("image/") else guessed
