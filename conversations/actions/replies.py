"""An agent answers the customer, or writes a note to colleagues."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import User
from conversations.actions.attaching import claim_uploads
from conversations.actions.change import changing, record
from conversations.actions.messages import add_message
from conversations.live import nudge
from conversations.models import Conversation, Delivery, Draft, Event, Follow, Mention, Message
from conversations.reach import Route
from conversations.refusal import Refused
from conversations.wake import wake

# `@[Name](12)`: how the composer writes that a note names an agent.
MENTION = re.compile(r"@\[[^\]]{1,120}\]\((\d{1,18})\)")


def reply(
    conversation: Conversation,
    *,
    by: User | None,
    text: str,
    route: Route,
    subject: str = "",
    cc: Sequence[str] = (),
    bcc: Sequence[str] = (),
    files: Iterable[UUID | str] = (),
    client_id: UUID | None = None,
    seen: int | None = None,
    not_before: datetime | None = None,
    cancel_if_answered: bool = False,
    quotes_history: bool = False,
    is_automatic: bool = False,
) -> Message:
    """Answer by a route: the message, one delivery for each recipient, and the event, in one transaction.

    `client_id` makes it safe to ask twice. `seen` is the revision the agent had on the screen: Refused("stale") where
    somebody has written since. `not_before` delays the sending; by default channels that cannot take back wait for
    UNDO_SECONDS.
    """
    if known := _already(client_id):
        return known
    _check(route, text, files)
    with changing(conversation.pk) as locked:
        _check_here(locked)
        _check_fresh(locked, seen, by)
        out_text, html = route.channel.connector.render(text)
        message = add_message(
            locked,
            Message.Kind.OUTBOUND,
            channel=route.channel,
            identity=route.identity,
            author=by,
            text=out_text,
            html=html,
            subject=subject[:300],
            client_id=client_id,
            is_automatic=is_automatic,
            details={"source": text, "quotes_history": quotes_history},
        )
        if by is not None:
            claim_uploads(message, files, by=by)
        if not is_automatic:
            locked.agent_replied(message.sent_at)
        _address(message, route, cc, bcc, not_before or _default_time(route, is_automatic), cancel_if_answered)
        record(Event.Kind.REPLIED, locked, by=by, message=message)
        Draft.objects.filter(conversation=locked, agent=by, kind=Draft.Kind.REPLY).delete()
    return message


def note(
    conversation: Conversation, *, by: User, text: str, files: Iterable[UUID | str] = (), client_id: UUID | None = None
) -> Message:
    """Write an internal note; the agents named in it are told and follow from then on."""
    if known := _already(client_id):
        return known
    with changing(conversation.pk) as locked:
        _check_here(locked)
        message = add_message(locked, Message.Kind.NOTE, author=by, text=text, client_id=client_id)
        claim_uploads(message, files, by=by)
        _mention(message)
        record(Event.Kind.NOTED, locked, by=by, message=message)
        Draft.objects.filter(conversation=locked, agent=by, kind=Draft.Kind.NOTE).delete()
    return message


def _already(client_id: UUID | None) -> Message | None:
    return Message.objects.filter(client_id=client_id).first() if client_id else None


def _check(route: Route, text: str, files: Iterable[object]) -> None:
    if not route.is_usable:
        raise Refused(route.reason, code="route")
    if not text.strip() and not files:
        raise Refused(_("Write something first."), code="empty")


def _check_here(conversation: Conversation) -> None:
    """Refuse to write where nobody reads any more."""
    if conversation.merged_into_id:
        raise Refused(_("This conversation was merged into another."), code="merged")


def _check_fresh(conversation: Conversation, seen: int | None, by: User | None) -> None:
    """Refuse a reply whose writer has not seen what somebody else said meanwhile to, or by, the customer."""
    if seen is None:
        return
    # By events, not messages: a message gets a new revision whenever a receipt for it comes in.
    said = Event.objects.filter(conversation=conversation, kind__in=[Event.Kind.RECEIVED, Event.Kind.REPLIED])
    newer = said.filter(revision__gt=seen, message__is_automatic=False)
    if newer.exclude(actor__isnull=False, actor=by).exists():
        raise Refused(_("Somebody wrote in this conversation meanwhile."), code="stale")


def _default_time(route: Route, is_automatic: bool) -> datetime:
    """Where a message cannot be taken back once sent, wait long enough for an undo."""
    waits = route.capabilities.undo_by_delay and not is_automatic
    return timezone.now() + timedelta(seconds=settings.UNDO_SECONDS if waits else 0)


def _address(
    message: Message,
    route: Route,
    cc: Sequence[str],
    bcc: Sequence[str],
    not_before: datetime,
    cancel_if_answered: bool,
) -> None:
    """One delivery for each recipient; an address named twice is written to once."""
    roles = {route.identity.value: Delivery.Role.TO}
    roles |= {address: Delivery.Role.CC for address in cc if address not in roles}
    roles |= {address: Delivery.Role.BCC for address in bcc if address not in roles}
    deliveries = [
        Delivery(
            message=message,
            channel=route.channel,
            identity=route.identity if role == Delivery.Role.TO else None,
            address=address,
            name=route.identity.name or route.identity.customer.name if role == Delivery.Role.TO else "",
            role=role,
            not_before=not_before,
            cancel_if_answered=cancel_if_answered,
        )
        for address, role in roles.items()
    ]
    for delivery in Delivery.objects.bulk_create(deliveries):
        wake("deliver", delivery.pk, at=not_before)


def _mention(message: Message) -> None:
    named = User.objects.answering().filter(pk__in={int(pk) for pk in MENTION.findall(message.text)})
    for agent in named:
        Mention.objects.get_or_create(message=message, agent=agent)
        Follow.objects.get_or_create(conversation_id=message.conversation_id, agent=agent)
        nudge(f"inbox-agent-{agent.pk}", conversation=message.conversation_id, mention=message.pk)
