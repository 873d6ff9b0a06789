"""Vonage's tokens, for messages, calls and video alike: theirs on what they send (HS256), ours on what we ask (RS256).

Theirs: developer.nexmo.com, "signed webhooks"; that of a GET: Vonage support, article 19033783342876.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import jwt
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app import signatures
from channels_app.contract import AccountFailure, Rejected
from channels_app.contract.connector import Connector

# Vonage's Cloud Runtime puts a token of its own into Authorization and the original here.
ORIGINAL = "X-Vonage-Webhook-Auth-Token"
WINDOW_SECONDS = 300
LIFE_SECONDS = 15 * 60


def authenticate(connector: Connector, request: HttpRequest) -> None:
    """Check that Vonage signed this very request, for this account, a moment ago; raises Rejected."""
    for token in _tokens(request):
        for secret in connector.active_secrets("signature_secret"):
            claims = _claims(token, secret)
            if claims is not None and _is_meant(connector, claims) and _is_fresh(claims) and _is_whole(claims, request):
                return
    raise Rejected("the token is not Vonage's")


def bearer(connector: Connector, **claims: Any) -> dict[str, str]:
    """The header that lets us in."""
    return {"Authorization": f"Bearer {issue(connector, **claims)}"}


def issue(connector: Connector, **claims: Any) -> str:
    """A token of the application's, valid for a quarter of an hour unless `exp` says otherwise; raises AccountFailure."""
    now = int(time.time())
    claims = {"iat": now, "exp": now + LIFE_SECONDS, "jti": uuid.uuid4().hex, **claims}
    claims["application_id"] = connector.account.config.get("application_id", "")
    try:
        return jwt.encode(claims, connector.account.secrets.get("private_key", ""), algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError) as error:
        words = _("The application's private key cannot be read. An admin should enter it again.")
        raise AccountFailure("no usable private key", code="key", advice=words) from error


def _tokens(request: HttpRequest) -> Iterable[str]:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    found = [request.headers.get(ORIGINAL, "").removeprefix("Bearer "), token if scheme.lower() == "bearer" else ""]
    return filter(None, found)


def _claims(token: str, secret: str) -> Mapping[str, Any] | None:
    """What a token says, if this secret signed it; the algorithm is never taken from the token."""
    try:
        return jwt.decode(token, secret, algorithms=["HS256"], options={"verify_aud": False, "verify_iat": False})
    except jwt.PyJWTError:
        return None


def _is_meant(connector: Connector, claims: Mapping[str, Any]) -> bool:
    """Whether the account and the application are ours, where the token names them."""
    config = connector.account.config
    named = [(claims.get(name), config.get(name)) for name in ("api_key", "application_id")]
    return all(not theirs or not ours or theirs == ours for theirs, ours in named)


def _is_fresh(claims: Mapping[str, Any]) -> bool:
    issued = claims.get("iat")
    if not isinstance(issued, int | float) or isinstance(issued, bool):
        return False
    return abs(timezone.now().timestamp() - issued) <= WINDOW_SECONDS


def _is_whole(claims: Mapping[str, Any], request: HttpRequest) -> bool:
    """Whether the body is the one that was signed; a token without a hash vouches for its sender alone."""
    named = claims.get("payload_hash")
    if not named:
        return True
    signed = request.body if request.method != "GET" else _query_as_json(request.META.get("QUERY_STRING", ""))
    return signatures.is_same(hashlib.sha256(signed).hexdigest(), str(named).lower())


def _query_as_json(query: str) -> bytes:
    """The query's parameters as compact JSON, in the order in which they came."""
    return json.dumps(
        dict(parse_qsl(query, keep_blank_values=True)), separators=(",", ":"), ensure_ascii=False
    ).encode()
