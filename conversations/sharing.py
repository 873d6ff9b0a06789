"""Public addresses of files: for providers that fetch what we send, good for some hours; for customers, for some weeks."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.urls import reverse

from conversations.models import Attachment

SALT = "conversations.shared_file"
LINK_SALT = "conversations.linked_file"
# A customer opens a link when it suits them.
LINKS_LIVE = timedelta(days=30)


def link_to(attachment: Attachment) -> str:
    """Where a customer can fetch a file that their channel does not carry."""
    return address_of(attachment, salt=LINK_SALT)


def address_of(attachment: Attachment, *, salt: str = SALT) -> str:
    """Where anybody who knows the address can fetch a file, until it ends; the last part is the file's own name."""
    signed = signing.TimestampSigner(salt=salt).sign(attachment.key.hex)
    name = quote(attachment.name.replace("/", "_"), safe="")
    return f"{settings.PUBLIC_URL}{reverse('conversations:shared_file', args=[signed])}{name}"


def opened(signed: str) -> Attachment | None:
    """The file behind an address; None where that was not made by us, or has ended."""
    lives = {SALT: timedelta(hours=settings.SHARED_FILE_HOURS), LINK_SALT: LINKS_LIVE}
    key = next(filter(None, (_key(signed, salt, life) for salt, life in lives.items())), None)
    if key is None:
        return None
    return Attachment.objects.filter(key=key).exclude(file="").first()


def _key(signed: str, salt: str, life: timedelta) -> str | None:
    try:
        return signing.TimestampSigner(salt=salt).unsign(signed, max_age=life)
    except signing.BadSignature:
        return None
