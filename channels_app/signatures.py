"""Comparing what a provider signed with what it must have signed, in constant time, for every secret in use."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable


def is_same(ours: str, theirs: str) -> bool:
    """Compare two secrets without telling by the time it takes where they differ; a blank one is never the same."""
    return bool(ours) and hmac.compare_digest(ours.encode(), theirs.encode("utf-8", "replace"))


def is_any(candidates: Iterable[str], theirs: str) -> bool:
    """Whether what they sent equals one of ours; all of them are compared."""
    return sum(is_same(ours, theirs) for ours in candidates) > 0


def hmac_hex(secret: str | bytes, signed: bytes, algorithm: str = "sha256") -> str:
    """HMAC in lower-case hexadecimal."""
    return _hmac(secret, signed, algorithm).hex()


def hmac_base64(secret: str | bytes, signed: bytes, algorithm: str = "sha256") -> str:
    """HMAC in base64 with padding."""
    return base64.b64encode(_hmac(secret, signed, algorithm)).decode()


def _hmac(secret: str | bytes, signed: bytes, algorithm: str) -> bytes:
    key = secret.encode() if isinstance(secret, str) else secret
    return hmac.digest(key, signed, algorithm)
