"""Access tokens of WeChat and WeCom: one for all processes, renewed under a lock, kept among the channel's secrets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from channels_app.contract import Account

# A token is renewed this long before it ends; the provider keeps the old one valid for five minutes beside the new.
MARGIN = timedelta(minutes=4)


@dataclass(frozen=True)
class Token:
    """An access token of one application, and when it ends."""

    owner: str
    value: str
    ends_at: datetime

    def serves(self, owner: str, refused: str) -> bool:
        """Whether it can be used now, by this application, where the provider has just refused another."""
        return self.owner == owner and self.value not in ("", refused) and self.ends_at > timezone.now() + MARGIN


_tokens: dict[str, Token] = {}
# One for each account: a slow provider holds up nobody else.
_locks: dict[str, threading.Lock] = {}


def access_token(account: Account, owner: str, renew: Callable[[str], tuple[str, float]], *, refused: str = "") -> str:
    """A token that is valid for a while yet, other than the one that was refused.

    `renew` is given what was refused and gives a token with the seconds it lasts. Two processes that renew at once do no
    harm: both providers give the same token until it ends.
    """
    with _locks.setdefault(account.account, threading.Lock()):
        # The channel at hand may have been loaded before another thread renewed: look in memory too.
        for known in (_tokens.get(account.account), _stored(account)):
            if known is not None and known.serves(owner, refused):
                return known.value
        value, seconds = renew(refused)
        token = Token(owner, value, timezone.now() + timedelta(seconds=seconds))
        _tokens[account.account] = token
        ends_at = token.ends_at.isoformat()
        account.keep_secrets(access_token=value, access_token_of=owner, access_token_ends_at=ends_at)
        return value


def _stored(account: Account) -> Token | None:
    kept = account.secrets
    ends_at = parse_datetime(kept.get("access_token_ends_at", ""))
    return Token(kept["access_token_of"], kept["access_token"], ends_at) if ends_at else None
