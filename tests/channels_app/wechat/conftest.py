"""A WeChat Official Account that is connected."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from channels_app.models import Channel
from tests.channels_app.outside import Outside, outside
from tests.channels_app.sealed import TOKEN

__all__ = ["outside"]
PAYLOADS = Path(__file__).parent / "payloads"
APPID = "wx1234567890"


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.xml").read_bytes()


def granted(appid: str = APPID, value: str = "token-1", *, minutes: int = 90) -> dict[str, Any]:
    """A token that was asked for before."""
    ends_at = timezone.now() + timedelta(minutes=minutes)
    return {"access_token": value, "access_token_of": appid, "access_token_ends_at": ends_at.isoformat()}


@pytest.fixture
def account(db: None) -> Channel:
    """The account, with a token in stock."""
    return connect(**granted())


def connect(config: dict[str, Any] | None = None, **secrets: str) -> Channel:
    secrets = {"app_secret": "app-secret-0123456789", "token": TOKEN, **secrets}
    return Channel.objects.create(
        kind="wechat", name="公众号", config={"appid": APPID, **(config or {})}, secrets=secrets
    )


def ok(world: Outside, **said: Any) -> None:
    world.answer({"errcode": 0, "errmsg": "ok", **said})
