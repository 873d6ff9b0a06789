"""A provider small enough to hold in one's head: cards come in as JSON, answers pile up in `posted`."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from django.http import HttpRequest

from channels_app.contract import (
    Address,
    Capabilities,
    Connector,
    ContactUpdate,
    DeliveryState,
    DeliveryUpdate,
    Inbound,
    InboundMessage,
    OutboundMessage,
    Receipt,
    ReceivedEnvelope,
    Rejected,
    Tile,
)


class Postcard(Connector):
    """Reads lists of cards, receipts and changes of address; sends to `posted`, or fails as `troubles` say."""

    kind = "postcard"
    label = "Postcard"
    tile = Tile("ch", icon="mail")
    capabilities = Capabilities(identity_kind="street", has_copies=True, has_subject=True, can_start=True)
    posted: ClassVar[list[OutboundMessage]] = []
    troubles: ClassVar[list[Exception]] = []

    def authenticate(self, request: HttpRequest) -> None:
        if request.headers.get("X-Stamp") != self.account.secrets.get("stamp", "red"):
            raise Rejected

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        return envelope.headers.get("X-Number", "")

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        return [self._item(dict(item)) for item in json.loads(bytes(envelope.body))]

    def _item(self, item: dict) -> Inbound:
        match item.pop("is", "card"):
            case "receipt":
                return DeliveryUpdate(DeliveryState(item.pop("state")), **item)
            case "contact":
                proven = [Address("street", value) for value in item.pop("proven", [])]
                return ContactUpdate(street(item.pop("from")), proven=proven, **item)
        if "sent_at" in item:
            item["sent_at"] = datetime.fromisoformat(item["sent_at"])
        claims = [street(value) for value in item.pop("claims", [])]
        sender = replace(street(item.pop("from")), is_suspect=item.pop("is_suspect", False))
        return InboundMessage(item.pop("id"), sender, claims=claims, **item)

    def address_of(self, raw: str) -> Address:
        if not raw.strip() or raw.strip() == "nowhere":
            raise ValueError(raw)
        return street(raw.strip())

    def send(self, message: OutboundMessage) -> Receipt:
        if self.troubles:
            raise self.troubles.pop(0)
        self.posted.append(message)
        return Receipt(external_id=f"out-{message.delivery_key}")


class Counter(Postcard):
    """The same provider, at whose counter ids only hold within one office, and which takes back what is not posted yet."""

    kind = "counter"
    label = "Counter"
    capabilities = replace(Postcard.capabilities, is_send_idempotent=True, undo_by_delay=True)


def street(value: str, name: str = "") -> Address:
    return Address("street", value.lower(), raw=value, name=name)
