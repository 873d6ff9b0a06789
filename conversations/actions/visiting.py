"""A visitor comes, is recognised or vouched for, and speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction
from django.utils import timezone

from channels_app.contract import DeliveryState, Rejected
from channels_app.models import Channel, Envelope
from channels_app.panel import HostPerson, PanelAnswers, PanelConnector, PanelMessage
from conversations.actions import inbound, joining, receipts, tending
from conversations.actions.knowing import identify_address
from conversations.filetypes import content_type
from conversations.models import Attachment, Delivery, Message, UsedToken, Visitor
from conversations.visits.shown import identities_of
from customers.models import Customer, Identity

if TYPE_CHECKING:
    from django.core.files import File


class TakenOver(Exception):
    """The host vouched for who uses this browser: the anonymous visitor is no more."""


@dataclass(frozen=True)
class Entry:
    """Who came in. `token` is what the browser is to keep: blank for a person whom the host vouches for."""

    visitor: Visitor
    token: str = ""
    was_refused: bool = False


def connector_of(channel: Channel) -> PanelConnector:
    """The channel's connector, which speaks with a panel."""
    return cast("PanelConnector", channel.connector)


def enter(channel: Channel, *, origin: str, token: str, host_token: str, about: Mapping[str, object]) -> Entry:
    """Recognise a visitor by the browser's token or by the host's; whatever does not hold gives an anonymous stranger.

    `about` are the columns that the browser tells: language, time_zone, page.
    """
    refused = False
    if host_token:
        try:
            person = connector_of(channel).person(host_token)
            with transaction.atomic():
                _spend(channel, person)
                return Entry(_vouched_for(channel, origin, person, token, about))
        except Rejected:
            refused = True
    known = Visitor.objects.holding(token, channel, origin).first() if token else None
    if known is None:
        known = Visitor(channel=channel, origin=origin)
        token = known.issue_token()
    return Entry(_noted(known, about), token, was_refused=refused)


def _spend(channel: Channel, person: HostPerson) -> None:
    try:
        with transaction.atomic():
            UsedToken.objects.create(channel=channel, token_id=person.token_id, expires_at=person.expires_at)
    except IntegrityError as error:
        raise Rejected("the token was used before") from error


def _noted(visitor: Visitor, about: Mapping[str, object]) -> Visitor:
    for name, value in about.items():
        if value:
            setattr(visitor, name, value)
    visitor.seen_at = timezone.now()
    visitor.save()
    return visitor


def _vouched_for(channel: Channel, origin: str, person: HostPerson, token: str, about: Mapping[str, object]) -> Visitor:
    visitor, _new = Visitor.objects.get_or_create(channel=channel, subject=person.subject)
    visitor.origin = origin
    visitor.name = person.name or visitor.name
    visitor.proven = [{"kind": address.kind, "value": address.value} for address in person.proven]
    _noted(visitor, about)
    before = Visitor.objects.holding(token, channel, origin).select_for_update().first() if token else None
    if visitor.identity_id or _is_known(visitor) or (before and before.identity_id):
        settle_identity(visitor)
    if before:
        _continue_as(before, visitor)
    return visitor


def _is_known(visitor: Visitor) -> bool:
    """Whether a customer already holds one of the addresses that the host vouches for."""
    return any(Identity.objects.at(one["kind"], one["value"]).exists() for one in visitor.proven)


def _continue_as(before: Visitor, visitor: Visitor) -> None:
    """What the anonymous visitor of this browser said becomes the known person's; the browser's token ends."""
    if before.identity and visitor.identity and _is_nobody_else(before.identity, visitor.identity):
        joining.merge_customers(before.identity.customer, into=visitor.identity.customer, by=None)
    before.token_hash = None
    before.save(update_fields=["token_hash"])


def _is_nobody_else(before: Identity, known: Identity) -> bool:
    """Whether an anonymous visitor was not taken for another customer meanwhile: two known people are never joined."""
    others = Identity.objects.filter(customer=before.customer_id).exclude(pk=before.pk)
    return before.customer_id != known.customer_id and not others.exists()


@transaction.atomic
def settle_identity(visitor: Visitor) -> Identity:
    """The visitor's identity, made for a stranger; what the host vouches for leads to the customer who holds it.

    Raises TakenOver where the host vouched for the browser's person while the visitor was about to speak.
    """
    # Waits for `_continue_as`, and makes it wait: what a visitor says is either joined to the person or refused.
    now = Visitor.objects.select_for_update().get(pk=visitor.pk)
    if visitor.token_hash and now.has_ended:
        raise TakenOver(str(visitor))
    address = connector_of(visitor.channel).visitor_address(visitor.address_key, is_verified=visitor.is_verified)
    identity = identify_address(visitor.channel, replace(address, name=visitor.name), visitor.language)
    for proven in visitor.proven:
        joining.prove(identity, proven["kind"], proven["value"], raw=proven["value"])
    if visitor.identity_id != identity.pk:
        visitor.identity = identity
        visitor.save(update_fields=["identity"])
    identity.refresh_from_db()
    if visitor.time_zone in available_timezones():
        Customer.objects.filter(pk=identity.customer_id, time_zone="").update(time_zone=visitor.time_zone)
    return identity


def speak(
    visitor: Visitor, *, client_id: str, text: str, uploads: Sequence[str] = (), subject: str = ""
) -> Message | None:
    """Take a message by the ordinary way in; None where it is kept but could not be understood yet."""
    if visitor.identity is None:
        settle_identity(visitor)
    connector = connector_of(visitor.channel)
    if visitor.is_verified and (said := _said_before(visitor, client_id)):
        return Message.objects.filter(channel=visitor.channel, external_id=said.dedup_key).first()
    body = connector.pack(
        PanelMessage(
            visitor=visitor.address_key,
            client_id=client_id,
            text=text,
            is_verified=visitor.is_verified,
            uploads=list(uploads),
            page=visitor.page,
            language=visitor.language,
            subject=subject,
        )
    )
    external_id = connector.external_id(visitor.address_key, client_id)
    inbound.accept(visitor.channel, body, headers={}, content_type="application/json", dedup_key=external_id)
    return Message.objects.filter(channel=visitor.channel, external_id=external_id).first()


def _said_before(visitor: Visitor, client_id: str) -> Envelope | None:
    """The same message, taken from the person while the browser was still anonymous and the answer got lost."""
    before = Visitor.objects.filter(channel=visitor.channel, identity__in=identities_of(visitor)).exclude(pk=visitor.pk)
    connector = connector_of(visitor.channel)
    keys = [connector.external_id(one.address_key, client_id) for one in before]
    return Envelope.objects.filter(channel=visitor.channel, dedup_key__in=keys).first()


def answer_form(visitor: Visitor, answers: dict[str, str]) -> None:
    """Take what the visitor filled in before writing; an address in it is only a claim."""
    settle_identity(visitor)
    body = connector_of(visitor.channel).pack(PanelAnswers(visitor.address_key, answers, visitor.is_verified))
    inbound.accept(visitor.channel, body, headers={}, content_type="application/json")
    visitor.was_asked = True
    visitor.save(update_fields=["was_asked"])


def upload(visitor: Visitor, file: File) -> Attachment:
    """Keep a file until the message comes that it belongs to; what it is, its own first bytes say."""
    name = (file.name or "file").replace("\0", "")
    kind = content_type(name, file.read(512))
    file.seek(0)
    attachment = Attachment(
        uploaded_via=settle_identity(visitor), name=name[:255], content_type=kind[:160], size=file.size or 0
    )
    attachment.file.save(attachment.name, file, save=False)
    attachment.save()
    return attachment


def read(visitor: Visitor, up_to: int) -> None:
    """The visitor has read what was sent to them, up to one message."""
    _raise(visitor, DeliveryState.READ, message__lte=up_to)


def received(visitor: Visitor, messages: Sequence[Message]) -> None:
    """The visitor's panel has these messages now."""
    _raise(visitor, DeliveryState.DELIVERED, message__in=messages)


def _raise(visitor: Visitor, state: DeliveryState, **which: object) -> None:
    lower = [Delivery.State.SENT] + ([Delivery.State.DELIVERED] if state == DeliveryState.READ else [])
    mine = Delivery.objects.filter(
        channel=visitor.channel, identity__in=identities_of(visitor), state__in=lower, **which
    )
    for pk in mine.values_list("pk", flat=True):
        receipts.raise_state(pk, state)


def say_typing(visitor: Visitor) -> None:
    """Announce typing to those who look at the visitor's conversation or at a list that shows it."""
    if visitor.identity is None:
        return
    tending.say_typing(visitor.identity.customer)


def forget_spent_tokens() -> int:
    """Remove host tokens that have expired anyhow: how many."""
    return UsedToken.objects.filter(expires_at__lt=timezone.now()).delete()[0]
