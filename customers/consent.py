"""What customers have said of being written to: every word is kept, the newest counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from customers.models import Consent, Identity


class Spoken:
    """What some identities last said, for one channel or for all."""

    def __init__(self, newest: Iterable[Consent]) -> None:
        self._newest = {(one.identity_id, one.account): one for one in newest}

    def last(self, identity: Identity, account: str) -> Consent | None:
        """What an identity last said for a channel or for all; None where it never said anything."""
        said = [one for key in ("", account) if (one := self._newest.get((identity.pk, key)))]
        return max(said, key=lambda one: (one.at, one.pk), default=None)

    def refuses(self, identity: Identity, account: str) -> bool:
        """Whether an identity does not want to be written to by a channel."""
        last = self.last(identity, account)
        return last is not None and not last.is_granted


def spoken(identities: Iterable[Identity]) -> Spoken:
    """What identities last said of answers and service: one query."""
    said = Consent.objects.filter(identity__in=identities, purpose=Consent.Purpose.SERVICE)
    newest = said.order_by("identity", "account", "-at", "-id").distinct("identity", "account")
    return Spoken(newest)


def newest(identity: Identity, account: str) -> Consent | None:
    """What one identity last said for a channel or for all."""
    return spoken([identity]).last(identity, account)


def note(
    identity: Identity, *, account: str, purpose: str, is_granted: bool, source: str, words: str, at: datetime
) -> bool:
    """Write down what a customer said; False where the very same was noted before (a repeated request, say)."""
    _row, is_new = Consent.objects.get_or_create(
        identity=identity,
        account=account,
        purpose=purpose if purpose in Consent.Purpose.values else Consent.Purpose.SERVICE,
        is_granted=is_granted,
        at=at,
        defaults={
            "source": source if source in Consent.Source.values else Consent.Source.PROVIDER,
            "words": words.replace("\0", "")[:300],
        },
    )
    return is_new
