"""What a customer left unread where they cannot be called back follows by another channel, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from channels_app.models import Channel
from conversations import reach
from conversations.actions.change import changing, record
from conversations.actions.messages import add_message
from conversations.models import Attachment, Conversation, Delivery, Event, Message, Rung
from conversations.wake import wake
from customers.models import Customer, Identity, IdentityClaim

# What nobody read for so long is not sent after them any more.
TOO_LATE = timedelta(days=2)


@dataclass(frozen=True)
class Destination:
    """Where an answer can follow a customer to: a known identity, or an address they only claimed."""

    channel: Channel
    address: str
    identity_id: int | None = None


def carriers() -> list[Channel]:
    """Channels that can bring a customer what they left unread elsewhere."""
    return [channel for channel in Channel.objects.enabled() if channel.connector.capabilities.carries_follow_ups]


def destination(customer: Customer) -> Destination | None:
    """Where to write to a customer: proven addresses first, then known ones, then what they claimed; not where they refuse."""
    by_kind = {kind: channel for channel in carriers() for kind in channel.connector.capabilities.reaches}
    held = customer.identities.filter(account="", kind__in=by_kind, unreachable_reason="")
    for identity in held.order_by("-is_verified", "-last_seen_at", "id"):
        if _may_write(by_kind[identity.kind], identity):
            return Destination(by_kind[identity.kind], identity.value, identity.pk)
    claimed = customer.claims.filter(kind__in=by_kind, state=IdentityClaim.State.OPEN).order_by("-id").first()
    return Destination(by_kind[claimed.kind], claimed.value) if claimed else None


def _may_write(channel: Channel, identity: Identity) -> bool:
    return reach.route(channel, identity, is_automatic=True).is_usable


def follow_up_due() -> int:
    """Send after customers what has been unread for too long: in how many conversations."""
    sent = 0
    for pk in unread().order_by("message__conversation").values_list("message__conversation", flat=True).distinct():
        sent += follow_up(pk)
    return sent


def unread() -> QuerySet[Delivery]:
    """Deliveries that were neither read nor followed up within their channel's time."""
    overdue = Q(pk=None)
    for channel in Channel.objects.enabled():
        if after := channel.connector.capabilities.follows_up_after:
            overdue |= Q(channel=channel, sent_at__lte=timezone.now() - after)
    lately = Q(sent_at__gte=timezone.now() - TOO_LATE)
    waiting = Q(state__in=[Delivery.State.SENT, Delivery.State.DELIVERED], is_followed_up=False)
    found = Delivery.objects.filter(overdue & lately & waiting, message__is_automatic=False)
    # Two conditions, not one: so each is asked of these rows alone, and not of every row there is.
    return found.filter(~Exists(_carried()), ~Exists(_read()))


def _carried() -> QuerySet[Rung]:
    """A reply with a plan is sent on by that, not by us too."""
    return Rung.objects.filter(message=OuterRef("message"), state__in=[Rung.State.WAITING, Rung.State.SENT])


def _read() -> QuerySet[Delivery]:
    """A reply may have been read elsewhere: then the customer knows it."""
    return Delivery.objects.filter(message=OuterRef("message"), role=Delivery.Role.TO, state=Delivery.State.READ)


@transaction.atomic
def follow_up(conversation_pk: int) -> bool:
    """Send the unread answers of one conversation in one message; whatever comes of it, only once."""
    with changing(conversation_pk) as conversation:
        mine = unread().filter(message__conversation=conversation).select_for_update(of=("self",))
        deliveries = list(mine.select_related("message__author").order_by("message__sent_at", "id"))
        Delivery.objects.filter(pk__in=[one.pk for one in deliveries]).update(is_followed_up=True)
        where = destination(conversation.customer) if deliveries else None
        if where is not None:
            _send(conversation, [message for message, _same in groupby(one.message for one in deliveries)], where)
    return where is not None


def _send(conversation: Conversation, messages: list[Message], where: Destination) -> None:
    with translation.override(translation.get_supported_language_variant(conversation.customer.language or "ko")):
        text = "\n\n".join([_("You left before you could read our answer:"), *(m.text for m in messages if m.text)])
        text += "\n\n" + _("To go on, simply reply to this message.")
    body, html = where.channel.connector.render(text)
    message = add_message(
        conversation,
        Message.Kind.OUTBOUND,
        channel=where.channel,
        identity_id=where.identity_id,
        author=messages[-1].author,
        text=body,
        html=html,
        details={"source": text, "follows_up": [one.pk for one in messages]},
    )
    _copy_files(messages, message)
    delivery = Delivery.objects.create(
        message=message, channel=where.channel, identity_id=where.identity_id, address=where.address
    )
    record(Event.Kind.REPLIED, conversation, message=message, follows_up=len(messages))
    wake("deliver", delivery.pk)


def _copy_files(messages: list[Message], to: Message) -> None:
    """The same stored files, named once more: nothing is copied."""
    Attachment.objects.bulk_create(
        Attachment(
            message=to,
            name=file.name,
            content_type=file.content_type,
            size=file.size,
            file=file.file.name,
            note=file.note,
        )
        for file in Attachment.objects.filter(message__in=messages)
    )
