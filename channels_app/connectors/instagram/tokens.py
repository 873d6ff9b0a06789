"""Tokens of the Instagram login live for 60 days; they are exchanged for new ones while they still work."""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import datetime, timedelta

from django.utils import timezone

from channels_app import http
from channels_app.connectors import tolerant
from channels_app.contract import Account, DeliveryError

logger = logging.getLogger(__name__)

LIFETIME = timedelta(days=60)
# Long before the end, so that an outage of days does no harm.
BEFORE_THE_END = timedelta(days=20)
TRIED_AGAIN = timedelta(days=1)


def current(account: Account, host: str) -> str:
    """The account's token, a new one where the old one nears its end; it keeps working when Meta gives none."""
    token = str(account.secrets.get("access_token", ""))
    if not token or not _is_due(account, token):
        return token
    try:
        return _renewed(account, host, token)
    except DeliveryError as failure:
        # A token of less than 24 hours cannot be exchanged (Instagram Platform, "Refresh Access Token").
        logger.info("instagram.token.kept", extra={"code": failure.code})
        account.keep_secrets(token_state=_state(token, _known(account, token).get("ends_at", "")))
        return token


def _is_due(account: Account, token: str) -> bool:
    known, now = _known(account, token), timezone.now()
    if (tried_at := _moment(known.get("tried_at", ""))) and now - tried_at < TRIED_AGAIN:
        return False
    ends_at = _moment(known.get("ends_at", ""))
    return ends_at is None or ends_at - now < BEFORE_THE_END


def _known(account: Account, token: str) -> dict[str, str]:
    """What was noted of this very token; nothing where an admin has entered another since."""
    try:
        noted = json.loads(account.secrets.get("token_state", ""))
    except ValueError:
        return {}
    return noted if isinstance(noted, dict) and noted.get("of") == _digest(token) else {}


def _renewed(account: Account, host: str, token: str) -> str:
    params = {"grant_type": "ig_refresh_token", "access_token": token}
    said = tolerant.obj(
        {"": http.request("GET", f"{host}/refresh_access_token", params=params).raise_for_status().json()}, ""
    )
    new = tolerant.text(said, "access_token") or token
    lives = timedelta(seconds=tolerant.whole(said, "expires_in")) or LIFETIME
    account.keep_secrets(access_token=new, token_state=_state(new, (timezone.now() + lives).isoformat()))
    return new


def _state(token: str, ends_at: str) -> str:
    return json.dumps({"of": _digest(token), "ends_at": ends_at, "tried_at": timezone.now().isoformat()})


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def _moment(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None
