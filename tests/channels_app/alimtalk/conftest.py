"""Alimtalk of one sender profile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from channels_app.contract import Address, Connector, Template, TemplateUse
from tests.channels_app.outside import connector, outside

__all__ = ["outside"]
PAYLOADS = Path(__file__).parent / "payloads"
SENDER = "0123456789abcdef0123456789abcdef01234567"
CAROL = Address("phone", "+821012345678")
REPLY = Template(
    "답변 안내 (reply_1)",
    "ko",
    "{{name}}님, 답변이 등록되었습니다.",
    ["name"],
    details={"code": "reply_1", "msgType": "AT"},
)
USE = TemplateUse(REPLY, {"name": "캐롤"})


def payload(name: str) -> dict[str, Any]:
    return json.loads((PAYLOADS / f"{name}.json").read_bytes())


def alimtalk(*, secrets: dict[str, Any] | None = None, **config: Any) -> Connector:
    secrets = {"api_key": "bizgo-key", "webhook_secret": "bizgo_secret", **(secrets or {})}
    return connector("alimtalk", secrets=secrets, sender_key=SENDER, **config)
