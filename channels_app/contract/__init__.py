"""What a connector takes and gives. No Django models here: bytes in, dataclasses out, dataclasses in, receipts out."""

from channels_app.contract.capabilities import Capabilities, MediaLimit, TextUnit
from channels_app.contract.connector import Account, Connector, Inlet, LeaseLost, ReceivedEnvelope, Tile
from channels_app.contract.failures import (
    AccountFailure,
    DeliveryError,
    PermanentFailure,
    Rejected,
    TemporaryFailure,
    UnknownOutcome,
)
from channels_app.contract.received import (
    Address,
    ContactUpdate,
    DeliveryState,
    DeliveryUpdate,
    Inbound,
    InboundMessage,
    RemoteFile,
)
from channels_app.contract.sent import OutboundFile, OutboundMessage, Receipt

__all__ = [
    "Account",
    "AccountFailure",
    "Address",
    "Capabilities",
    "Connector",
    "ContactUpdate",
    "DeliveryError",
    "DeliveryState",
    "DeliveryUpdate",
    "Inbound",
    "InboundMessage",
    "Inlet",
    "LeaseLost",
    "MediaLimit",
    "OutboundFile",
    "OutboundMessage",
    "PermanentFailure",
    "Receipt",
    "ReceivedEnvelope",
    "Rejected",
    "RemoteFile",
    "TemporaryFailure",
    "TextUnit",
    "Tile",
    "UnknownOutcome",
]
