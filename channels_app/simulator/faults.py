"""What may go wrong, on demand, for one account."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Faults:
    """Each stays on until it is switched off; `delay_seconds` holds back every web hook."""

    delay_seconds: int = 0
    duplicate: bool = False
    reorder: bool = False
    drop_receipts: bool = False
    too_many_requests: bool = False
    server_error: bool = False
    timeout_after_accept: bool = False
    expired_token: bool = False
    closed_window: bool = False
    bounce: bool = False

    @classmethod
    def of(cls, stored: dict[str, int | bool]) -> Faults:
        """From what was stored, without what an older version knew."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})  # type: ignore[arg-type]
