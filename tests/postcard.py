"""A provider small enough to hold in one's head: cards come in as JSON, answers pile up in `posted`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.http import HttpRequest

from channels_app.contract import (
    Address,
    CallState,
    CallUpdate,
    Capabilities,
    Choice,
    Connector,
    ConsentUpdate,
    ContactCard,
    ContactUpdate,
    DeliveryState,
    DeliveryUpdate,
    FetchedFile,
    FileRole,
    Inbound,
    InboundMessage,
    Inlet,
    Knock,
    Location,
    MessageDeleted,
    MessageEdited,
    OutboundMessage,
    Outside,
    Reaction,
    Receipt,
    ReceivedEnvelope,
    Rejected,
    RemoteFile,
    Template,
    Tile,
    Trouble,
    TypingUpdate,
    Window,
    WindowUpdate,
)

TIMES = ("sent_at", "at", "watermark", "closes_at")


class Postcard(Connector):
    """Reads lists of everything that the contract knows; sends to `posted`, or fails as `troubles` say."""

    kind = "postcard"
    label = "Postcard"
    tile = Tile("ch", icon="mail")
    capabilities = Capabilities(identity_kind="street", has_copies=True, has_subject=True, can_start=True)
    posted: ClassVar[list[OutboundMessage]] = []
    troubles: ClassVar[list[Exception]] = []
    # What else was asked of the provider: ("react", …), ("typing", …), ("read", …), ("fetch", …), ("profile", …).
    asked: ClassVar[list[tuple[Any, ...]]] = []
    # What it answers when asked for a file, a profile, its templates, what a receipt says beside the id.
    holds: ClassVar[dict[str, Any]] = {}
    # Addresses hold everywhere, unless a subclass says that they are the account's own.
    is_local: ClassVar[bool] = False

    def authenticate(self, request: HttpRequest) -> None:
        if request.headers.get("X-Stamp") != self.account.secrets.get("stamp", "red"):
            raise Rejected

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        return envelope.headers.get("X-Number", "")

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        return [self._item(dict(item)) for item in json.loads(bytes(envelope.body))]

    def _item(self, item: dict) -> Inbound:
        kind = item.pop("is", "card")
        for name in TIMES:
            if isinstance(item.get(name), str):
                item[name] = datetime.fromisoformat(item[name])
        for name in ("from", "proven", "claims", "to", "cc"):
            if name in item:
                item[name] = self._places(item[name])
        return getattr(self, f"_{kind}")(**{"sender" if name == "from" else name: item[name] for name in item})

    def _places(self, given: Any) -> Any:
        if isinstance(given, list):
            return [self._places(one) for one in given]
        return replace(street(given), is_local=self.is_local)

    def _card(self, id: str, sender: Address, *, is_suspect: bool = False, **card: Any) -> InboundMessage:
        card["files"] = [_file(**one) for one in card.get("files", [])]
        card["cards"] = [ContactCard(**one) for one in card.get("cards", [])]
        for name, made in (("location", Location), ("choice", Choice)):
            if name in card:
                card[name] = made(**card[name])
        card["claims"] = [replace(one, is_local=False) for one in card.get("claims", [])]
        return InboundMessage(id, replace(sender, is_suspect=is_suspect), **card)

    def _receipt(
        self, state: str, sender: Address | None = None, trouble: str = "payload", **more: Any
    ) -> DeliveryUpdate:
        return DeliveryUpdate(DeliveryState(state), address=sender, trouble=Trouble(trouble), **more)

    def _contact(self, sender: Address, picture: dict | None = None, **more: Any) -> ContactUpdate:
        return ContactUpdate(sender, picture=_file(**picture) if picture else None, **more)

    def _edit(self, id: str, **more: Any) -> MessageEdited:
        return MessageEdited(id, **more)

    def _deletion(self, id: str, **more: Any) -> MessageDeleted:
        return MessageDeleted(id, **more)

    def _reaction(self, on: str, sender: Address, **more: Any) -> Reaction:
        return Reaction(on, sender, **more)

    def _typing(self, sender: Address, **more: Any) -> TypingUpdate:
        return TypingUpdate(sender, **more)

    def _consent(self, sender: Address, **more: Any) -> ConsentUpdate:
        return ConsentUpdate(sender, **more)

    def _window(self, sender: Address, **more: Any) -> WindowUpdate:
        return WindowUpdate(sender, **more)

    def _call(self, id: str, sender: Address, state: str, **more: Any) -> CallUpdate:
        return CallUpdate(id, sender, CallState(state), **more)

    def _knock(self, **hint: str) -> Knock:
        return Knock(hint)

    def address_of(self, raw: str) -> Address:
        if not raw.strip() or raw.strip() == "nowhere":
            raise ValueError(raw)
        return street(raw.strip())

    def send(self, message: OutboundMessage) -> Receipt:
        if self.troubles and (trouble := self.troubles.pop(0)):
            raise trouble
        self.posted.append(message)
        return Receipt(external_id=f"out-{message.delivery_key}", **self.holds.get("receipt", {}))

    def fetch(self, file: RemoteFile) -> FetchedFile:
        self._ask("fetch", file.url or file.reference)
        return FetchedFile(*self.holds["file"])

    def profile(self, address: Address) -> ContactUpdate | None:
        self._ask("profile", address.value)
        return ContactUpdate(replace(address, is_local=self.is_local), **self.holds.get("profile", {}))

    def react(self, address: Address, target_id: str, emoji: str, *, is_public: bool = False) -> None:
        self._ask("react", address.value, target_id, emoji)

    def show_typing(self, address: Address, window: Window, *, last_id: str = "") -> None:
        self._ask("typing", address.value, last_id)

    def mark_read(self, address: Address, window: Window, *, last_id: str) -> None:
        self._ask("read", address.value, last_id)

    def templates(self) -> Sequence[Template]:
        self._ask("templates")
        return self.holds.get("templates", ())

    def drain(self, inlet: Inlet, hint: Mapping[str, str]) -> None:
        self._ask("drain", dict(hint))
        for body in self.holds.get("drain", [[]]).pop(0):
            inlet.keep(json.dumps([body]).encode(), cursor={"read": body["id"]}, headers={})

    def _ask(self, *what: Any) -> None:
        self.asked.append(what)
        if self.troubles and (trouble := self.troubles.pop(0)):
            raise trouble


class Counter(Postcard):
    """The same provider, at whose counter ids only hold within one office, and which takes back what is not posted yet."""

    kind = "counter"
    label = "Counter"
    capabilities = replace(Postcard.capabilities, is_send_idempotent=True, undo_by_delay=True)


class Pigeon(Postcard):
    """Carries short slips, flies only after whoever wrote lately, and does much else that letters do not."""

    kind = "pigeon"
    label = "Pigeon post"
    is_local = True
    capabilities = Capabilities(
        identity_kind="loft",
        max_text=20,
        most_parts=5,
        files_per_part=1,
        reply_window=timedelta(hours=24),
        human_window=timedelta(days=7),
        outside_window=Outside.TEMPLATE,
        has_templates=True,
        obeys_opt_out=True,
        has_profiles=True,
        shows_typing=True,
        receives_typing=True,
        marks_read=True,
        quotes=True,
        quick_replies=3,
        reactions=None,
    )


class Carrier(Pigeon):
    """A pigeon whose every slip is known by its number, so that one sent twice arrives once; three slips, then it rests."""

    kind = "carrier"
    capabilities = replace(
        Pigeon.capabilities, is_send_idempotent=True, sends_per_turn=3, reply_window=None, human_window=None
    )


def _file(
    name: str = "", content_type: str = "", content: str | None = None, role: str = "", **more: Any
) -> RemoteFile:
    raw = None if content is None else content.encode("latin-1")
    return RemoteFile(name, content_type, content=raw, role=FileRole(role), **more)


def street(value: str, name: str = "") -> Address:
    return Address("street", value.lower(), raw=value, name=name)
