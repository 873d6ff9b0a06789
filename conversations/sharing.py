"""Public addresses of files for providers that fetch what we send: signed, and good for some hours."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.urls import reverse

from conversations.models import Attachment

SALT = "conversations.shared_file"


def address_of(attachment: Attachment) -> str:
    """Where anybody who knows the address can fetch a file, until it ends; the last part is the file's own name."""
    signed = signing.TimestampSigner(salt=SALT).sign(attachment.key.hex)
    name = quote(attachment.name.replace("/", "_"), safe="")
    return f"{settings.PUBLIC_URL}{reverse('conversations:shared_file', args=[signed])}{name}"


def opened(signed: str) -> Attachment | None:
    """The file behind an address; None where that was not made by us, or has ended."""
    try:
        key = signing.TimestampSigner(salt=SALT).unsign(signed, max_age=timedelta(hours=settings.SHARED_FILE_HOURS))
    except signing.BadSignature:
        return None
    return Attachment.objects.filter(key=key).exclude(file="").first()
