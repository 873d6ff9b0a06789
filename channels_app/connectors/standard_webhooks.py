"""Standard Webhooks 1.0.0 (standard-webhooks/standard-webhooks, spec/standard-webhooks.md): the symmetric scheme, v1."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping

from django.utils import timezone

from channels_app.contract import Rejected
from channels_app.signatures import hmac_base64, is_any

PREFIX = "whsec_"
TOLERANCE_SECONDS = 300
LONGEST_ID = 200
# The spec asks for 24 to 64 random bytes.
SHORTEST_SECRET, LONGEST_SECRET = 24, 64


def key_of(secret: str) -> bytes:
    """The bytes of a secret; raises ValueError where it is not base64 or has not the length that the spec asks for."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("the secret is not base64") from error
    if not SHORTEST_SECRET <= len(key) <= LONGEST_SECRET:
        raise ValueError(f"the secret has {len(key)} bytes")
    return key


def signature(secret: str, message_id: str, timestamp: int | str, body: bytes) -> str:
    """One entry of the header webhook-signature."""
    return "v1," + hmac_base64(key_of(secret), f"{message_id}.{timestamp}.".encode() + body)


def headers(secrets: Iterable[str], message_id: str, body: bytes) -> dict[str, str]:
    """What goes with a signed request made now; while a secret is being replaced, both sign."""
    timestamp = int(timezone.now().timestamp())
    signed = " ".join(signature(secret, message_id, timestamp, body) for secret in secrets)
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": signed}


def verify(secrets: Iterable[str], given: Mapping[str, str], body: bytes) -> None:
    """Check that one of the secrets made one of the signatures, lately; raises Rejected."""
    message_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not message_id.isascii() or not 0 < len(message_id) <= LONGEST_ID:
        raise Rejected("webhook-id is missing or too long")
    if not timestamp.isdecimal() or len(timestamp) > 12:
        raise Rejected("webhook-timestamp is no time in seconds")
    if abs(timezone.now().timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise Rejected("webhook-timestamp is not of now")
    ours = [signature(secret, message_id, timestamp, body) for secret in secrets]
    # All of them are compared, whichever fits.
    if sum([is_any(ours, theirs) for theirs in given.get("webhook-signature", "").split()[:20]]) == 0:
        raise Rejected("no secret of this channel made the signature")
