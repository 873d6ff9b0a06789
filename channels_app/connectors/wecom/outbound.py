"""What WeCom's customer service sends: one message under an id of ours, by which a failure and a repeat are recognised."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from channels_app.connectors import tolerant
from channels_app.connectors.wechat_api import Api
from channels_app.connectors.wecom.inbound import pair
from channels_app.contract import DeliveryError, OutboundFile, OutboundMessage, Receipt

MOST_ID = 32
_ID = re.compile(rf"[0-9a-zA-Z_-]{{1,{MOST_ID}}}")
# An id that was used before is refused; with which code is not documented, so the words decide.
_KNOWN_ID = re.compile(r"msgid.*(exist|duplicat|repeat)|(exist|duplicat|repeat)\w*.*msgid", re.IGNORECASE)
MEDIA = {"image/jpeg": "image", "image/png": "image", "audio/amr": "voice", "video/mp4": "video"}


def send(api: Api, message: OutboundMessage) -> Receipt:
    """Send one message; one that is already there counts as sent."""
    open_kfid, external_userid = pair(message.recipient)
    msgid = message_id(message.delivery_key)
    body = {"touser": external_userid, "open_kfid": open_kfid, "msgid": msgid, **_content(api, message)}
    try:
        said = api.send("kf/send_msg", body)
    except DeliveryError as error:
        if not _KNOWN_ID.search(str(error)):
            raise
        return Receipt(external_id=msgid)
    return Receipt(external_id=tolerant.text(said, "msgid") or msgid)


def message_id(delivery_key: str) -> str:
    """Our key as WeCom takes it: at most 32 signs of a small alphabet."""
    return delivery_key if _ID.fullmatch(delivery_key) else hashlib.sha256(delivery_key.encode()).hexdigest()[:MOST_ID]


def _content(api: Api, message: OutboundMessage) -> Mapping[str, Any]:
    if message.files:
        return _media(api, message.files[0])
    if message.quick_replies:
        replies = [(reply.id, reply.title) for reply in message.quick_replies]
        choices = [{"type": "click", "click": {"id": key, "content": title}} for key, title in replies]
        return {"msgtype": "msgmenu", "msgmenu": {"head_content": message.text, "list": choices}}
    return {"msgtype": "text", "text": {"content": message.text}}


def _media(api: Api, file: OutboundFile) -> Mapping[str, Any]:
    kind = MEDIA.get(file.content_type, "file")
    return {"msgtype": kind, kind: {"media_id": api.upload(file, kind)}}
