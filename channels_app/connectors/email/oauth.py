"""Access tokens for mailboxes at Google and Microsoft: the consent page, the exchange, the refresh, XOAUTH2."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from channels_app import http
from channels_app.connectors.email.accounts import MailAccount, SignIn
from channels_app.contract import Account, AccountFailure, PermanentFailure, TemporaryFailure, UnknownOutcome

# A token is renewed this long before it ends, so that it lasts through a sign-in.
MARGIN_SECONDS = 120


@dataclass(frozen=True)
class Provider:
    """Where a provider gives consent and tokens. Sources: developers.google.com/gmail/imap/xoauth2-protocol,
    learn.microsoft.com/exchange/client-developer/legacy-protocols."""

    consent_url: str
    token_url: str
    scope: str
    extra: tuple[tuple[str, str], ...] = ()


PROVIDERS = {
    SignIn.GOOGLE: Provider(
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "https://mail.google.com/",
        (("access_type", "offline"), ("prompt", "consent")),
    ),
    SignIn.MICROSOFT: Provider(
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
        "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
    ),
    SignIn.MICROSOFT_APP: Provider(
        "",
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
        "https://outlook.office365.com/.default",
    ),
}

_tokens: dict[tuple[str, str, str], tuple[str, float]] = {}
# One for each account: a slow token server holds up nobody else.
_locks: dict[str, threading.Lock] = {}


def xoauth2(user: str, token: str) -> str:
    """The initial client response of SASL XOAUTH2, not yet in base64."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def access_token(account: Account) -> str:
    """A token that is valid for a while yet; kept in memory, renewed when it ends or was forgotten.

    Raises AccountFailure where the provider refuses to give one.
    """
    mail_account = MailAccount.of(account)
    key = (account.account, mail_account.oauth_client_id, mail_account.oauth_refresh_token)
    with _lock(account):
        token, ends_at = _tokens.get(key, ("", 0.0))
        if time.monotonic() > ends_at - MARGIN_SECONDS:
            granted = _renewed(mail_account)
            token, ends_at = granted["access_token"], time.monotonic() + float(granted.get("expires_in", 3600))
            key = _kept(account, key, str(granted.get("refresh_token", "")))
            _tokens[key] = (token, ends_at)
    return token


def _lock(account: Account) -> threading.Lock:
    return _locks.setdefault(account.account, threading.Lock())


def forget(account: Account) -> None:
    """A server refused the token: ask for a new one the next time."""
    with _lock(account):
        for key in [key for key in _tokens if key[0] == account.account]:
            del _tokens[key]


def _kept(account: Account, key: tuple[str, str, str], refresh_token: str) -> tuple[str, str, str]:
    """Microsoft hands out a new refresh token with every renewal; the old one ends some day."""
    if not refresh_token or refresh_token == key[2]:
        return key
    account.keep_secrets(oauth_refresh_token=refresh_token)
    return (key[0], key[1], refresh_token)


def _renewed(account: MailAccount) -> dict[str, str]:
    if account.sign_in == SignIn.MICROSOFT_APP:
        return _ask(account, grant_type="client_credentials", scope=PROVIDERS[SignIn.MICROSOFT_APP].scope)
    if not account.oauth_refresh_token:
        raise AccountFailure("no consent yet", code="consent", advice=_("Press “Sign in” in the channel's settings."))
    return _ask(account, grant_type="refresh_token", refresh_token=account.oauth_refresh_token)


def consent_url(account: MailAccount, *, redirect_uri: str, state: str) -> str:
    """The provider's page on which an admin lets us into the mailbox; raises KeyError where there is none."""
    provider = PROVIDERS[SignIn(account.sign_in)]
    asked = {
        "client_id": account.oauth_client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": provider.scope,
        "state": state,
        "login_hint": account.address,
        **dict(provider.extra),
    }
    return f"{_url(provider.consent_url, account)}?{urlencode(asked)}"


def take_consent(account: Account, *, code: str, redirect_uri: str) -> None:
    """Exchange the code of the consent page for a refresh token and keep it; raises DeliveryError."""
    mail_account = MailAccount.of(account)
    granted = _ask(mail_account, grant_type="authorization_code", code=code, redirect_uri=redirect_uri)
    if not granted.get("refresh_token"):
        raise PermanentFailure("no refresh token", code="consent", advice=_("Give the consent once more."))
    account.keep_secrets(oauth_refresh_token=granted["refresh_token"])


def _ask(account: MailAccount, **form: str) -> dict[str, str]:
    provider = PROVIDERS[SignIn(account.sign_in)]
    form |= {"client_id": account.oauth_client_id, "client_secret": account.oauth_client_secret}
    try:
        answer = http.request("POST", _url(provider.token_url, account), form=form)
    except UnknownOutcome as error:  # asking for a token twice does no harm
        raise TemporaryFailure(str(error), code=error.code) from error
    if answer.status == 400:  # RFC 6749 §5.2: invalid_grant, invalid_client…
        said = answer.json()
        words = str(said.get("error_description") or said.get("error"))[:300]
        raise AccountFailure(
            words, code=str(said.get("error")), advice=_("Sign in to the mailbox again in the settings.")
        )
    return answer.raise_for_status().json()


def _url(pattern: str, account: MailAccount) -> str:
    return pattern.replace("{tenant}", account.oauth_tenant or "common")
