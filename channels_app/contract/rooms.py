"""Rooms for video calls: who provides them, and who may sit in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Room:
    """One room, made for one call. `name` is unguessable; `details` are the provider's own (a session, say)."""

    name: str
    details: Mapping[str, Any]


@dataclass(frozen=True)
class Guest:
    """Somebody who enters: `key` tells one from another, `is_host` lets an agent moderate."""

    key: str
    name: str
    is_host: bool = False


@dataclass(frozen=True)
class Seat:
    """How a guest enters until `until`: an address of the provider's, or what our own page hands to its script."""

    until: datetime
    url: str = ""
    script: str = ""
    options: Mapping[str, str] | None = None
