"""What Vonage's SMS API posts: messages, also in pieces, and receipts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from channels_app.connectors import phone, tolerant
from channels_app.connectors.opt_out import consent_in
from channels_app.connectors.vonage_sms.problems import late_problem
from channels_app.connectors.vonage_sms.signing import Said, parameters
from channels_app.contract import (
    ConsentUpdate,
    DeliveryState,
    DeliveryUpdate,
    Fragment,
    Inbound,
    InboundMessage,
    ReceivedEnvelope,
)

STATES = {
    "accepted": DeliveryState.SENT,
    "buffered": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "expired": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "rejected": DeliveryState.FAILED,
    "deleted": DeliveryState.FAILED,
}
MOST_PIECES = 255


def said_in(envelope: ReceivedEnvelope) -> Said:
    return parameters(envelope.body, envelope.query)


def key_of(envelope: ReceivedEnvelope) -> str:
    """A piece comes once, a state once; Vonage repeats for a day what we have not answered."""
    said = said_in(envelope)
    message_id = said.get("messageId", "")
    return f"{message_id}:{said.get('status') or 'in'}" if message_id else ""


def understand(envelope: ReceivedEnvelope) -> list[Inbound]:
    """A message or a piece of one, its consent, or a receipt; nothing for what is none of these."""
    said = said_in(envelope)
    if not said.get("messageId") or not said.get("msisdn"):
        return []
    if said.get("status") and not said.get("type"):
        return list(_receipt(said, envelope.received_at))
    return list(_received(said, envelope.received_at))


def _received(said: Said, received_at: datetime) -> Iterator[Inbound]:
    sender, text = phone.received(said["msisdn"]), said.get("text", "")
    fragment = _fragment(said)
    yield InboundMessage(
        external_id=said["messageId"],
        sender=sender,
        text=text,
        sent_at=_moment(said) or received_at,
        fragment=fragment,
        notices=["unsupported"] if said.get("type") == "binary" else [],
    )
    granted = None if fragment else consent_in(text, by_carrier=True)
    if granted is not None:
        yield ConsentUpdate(sender, granted, words=text, at=_moment(said) or received_at)


def _fragment(said: Said) -> Fragment | None:
    """The place of a piece. The reference is one of 256 only, so the sender and the receiver belong to the key."""
    number, total = tolerant.whole(said, "concat-part"), tolerant.whole(said, "concat-total")
    if said.get("concat", "").lower() != "true" or not 1 <= number <= total <= MOST_PIECES or total == 1:
        return None
    return Fragment(f"{said['msisdn']}:{said.get('to', '')}:{said.get('concat-ref', '')}", number, total)


def _receipt(said: Said, received_at: datetime) -> Iterator[Inbound]:
    state = STATES.get(said["status"].lower())
    if state is None:
        return
    code = said.get("err-code", "")
    meant = late_problem(code)
    is_failed = state is DeliveryState.FAILED
    yield DeliveryUpdate(
        state,
        external_id=said["messageId"],
        delivery_key=said.get("client-ref", ""),
        at=_done_at(said) or received_at,
        code=code if is_failed else "",
        detail=said["status"] if is_failed else "",
        advice=meant.advice if is_failed else "",
        trouble=meant.trouble,
        is_unreachable=is_failed and meant.is_unreachable,
    )
    if is_failed and meant.is_opt_out:
        yield ConsentUpdate(phone.received(said["msisdn"]), is_granted=False, source="provider", at=received_at)


def _moment(said: Said) -> datetime | None:
    """When the message was sent: "2026-11-22 00:01:02", in UTC."""
    return tolerant.iso(said, "message-timestamp")


def _done_at(said: Said) -> datetime | None:
    """When the network reported, to the minute: YYMMDDHHMM; one that lies ahead of us is in a zone of its own."""
    try:
        at = datetime.strptime(said.get("scts", ""), "%y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return _moment(said)
    return at if at <= datetime.now(UTC) + timedelta(minutes=1) else _moment(said)
