"""What a panel shows to be let in: the ticket of its frame, the session of its visitor. Signed, so that nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.utils import timezone

from channels_app.models import Channel
from conversations.models import Visitor

SESSION_SECONDS = 30 * 60
# A person whom the host vouched for is asked for a new token after so long, however often the session was renewed.
LONGEST_SESSION_SECONDS = 12 * 3600
TICKET_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Session:
    """What a bearer says: which visitor, on which channel, since when."""

    visitor: int
    channel: int
    since: int

    def __str__(self) -> str:
        return signing.dumps([self.visitor, self.channel, self.since], salt="conversations.session")

    @property
    def is_renewable(self) -> bool:
        return timezone.now().timestamp() - self.since < LONGEST_SESSION_SECONDS


def new_session(visitor: Visitor, *, since: int | None = None) -> Session:
    """A session that begins now, or continues one that began before."""
    return Session(visitor.pk, visitor.channel_id, since or int(timezone.now().timestamp()))


def session_of(bearer: str, *, seconds: int = SESSION_SECONDS) -> Session | None:
    """Read a bearer that is younger than `seconds`; None where it is not ours or too old."""
    try:
        return Session(*signing.loads(bearer, salt="conversations.session", max_age=seconds))
    except signing.BadSignature:
        return None


def ticket(channel: Channel, origin: str) -> str:
    """What a frame shows to prove that it was served for this host: only pages of that host can have it."""
    return signing.dumps([channel.pk, origin], salt="conversations.ticket")


def origin_of(text: str, channel: Channel) -> str | None:
    """The host for which a ticket was given out; None where it is none of this channel's."""
    try:
        pk, origin = signing.loads(text, salt="conversations.ticket", max_age=TICKET_SECONDS)
    except signing.BadSignature:
        return None
    return origin if pk == channel.pk else None
