"""The signature schemes as providers document them (written without a look at the desk's own verifiers)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import uuid
from typing import Any

import jwt
from django.utils import timezone


def hex_hmac(secret: str | bytes, message: bytes, name: str = "sha256") -> str:
    key = secret if isinstance(secret, bytes) else secret.encode()
    return hmac.new(key, message, getattr(hashlib, name)).hexdigest()


def base64_hmac(secret: str | bytes, message: bytes, name: str = "sha256") -> str:
    return base64.b64encode(bytes.fromhex(hex_hmac(secret, message, name))).decode()


def sha1_of_sorted(*words: str) -> str:
    """WeChat's signature: SHA-1 over the words in order, joined."""
    return hashlib.sha1("".join(sorted(words)).encode()).hexdigest()  # noqa: S324  (their scheme)


def hs256(secret: str | bytes, **claims: Any) -> str:
    """A token with the given claims and the time of its making."""
    return jwt.encode({"iat": seconds(), **claims}, secret, "HS256")


def is_hs256(secret: str | bytes, token: str, **claims: str) -> bool:
    """Whether a token was made with this secret less than an hour ago and claims what it must."""
    try:
        said = jwt.decode(token, secret, ["HS256"], options={"verify_aud": False, "verify_iat": False})
    except jwt.PyJWTError:
        return False
    is_fresh = abs(seconds() - int(said.get("iat", 0))) < 3600
    return is_fresh and all(said.get(name) == value for name, value in claims.items())


def seconds() -> int:
    """Now, as most providers write it."""
    return int(timezone.now().timestamp())


def milliseconds() -> int:
    return int(timezone.now().timestamp() * 1000)


def token(prefix: str = "") -> str:
    """Something unguessable."""
    return f"{prefix}{uuid.uuid4().hex}{int(time.time_ns()) % 1000:03d}"
