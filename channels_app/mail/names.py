"""A file name for every part: decoded, without a path, without tricks, and never empty."""

from __future__ import annotations

import re
import unicodedata

from channels_app.mail.headers import Headers

LONGEST = 150
_PATH = re.compile(r"^.*[\\/]", re.DOTALL)
# Controls, and the marks that turn the reading direction ("exe.fdp" shown backwards).
_TRICKS = re.compile("[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_NOT_IN_NAMES = re.compile(r'[<>:"|?*]')

EXTENSIONS = {
    "application/gzip": ".gz",
    "application/json": ".json",
    "application/msword": ".doc",
    "application/pdf": ".pdf",
    "application/pgp-encrypted": ".asc",
    "application/pgp-keys": ".asc",
    "application/pgp-signature": ".asc",
    "application/pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s",
    "application/rtf": ".rtf",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/x-hwp": ".hwp",
    "application/haansofthwp": ".hwp",
    "application/xml": ".xml",
    "application/zip": ".zip",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/tiff": ".tif",
    "image/webp": ".webp",
    "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "message/rfc822": ".eml",
    "message/global": ".eml",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/rfc822-headers": ".txt",
    "text/vcard": ".vcf",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
}
_TYPES = {
    extension: content_type
    for content_type, extension in EXTENSIONS.items()
    if content_type.startswith(("image/", "audio/", "video/")) or content_type == "application/pdf"
} | {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".svg": "application/octet-stream"}


def stated_name(headers: Headers) -> str:
    """The name the sender gave, or ""."""
    disposition = headers.parameters("Content-Disposition")
    for name in (disposition.get("filename"), headers.parameters("Content-Type").get("name"), disposition.get("name")):
        if name and (safe := safe_name(name)):
            return safe
    return safe_name(headers.text("Content-Description")) if "." in headers.text("Content-Description")[-6:] else ""


def made_name(content_type: str, number: int, title: str = "") -> str:
    """A name for a part without one: its title (a nested mail's subject), else its kind and number."""
    extension = EXTENSIONS.get(content_type, "")
    if title := safe_name(title.replace("/", "_").replace("\\", "_")):
        return f"{title[: LONGEST - len(extension)]}{extension}"
    kind = {"image": "image", "audio": "audio", "video": "video", "message": "message", "text": "text"}
    return f"{kind.get(content_type.partition('/')[0], 'file')}-{number}{extension or '.bin'}"


def better_type(content_type: str, name: str) -> str:
    """A picture, sound, film or PDF that was sent as mere bytes, by its name; anything else stays what it said."""
    if content_type not in ("", "application/octet-stream", "application/binary", "application/x-download"):
        return content_type
    known = _TYPES.get(f".{name.rpartition('.')[2].lower()}", "")
    return known or content_type or "application/octet-stream"


def safe_name(name: str) -> str:
    """Keep what a name may hold on any system: the last step of a path, at most 150 signs, the extension kept."""
    name = unicodedata.normalize("NFC", name)
    name = _TRICKS.sub("", _PATH.sub("", name) if not name.endswith(("/", "\\")) else "")
    name = _NOT_IN_NAMES.sub("_", name).strip(" .") if name.strip(" .") else ""
    if len(name) <= LONGEST:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 12:
        return name[:LONGEST]
    return f"{stem[: LONGEST - len(extension) - 1]}.{extension}"
