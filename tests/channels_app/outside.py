"""The outside world of the connectors' tests: what is asked of it is noted, what it answers is queued beforehand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import timezone

from channels_app import http
from channels_app.contract import Connector, OutboundMessage
from channels_app.models import Channel, Envelope


@dataclass
class Call:
    """One request that a connector made, as `http.request` was called."""

    method: str
    url: str
    options: dict[str, Any]

    @property
    def json(self) -> Any:
        return self.options.get("json_body")

    @property
    def form(self) -> Any:
        return self.options.get("form")

    @property
    def headers(self) -> Mapping[str, str]:
        return self.options.get("headers") or {}


@dataclass
class Outside:
    """Stands for every server on the net. An unexpected request fails the test."""

    calls: list[Call] = field(default_factory=list)
    answers: list[http.Answer | Exception] = field(default_factory=list)

    def answer(self, body: Any = b"", status: int = 200, **headers: str) -> None:
        """Queue an answer: bytes as they are, everything else as JSON. Header names with _ for -."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append(http.Answer(status, named, raw, "https://outside.example/"))

    def fail(self, error: Exception) -> None:
        """Queue a failure of the net, as http.py names it."""
        self.answers.append(error)

    def request(self, method: str, url: str, **options: Any) -> http.Answer:
        self.calls.append(Call(method, url, options))
        assert self.answers, f"nobody expected {method} {url}"
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def last(self) -> Call:
        return self.calls[-1]


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    """Connectors call `http.request(…)`; this takes its place."""
    world = Outside()
    monkeypatch.setattr(http, "request", world.request)
    return world


def connector(kind: str, *, secrets: dict[str, Any] | None = None, **config: Any) -> Connector:
    """A connector of a channel that stands in no table."""
    return Channel(kind=kind, name="Desk", token="hook-token", config=config, secrets=secrets or {}).connector


def envelope(
    body: Any, *, path: str = "", query: str = "", content_type: str = "application/json", **headers: str
) -> Envelope:
    """A received request as the vault keeps it; what is not bytes becomes JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Envelope(
        body=raw, path=path, query=query, headers=named, content_type=content_type, received_at=timezone.now()
    )


def hook(body: bytes = b"", *, method: str = "POST", query: str = "", path: str = "", **headers: str) -> Any:
    """A request at the door, for `handshake` and `authenticate`."""
    named = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    address = f"/hooks/hook-token/{path}" + (f"?{query}" if query else "")
    content_type = named.pop("HTTP_CONTENT_TYPE", "application/json")
    return RequestFactory().generic(method, address, body, content_type=content_type, **named)


def outbound(to: Any, text: str = "Hello", **more: Any) -> OutboundMessage:
    return OutboundMessage("d" * 32, to, text, **more)
