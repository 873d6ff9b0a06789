"""Who is behind an address, and what the channel tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from channels_app.contract import Address, ConsentUpdate, ContactUpdate, DeliveryError, RemoteFile
from channels_app.models import Channel
from conversations import filetypes
from conversations.actions import joining
from conversations.actions.change import announce, record
from conversations.models import Conversation, Event
from conversations.wake import wake
from customers import consent
from customers.actions import claim, identify
from customers.models import BLOCKED, SUSPECT_ACCOUNT, Identity

# Some providers send the picture's address with every message.
PICTURE_EVERY = timedelta(days=1)
LARGEST_PICTURE = 5 * 1024 * 1024


def account_of(channel: Channel, address: Address) -> str:
    """Under which account an address is kept: the channel's where it only holds there."""
    return channel.account if address.is_local else SUSPECT_ACCOUNT if address.is_suspect else ""


def known_identity(channel: Channel, address: Address) -> Identity | None:
    """The identity behind an address, if it has ever written; nothing is locked."""
    found = Identity.objects.filter(kind=address.kind, account=account_of(channel, address), value=address.value[:320])
    return found.select_related("customer").first()


def identify_address(channel: Channel, address: Address, language: str = "") -> Identity:
    """The identity behind an address as the channel gave it, with its customer locked."""
    identity = identify(
        address.kind,
        address.value[:320],
        account=account_of(channel, address),
        raw=address.raw,
        name=address.name,
        is_verified=address.is_verified and not address.is_suspect,
        language=language,
    )
    if address.is_suspect:
        claim(identity.customer, address.kind, address.value, source=str(channel))
    return identity


def receive_contact(channel: Channel, update: ContactUpdate) -> None:
    """Take news of a customer: a name, a language, addresses proven or merely claimed, a picture, that they are gone."""
    known = known_identity(channel, update.address)
    if (update.only_known and known is None) or (known and _says_nothing_new(channel, known, update)):
        return
    _take_news(channel, update)


@transaction.atomic
def _take_news(channel: Channel, update: ContactUpdate) -> None:
    identity = identify_address(channel, update.address, update.language)
    _describe(identity, update)
    for address in update.claims:
        claim(identity.customer, address.kind, address.value, source=str(channel))
    for address in update.proven:
        account = channel.account if address.is_local else ""
        joining.prove(identity, address.kind, address.value, raw=address.raw, account=account)
        identity.refresh_from_db(fields=["customer"])
    if update.is_blocked or (update.is_blocked is False and identity.unreachable_reason == BLOCKED):
        identity.unreachable_reason = BLOCKED if update.is_blocked else ""
        identity.save(update_fields=["unreachable_reason"])
    if update.picture:
        _take_picture(channel, identity, update.picture)


def _says_nothing_new(channel: Channel, known: Identity, update: ContactUpdate) -> bool:
    """Most providers tell with every message what they told before: two reads, no lock, no write."""
    customer = known.customer
    is_told = update.name[:160] in ("", known.name) and update.language[:12] in ("", customer.language)
    is_kept = all(customer.facts.get(name) == value for name, value in update.facts.items())
    is_quiet = not update.claims and not update.picture and update.is_blocked is None and not known.unreachable_reason
    if not (
        is_told and is_kept and is_quiet and customer.name and (known.is_verified or not update.address.is_verified)
    ):
        return False
    return not update.proven or _are_all_proven(channel, known, update.proven)


def _are_all_proven(channel: Channel, known: Identity, proven: Sequence[Address]) -> bool:
    theirs = Identity.objects.filter(customer=known.customer_id, is_verified=True)
    held = set(theirs.values_list("kind", "account", "value"))
    return all((one.kind, channel.account if one.is_local else "", one.value) in held for one in proven)


def _describe(identity: Identity, update: ContactUpdate) -> None:
    """A new name replaces the one that came from here before; one that a person has entered stays."""
    customer = identity.customer
    if update.name and customer.name in ("", identity.name):
        customer.name = update.name[:160]
    if update.name and update.name[:160] != identity.name:
        identity.name = update.name[:160]
        identity.save(update_fields=["name"])
    customer.facts = {**customer.facts, **update.facts}
    customer.save(update_fields=["name", "facts"])


def _take_picture(channel: Channel, identity: Identity, picture: RemoteFile) -> None:
    """Store a picture that is here; one that has to be fetched waits for a worker. A lost one comes with the next news."""
    if picture.content is not None:
        store_picture(identity, picture.content)
    elif not identity.picture or _is_old(identity.profile_at):
        wake("fetch_picture", identity.pk, channel.pk, picture.url, picture.reference)


def _is_old(asked_at: datetime | None) -> bool:
    return asked_at is None or timezone.now() - asked_at > PICTURE_EVERY


def fetch_picture(identity: Identity, channel: Channel, *, url: str, reference: str) -> None:
    """Get a customer's picture from the provider; raises DeliveryError."""
    fetched = channel.connector.fetch(RemoteFile("picture", "", url=url, reference=reference))
    store_picture(identity, fetched.content)
    Identity.objects.filter(pk=identity.pk).update(profile_at=timezone.now())


def store_picture(identity: Identity, content: bytes) -> bool:
    """Keep a picture in the place of the one before; False for what is none, or too big."""
    is_picture = filetypes.content_type("", content[:64]).startswith("image/")
    if not is_picture or len(content) > LARGEST_PICTURE:
        return False
    before = identity.picture.name
    identity.picture.save("picture", ContentFile(content), save=False)
    identity.save(update_fields=["picture"])
    if before:
        storage = identity.picture.storage
        transaction.on_commit(lambda: storage.delete(before), robust=True)
    return True


def ask_for_profile(channel: Channel, identity: Identity) -> bool:
    """Ask the provider once who an identity is; False where that was done, or it was not to be had."""
    if not Identity.objects.filter(pk=identity.pk, profile_at=None).update(profile_at=timezone.now()):
        return False
    address = Address(identity.kind, identity.value, raw=identity.raw, is_local=bool(identity.account))
    try:
        told = channel.connector.profile(address)
    except DeliveryError:  # who they are is not worth a second try before they write again
        Identity.objects.filter(pk=identity.pk).update(profile_at=None)
        return False
    if told is not None:
        receive_contact(channel, told)
    return told is not None


@transaction.atomic
def receive_consent(channel: Channel, update: ConsentUpdate, *, came_at: datetime | None = None) -> None:
    """The customer allowed or forbade us to write to them by this channel."""
    identity = identify_address(channel, update.address)
    said: dict[str, Any] = {"purpose": update.purpose, "is_granted": update.is_granted, "words": update.words}
    at = update.at or came_at or timezone.now()
    if not consent.note(identity, account=channel.account, source=update.source, at=at, **said):
        return
    kind = Event.Kind.OPTED_IN if update.is_granted else Event.Kind.OPTED_OUT
    for conversation in Conversation.objects.current().filter(customer=identity.customer_id).newest_first()[:1]:
        locked = Conversation.objects.lock(conversation.pk)
        locked.bump()
        record(kind, locked, channel=str(channel), words=update.words[:300])
        locked.save(update_fields=["revision"])
        announce(locked)
