"""One message to Discord: to a channel, or to the channel that a person and the bot have for themselves."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from channels_app.connectors import tolerant
from channels_app.connectors.discord import api
from channels_app.connectors.discord.inbound import nonce_of
from channels_app.connectors.places import place_of, user_of
from channels_app.contract import Address, Connector, OutboundMessage, QuickReply, Receipt, TemporaryFailure

BUTTONS_A_ROW = 5
MOST_LABEL, MOST_ID = 80, 100
ROW, BUTTON, SECONDARY = 1, 2, 2


def send(connector: Connector, message: OutboundMessage) -> Receipt:
    """Hand one part over; raises DeliveryError."""
    channel = channel_of(connector, message.recipient)
    path, body = f"/channels/{channel}/messages", build(message, channel)
    if message.files:
        files = [(file.name, file.read(), file.content_type) for file in message.files]
        said = api.upload(connector, path, body, files)
    else:
        said = api.ask(connector, "POST", path, body)
    number = tolerant.text(said, "id")
    return Receipt(external_id=f"{channel}:{number}" if number else "")


def channel_of(connector: Connector, address: Address) -> str:
    """Where an address is written to; asking for the channel of two again gives the same one. Raises DeliveryError."""
    if place := place_of(address):
        return place
    said = api.ask(connector, "POST", "/users/@me/channels", {"recipient_id": user_of(address)})
    if channel := tolerant.text(said, "id"):
        return channel
    raise TemporaryFailure("Discord opened no channel", code="channel")


def build(message: OutboundMessage, channel: str) -> dict[str, Any]:
    """The message as Discord takes it; it must ring nobody's bell but the customer's."""
    body: dict[str, Any] = {
        "content": message.text,
        "nonce": nonce_of(message.delivery_key),
        "enforce_nonce": True,
        "allowed_mentions": {"parse": [], "replied_user": True},
    }
    place, _, number = message.quoted_id.rpartition(":")
    if place == channel and number:
        body["message_reference"] = {"message_id": number, "fail_if_not_exists": False}
    if message.files:
        body["attachments"] = [{"id": at, "filename": file.name} for at, file in enumerate(message.files)]
    if message.quick_replies:
        body["components"] = _rows(list(message.quick_replies))
    return body


def _rows(replies: list[QuickReply]) -> list[dict[str, Any]]:
    rows = [replies[at : at + BUTTONS_A_ROW] for at in range(0, len(replies), BUTTONS_A_ROW)]
    return [{"type": ROW, "components": [_button(one) for one in row]} for row in rows]


def _button(reply: QuickReply) -> dict[str, Any]:
    return {"type": BUTTON, "style": SECONDARY, "label": reply.title[:MOST_LABEL], "custom_id": reply.id[:MOST_ID]}


def react(connector: Connector, target_id: str, emoji: str) -> None:
    """One reaction of ours at a time, although Discord would take several; raises DeliveryError."""
    channel, _, number = target_id.rpartition(":")
    path = f"/channels/{channel}/messages/{number}"
    given = tolerant.items(api.ask(connector, "GET", path), "reactions")
    present = {tolerant.text(one, "emoji", "name") for one in given if tolerant.flag(one, "me")}
    for other in present - {emoji}:
        api.ask(connector, "DELETE", f"{path}/reactions/{quote(other)}/@me")
    if emoji and emoji not in present:
        api.ask(connector, "PUT", f"{path}/reactions/{quote(emoji)}/@me")
