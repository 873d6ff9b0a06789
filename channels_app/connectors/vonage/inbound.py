"""What the Messages API posts: messages of five networks in one shape, and what became of ours.

Fields: fixtures of Vonage/vonage-dotnet-sdk; `button`, `contact` and `reaction` are recalled.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from channels_app.connectors import phone, tolerant
from channels_app.connectors.opt_out import consent_in
from channels_app.connectors.vonage.problems import code_in, problem
from channels_app.contract import (
    Address,
    Choice,
    ConsentUpdate,
    ContactCard,
    ContactUpdate,
    DeliveryState,
    DeliveryUpdate,
    FileRole,
    Inbound,
    InboundMessage,
    Location,
    Reaction,
    ReceivedEnvelope,
    RemoteFile,
)

Said = Mapping[str, Any]

WHATSAPP = "whatsapp"
MESSENGER = "messenger"
STATES = {
    "submitted": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.READ,
    "rejected": DeliveryState.FAILED,
    "undeliverable": DeliveryState.FAILED,
}
FILES = ("image", "audio", "video", "file", "sticker", "vcard")
SHOWN = frozenset({"text", *FILES, "location", "reply", "button", "contact", "content"})
# The name of the handle that says which of Vonage's regions holds the customer's messages.
REGION = "region:"


def key_of(envelope: ReceivedEnvelope) -> str:
    """A message comes once, a state of one once."""
    said = tolerant.peek(envelope.body)
    message_id = tolerant.text(said, "message_uuid")
    return f"{message_id}:{tolerant.text(said, 'status') or 'in'}" if message_id else ""


def understand(envelope: ReceivedEnvelope) -> list[Inbound]:
    """Messages, reactions, consent, receipts; nothing for what is none of these (or of the older version 0.1)."""
    said = tolerant.load(envelope.body)
    if not tolerant.text(said, "message_uuid"):
        return []
    at = tolerant.iso(said, "timestamp") or envelope.received_at
    if tolerant.text(said, "status"):
        return list(_receipt(said, at))
    if not tolerant.text(said, "from") or not tolerant.text(said, "message_type"):
        return []
    return list(_received(said, at))


def address(network: str, raw: str, *, name: str = "") -> Address:
    """Who writes: an id of the network's own, or a number."""
    if network in (WHATSAPP, MESSENGER):
        return Address(network, raw, raw=raw, name=name, is_local=True, is_verified=True)
    return phone.received(raw, name=name)


def _received(said: Said, at: datetime) -> Iterator[Inbound]:
    network, kind = tolerant.text(said, "channel"), tolerant.text(said, "message_type")
    sender = address(network, tolerant.text(said, "from"), name=tolerant.text(said, "profile", "name"))
    if kind == "reaction":
        yield from _reaction(said, sender, at)
        return
    if (proven := _number(said, sender)) is not None:
        # First, so that the message already finds the conversation of whoever has this number.
        yield ContactUpdate(sender, name=sender.name, proven=[proven])
    message = _message(said, kind, sender, at)
    yield message
    granted = consent_in(message.text, by_carrier=sender.kind == phone.KIND)
    if granted is not None:
        yield ConsentUpdate(sender, granted, words=message.text, at=at)


def _message(said: Said, kind: str, sender: Address, at: datetime) -> InboundMessage:
    choice = _choice(said, kind)
    return InboundMessage(
        external_id=tolerant.text(said, "message_uuid"),
        sender=sender,
        text=choice.title if choice else tolerant.text(said, "text") or tolerant.text(said, kind, "caption"),
        sent_at=at,
        files=list(_files(said, kind)),
        location=_location(said) if kind == "location" else None,
        cards=list(_cards(said)) if kind == "contact" else [],
        choice=choice,
        quoted_id=tolerant.text(said, "context", "message_uuid"),
        notices=[] if kind in SHOWN else ["unsupported"],
        handles=_handles(said),
        details=_details(said),
    )


def _number(said: Said, sender: Address) -> Address | None:
    """The telephone number behind a WhatsApp account, where it is not hidden behind an id of the business's."""
    if sender.kind != WHATSAPP:
        return None
    found = phone.received(tolerant.text(said, "whatsapp", "recipient", "wa_id") or sender.value)
    return None if found.is_local else found


def _choice(said: Said, kind: str) -> Choice | None:
    if kind == "reply":
        title = tolerant.text(said, "reply", "title")
        return Choice(tolerant.text(said, "reply", "id") or title, title)
    if kind == "button":
        title = tolerant.text(said, "button", "text")
        return Choice(tolerant.text(said, "button", "payload") or title, title)
    return None


def _files(said: Said, kind: str) -> Iterator[RemoteFile]:
    if kind in FILES:
        yield from _file(tolerant.obj(said, kind), kind)
    for part in tolerant.items(said, "content") if kind == "content" else ():
        yield from _file(part, tolerant.text(part, "type"))


def _file(part: Said, kind: str) -> Iterator[RemoteFile]:
    url = tolerant.text(part, "url")
    if not url.startswith("https://") and not url.startswith("http://"):
        return
    name = tolerant.text(part, "name") or urlsplit(url).path.rpartition("/")[2]
    guessed = mimetypes.guess_type(name)[0] or ("text/vcard" if kind == "vcard" else "")
    yield RemoteFile(name[:120], guessed, url=url, role=FileRole.STICKER if kind == "sticker" else FileRole.FILE)


def _location(said: Said) -> Location | None:
    latitude, longitude = tolerant.number(said, "location", "lat"), tolerant.number(said, "location", "long")
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    name, street, url = (tolerant.text(said, "location", field) for field in ("name", "address", "url"))
    return Location(latitude, longitude, name, street, url)


def _cards(said: Said) -> Iterator[ContactCard]:
    """Contact details as WhatsApp has them, one or a list of them."""
    one = tolerant.obj(said, "contact")
    for card in [one] if one else tolerant.items(said, "contact"):
        yield ContactCard(
            tolerant.text(card, "name", "formatted_name") or tolerant.text(card, "name"),
            phones=[tolerant.text(entry, "phone") for entry in tolerant.items(card, "phones")],
            emails=[tolerant.text(entry, "email") for entry in tolerant.items(card, "emails")],
        )


def _reaction(said: Said, sender: Address, at: datetime) -> Iterator[Inbound]:
    target = tolerant.text(said, "context", "message_uuid")
    if not target:
        return
    emoji = tolerant.text(said, "reaction", "emoji")
    is_removed = tolerant.text(said, "reaction", "action") == "unreact" or not emoji
    yield Reaction(target, sender, emoji, is_removed=is_removed, at=at, opens_window=True)


def _handles(said: Said) -> dict[str, str]:
    """Where reading and typing have to be told: api-eu.vonage.com gives region:eu."""
    host = urlsplit(tolerant.text(said, "_self", "href")).hostname or ""
    name = host.partition(".")[0].removeprefix("api-")
    return {f"{REGION}{name}": ""} if host.startswith("api-") and name in ("eu", "us", "ap") else {}


def _details(said: Said) -> dict[str, Any]:
    """The advertisement or the product that brought them, what they ordered."""
    found = {
        "referral_headline": tolerant.text(said, "whatsapp", "referral", "headline"),
        "referral_body": tolerant.text(said, "whatsapp", "referral", "body"),
        "referral_url": tolerant.text(said, "whatsapp", "referral", "source_url"),
        "referral_click": tolerant.text(said, "whatsapp", "referral", "ctwa_clid"),
        "product": tolerant.text(said, "whatsapp", "whatsapp_referred_product", "product_retailer_id"),
        "order": tolerant.items(said, "order", "product_items"),
    }
    return {name: value for name, value in found.items() if value}


def _receipt(said: Said, at: datetime) -> Iterator[Inbound]:
    state = STATES.get(tolerant.text(said, "status").lower())
    if state is None:
        return
    error = tolerant.obj(said, "error")
    code = code_in(error)
    meant = problem(code)
    is_failed = state is DeliveryState.FAILED
    yield DeliveryUpdate(
        state,
        external_id=tolerant.text(said, "message_uuid"),
        delivery_key=tolerant.text(said, "client_ref"),
        at=at,
        code=code if is_failed else "",
        detail=tolerant.text(error, "detail") if is_failed else "",
        advice=meant.advice if is_failed else "",
        trouble=meant.trouble,
        is_unreachable=is_failed and meant.is_unreachable,
    )
    if is_failed and meant.is_opt_out and tolerant.text(said, "to"):
        to = address(tolerant.text(said, "channel"), tolerant.text(said, "to"))
        yield ConsentUpdate(to, is_granted=False, source="provider", at=at)
