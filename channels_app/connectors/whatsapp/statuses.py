"""What WhatsApp reports of our messages, of calls, and of what customers want to receive."""

from __future__ import annotations

from channels_app.connectors import phone, tolerant
from channels_app.connectors.meta.graph import problem_of
from channels_app.connectors.meta.problems import WHATSAPP
from channels_app.connectors.tolerant import Json
from channels_app.connectors.whatsapp.inbound import address
from channels_app.contract import (
    UNKNOWN_PROBLEM,
    ConsentUpdate,
    DeliveryState,
    DeliveryUpdate,
    Inbound,
    WindowUpdate,
)

STATES = {
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.READ,
    # A voice message that was listened to.
    "played": DeliveryState.READ,
    "failed": DeliveryState.FAILED,
}
OPTED_OUT = "131050"


def status(data: Json) -> list[Inbound]:
    """One of `statuses[]`; the id of our own rides along in `biz_opaque_callback_data`."""
    state = STATES.get(tolerant.text(data, "status"))
    external_id, key = tolerant.text(data, "id"), tolerant.text(data, "biz_opaque_callback_data")
    if state is None or not (external_id or key):
        return []
    at = tolerant.at(data, "timestamp")
    if state is not DeliveryState.FAILED:
        return [DeliveryUpdate(state, external_id=external_id, delivery_key=key, at=at)]
    return [_failed(data), *_refused(data)]


def _failed(data: Json) -> DeliveryUpdate:
    error = next(iter(tolerant.items(data, "errors")), {})
    code = tolerant.text(error, "code")
    problem = problem_of(WHATSAPP, code) or UNKNOWN_PROBLEM
    words = [
        tolerant.text(error, "error_data", "details"),
        tolerant.text(error, "message"),
        tolerant.text(error, "title"),
    ]
    return DeliveryUpdate(
        DeliveryState.FAILED,
        external_id=tolerant.text(data, "id"),
        delivery_key=tolerant.text(data, "biz_opaque_callback_data"),
        at=tolerant.at(data, "timestamp"),
        code=code,
        detail=next(filter(None, words), "")[:500],
        advice=problem.advice,
        trouble=problem.trouble,
        is_unreachable=problem.is_unreachable,
    )


def _refused(data: Json) -> list[Inbound]:
    """The customer told WhatsApp that they do not want marketing from us: that holds for what comes after, too."""
    recipient = address(data, "recipient_id", "recipient_user_id")
    codes = [tolerant.text(error, "code") for error in tolerant.items(data, "errors")]
    if recipient is None or OPTED_OUT not in codes:
        return []
    at = tolerant.at(data, "timestamp")
    return [ConsentUpdate(recipient, False, purpose="marketing", words=OPTED_OUT, source="provider", at=at)]


def preference(data: Json) -> list[Inbound]:
    """One of `user_preferences[]`: marketing switched off or on again in the customer's own app."""
    customer = address(data, "wa_id", "user_id")
    wish = tolerant.text(data, "value").lower()
    if customer is None or wish not in ("stop", "resume", "signup"):
        return []
    at, words = tolerant.at(data, "timestamp"), tolerant.text(data, "detail") or wish
    return [ConsentUpdate(customer, wish != "stop", purpose="marketing", words=words, source="provider", at=at)]


def call(data: Json, own_number: str) -> list[Inbound]:
    """One of `calls[]`: a call of the customer's opens the window as a message does. The call itself is not ours."""
    caller = address(data, "from", "from_user_id")
    is_theirs = tolerant.text(data, "direction") != "BUSINESS_INITIATED"
    is_ours = caller is not None and caller.value == phone.bare(own_number)
    if caller is None or not is_theirs or is_ours or tolerant.text(data, "event") != "connect":
        return []
    return [WindowUpdate(caller, at=tolerant.at(data, "timestamp"))]
