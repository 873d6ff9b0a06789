"""What WeCom's customer service gives when it is asked (sync_msg): messages by msgtype, events by event_type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from channels_app.connectors import tolerant
from channels_app.connectors.tolerant import Json
from channels_app.connectors.wecom.problems import FAIL_TYPES, UNKNOWN_FAIL
from channels_app.contract import (
    Address,
    Choice,
    ContactCard,
    ContactUpdate,
    DeliveryState,
    DeliveryUpdate,
    FileRole,
    Inbound,
    InboundMessage,
    Location,
    MessageDeleted,
    RemoteFile,
    WindowUpdate,
)

KIND = "wecom"
# The same customer at any customer service account of a company, which the address names before them.
CUSTOMER = "wecom_customer"
BETWEEN = "/"
FROM_CUSTOMER, FROM_SERVANT = 3, 5
FILES = {
    "image": ("image.jpg", "image/jpeg", FileRole.FILE),
    "voice": ("voice.amr", "audio/amr", FileRole.VOICE),
    "video": ("video.mp4", "video/mp4", FileRole.FILE),
    "file": ("file", "application/octet-stream", FileRole.FILE),
}
# Sessions that a person in WeCom's own app has taken (1, 2) or that ended (3): nothing can be sent by us.
OUT_OF_OUR_HANDS = frozenset({1, 2, 3})


def customer(open_kfid: str, external_userid: str) -> Address:
    """A customer at one customer service account: windows and counts hold for the pair."""
    value = f"{open_kfid}{BETWEEN}{external_userid}"
    return Address(KIND, value, raw=external_userid, is_verified=True, is_local=True)


def pair(address: Address) -> tuple[str, str]:
    """The customer service account and the customer that an address names."""
    open_kfid, _between, external_userid = address.value.partition(BETWEEN)
    return open_kfid, external_userid


def understand(said: Json) -> Sequence[Inbound]:
    """What one entry of msg_list says."""
    if tolerant.text(said, "msgtype") == "event":
        return _event(said)
    named = customer(tolerant.text(said, "open_kfid"), tolerant.text(said, "external_userid"))
    if not (tolerant.text(said, "msgid") and all(pair(named))):
        return ()
    if tolerant.whole(said, "origin") == FROM_SERVANT:
        return [_message(said, _servant(said), is_echo=True, to=[named])]
    return [_message(said, named)]


def _servant(said: Json) -> Address:
    """Somebody of the company who answered in WeCom's own app."""
    return Address(f"{KIND}_servicer", tolerant.text(said, "servicer_userid") or "-")


def _message(said: Json, sender: Address, **more: Any) -> InboundMessage:
    kind = tolerant.text(said, "msgtype")
    return InboundMessage(
        external_id=tolerant.text(said, "msgid"),
        sender=sender,
        sent_at=tolerant.at(said, "send_time"),
        **CONTENT.get(kind, _titled)(tolerant.obj(said, kind)),
        **more,
    )


def _text(part: Json) -> dict[str, Any]:
    text, menu_id = tolerant.text(part, "content"), tolerant.text(part, "menu_id")
    return {"text": text, "choice": Choice(menu_id, text) if menu_id else None}


def _file(kind: str, part: Json) -> dict[str, Any]:
    name, content_type, role = FILES[kind]
    reference = tolerant.text(part, "media_id")
    if not reference:
        return _titled(part)
    return {"files": [RemoteFile(name, content_type, reference=reference, role=role)]}


def _location(part: Json) -> dict[str, Any]:
    latitude, longitude = tolerant.number(part, "latitude"), tolerant.number(part, "longitude")
    if latitude is None or longitude is None:
        return _titled(part)
    name, address = tolerant.text(part, "name"), tolerant.text(part, "address")
    return {"location": Location(latitude, longitude, name=name, address=address)}


def _link(part: Json) -> dict[str, Any]:
    parts = [tolerant.text(part, name) for name in ("title", "desc", "url")]
    return {"text": "\n".join(filter(None, parts))} if any(parts) else _titled(part)


def _card(part: Json) -> dict[str, Any]:
    return {"cards": [ContactCard(tolerant.text(part, "userid") or "-")]}


def _menu(part: Json) -> dict[str, Any]:
    return {"text": tolerant.text(part, "head_content")}


def _forwarded(part: Json) -> dict[str, Any]:
    """Messages of another chat, passed on; what each says is JSON in a string."""
    lines = [tolerant.text(part, "title")]
    for item in tolerant.items(part, "item"):
        try:
            content = tolerant.load(tolerant.text(item, "msg_content").encode())
        except ValueError:
            content = {}
        lines.append(f"{tolerant.text(item, 'sender_name')}: {tolerant.text(content, 'text', 'content') or '…'}")
    return {"text": "\n".join(filter(None, lines))}


def _titled(part: Json) -> dict[str, Any]:
    """A mini program, a Channels video, a product, an order, a note, or a kind of the future: its title at least."""
    names = ("title", "product_titles", "nickname")
    return {"text": next(filter(None, (tolerant.text(part, name) for name in names)), ""), "notices": ["unsupported"]}


CONTENT: dict[str, Callable[[Json], dict[str, Any]]] = {
    "text": _text,
    "location": _location,
    "link": _link,
    "business_card": _card,
    "msgmenu": _menu,
    "merged_msg": _forwarded,
    **{kind: partial(_file, kind) for kind in FILES},
}


def _event(said: Json) -> Sequence[Inbound]:
    event, at = tolerant.obj(said, "event"), tolerant.at(said, "send_time")
    named = customer(tolerant.text(event, "open_kfid"), tolerant.text(event, "external_userid"))
    match tolerant.text(event, "event_type"):
        case "enter_session" if all(pair(named)):
            return [_entered(event, named)]
        case "msg_send_fail":
            return [_failed(event, named)]
        case "session_status_change" if tolerant.whole(event, "change_type") in OUT_OF_OUR_HANDS and all(pair(named)):
            return [WindowUpdate(named, is_open=False, at=at)]
        case "user_recall_msg" | "servicer_recall_msg":
            return [MessageDeleted(tolerant.text(event, "recall_msgid"), at=at)]
    return ()


def _entered(event: Json, named: Address) -> ContactUpdate:
    """The chat was opened, from a link that may say where. Nobody is kept who has not written yet."""
    names = {"scene": "wecom_scene", "scene_param": "wecom_scene_param"}
    facts = {ours: found for theirs, ours in names.items() if (found := tolerant.text(event, theirs))}
    return ContactUpdate(named, facts=facts, only_known=True)


def _failed(event: Json, named: Address) -> DeliveryUpdate:
    fail_type = tolerant.whole(event, "fail_type")
    problem = FAIL_TYPES.get(fail_type, UNKNOWN_FAIL)
    return DeliveryUpdate(
        DeliveryState.FAILED,
        external_id=tolerant.text(event, "fail_msgid"),
        address=named if all(pair(named)) else None,
        code=f"fail_type {fail_type}",
        advice=problem.advice,
        trouble=problem.trouble,
    )
