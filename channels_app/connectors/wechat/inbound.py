"""What an Official Account is sent: messages by their MsgType, events by their Event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from channels_app.connectors import tolerant
from channels_app.contract import (
    Address,
    Choice,
    ContactUpdate,
    DeliveryState,
    DeliveryUpdate,
    FileRole,
    Inbound,
    InboundMessage,
    Location,
    RemoteFile,
    Trouble,
)

KIND = "wechat"
Fields = Mapping[str, str]
FILES = {
    "image": ("jpg", "image/jpeg", FileRole.FILE),
    "video": ("mp4", "video/mp4", FileRole.FILE),
    "shortvideo": ("mp4", "video/mp4", FileRole.FILE),
}
SOUNDS = {"amr": "audio/amr", "speex": "audio/speex", "mp3": "audio/mpeg", "silk": "audio/silk"}


def identifier(said: Fields) -> str:
    """What makes a message or an event unique; events have no id of their own."""
    if said.get("MsgId"):
        return said["MsgId"]
    parts = [said.get(name, "") for name in ("FromUserName", "CreateTime", "Event", "EventKey", "MsgID")]
    return ":".join(parts) if all(parts[:2]) else ""


def understand(said: Fields, menu: Mapping[str, str]) -> Sequence[Inbound]:
    """What one request says; an event that says nothing to a desk gives nothing."""
    if not said.get("FromUserName"):
        return ()
    if said.get("MsgType") == "event":
        return _event(said, menu)
    return [_message(said)] if said.get("MsgType") else ()


def customer(openid: str) -> Address:
    """A follower as this account knows them; another account knows the same person by another id."""
    return Address(KIND, openid, is_verified=True, is_local=True)


def _message(said: Fields) -> InboundMessage:
    content = CONTENT.get(said["MsgType"], _unknown)(said)
    return InboundMessage(
        external_id=identifier(said),
        sender=customer(said["FromUserName"]),
        sent_at=tolerant.at(said, "CreateTime"),
        **content,
    )


def _text(said: Fields) -> dict[str, Any]:
    text, menu_id = said.get("Content", ""), said.get("bizmsgmenuid", "")
    return {"text": text, "choice": Choice(menu_id, text) if menu_id else None}


def _file(said: Fields) -> dict[str, Any]:
    ending, content_type, role = FILES[said["MsgType"]]
    return _attached(said, f"{said['MsgType']}.{ending}", content_type, role)


def _voice(said: Fields) -> dict[str, Any]:
    """A recording, and its words where the account has speech recognition switched on."""
    ending = said.get("Format", "").lower() or "amr"
    sound = SOUNDS.get(ending, "application/octet-stream")
    return {**_attached(said, f"voice.{ending}", sound, FileRole.VOICE), "text": said.get("Recognition", "")}


def _attached(said: Fields, name: str, content_type: str, role: FileRole) -> dict[str, Any]:
    if not said.get("MediaId"):
        return _unknown(said)
    return {"files": [RemoteFile(name, content_type, reference=said["MediaId"], role=role)]}


def _location(said: Fields) -> dict[str, Any]:
    latitude, longitude = tolerant.number(said, "Location_X"), tolerant.number(said, "Location_Y")
    if latitude is None or longitude is None:
        return _unknown(said)
    return {"location": Location(latitude, longitude, name=said.get("Label", ""))}


def _link(said: Fields) -> dict[str, Any]:
    parts = [said.get(name, "") for name in ("Title", "Description", "Url")]
    return {"text": "\n".join(filter(None, parts))} if any(parts) else _unknown(said)


def _mini_program(said: Fields) -> dict[str, Any]:
    details = {"mini_program": said.get("AppId", ""), "page": said.get("PagePath", "")}
    return {**_unknown(said), "text": said.get("Title", ""), "details": details}


def _unknown(said: Fields) -> dict[str, Any]:
    """A kind that cannot be shown, or whose file WeChat does not hand out (MsgType file: recall)."""
    return {"text": said.get("Title", ""), "notices": ["unsupported"]}


CONTENT = {
    "text": _text,
    "image": _file,
    "video": _file,
    "shortvideo": _file,
    "voice": _voice,
    "location": _location,
    "link": _link,
    "miniprogrampage": _mini_program,
}


def _event(said: Fields, menu: Mapping[str, str]) -> Sequence[Inbound]:
    address = customer(said["FromUserName"])
    match said.get("Event", "").lower():
        case "subscribe":
            return [ContactUpdate(address, is_blocked=False, only_known=True)]
        case "unsubscribe":
            return [ContactUpdate(address, is_blocked=True, only_known=True)]
        case "click" if said.get("EventKey", "") in menu:
            return [_click(said, address, menu[said["EventKey"]])]
        case "templatesendjobfinish":
            return [_template_receipt(said, address)]
    return ()


def _click(said: Fields, address: Address, title: str) -> InboundMessage:
    """A menu button that the desk wants to hear of.

    It lets us answer for a minute only (developers.weixin.qq.com, customer service messages), not for the 48 hours that a
    message gives, and must not shorten those.
    """
    return InboundMessage(
        external_id=identifier(said),
        sender=address,
        text=title,
        sent_at=tolerant.at(said, "CreateTime"),
        choice=Choice(said["EventKey"], title),
        opens_window=False,
    )


def _template_receipt(said: Fields, address: Address) -> DeliveryUpdate:
    status = said.get("Status", "")
    return DeliveryUpdate(
        DeliveryState.DELIVERED if status == "success" else DeliveryState.FAILED,
        external_id=said.get("MsgID", ""),
        address=address,
        at=tolerant.at(said, "CreateTime"),
        detail="" if status == "success" else status,
        trouble=Trouble.RECIPIENT if "block" in status else Trouble.PAYLOAD,
    )
