"""What Messenger and Instagram do alike: read events, send messages, answer comments, keep their subscription."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from channels_app.connectors import tolerant
from channels_app.connectors.meta import media, messaging, sending
from channels_app.connectors.meta.base import MetaConnector
from channels_app.connectors.meta.graph import Graph
from channels_app.connectors.meta.problems import DIRECT
from channels_app.connectors.plain_text import plain
from channels_app.connectors.tolerant import Json
from channels_app.contract import (
    Account,
    Address,
    Capabilities,
    ContactUpdate,
    Inbound,
    OutboundMessage,
    PermanentFailure,
    Problem,
    Receipt,
    ReceivedEnvelope,
    RemoteFile,
    Window,
)
from channels_app.contract.parts import parts_of


class DirectConnector(MetaConnector):
    """Messages and comments of one Page or one professional account."""

    problems: ClassVar[Mapping[str, Problem]] = DIRECT
    profile_fields: ClassVar[str]
    # What a comment may hold; a message's own limits stand in `capabilities`.
    public: ClassVar[Capabilities]
    # The permissions that comments need beside those of messages.
    comment_permissions: ClassVar[tuple[str, ...]]
    has_type: ClassVar[bool] = False
    has_metadata: ClassVar[bool] = False

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        if not account.config.get("has_human_agent"):
            self.capabilities = replace(type(self).capabilities, human_window=None)

    @property
    def own_id(self) -> str:
        """The id under which Meta delivers to this account (`entry[].id`)."""
        raise NotImplementedError

    @property
    def sender_id(self) -> str:
        """The node that sends: a Page, or the professional account itself."""
        return self.own_id

    @property
    def takes_comments(self) -> bool:
        """Whether what is said in public comes in as well."""
        return self.account.config.get("takes_comments", True) is not False

    @property
    def needed_permissions(self) -> Sequence[str]:
        return (*self.permissions, *self.comment_permissions) if self.takes_comments else self.permissions

    @property
    def desk(self) -> messaging.Desk:
        """What the readers need to know of this account."""
        own = frozenset(filter(None, {self.own_id, self.sender_id}))
        return messaging.Desk(self.kind, own, self.entered("app_id"), self.is_media)

    def is_media(self, url: str) -> bool:
        """Whether an address is a file at Meta's."""
        return media.is_media(url, beside=self.host)

    # ── Inbound ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        """Every entry of this account; an app that serves several accounts sends them all to one address."""
        body, desk = tolerant.load(envelope.body), self.desk
        if tolerant.text(body, "object") != self.hook_object:
            return []
        found: list[Inbound] = []
        for entry in tolerant.items(body, "entry"):
            if tolerant.text(entry, "id") not in desk.own_ids:
                continue
            for event in tolerant.items(entry, "messaging"):
                found += messaging.understand(event, desk)
            for event in tolerant.items(entry, "standby"):
                found += messaging.understand(event, desk, is_standby=True)
            for change in tolerant.items(entry, "changes") if self.takes_comments else ():
                found += self.change(tolerant.text(change, "field"), tolerant.obj(change, "value"), entry)
        return found

    def change(self, field: str, value: Json, entry: Json) -> Sequence[Inbound]:
        """One of `changes[]`: a comment, a mention."""
        raise NotImplementedError

    def profile(self, address: Address) -> ContactUpdate | None:
        """Name and picture; nothing where the customer has not agreed to it yet (codes 100/33 and 230)."""
        try:
            said = self.graph.get(address.value, fields=self.profile_fields)
        except PermanentFailure:
            return None
        name = tolerant.text(said, "name") or " ".join(
            filter(None, [tolerant.text(said, "first_name"), tolerant.text(said, "last_name")])
        )
        handle, url = tolerant.text(said, "username"), tolerant.text(said, "profile_pic")
        picture = RemoteFile("picture.jpg", "image/jpeg", url=url) if self.is_media(url) else None
        facts = {"username": f"@{handle}"} if handle else {}
        return ContactUpdate(address, name=name or (f"@{handle}" if handle else ""), facts=facts, picture=picture)

    # ── Outbound ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def parts(self, message: OutboundMessage) -> Sequence[OutboundMessage]:
        """A comment has limits of its own, and every part of it answers the same comment."""
        if not message.is_public:
            return super().parts(message)
        return [replace(part, quoted_id=message.quoted_id) for part in parts_of(message, self.public)]

    def send(self, message: OutboundMessage) -> Receipt:
        if message.is_public:
            return Receipt(self.comment(self.graph, message))
        has_human_agent = bool(self.account.config.get("has_human_agent"))
        dialect = sending.Dialect(self.has_type, self.has_metadata, has_human_agent)
        said = self.graph.send(f"{self.sender_id}/messages", sending.body(message, dialect))
        spent = sending.private_handle(message)
        left = {name: until for name, until in message.window.handles.items() if name != spent}
        return Receipt(tolerant.text(said, "message_id"), handles=left if spent else None)

    def comment(self, graph: Graph, message: OutboundMessage) -> str:
        """Answer in public; gives the new comment's id. Raises DeliveryError."""
        raise NotImplementedError

    def react(self, address: Address, target_id: str, emoji: str, *, is_public: bool = False) -> None:
        if is_public:
            return self.like(target_id, is_wanted=bool(emoji))
        payload = {"message_id": target_id, **({"reaction": emoji} if emoji else {})}
        self._act(address, "react" if emoji else "unreact", **payload)
        return None

    def like(self, target_id: str, *, is_wanted: bool) -> None:
        """Like a comment in public, or no longer; raises PermanentFailure where there is no such thing."""
        raise PermanentFailure("no likes", code="unsupported", advice=_("Comments cannot be liked from here."))

    def show_typing(self, address: Address, window: Window, *, last_id: str = "") -> None:
        self._act(address, "typing_on")

    def mark_read(self, address: Address, window: Window, *, last_id: str) -> None:
        self._act(address, "mark_seen")

    def _act(self, address: Address, name: str, **payload: str) -> None:
        self.graph.post(f"{self.sender_id}/messages", sending.action(address, name, **payload))

    def render(self, text: str) -> tuple[str, str]:
        return plain(text), ""

    # ── Connecting ───────────────────────────────────────────────────────────────────────────────────────────────────
    def subscribe(self, graph: Graph, node: str, fields: Sequence[str]) -> None:
        """Install the app on a node; what it was subscribed to for another channel stays."""
        known = self._subscribed(graph, node)
        if known is None or not set(fields) <= set(known):
            wanted = ",".join(dict.fromkeys([*(known or ()), *fields]))
            graph.post(f"{node}/subscribed_apps", {"subscribed_fields": wanted})

    def check_subscription(self, graph: Graph, node: str, fields: Sequence[str]) -> None:
        """Meta drops a subscription after an hour of errors, without a word: take it up again; raises DeliveryError."""
        known = self._subscribed(graph, node)
        if known is not None and set(fields) <= set(known):
            return
        self.register()
        known = self._subscribed(graph, node)
        if known is None or not set(fields) <= set(known):
            raise PermanentFailure(
                "the app is not subscribed",
                code="subscription",
                advice=_("Meta does not deliver to us. Check the app's web hooks and its access to this account."),
            )

    def _subscribed(self, graph: Graph, node: str) -> list[str] | None:
        """The fields that our app is subscribed to at a node; None where it is not installed there."""
        app_id = self.entered("app_id")
        for app in graph.pages(f"{node}/subscribed_apps"):
            if not app_id or tolerant.text(app, "id") in ("", app_id):
                return tolerant.strings(app, "subscribed_fields")
        return None
