"""A chatbot's skill."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from channels_app.contract import Address, Connector
from tests.channels_app.outside import connector, outside

__all__ = ["outside"]
PAYLOADS = Path(__file__).parent / "payloads"
CAROL = Address("kakao_bot", "bot-user-1", is_verified=True, is_local=True)
CALLBACK = "https://bot-api.kakao.com/v1/bots/bot1/callback/abc"


def payload(name: str) -> dict[str, Any]:
    return json.loads((PAYLOADS / f"{name}.json").read_bytes())


def bot(*, secrets: dict[str, Any] | None = None, **config: Any) -> Connector:
    config = {
        "header_name": "X-Skill-Key",
        "answer_text": "곧 답변드릴게요.",
        "waiting_text": "잠시만요.",
        "uses_callback": True,
        "bot_id": "5f0c1b2a3d",
        "public_id": "_xoAbcd",
        **config,
    }
    return connector(
        "kakao_bot", secrets={"skill_key": "skill-key-0123456789", "rest_key": "rest", **(secrets or {})}, **config
    )
