"""Jitsi Meet: a room is an address; where the server asks for one, a token lets in (lib-jitsi-meet: doc/tokens.md)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import jwt
from django.utils.translation import gettext_lazy as _

from channels_app.contract import AccountFailure
from channels_app.contract.rooms import Guest, Room

JAAS_HOST = "https://8x8.vc"
# A clock that is a little slow must not turn the guest away.
SLACK_SECONDS = 10


def address(config: Mapping[str, Any], secrets: Mapping[str, Any], room: Room, guest: Guest, until: datetime) -> str:
    """Where a guest enters: on one's own server, with a token where it wants one."""
    base = f"{config.get('server') or 'https://meet.jit.si'}/{quote(room.name)}"
    secret = secrets.get("app_secret")
    if not (config.get("app_id") and secret):
        return base
    claims = {
        "iss": config["app_id"],
        "aud": config.get("audience") or config["app_id"],
        "sub": config.get("tenant") or "*",
        "room": room.name,
        "context": {"user": _user(guest)},
        **_times(until),
    }
    return f"{base}?jwt={_signed(claims, secret, 'HS256')}"


def jaas_address(
    config: Mapping[str, Any], secrets: Mapping[str, Any], room: Room, guest: Guest, until: datetime
) -> str:
    """Where a guest enters at 8x8's Jitsi as a Service: the key signs, its id says which."""
    app = config.get("jaas_app_id", "")
    claims = {
        "iss": "chat",
        "aud": "jitsi",
        "sub": app,
        "room": room.name,
        "context": {
            "user": {**_user(guest), "moderator": str(guest.is_host).lower()},
            "features": {"recording": "false", "livestreaming": "false", "transcription": "false"},
        },
        **_times(until),
    }
    token = _signed(claims, secrets.get("jaas_private_key", ""), "RS256", kid=f"{app}/{config.get('jaas_key_id', '')}")
    return f"{config.get('jaas_server') or JAAS_HOST}/{app}/{quote(room.name)}?jwt={token}"


def _user(guest: Guest) -> dict[str, str]:
    """Only texts: Jitsi falls over anything else."""
    return {"id": guest.key, "name": guest.name, "affiliation": "owner" if guest.is_host else "member"}


def _times(until: datetime) -> dict[str, int]:
    return {"nbf": int(time.time()) - SLACK_SECONDS, "exp": int(until.timestamp())}


def _signed(claims: dict[str, Any], key: str, algorithm: str, *, kid: str = "") -> str:
    try:
        return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid} if kid else None)
    except (ValueError, TypeError, jwt.PyJWTError) as error:
        words = _("The key for video calls cannot be read. An admin should enter it again.")
        raise AccountFailure("no usable key", code="key", advice=words) from error
