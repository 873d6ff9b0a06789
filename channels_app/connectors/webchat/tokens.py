"""Tokens by which a host site vouches for a person (JWT, RFC 7519: HS256 or RS256)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from channels_app.contract import Address, Rejected
from channels_app.panel import HostPerson

LONGEST_LIFE = timedelta(minutes=15)
LEEWAY = timedelta(seconds=60)
LONGEST_TOKEN = 8000
EMAIL = re.compile(r"[^@\s,;<>()\[\]\"]{1,64}@[^@\s,;<>()\[\]\"]+\.[^@\s,;<>()\[\]\"]{2,}")
PEM = re.compile(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)


def person(token: str, *, secrets: Sequence[str], public_keys: str, audience: str) -> HostPerson:
    """Whom a token names; raises Rejected unless one of the keys signed it, for this audience, and it holds now."""
    if len(token) > LONGEST_TOKEN:
        raise Rejected("the token is too long")
    for key, algorithm in [(secret, "HS256") for secret in secrets] + [
        (key, "RS256") for key in PEM.findall(public_keys)
    ]:
        try:
            claims = _claims(token, key, algorithm, audience)
        except jwt.InvalidKeyError as error:
            raise Rejected("a signing key of this channel is broken") from error
        except jwt.InvalidSignatureError:
            continue
        except jwt.PyJWTError as error:
            raise Rejected(str(error)) from error
        return _person(claims, token)
    raise Rejected("no key of this channel signed the token")


def _claims(token: str, key: str, algorithm: str, audience: str) -> dict[str, Any]:
    # One algorithm for each key: a public key must never be taken for a shared secret.
    if jwt.get_unverified_header(token).get("alg") != algorithm:
        raise jwt.InvalidSignatureError
    required = ["exp", "iat", "sub", "aud"]
    return jwt.decode(token, key, [algorithm], audience=audience, leeway=LEEWAY, options={"require": required})


def _person(claims: dict[str, Any], token: str) -> HostPerson:
    life = timedelta(seconds=claims["exp"] - claims["iat"])
    if life > LONGEST_LIFE:
        raise Rejected("the token lives longer than 15 minutes")
    email = normal_email(str(claims.get("email") or "")) if claims.get("email_verified", True) is True else ""
    return HostPerson(
        subject=str(claims["sub"])[:200],
        # A host that names no jti can still use each token only once.
        token_id=hashlib.sha256(str(claims.get("jti") or token).encode()).hexdigest(),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC) + LEEWAY,
        name=str(claims.get("name") or "")[:160],
        proven=[Address("email", email, is_verified=True)] if email else [],
    )


def normal_email(text: str) -> str:
    """An e-mail address as identities keep it; blank for what is none."""
    text = text.strip()
    return text.lower() if len(text) <= 254 and EMAIL.fullmatch(text) else ""
