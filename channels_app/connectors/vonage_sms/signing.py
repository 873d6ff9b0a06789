"""Signatures of Vonage's SMS API over every parameter (vonage_http_client 1.5.2: auth.py; the oldest form: recall)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qsl

from django.http import HttpRequest
from django.utils import timezone

from channels_app import signatures
from channels_app.connectors import tolerant
from channels_app.contract import Rejected
from channels_app.contract.connector import Connector

Said = Mapping[str, str]

# `md5hash` is the form of old accounts: MD5 over the text with the secret behind it.
ALGORITHMS = ("sha256", "sha512", "sha1", "md5", "md5hash")
# The timestamp is the message's own, also where Vonage repeats it for a day; what comes twice is known by its messageId.
OLDEST = timedelta(hours=25)
MOST_AHEAD = timedelta(minutes=5)


def authenticate(connector: Connector, request: HttpRequest) -> None:
    """Check signature and time of a request by GET or POST; raises Rejected."""
    said = parameters(request.body, request.META.get("QUERY_STRING", ""))
    algorithm = connector.account.config.get("algorithm") or ALGORITHMS[0]
    ours = [signature(said, secret, algorithm) for secret in connector.active_secrets("signature_secret")]
    if not signatures.is_any(ours, said.get("sig", "").lower()):
        raise Rejected("the signature is not Vonage's")
    if not _is_fresh(said):
        raise Rejected("the request is not of today")


def parameters(body: bytes | memoryview, query: str) -> Said:
    """What was sent, however the account sends it: a form, JSON, or the query of a GET."""
    raw = bytes(body).strip()
    if raw.startswith(b"{"):
        return {name: _plain(value) for name, value in tolerant.peek(raw).items()}
    fields = parse_qsl(raw.decode("utf-8", "replace") or query, keep_blank_values=True)
    return {name: _plain(value) for name, value in fields}


def _plain(value: object) -> str:
    """A value as it is signed: a text, or a number or truth as JSON writes it."""
    written = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return tolerant.text({"": written}, "")


def signature(said: Said, secret: str, algorithm: str) -> str:
    """The signature in lower-case hexadecimal over the parameters without `sig`, sorted; & and = in values become _."""
    named = sorted((name, value) for name, value in said.items() if name != "sig")
    signed = "".join(f"&{name}={value.replace('&', '_').replace('=', '_')}" for name, value in named)
    if algorithm == "md5hash":
        return hashlib.md5((signed + secret).encode()).hexdigest()  # noqa: S324  what old accounts sign with
    return signatures.hmac_hex(secret, signed.encode(), algorithm)


def _is_fresh(said: Said) -> bool:
    at, now = tolerant.at(said, "timestamp"), timezone.now()
    return at is not None and now - OLDEST <= at <= now + MOST_AHEAD
