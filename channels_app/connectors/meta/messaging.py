"""What stands in `messaging[]` of a web hook, on Messenger and on Instagram alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from channels_app.connectors import tolerant
from channels_app.connectors.meta import attachments
from channels_app.connectors.tolerant import Json
from channels_app.contract import (
    Address,
    Choice,
    ContactUpdate,
    DeliveryState,
    DeliveryUpdate,
    Inbound,
    InboundMessage,
    MessageDeleted,
    MessageEdited,
    Reaction,
    WindowUpdate,
)

# Messenger names reactions; the emoji beside the name may be missing (message_reactions reference).
EMOJI = {"smile": "😆", "angry": "😠", "sad": "😢", "wow": "😮", "love": "❤️", "like": "👍", "dislike": "👎"}


@dataclass(frozen=True)
class Desk:
    """The account that reads: its kind, its own ids, the app's id, and what tells a file at Meta's from a link."""

    kind: str
    own_ids: frozenset[str]
    app_id: str
    is_media: Callable[[str], bool]

    def address(self, value: str, name: str = "") -> Address:
        """Somebody as this account knows them; Meta vouches for it."""
        return Address(self.kind, value[:320], name=name, is_local=True, is_verified=True)


def understand(event: Json, desk: Desk, *, is_standby: bool = False) -> list[Inbound]:
    """One event; `is_standby`: another app holds the conversation, we only listen."""
    readers: dict[str, Callable[[Json, Desk], list[Inbound]]] = {
        "message": _message,
        "message_edit": _edit,
        "reaction": _reaction,
        "postback": _postback,
        "delivery": _delivery,
        "read": _read,
        "referral": _referral,
    }
    named = next((name for name in readers if isinstance(event.get(name), dict)), "")
    if not named or not _customer(event):
        return []
    return readers[named]({**event, "standby": True} if is_standby else event, desk)


def _customer(event: Json) -> str:
    """Whoever is not us: an echo names them as its recipient."""
    is_echo = tolerant.flag(event, "message", "is_echo") or tolerant.flag(event, "postback", "is_echo")
    return tolerant.text(event, "recipient" if is_echo else "sender", "id")


def _message(event: Json, desk: Desk) -> list[Inbound]:
    message, mid = tolerant.obj(event, "message"), tolerant.text(event, "message", "mid")
    at = tolerant.at(event, "timestamp", per_second=1000)
    if not mid:
        return []
    if tolerant.flag(message, "is_deleted"):
        return [MessageDeleted(mid, at=at)]
    is_echo, key = tolerant.flag(message, "is_echo"), tolerant.text(message, "metadata")
    if is_echo and not key and desk.app_id and tolerant.text(message, "app_id") == desk.app_id:
        return []  # our own, on a channel that gives no key back: the answer to the send said all of it
    customer = desk.address(_customer(event))
    held = attachments.held(tolerant.items(message, "attachments"), desk.is_media)
    story = attachments.story(tolerant.obj(message, "reply_to", "story"), desk.is_media)
    text = tolerant.text(message, "text")
    is_blank = not (text or held.links or held.files or story or held.location)
    return [
        InboundMessage(
            mid,
            desk.address(tolerant.text(event, "sender", "id")) if is_echo else customer,
            text="\n".join(filter(None, [text, *(line for line in held.links if line not in text)])),
            sent_at=at,
            files=[*held.files, *story],
            location=held.location,
            choice=_choice(tolerant.obj(message, "quick_reply"), text),
            quoted_id=tolerant.text(message, "reply_to", "mid"),
            is_echo=is_echo,
            to=[customer] if is_echo else [],
            echo_key=key if is_echo else "",
            opens_window=not is_echo,
            notices=["unsupported"] if tolerant.flag(message, "is_unsupported") or is_blank else [],
            details=_details(event, message),
        )
    ]


def _choice(touched: Json, title: str) -> Choice | None:
    payload = tolerant.text(touched, "payload")
    return Choice(payload, title) if payload else None


def _details(event: Json, message: Json) -> dict[str, object]:
    """What is worth keeping beside the words: where the customer came from, which story, who holds the conversation."""
    found: dict[str, object] = {}
    if referral := referral_in(tolerant.obj(message, "referral")):
        found["referral"] = referral
    if story := tolerant.text(message, "reply_to", "story", "id"):
        found["story"] = story
    if tolerant.flag(event, "standby"):
        found["standby"] = True
    return found


def referral_in(referral: Json) -> dict[str, str]:
    """The advertisement or link by which somebody came, its parts as texts."""
    parts = {**tolerant.obj(referral, "ads_context_data"), **referral}
    return {name: tolerant.text(parts, name)[:1000] for name in parts if tolerant.text(parts, name)}


def _edit(event: Json, desk: Desk) -> list[Inbound]:
    edit, mid = tolerant.obj(event, "message_edit"), tolerant.text(event, "message_edit", "mid")
    # New messages of Instagram's come with an edit numbered 0 as well; that is none.
    if not mid or tolerant.number(edit, "num_edit") == 0:
        return []
    return [MessageEdited(mid, tolerant.text(edit, "text"), at=tolerant.at(event, "timestamp", per_second=1000))]


def _reaction(event: Json, desk: Desk) -> list[Inbound]:
    reaction, sender = tolerant.obj(event, "reaction"), _customer(event)
    target, name = tolerant.text(reaction, "mid"), tolerant.text(reaction, "reaction")
    if not target or sender in desk.own_ids:
        return []
    is_removed = tolerant.text(reaction, "action") == "unreact"
    return [
        Reaction(
            target,
            desk.address(sender),
            emoji="" if is_removed else tolerant.text(reaction, "emoji") or EMOJI.get(name, "👍"),
            is_removed=is_removed,
            at=tolerant.at(event, "timestamp", per_second=1000),
            opens_window=not is_removed,
        )
    ]


def _postback(event: Json, desk: Desk) -> list[Inbound]:
    """A button, an ice breaker, the menu, "Get Started": `mid` is younger than the rest and may be missing."""
    touched, sender = tolerant.obj(event, "postback"), _customer(event)
    at = tolerant.at(event, "timestamp", per_second=1000)
    title = tolerant.text(touched, "title")
    made = f"postback:{sender}:{tolerant.text(event, 'timestamp')}"
    is_echo = tolerant.flag(touched, "is_echo")
    if is_echo:
        return []
    return [
        InboundMessage(
            tolerant.text(touched, "mid") or made,
            desk.address(sender),
            text=title,
            sent_at=at,
            choice=Choice(tolerant.text(touched, "payload"), title),
            details=_details(event, touched),
        )
    ]


def _delivery(event: Json, desk: Desk) -> list[Inbound]:
    """Each message by its id, where ids are given, and all up to the watermark."""
    ids = tolerant.strings(event, "delivery", "mids")
    at = tolerant.at(event, "timestamp", per_second=1000)
    found: list[Inbound] = [DeliveryUpdate(DeliveryState.DELIVERED, external_id=mid, at=at) for mid in ids if mid]
    return [*found, *_watermark(event, "delivery", DeliveryState.DELIVERED, desk)]


def _read(event: Json, desk: Desk) -> list[Inbound]:
    """Messenger names a watermark. Instagram names one message; whoever reads it has seen those above it."""
    mid, at = tolerant.text(event, "read", "mid"), tolerant.at(event, "timestamp", per_second=1000)
    if not mid:
        return _watermark(event, "read", DeliveryState.READ, desk)
    reader = desk.address(_customer(event))
    found: list[Inbound] = [DeliveryUpdate(DeliveryState.READ, external_id=mid, at=at)]
    return [*found, DeliveryUpdate(DeliveryState.READ, address=reader, watermark=at, at=at)] if at else found


def _watermark(event: Json, name: str, state: DeliveryState, desk: Desk) -> list[Inbound]:
    mark = tolerant.at(event, name, "watermark", per_second=1000)
    at = tolerant.at(event, "timestamp", per_second=1000) or mark
    return [DeliveryUpdate(state, address=desk.address(_customer(event)), watermark=mark, at=at)] if mark else []


def _referral(event: Json, desk: Desk) -> list[Inbound]:
    """They followed a link or an advertisement into a conversation that exists: that lets us write."""
    customer = desk.address(_customer(event))
    ref = tolerant.text(event, "referral", "ref")[:1000]
    opened = WindowUpdate(customer, at=tolerant.at(event, "timestamp", per_second=1000))
    return [ContactUpdate(customer, facts={"referral": ref}), opened] if ref else [opened]
