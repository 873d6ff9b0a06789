"""A call is a program that the provider runs line by line: what it may ask the desk, and what the desk asks of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from channels_app.contract.received import Address


class CallDesk(Protocol):
    """What a connector may ask while a caller waits on the line; each question is answered within milliseconds."""

    def is_open(self) -> bool:
        """Whether somebody is there at this time of day."""

    def phones(self, call_id: str) -> Sequence[str]:
        """Numbers of the agents who could take this call now, whom to ring first at the beginning; E.164."""

    def position(self, call_id: str) -> int:
        """Which place in the queue a call has; 1 is next."""

    def waited(self, call_id: str) -> timedelta:
        """How long a call has lasted."""

    def language(self, address: Address) -> str:
        """In which language we speak with this customer; blank for a stranger."""

    def customer_number(self, key: str) -> str:
        """The number to which a call that we placed is to be bridged; blank where there is none any more."""


@dataclass(frozen=True)
class CallOrder:
    """A call that an agent wants: ring `agent`, say something in `language`, then bridge to `customer`; numbers in E.164.

    `key` is ours; it stands in the addresses that the provider calls.
    """

    key: str
    agent: str
    customer: str
    language: str = ""
