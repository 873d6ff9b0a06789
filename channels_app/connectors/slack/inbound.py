"""What Slack's events and touched buttons say. Pure: JSON in, dataclasses out. Fields are partly from memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from urllib.parse import parse_qs

from channels_app.connectors import tolerant
from channels_app.connectors.places import placed
from channels_app.connectors.slack import mrkdwn
from channels_app.contract import (
    Address,
    Choice,
    DeliveryState,
    DeliveryUpdate,
    FileRole,
    Inbound,
    InboundMessage,
    MessageDeleted,
    MessageEdited,
    Reaction,
    RemoteFile,
)

KIND = "slack"
FORM = "application/x-www-form-urlencoded"
# By this name our own key travels with a message of ours (message metadata).
KEY_EVENT = "delivery"
# Subtypes of a message that somebody wrote; all others are notices of the room, or of machines.
SPOKEN = frozenset({"", "file_share", "thread_broadcast", "me_message"})
Json = tolerant.Json


def body_of(body: bytes | memoryview, content_type: str) -> Json:
    """Events come as JSON; touched buttons as a form with JSON in it. Raises ValueError for what is neither."""
    if not content_type.startswith(FORM):
        return tolerant.load(body)
    payloads = parse_qs(bytes(body).decode("utf-8", "replace")).get("payload", [])
    return tolerant.load(payloads[0].encode()) if payloads else {}


def understand(body: Json) -> list[Inbound]:
    """The items of one request."""
    if tolerant.text(body, "type") == "block_actions":
        return list(_touched(body))
    event = tolerant.obj(body, "event")
    read = READERS.get(tolerant.text(event, "type"))
    return list(read(event, body)) if read else []


# ── Addresses and ids ────────────────────────────────────────────────────────────────────────────────────────────────
def address_of(user: str, channel: str) -> Address:
    """Somebody in a channel, or alone with the app (channels of that kind begin with D)."""
    return placed(KIND, user, "" if channel.startswith("D") else channel)


def message_id(channel: str, ts: str) -> str:
    """A message's time is its number, within its channel."""
    return f"{channel}:{ts}" if channel and ts else ""


def moment(ts: str) -> datetime | None:
    return tolerant.at({"ts": ts}, "ts")


# ── Messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _message(event: Json, body: Json) -> Iterator[Inbound]:
    match tolerant.text(event, "subtype"):
        case "message_changed":
            yield from _changed(event)
        case "message_deleted":
            yield from _deleted(event, tolerant.text(event, "deleted_ts"))
        case subtype if subtype in SPOKEN:
            yield from _ours(event) if _is_by_a_bot(event) else _spoken(event, body)


def _is_by_a_bot(event: Json) -> bool:
    return bool(tolerant.text(event, "bot_id") or tolerant.text(event, "app_id"))


def _ours(event: Json) -> Iterator[Inbound]:
    """Our own message comes back: it has arrived. Other machines are not listened to."""
    key = tolerant.text(event, "metadata", "event_payload", "key")
    if key and tolerant.text(event, "metadata", "event_type") == KEY_EVENT:
        external_id = message_id(tolerant.text(event, "channel"), tolerant.text(event, "ts"))
        yield DeliveryUpdate(DeliveryState.SENT, external_id=external_id, delivery_key=key)


def _spoken(event: Json, body: Json) -> Iterator[Inbound]:
    channel, user, ts = (tolerant.text(event, name) for name in ("channel", "user", "ts"))
    if not (channel and user and ts):
        return
    files = [_file(one) for one in tolerant.items(event, "files") if _is_there(one)]
    text = mrkdwn.read(tolerant.text(event, "text")) or _links(event)
    is_unseen = bool(tolerant.items(event, "files")) and not files
    if not (text or files or is_unseen):
        return
    customer = tolerant.text(event, "parent_user_id")
    is_colleague = _is_colleague(event, body)
    if is_colleague and customer in ("", user):
        return  # one of us talks in the customer's channel, to nobody in particular
    yield InboundMessage(
        external_id=message_id(channel, ts),
        sender=address_of(user, channel),
        text=text,
        sent_at=moment(ts),
        files=files,
        thread_id=_thread(event, channel, ts),
        to=[address_of(customer, channel)] if is_colleague else [],
        is_echo=is_colleague,
        notices=["unsupported"] if is_unseen and not text else [],
        details={"workspace": team} if (team := _team_of(event)) else {},
    )


def _thread(event: Json, channel: str, ts: str) -> str:
    """In a channel an answer belongs below the message that began it; alone with the app, all is one stream."""
    began = tolerant.text(event, "thread_ts")
    return message_id(channel, began or ("" if channel.startswith("D") else ts))


def _team_of(event: Json) -> str:
    names = ("user_team", "source_team", "team")
    return next(filter(None, (tolerant.text(event, name) for name in names)), "")


def _is_colleague(event: Json, body: Json) -> bool:
    """In a channel shared with a customer's workspace, people of the workspace that has the app are ours."""
    if not tolerant.flag(body, "is_ext_shared_channel"):
        return False
    authorized = next(iter(tolerant.items(body, "authorizations")), {})
    ours = tolerant.text(authorized, "team_id") or tolerant.text(body, "team_id")
    return bool(ours) and _team_of(event) == ours


def _is_there(file: Json) -> bool:
    """Not one that was deleted, is beyond the plan's limit, or lies with another service."""
    mode = tolerant.text(file, "mode")
    return bool(tolerant.text(file, "id")) and mode not in ("tombstone", "hidden_by_limit", "external")


def _links(event: Json) -> str:
    """Files that lie with another service are but addresses."""
    elsewhere = [one for one in tolerant.items(event, "files") if tolerant.text(one, "mode") == "external"]
    return "\n".join(filter(None, (tolerant.text(one, "url_private") for one in elsewhere)))


def _file(file: Json) -> RemoteFile:
    content_type = tolerant.text(file, "mimetype") or "application/octet-stream"
    is_voice = tolerant.text(file, "subtype") == "slack_audio"
    return RemoteFile(
        name=tolerant.text(file, "name") or tolerant.text(file, "title") or "file",
        content_type=content_type,
        url=tolerant.text(file, "url_private_download"),
        reference=tolerant.text(file, "id"),
        size=tolerant.whole(file, "size"),
        seconds=tolerant.whole(file, "duration_ms") // 1000,
        role=FileRole.VOICE if is_voice else FileRole.FILE,
    )


# ── News ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _changed(event: Json) -> Iterator[Inbound]:
    """Also comes when Slack unfolds a link or counts the answers of a thread: only another text is an edit."""
    message, before = tolerant.obj(event, "message"), tolerant.obj(event, "previous_message")
    if tolerant.text(message, "subtype") == "tombstone":
        yield from _deleted(event, tolerant.text(message, "ts"))
        return
    text, external_id = (
        tolerant.text(message, "text"),
        message_id(tolerant.text(event, "channel"), tolerant.text(message, "ts")),
    )
    if external_id and not _is_by_a_bot(message) and text != tolerant.text(before, "text"):
        yield MessageEdited(external_id, mrkdwn.read(text), at=moment(tolerant.text(message, "edited", "ts")))


def _deleted(event: Json, ts: str) -> Iterator[Inbound]:
    if external_id := message_id(tolerant.text(event, "channel"), ts):
        yield MessageDeleted(external_id, at=moment(tolerant.text(event, "event_ts")))


def _reaction(event: Json, body: Json) -> Iterator[Inbound]:
    channel, user = tolerant.text(event, "item", "channel"), tolerant.text(event, "user")
    target = message_id(channel, tolerant.text(event, "item", "ts"))
    emoji = mrkdwn.emoji_of(tolerant.text(event, "reaction"))
    if target and user and emoji and not _is_ours(user, body):
        is_removed = tolerant.text(event, "type") == "reaction_removed"
        at = moment(tolerant.text(event, "event_ts"))
        yield Reaction(target, address_of(user, channel), emoji[:40], is_removed=is_removed, at=at)


def _is_ours(user: str, body: Json) -> bool:
    """Whether it is the app itself, for which the event was sent to us."""
    return user in (tolerant.text(one, "user_id") for one in tolerant.items(body, "authorizations"))


def _touched(body: Json) -> Iterator[Inbound]:
    channel = tolerant.text(body, "channel", "id") or tolerant.text(body, "container", "channel_id")
    user, message = tolerant.text(body, "user", "id"), tolerant.obj(body, "message")
    ts = tolerant.text(message, "ts") or tolerant.text(body, "container", "message_ts")
    for action in tolerant.items(body, "actions"):
        value, title = tolerant.text(action, "value"), tolerant.text(action, "text", "text")
        at = tolerant.text(action, "action_ts")
        if channel and user and value and at:
            yield InboundMessage(
                external_id=f"action:{channel}:{ts}:{at}:{user}",
                sender=address_of(user, channel),
                text=title or value,
                choice=Choice(value, title),
                sent_at=moment(at),
                thread_id=_thread(message, channel, ts),
                quoted_id=message_id(channel, ts),
            )


READERS: dict[str, Callable[[Json, Json], Iterator[Inbound]]] = {
    "message": _message,
    "reaction_added": _reaction,
    "reaction_removed": _reaction,
}
