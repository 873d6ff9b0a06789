"""One message to Slack: a text with its buttons, or files with a text beside them."""

from __future__ import annotations

from typing import Any

from channels_app import http
from channels_app.connectors import tolerant
from channels_app.connectors.places import place_of, user_of
from channels_app.connectors.slack import api, mrkdwn
from channels_app.connectors.slack.inbound import KEY_EVENT, message_id
from channels_app.contract import (
    Capabilities,
    Connector,
    OutboundFile,
    OutboundMessage,
    Receipt,
    TemporaryFailure,
    UnknownOutcome,
)
from channels_app.contract.parts import split

UPLOAD_SECONDS = 120.0
MOST_SECTION = 3000
MOST_BUTTON = 75
MOST_VALUE = 2000


def send(connector: Connector, message: OutboundMessage) -> Receipt:
    """Hand one part over; raises DeliveryError."""
    return _files(connector, message) if message.files else _text(connector, message)


def _text(connector: Connector, message: OutboundMessage) -> Receipt:
    channel = place_of(message.recipient) or user_of(message.recipient)
    words = mrkdwn.written(message.text)
    payload: dict[str, Any] = {
        "channel": channel,
        "text": words,
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": KEY_EVENT, "event_payload": {"key": message.delivery_key}},
        **_below(message, channel),
    }
    if message.quick_replies:
        payload["blocks"] = [*_sections(words), _buttons(message)]
    said = api.ask(connector, "chat.postMessage", **payload)
    return Receipt(external_id=message_id(tolerant.text(said, "channel"), tolerant.text(said, "ts")))


def _below(message: OutboundMessage, channel: str) -> dict[str, str]:
    """The thread to answer in: the customer's, or what is quoted; never one of another channel."""
    for known in (message.thread_id, message.quoted_id):
        place, _, ts = known.rpartition(":")
        if ts and (place == channel or (place.startswith("D") and not place_of(message.recipient))):
            return {"thread_ts": ts}
    return {}


def _sections(words: str) -> list[dict[str, Any]]:
    pieces = split(words, Capabilities(max_text=MOST_SECTION))
    return [{"type": "section", "text": {"type": "mrkdwn", "text": piece}} for piece in pieces]


def _buttons(message: OutboundMessage) -> dict[str, Any]:
    buttons = [
        {
            "type": "button",
            "action_id": f"reply-{number}",
            "text": {"type": "plain_text", "text": one.title[:MOST_BUTTON]},
            "value": one.id[:MOST_VALUE],
        }
        for number, one in enumerate(message.quick_replies)
    ]
    return {"type": "actions", "elements": buttons}


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _files(connector: Connector, message: OutboundMessage) -> Receipt:
    """Bytes go to an address that Slack gives for each file; nobody sees them before the last step."""
    channel = place_of(message.recipient) or _opened(connector, user_of(message.recipient))
    uploaded = [{"id": _uploaded(connector, file), "title": file.name} for file in message.files]
    payload: dict[str, Any] = {"files": uploaded, "channel_id": channel, **_below(message, channel)}
    if message.text:
        payload["initial_comment"] = mrkdwn.written(message.text)
    said = api.ask(connector, "files.completeUploadExternal", **payload)
    return Receipt(external_id=_shared_as(said, channel) or f"file:{uploaded[0]['id']}")


def _opened(connector: Connector, user: str) -> str:
    said = api.ask(connector, "conversations.open", users=user)
    return tolerant.text(said, "channel", "id")


def _uploaded(connector: Connector, file: OutboundFile) -> str:
    content = file.read()
    # The one method that takes no JSON (slack_sdk sends it as parameters too).
    said = api.look(connector, "files.getUploadURLExternal", filename=file.name, length=str(len(content)))
    address, number = tolerant.text(said, "upload_url"), tolerant.text(said, "file_id")
    if not address or not number:
        raise TemporaryFailure("Slack gave no address to upload to", code="upload")
    try:
        http.request("POST", address, content=content, seconds=UPLOAD_SECONDS).raise_for_status()
    except UnknownOutcome as error:  # nothing is shown before it is completed, so that it may be tried again
        raise TemporaryFailure(str(error), code="upload") from error
    return number


def _shared_as(said: tolerant.Json, channel: str) -> str:
    """The message in which a file is shown, where Slack already knows it."""
    for file in tolerant.items(said, "files"):
        for visibility in ("public", "private"):
            for share in tolerant.items(file, "shares", visibility, channel):
                if external_id := message_id(channel, tolerant.text(share, "ts")):
                    return external_id
    return ""
