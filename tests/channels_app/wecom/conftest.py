"""WeCom's customer service of one company, and an inlet into which it is drained."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from channels_app.models import Channel
from tests.channels_app.outside import outside
from tests.channels_app.sealed import AES_KEY, TOKEN
from tests.channels_app.wechat.conftest import granted

__all__ = ["outside"]
PAYLOADS = Path(__file__).parent / "payloads"
CORP_ID = "ww1234567890"


def payload(name: str) -> dict[str, Any]:
    return json.loads((PAYLOADS / f"{name}.json").read_bytes())


@pytest.fixture
def company(db: None) -> Channel:
    """The company, with a token in stock."""
    return connect()


def connect(config: dict[str, Any] | None = None) -> Channel:
    secrets = {"secret": "secret-0123456789", "token": TOKEN, "aes_key": AES_KEY, **granted(CORP_ID)}
    return Channel.objects.create(
        kind="wecom", name="客服", config={"corp_id": CORP_ID, **(config or {})}, secrets=secrets
    )


@dataclass
class Jar:
    """Keeps what is drained; `closes_after` so many of them."""

    cursor: Mapping[str, Any] = field(default_factory=dict)
    kept: list[tuple[dict[str, Any], Mapping[str, Any]]] = field(default_factory=list)
    closes_after: int = 10_000

    @property
    def is_open(self) -> bool:
        return len(self.kept) < self.closes_after

    def keep(self, body: bytes, *, cursor: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        self.kept.append((json.loads(body), cursor))
        self.cursor = cursor

    def skip(self, cursor: Mapping[str, Any]) -> None:
        self.cursor = cursor

    def report(self, *, waiting: int, oldest: datetime | None) -> None:
        pass

    def pause(self, seconds: float) -> None:
        pass
