"""Access to an account by OAuth 2 with PKCE (docs.x.com, authentication/oauth-2-0). Refresh tokens can be used once."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors.tolerant import Json, number, text
from channels_app.contract import Account, AccountFailure, PermanentFailure, TemporaryFailure, UnknownOutcome

SCOPES = ("dm.read", "dm.write", "tweet.read", "tweet.write", "users.read", "media.write", "offline.access")
MARGIN = timedelta(minutes=2)
USUAL_SECONDS = 7200.0
SIGN_IN = _("Press “Sign in” in the channel's settings, as the account that customers write to.")


def consent_url(account: Account, authorize: str, *, redirect_uri: str, state: str) -> str:
    """X's page on which the account's owner lets us in; a new secret for the exchange is kept for each time."""
    verifier = secrets.token_urlsafe(48)
    if state:
        account.keep_secrets(code_verifier=verifier)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": account.config.get("client_id", ""),
        "redirect_uri": redirect_uri,
        "scope": " ".join(SCOPES),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{authorize}?{urlencode(asked)}"


def take_consent(account: Account, api: str, *, code: str, redirect_uri: str) -> None:
    """Exchange the code of the consent page for tokens; raises DeliveryError."""
    verifier = account.secrets.get("code_verifier", "")
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    granted = _ask(account, api, account.secrets, form)
    if not text(granted, "refresh_token"):
        raise PermanentFailure("no refresh token", code="consent", advice=_("Give the consent once more."))
    account.keep_secrets(code_verifier="", **_tokens(granted))


def access_token(account: Account, api: str, *, refused: str = "") -> str:
    """A token of the account other than the one that was refused; raises DeliveryError.

    Renewed by one process at a time: whoever comes second finds what the first has renewed.
    """
    if not _serves(account.secrets, refused):
        account.renew_secrets(lambda current: _renewed(account, api, current, refused))
    return account.secrets["access_token"]


def _serves(kept: Mapping[str, Any], refused: str) -> bool:
    ends_at = _moment(kept.get("access_token_ends_at", ""))
    is_in_time = ends_at is None or ends_at - MARGIN > timezone.now()
    return bool(kept.get("access_token")) and kept["access_token"] != refused and is_in_time


def _renewed(account: Account, api: str, current: Mapping[str, Any], refused: str) -> dict[str, str]:
    if _serves(current, refused):
        return {}
    if not current.get("refresh_token"):
        raise AccountFailure("no consent yet", code="consent", advice=SIGN_IN)
    form = {"grant_type": "refresh_token", "refresh_token": current["refresh_token"]}
    granted = _ask(account, api, current, form)
    return {"refresh_token": current["refresh_token"], **_tokens(granted)}


def _tokens(granted: Json) -> dict[str, str]:
    seconds = number(granted, "expires_in") or USUAL_SECONDS
    kept = {"access_token": text(granted, "access_token"), "refresh_token": text(granted, "refresh_token")}
    ends_at = timezone.now() + timedelta(seconds=seconds)
    return {name: value for name, value in kept.items() if value} | {"access_token_ends_at": ends_at.isoformat()}


def _ask(account: Account, api: str, kept: Mapping[str, Any], form: Mapping[str, str]) -> Json:
    client_id, client_secret = account.config.get("client_id", ""), kept.get("client_secret", "")
    login = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
    try:
        answer = http.request(
            "POST",
            f"{api}/2/oauth2/token",
            form={**form, "client_id": client_id},
            headers={"Authorization": f"Basic {login}"},
        )
    except UnknownOutcome as error:
        raise TemporaryFailure(str(error), code=error.code) from error
    if answer.status in (400, 401):
        said = answer.json()
        words = text(said, "error_description") if isinstance(said, dict) else ""
        raise AccountFailure(words or "X refuses the token", code=f"oauth:{answer.status}", advice=SIGN_IN)
    granted = answer.raise_for_status().json()
    if not isinstance(granted, dict) or not text(granted, "access_token"):
        raise TemporaryFailure("X answered without a token", code="oauth")
    return granted


def _moment(value: str) -> datetime | None:
    return parse_datetime(value) if value else None
