"""Twilio's signatures over the address it called and every parameter it sent (twilio 9.13: request_validator.py)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import groupby
from urllib.parse import parse_qs, parse_qsl, urlsplit

from django.http import HttpRequest

from channels_app import signatures
from channels_app.contract import Rejected
from channels_app.contract.connector import Connector

SIGNATURE = "X-Twilio-Signature"
# Only with the newer shared keys: "key=<id>,algorithm=HMAC_SHA256".
SETTINGS = "X-Twilio-Webhooks-Signature-Settings"
ALGORITHMS = {"HMAC_SHA1": ("sha1", "auth_token"), "HMAC_SHA256": ("sha256", "shared_key")}
DEFAULT_PORTS = {"https": 443, "http": 80}

Fields = Sequence[tuple[str, str]]


def authenticate(connector: Connector, request: HttpRequest) -> None:
    """Check Twilio's signature by every secret of the kind that the request names; raises Rejected."""
    digest, secret_name = _algorithm(request.headers.get(SETTINGS, ""))
    fields = _fields_signed(request)
    secrets = connector.active_secrets(secret_name)
    addresses = _addresses(public_address(connector, request))
    ours = [signature(secret, url, fields, digest) for secret in secrets for url in addresses]
    if not signatures.is_any(ours, request.headers.get(SIGNATURE, "")):
        raise Rejected("the signature is not Twilio's")


def public_address(connector: Connector, request: HttpRequest) -> str:
    """What Twilio called, as Twilio saw it: from the channel's own address, never from the Host header."""
    below = request.path.partition(f"/{connector.account.token}/")[2]
    query = request.META.get("QUERY_STRING", "")
    return f"{connector.account.hook_url}{below}" + (f"?{query}" if query else "")


def signature(secret: str, url: str, fields: Fields, digest: str = "sha1") -> str:
    """HMAC in base64 over the address and each parameter, sorted by name; of one that repeats, each value once."""
    named = groupby(sorted(set(fields)), key=lambda field: field[0])
    signed = url + "".join(name + value for name, group in named for _name, value in group)
    return signatures.hmac_base64(secret, signed.encode(), digest)


def form_fields(body: bytes) -> Fields:
    """Every parameter of a form, blank ones too: all of them are signed."""
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def _algorithm(settings: str) -> tuple[str, str]:
    named = dict(part.strip().partition("=")[::2] for part in settings.split(","))
    try:
        return ALGORITHMS[named.get("algorithm", "").strip().upper() or "HMAC_SHA1"]
    except KeyError as error:
        raise Rejected("an unknown algorithm") from error


def _fields_signed(request: HttpRequest) -> Fields:
    """A form's parameters; of a JSON body the address carries the hash, which is signed with it."""
    if request.content_type != "application/json":
        return form_fields(request.body)
    named = parse_qs(request.META.get("QUERY_STRING", "")).get("bodySHA256", [""])[0]
    if not signatures.is_same(hashlib.sha256(request.body).hexdigest(), named):
        raise Rejected("the body is not what was signed")
    return ()


def _addresses(url: str) -> Iterable[str]:
    """The address with and without its port: Twilio is not of one mind about it (twilio-python#392)."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or DEFAULT_PORTS.get(parts.scheme, 443)
    return [parts._replace(netloc=netloc).geturl() for netloc in (host, f"{host}:{port}")]
