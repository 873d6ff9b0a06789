"""What Twilio posts to the hook: messages of three networks, and what became of ours. Names of parameters: recall."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping
from datetime import datetime

from channels_app.connectors import phone
from channels_app.connectors.opt_out import consent_in
from channels_app.connectors.twilio.problems import problem
from channels_app.connectors.twilio.signing import form_fields
from channels_app.contract import (
    Address,
    Choice,
    ConsentUpdate,
    ContactUpdate,
    DeliveryState,
    DeliveryUpdate,
    FileRole,
    Inbound,
    InboundMessage,
    Location,
    ReceivedEnvelope,
    RemoteFile,
)

Said = Mapping[str, str]

WHATSAPP = "whatsapp"
MESSENGER = "messenger"
RECEIVED = frozenset({"", "received", "receiving"})
STATES = {
    "sent": DeliveryState.SENT,
    "partially_delivered": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.READ,
    "undelivered": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.FAILED,
}
OPT_OUT_TYPES = {"STOP": False, "START": True}
MOST_FILES = 20
# What the customer answered to, where an advertisement or a forwarded message brought them.
KEPT_DETAILS = {
    "ReferralHeadline": "referral_headline",
    "ReferralBody": "referral_body",
    "ReferralSourceUrl": "referral_url",
    "ReferralCtwaClid": "referral_click",
    "Forwarded": "forwarded",
}


def parameters(envelope: ReceivedEnvelope) -> Said:
    """What was sent, of a form or, where the account prefers GET, of the query; the first of each name."""
    body = bytes(envelope.body) or envelope.query.encode()
    return {name: value.replace("\0", "") for name, value in reversed(form_fields(body))}


def key_of(envelope: ReceivedEnvelope) -> str:
    """A message comes once, a state of one once; Twilio repeats where our answer was late."""
    said = parameters(envelope)
    sid, state = _sid(said), _state(said)
    return f"{sid}:{'in' if state in RECEIVED else state}" if sid else ""


def understand(envelope: ReceivedEnvelope) -> list[Inbound]:
    """Messages, receipts, consent; nothing for what is none of these."""
    said = parameters(envelope)
    if not _sid(said):
        return []
    if _state(said) in RECEIVED:
        return list(_received(said, envelope.received_at)) if said.get("From") else []
    return list(_receipt(said, envelope.received_at))


def address(raw: str, *, name: str = "") -> Address:
    """The address of a sender: whatsapp:+6285…, rcs:+1555…, messenger:123 or a number."""
    network, _colon, value = raw.rpartition(":")
    if network in (WHATSAPP, MESSENGER):
        return Address(network, value, raw=raw, name=name, is_local=True, is_verified=True)
    return phone.received(value, name=name)


def _sid(said: Said) -> str:
    return said.get("MessageSid") or said.get("SmsMessageSid") or said.get("SmsSid") or ""


def _state(said: Said) -> str:
    return (said.get("MessageStatus") or said.get("SmsStatus") or "").lower()


def _received(said: Said, at: datetime) -> Iterator[Inbound]:
    sender = address(said["From"], name=said.get("ProfileName", ""))
    proven = [number for number in [_number(said)] if number]
    if sender.kind == WHATSAPP and proven:
        # First, so that the message already finds the conversation of whoever has this number.
        yield ContactUpdate(sender, name=sender.name, proven=proven)
    choice = _choice(said)
    yield InboundMessage(
        external_id=_sid(said),
        sender=sender,
        text=choice.title if choice else said.get("Body", ""),
        sent_at=at,
        files=list(_files(said, sender.kind)),
        location=_location(said),
        choice=choice,
        quoted_id=said.get("OriginalRepliedMessageSid", ""),
        details={ours: said[theirs] for theirs, ours in KEPT_DETAILS.items() if said.get(theirs)},
    )
    if consent := _consent(said, sender, at):
        yield consent


def _number(said: Said) -> Address | None:
    """The telephone number behind a WhatsApp account; newer ones may hide it behind an id of the business's."""
    wa_id = said.get("WaId") or said["From"].rpartition(":")[2]
    found = phone.received(wa_id)
    return None if found.is_local else found


def _choice(said: Said) -> Choice | None:
    for id_name, title_name in (("ButtonPayload", "ButtonText"), ("ListId", "ListTitle")):
        if said.get(id_name) or said.get(title_name):
            title = said.get(title_name) or said.get("Body", "")
            return Choice(said.get(id_name) or title, title)
    return None


def _files(said: Said, kind: str) -> Iterator[RemoteFile]:
    count = said.get("NumMedia", "")
    for number in range(min(int(count), MOST_FILES) if count.isascii() and count.isdigit() else 0):
        if url := said.get(f"MediaUrl{number}"):
            content_type = said.get(f"MediaContentType{number}", "")
            ending = mimetypes.guess_extension(content_type.partition(";")[0]) or ""
            yield RemoteFile(
                url.rpartition("/")[2][:60] + ending, content_type, url=url, role=_role(content_type, kind)
            )


def _role(content_type: str, kind: str) -> FileRole:
    """WhatsApp's stickers are the only WebP there, and its sound is spoken."""
    if kind == WHATSAPP and content_type == "image/webp":
        return FileRole.STICKER
    return FileRole.VOICE if kind == WHATSAPP and content_type.startswith("audio/ogg") else FileRole.FILE


def _location(said: Said) -> Location | None:
    try:
        latitude, longitude = float(said["Latitude"]), float(said["Longitude"])
    except (KeyError, ValueError):
        return None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return Location(latitude, longitude, said.get("Label", ""), said.get("Address", ""))


def _consent(said: Said, sender: Address, at: datetime) -> ConsentUpdate | None:
    """Twilio's own verdict where it gives one; it keeps a list of its own, by which it refuses to send (21610)."""
    words = said.get("Body", "")
    told = OPT_OUT_TYPES.get(said.get("OptOutType", "").upper())
    granted = told if told is not None else consent_in(words, by_carrier=sender.kind == phone.KIND)
    if granted is None:
        return None
    return ConsentUpdate(sender, granted, words=words, source="message" if told is None else "provider", at=at)


def _receipt(said: Said, at: datetime) -> Iterator[Inbound]:
    state = STATES.get(_state(said))
    if state is None:  # queued, sending…: we know that already
        return
    if state is not DeliveryState.FAILED:
        yield DeliveryUpdate(state, external_id=_sid(said), at=at)
        return
    code = said.get("ErrorCode", "")
    meant = problem(code)
    detail = said.get("ErrorMessage") or said.get("ChannelStatusMessage", "")
    yield DeliveryUpdate(
        state,
        external_id=_sid(said),
        at=at,
        code=code,
        detail=detail,
        advice=meant.advice,
        trouble=meant.trouble,
        is_unreachable=meant.is_unreachable,
    )
    if meant.is_opt_out and said.get("To"):
        yield ConsentUpdate(address(said["To"]), is_granted=False, source="provider", at=at)
