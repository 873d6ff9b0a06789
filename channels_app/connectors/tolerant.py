"""Reading JSON of which one knows only what it should be: what is missing or of another type reads as empty."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]


def load(body: bytes | memoryview) -> Json:
    """The object that a body holds, empty for any other JSON; raises ValueError for what is none."""
    return _object(json.loads(bytes(body)))


def peek(body: bytes | memoryview) -> Json:
    """The same for a mere look: empty also for what is no JSON."""
    try:
        return load(body)
    except (ValueError, RecursionError):
        return {}


def obj(data: Json, *path: str) -> Json:
    """The object at the end of a path of keys."""
    for key in path:
        data = _object(data.get(key))
    return data


def items(data: Json, *path: str) -> list[Json]:
    """The objects of the list at the end of a path of keys."""
    found = obj(data, *path[:-1]).get(path[-1])
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def strings(data: Json, *path: str) -> list[str]:
    """The texts of a list."""
    found = obj(data, *path[:-1]).get(path[-1])
    return [text({"": one}, "") for one in found if isinstance(one, str)] if isinstance(found, list) else []


def text(data: Json, *path: str) -> str:
    """The text at the end of a path of keys; whole numbers as digits, since providers change their minds about ids."""
    found = obj(data, *path[:-1]).get(path[-1])
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found) if abs(found) < 10**20 else ""
    if not isinstance(found, str):
        return ""
    # Neither zeros nor halves of signs can be stored.
    return found.replace("\0", "").encode("utf-8", "replace").decode()


def number(data: Json, *path: str) -> float | None:
    """A number, also where it is written as text; None for what is none, or not finite."""
    found = obj(data, *path[:-1]).get(path[-1])
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        return None
    try:
        value = float(found)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def whole(data: Json, *path: str) -> int:
    """A number of bytes, seconds or the like; 0 for what is none."""
    found = number(data, *path)
    return int(found) if found is not None and 0 <= found < 2**53 else 0


def flag(data: Json, *path: str) -> bool:
    """Whether it is true, and nothing else than true."""
    return obj(data, *path[:-1]).get(path[-1]) is True


def at(data: Json, *path: str, per_second: int = 1) -> datetime | None:
    """A moment given as seconds since 1970 (or thousandths of them, `per_second` 1000)."""
    found = number(data, *path)
    try:
        return datetime.fromtimestamp(found / per_second, UTC) if found else None
    except (ValueError, OverflowError, OSError):
        return None


def iso(data: Json, *path: str) -> datetime | None:
    """A moment in ISO 8601 with its zone; without one it is UTC."""
    try:
        found = datetime.fromisoformat(text(data, *path))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _object(found: object) -> Json:
    return found if isinstance(found, dict) else {}
