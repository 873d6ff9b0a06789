"""By which channels a customer can be reached now, and why not by the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from channels_app import connectors
from channels_app.contract import Capabilities, Outside
from channels_app.models import Channel
from conversations import windows
from conversations.models import Conversation, Message, ReplyWindow
from conversations.sources import told
from conversations.windows import Opening, is_limited
from customers.consent import Spoken, spoken
from customers.models import BLOCKED, SUSPECT_ACCOUNT, Customer, Identity

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText

# What an approved template may pass, where the channel allows one outside its window.
PASSED_BY_TEMPLATES = frozenset({"window", "session", "turn", "templates_only"})
# What nothing gets past, be it the smallest sign.
STANDING = frozenset({"off", "paused", "unreachable", "consent"})


@dataclass(frozen=True)
class Obstacle:
    """Why one cannot write by a way now, in words for the agent.

    `code` is for the screen: off, paused, unreachable, consent, session, window, turn or templates_only.
    """

    code: str
    reason: str | LazyText


@dataclass
class Route:
    """One way to a customer: this identity, through this channel. `window` None: the channel knows none."""

    channel: Channel
    identity: Identity
    obstacle: Obstacle | None = None
    window: Opening | None = None

    @property
    def is_usable(self) -> bool:
        """Whether one can write freely by it."""
        return self.obstacle is None

    @property
    def reason(self) -> str | LazyText:
        """Why it is not usable, in words; blank where it is."""
        return self.obstacle.reason if self.obstacle else ""

    @property
    def closes_at(self) -> datetime | None:
        """Until when one may write."""
        return self.window.closes_at if self.window else None

    @property
    def can_use_template(self) -> bool:
        """Whether an approved text can be sent, be the way open or not."""
        if not self.capabilities.has_templates:
            return False
        return self.obstacle is None or passes(self.capabilities, self.obstacle)

    @property
    def is_paid(self) -> bool:
        """Whether the window has closed and the provider charges for what is sent all the same."""
        is_over = self.window is not None and not self.window.is_open
        return is_over and self.is_usable and self.capabilities.outside_window is Outside.PAID

    @property
    def key(self) -> str:
        """Names the route in forms and drafts."""
        return f"{self.channel.pk}:{self.identity.pk}"

    @cached_property
    def capabilities(self) -> Capabilities:
        return self.channel.connector.capabilities


class Known:
    """What is known of some identities' windows and refusals: a query for each, and only where a channel asks for it."""

    def __init__(self, ways: Iterable[tuple[Identity, Channel]]) -> None:
        able = [(identity, channel.connector.capabilities) for identity, channel in ways]
        limited = {identity.pk for identity, can in able if is_limited(can)}
        asking = {identity.pk: identity for identity, can in able if can.obeys_opt_out}
        rows = ReplyWindow.objects.filter(identity__in=limited) if limited else ()
        self.windows = {(row.identity_id, row.channel_id): row for row in rows}
        self.spoken = spoken(asking.values()) if asking else Spoken(())


def routes(customer: Customer, *, last: Message | None = None, is_public: bool = False) -> list[Route]:
    """Every way to a customer, the one by which they wrote last first, then usable ones before others.

    `is_public`: what is written will be read by everybody, where the way has such a thing.
    """
    channels = list(Channel.objects.filter(kind__in=connectors.REGISTRY))
    identities = list(customer.identities.all())
    ways = [(identity, channel) for identity in identities for channel in channels if _fits(identity, channel)]
    known = Known(ways)
    found = [_route(identity, channel, known, is_public=is_public) for identity, channel in ways]
    preferred = (last.channel_id, last.identity_id) if last else None
    found.sort(key=lambda route: ((route.channel.pk, route.identity.pk) != preferred, not route.is_usable, route.key))
    return found


def routes_of(conversation: Conversation) -> list[Route]:
    """The ways to answer in a conversation; the first is what the composer offers."""
    wrote = conversation.messages.filter(kind=Message.Kind.INBOUND)
    last = wrote.order_by("-sent_at", "-id").first()
    return routes(conversation.customer, last=last, is_public=conversation.is_public)


def route(channel: Channel, identity: Identity, *, is_automatic: bool = False) -> Route:
    """One way, with what stands in it; a machine has less time to answer than a person."""
    return _route(identity, channel, Known([(identity, channel)]), is_automatic=is_automatic)


def bar(
    channel: Channel, identity: Identity, *, is_automatic: bool = False, is_public: bool = False
) -> Obstacle | None:
    """What forbids to send at this very moment, whatever state the channel is in: a refusal, a window, a turn."""
    known = Known([(identity, channel)])
    found = Route(channel, identity, window=_window(identity, channel, known, is_automatic, is_public))
    return _bar(found, known)


def _fits(identity: Identity, channel: Channel) -> bool:
    """An id that a channel issued is reached by that channel; an address by every channel that reaches its kind.

    A telephone carries no text: one calls by it, and does not write.
    """
    if channel.connector.capabilities.is_voice:
        return False
    if identity.account not in ("", SUSPECT_ACCOUNT):
        return identity.account == channel.account
    return identity.kind in channel.connector.capabilities.reaches


def _route(
    identity: Identity, channel: Channel, known: Known, *, is_automatic: bool = False, is_public: bool = False
) -> Route:
    route = Route(channel, identity, window=_window(identity, channel, known, is_automatic, is_public))
    route.obstacle = _standing(route) or _bar(route, known)
    return route


def _window(identity: Identity, channel: Channel, known: Known, is_automatic: bool, is_public: bool) -> Opening | None:
    can = channel.connector.capabilities
    if not is_limited(can) or (is_public and can.has_comments):
        return None
    return windows.opening(known.windows.get((identity.pk, channel.pk)), can, is_automatic=is_automatic)


def _standing(route: Route) -> Obstacle | None:
    """What lasts until somebody mends it."""
    if not route.channel.is_enabled:
        return Obstacle("off", _("This channel is switched off."))
    if route.channel.state == Channel.State.PAUSED:
        return Obstacle("paused", _("This channel is paused because signing in to it failed."))
    if reason := route.identity.unreachable_reason:
        is_blocked = reason == BLOCKED
        return Obstacle(
            "unreachable", _("The customer has left or blocked this account.") if is_blocked else told(reason)
        )
    return None


def _bar(route: Route, known: Known) -> Obstacle | None:
    can = route.capabilities
    if can.obeys_opt_out and known.spoken.refuses(route.identity, route.channel.account):
        return Obstacle("consent", _("The customer asked not to be written to here."))
    is_shut = route.window is not None and not route.window.is_open
    if is_shut and can.outside_window is not Outside.PAID:
        return _shut(route.window, can)
    return Obstacle("templates_only", _("Only approved templates can be sent here.")) if can.only_templates else None


def _shut(window: Opening | None, can: Capabilities) -> Obstacle:
    if window is None or window.acted_at is None:
        return Obstacle("session" if can.needs_session else "window", _("The customer has to write here first."))
    if window.has_ended:
        return Obstacle("session", _("The customer's session here has ended."))
    if not window.is_in_time:
        return Obstacle("window", _("The time in which one may answer here has passed."))
    return Obstacle("turn", _("The customer has to write again before another message can be sent."))


def passes(can: Capabilities, obstacle: Obstacle) -> bool:
    """Whether an approved template gets past an obstacle."""
    if obstacle.code == "templates_only":
        return True
    return obstacle.code in PASSED_BY_TEMPLATES and can.outside_window is Outside.TEMPLATE
