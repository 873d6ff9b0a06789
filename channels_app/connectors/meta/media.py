"""Files at Meta's: only its own servers are asked, and only they are shown a token."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.contract import FetchedFile, PermanentFailure, TemporaryFailure

# Where Meta keeps what people send: CDN, "lookaside" servers, Instagram's CDN, WhatsApp's.
DOMAINS = ("fbcdn.net", "fbsbx.com", "cdninstagram.com", "whatsapp.net")
DOWNLOAD_SECONDS = 120.0
# Where Python's own table has none, or an unusual one.
EXTENSIONS = {
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/mp4": ".m4a",
    "audio/ogg": ".ogg",
    "image/webp": ".webp",
    "video/3gpp": ".3gp",
}
EXPIRED = _("Meta no longer has this file. Ask the customer to send it again.")


def is_media(url: str, *, beside: str = "") -> bool:
    """Whether an address is a file at Meta's; `beside` is our interface's own address, for a simulator in its place."""
    try:
        found, own = urlsplit(url), urlsplit(beside)
        host = found.hostname or ""
        is_own = bool(host) and (found.scheme, host, found.port) == (own.scheme, own.hostname, own.port)
    except ValueError:
        return False
    return is_own or (found.scheme == "https" and any(host == one or host.endswith(f".{one}") for one in DOMAINS))


def fetch(url: str, *, max_bytes: int, beside: str, token: str = "") -> FetchedFile:
    """Get a file; raises PermanentFailure for an address that is not Meta's, or no longer valid."""
    if not is_media(url, beside=beside):
        raise PermanentFailure(f"{urlsplit(url).hostname} is none of Meta's servers", code="host")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = http.request("GET", url, headers=headers, max_bytes=max_bytes, seconds=DOWNLOAD_SECONDS)
    if answer.is_ok:
        return FetchedFile(answer.body, bare_type(answer.headers.get("content-type", "")))
    if answer.status == 429 or answer.status >= 500:
        raise TemporaryFailure(f"{answer.url} answered {answer.status}", code=str(answer.status))
    # 401 and 403 too: the address has run out, which says nothing of the channel's own access.
    raise PermanentFailure(f"{answer.url} answered {answer.status}", code=str(answer.status), advice=EXPIRED)


def bare_type(content_type: str) -> str:
    """A content type without its parameters ("audio/ogg; codecs=opus")."""
    return content_type.partition(";")[0].strip().lower()


def file_name(url: str, stem: str, content_type: str) -> str:
    """The name in an address where it is one, else one made of what the file is."""
    try:
        name = PurePosixPath(urlsplit(url).path).name
    except ValueError:
        name = ""
    if "." in name.strip("."):
        return name[:200]
    return stem + extension(content_type)


def extension(content_type: str) -> str:
    """What the name of such a file ends with; blank where nobody knows."""
    return EXTENSIONS.get(content_type) or mimetypes.guess_extension(content_type) or ""


def type_of(url: str, fallback: str) -> str:
    """The content type that an address suggests, until the server says it."""
    try:
        return mimetypes.guess_type(urlsplit(url).path)[0] or fallback
    except ValueError:
        return fallback
