"""A KakaoTalk channel's consultations, through either dealer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from channels_app.contract import Address, Connector
from tests.channels_app.outside import connector, outside

__all__ = ["outside"]
PAYLOADS = Path(__file__).parent / "payloads"
SENDER = "0123456789abcdef0123456789abcdef01234567"
PUBLIC_ID = "_xoAbcd"
CAROL = Address("kakao", "Uk3yAbC", is_verified=True, is_local=True)


def payload(name: str) -> dict[str, Any]:
    return json.loads((PAYLOADS / f"{name}.json").read_bytes())


def bizgo(**config: Any) -> Connector:
    secrets = {"api_key": "bizgo-key", "admin_key": "admin-key"}
    return connector("kakao", secrets=secrets, relay="bizgo", sender_key=SENDER, public_id=PUBLIC_ID, **config)


def happytalk(**config: Any) -> Connector:
    secrets = {"client_secret": "ht-secret"}
    config = {"relay": "happytalk", "sender_key": SENDER, "client_id": "ht-id", **config}
    return connector("kakao", secrets=secrets, **config)


def path_of(name: str) -> str:
    """Where a payload of this name is posted, below the hook's address."""
    relay, _, event = name.partition("_")
    if relay == "channel":
        return "channel"
    names = ("expired_session", "seen_info", "personal_info", "cert_result", "message", "reference", "result")
    event = next(known for known in names if event.startswith(known))
    return f"cstalk/{event}" if relay == "bizgo" else event
