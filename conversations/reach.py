"""By which channels a customer can be reached now, and why not by the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from channels_app.contract import Capabilities
from channels_app.models import Channel
from conversations.models import Conversation, Message
from customers.models import SUSPECT_ACCOUNT, Customer, Identity

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText


@dataclass
class Route:
    """One way to a customer: this identity, through this channel."""

    channel: Channel
    identity: Identity
    reason: str | LazyText = ""
    closes_at: datetime | None = None

    @property
    def is_usable(self) -> bool:
        return not self.reason

    @property
    def key(self) -> str:
        """Names the route in forms and drafts."""
        return f"{self.channel.pk}:{self.identity.pk}"

    @cached_property
    def capabilities(self) -> Capabilities:
        return self.channel.connector.capabilities


def routes(customer: Customer, *, last: Message | None = None) -> list[Route]:
    """Every way to a customer, the one by which they wrote last first, then usable ones before others."""
    channels = list(Channel.objects.all())
    identities = list(customer.identities.all())
    found = [_route(identity, channel) for identity in identities for channel in channels if _fits(identity, channel)]
    preferred = (last.channel_id, last.identity_id) if last else None
    found.sort(key=lambda route: ((route.channel.pk, route.identity.pk) != preferred, not route.is_usable, route.key))
    return found


def routes_of(conversation: Conversation) -> list[Route]:
    """The ways to answer in a conversation; the first is what the composer offers."""
    wrote = conversation.messages.filter(kind=Message.Kind.INBOUND)
    last = wrote.order_by("-sent_at", "-id").first()
    return routes(conversation.customer, last=last)


def _fits(identity: Identity, channel: Channel) -> bool:
    """An id that a channel issued is reached by that channel; an address by every channel of its kind."""
    if identity.account not in ("", SUSPECT_ACCOUNT):
        return identity.account == channel.account
    return channel.connector.capabilities.identity_kind == identity.kind


def _route(identity: Identity, channel: Channel) -> Route:
    route = Route(channel, identity)
    route.closes_at = _closes_at(route)
    route.reason = _obstacle(route)
    return route


def _closes_at(route: Route) -> datetime | None:
    window = route.capabilities.reply_window
    if window is None:
        return None
    wrote = Message.objects.filter(identity=route.identity, kind=Message.Kind.INBOUND).order_by("-sent_at").first()
    return wrote.sent_at + window if wrote else timezone.now()


def _obstacle(route: Route) -> str | LazyText:
    if not route.channel.is_enabled:
        return _("This channel is switched off.")
    if route.channel.state == Channel.State.PAUSED:
        return _("This channel is paused because signing in to it failed.")
    if route.identity.unreachable_reason:
        return route.identity.unreachable_reason
    if route.closes_at and route.closes_at <= timezone.now():
        return _("The time in which one may answer here has passed.")
    return ""
