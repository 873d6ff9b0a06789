"""Video calls: a room, a link for the customer on whatever channel reaches them, a seat for each of both."""

from __future__ import annotations

import base64
import secrets
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agents.models import User
from channels_app import connectors
from channels_app.contract import Connector, DeliveryError, Guest, Room, Seat
from channels_app.models import Channel
from conversations.actions.change import changing
from conversations.actions.messages import touch
from conversations.actions.replies import reply
from conversations.models import Call, Conversation, Message
from conversations.reach import Route
from conversations.refusal import Refused

# After this nobody enters any more; a room is made for one call.
OPEN_FOR = timedelta(hours=2)


def start(conversation: Conversation, *, by: User, route: Route) -> Call:
    """Make a room and send the customer the way into it; raises Refused."""
    _check_free(conversation)
    try:
        room = provider().open_room()
    except DeliveryError as failure:
        raise Refused(failure.advice or _("No room for a video call could be made."), code="room") from failure
    key = uuid.uuid4()
    with transaction.atomic():
        Conversation.objects.lock(conversation.pk)
        _check_free(conversation)
        # Whoever has the link can enter: it is never said in public.
        message = reply(conversation, by=by, text=_invitation(conversation, key), route=route, is_public=False)
        return _noted(message, room, key, by)


def _check_free(conversation: Conversation) -> None:
    if Call.objects.filter(message__conversation=conversation, medium=Call.Medium.VIDEO).live().exists():
        raise Refused(_("There is a video call in this conversation already."), code="busy")


def provider() -> Connector:
    """Whoever makes rooms: the channel that an admin has connected for it, else the kind's own default."""
    usable = Channel.objects.enabled().exclude(state=Channel.State.PAUSED)
    known = (channel.connector for channel in usable if channel.connector.capabilities.makes_rooms)
    return next(known, None) or _default_provider()


def _default_provider() -> Connector:
    kind = next(kind for kind, made in connectors.kinds().items() if made.capabilities.makes_rooms)
    return Channel(kind=kind, name=kind).connector


def code_of(key: uuid.UUID) -> str:
    """A call's key as it stands in the customer's link: 22 characters, 122 bits of chance."""
    return base64.urlsafe_b64encode(key.bytes).decode().rstrip("=")


def call_named(code: str) -> Call | None:
    """The video call behind a customer's link."""
    try:
        key = uuid.UUID(bytes=base64.urlsafe_b64decode(f"{code}=="))
    except (ValueError, UnicodeEncodeError):
        return None
    found = Call.objects.filter(key=key, medium=Call.Medium.VIDEO)
    return found.select_related("message__conversation__customer", "agent").first()


def is_open(call: Call) -> bool:
    """Whether one may still enter."""
    return call.is_live and timezone.now() < call.started_at + OPEN_FOR


def admit(call: Call, *, holder: str) -> tuple[Seat, str]:
    """Let the customer in: (seat, what proves next time that it is them). One device at a time; raises Refused."""
    with changing(call.message.conversation_id) as conversation:
        call = _locked(call)
        if not is_open(call):
            raise Refused(_("This video call has ended."), code="ended")
        known = call.details.get("holder", "")
        if known and not constant_time_compare(known, holder):
            raise Refused(_("This link is already in use on another device. Please ask for a new one."), code="taken")
        call.details = {**call.details, "holder": known or secrets.token_urlsafe(18)}
        call.answered_at = call.answered_at or timezone.now()
        call.outcome = Call.Outcome.ANSWERED
        call.rise(Call.State.IN_PROGRESS)
        call.save()
        touch(call.message, conversation)
    name = call.message.conversation.customer.name or gettext("Customer")
    return _seat(call, Guest(f"customer-{call.pk}", name)), call.details["holder"]


def host(call: Call, *, by: User) -> Seat:
    """Let an agent in; raises Refused."""
    if not is_open(call):
        raise Refused(_("This video call has ended."), code="ended")
    return _seat(call, Guest(f"agent-{by.pk}", by.name, is_host=True))


def end(call: Call) -> Call:
    """Nobody enters any more."""
    with changing(call.message.conversation_id) as conversation:
        call = _locked(call)
        if call.is_live:
            call.ended_at = timezone.now()
            call.duration = round((call.ended_at - call.answered_at).total_seconds()) if call.answered_at else 0
            call.outcome = call.outcome or Call.Outcome.NOBODY
            call.rise(Call.State.COMPLETED if call.answered_at else Call.State.MISSED)
            call.save()
            touch(call.message, conversation)
    return call


def end_overdue() -> int:
    """Close rooms that have been open for long enough: how many."""
    open_calls = Call.objects.filter(medium=Call.Medium.VIDEO, state__in=Call.LIVE)
    overdue = open_calls.filter(started_at__lt=timezone.now() - OPEN_FOR).select_related("message")
    return len([end(call) for call in overdue[:100]])


def _invitation(conversation: Conversation, key: uuid.UUID) -> str:
    link = f"{settings.PUBLIC_URL}/v/{code_of(key)}/"
    with translation.override(conversation.customer.language or translation.get_language()):
        return gettext("Let us talk by video. Here is the way in: %(link)s") % {"link": link}


def _noted(message: Message, room: Room, key: uuid.UUID, by: User) -> Call:
    assert message.channel is not None
    message.details = {**message.details, "call": Call.Medium.VIDEO}
    message.save(update_fields=["details"])
    return Call.objects.create(
        key=key,
        message=message,
        channel=message.channel,
        external_id=room.name,
        medium=Call.Medium.VIDEO,
        direction=Call.Direction.OUTBOUND,
        agent=by,
        details={"room": dict(room.details)},
    )


def _seat(call: Call, guest: Guest) -> Seat:
    try:
        return provider().seat(Room(call.external_id, call.details.get("room", {})), guest, call.started_at + OPEN_FOR)
    except DeliveryError as failure:
        raise Refused(failure.advice or _("No room for a video call could be made."), code="room") from failure


def _locked(call: Call) -> Call:
    return (
        Call.objects.select_for_update(of=("self",)).select_related("message__conversation__customer").get(pk=call.pk)
    )
