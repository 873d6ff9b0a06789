"""What a provider remembers of one account: whom it knows, what was said, which files it keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

SENT, DELIVERED, READ, FAILED = "sent", "delivered", "read", "failed"


@dataclass
class Contact:
    """A customer as the provider knows them; `address` is the provider's id of them."""

    address: str
    name: str = ""
    phone: str = ""
    language: str = "ko"
    is_blocked: bool = False
    acted_at: str = ""
    sends_this_turn: int = 0
    notes: dict[str, Any] = field(default_factory=dict)

    def act(self) -> None:
        """They did something that opens the window."""
        self.acted_at, self.sends_this_turn = timezone.now().isoformat(), 0

    def seconds_since(self) -> float:
        """How long ago they last acted; endless where they never did."""
        if not self.acted_at:
            return float("inf")
        return (timezone.now() - datetime.fromisoformat(self.acted_at)).total_seconds()


@dataclass
class Message:
    """One message as both phones show it. `files` are keys of kept files, `choices` buttons as (id, title)."""

    id: str
    address: str
    is_theirs: bool
    kind: str = "text"
    text: str = ""
    files: list[str] = field(default_factory=list)
    quoted: str = ""
    choices: list[tuple[str, str]] = field(default_factory=list)
    state: str = SENT
    reaction: str = ""
    our_reaction: str = ""
    is_edited: bool = False
    is_deleted: bool = False
    key: str = ""
    at: str = field(default_factory=lambda: timezone.now().isoformat())
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> int:
        """When it was said, as most providers write it."""
        return int(datetime.fromisoformat(self.at).timestamp())

    @property
    def milliseconds(self) -> int:
        return int(datetime.fromisoformat(self.at).timestamp() * 1000)


@dataclass
class File:
    """Bytes that the provider keeps."""

    key: str
    name: str
    content_type: str
    content: bytes


class World:
    """Memory of one account. This one lives as long as the process; tables.py has the lasting one."""

    def __init__(self, notes: dict[str, Any] | None = None) -> None:
        self.notes: dict[str, Any] = {} if notes is None else notes
        self._contacts: dict[str, Contact] = {}
        self._messages: dict[str, Message] = {}
        self._files: dict[str, File] = {}

    def number(self) -> int:
        """The next number of this account; each is given once."""
        self.notes["number"] = self.notes.get("number", 0) + 1
        return int(self.notes["number"])

    def contact(self, address: str) -> Contact | None:
        return self._contacts.get(address)

    def keep_contact(self, contact: Contact) -> Contact:
        self._contacts[contact.address] = contact
        return contact

    def message(self, key: str) -> Message | None:
        return self._messages.get(key)

    def by_key(self, key: str) -> Message | None:
        """The message that the desk sent under a key of its own."""
        return next((one for one in self._messages.values() if key and one.key == key), None)

    def keep(self, message: Message) -> Message:
        self._messages[message.id] = message
        return message

    def thread(self, address: str, limit: int = 60) -> list[Message]:
        """The newest messages with one customer, oldest first."""
        said = [one for one in self._messages.values() if one.address == address]
        return said[-limit:]

    def unread(self, address: str) -> Iterable[Message]:
        """What the desk sent and the customer has not read yet."""
        return [one for one in self.thread(address) if not one.is_theirs and one.state in (SENT, DELIVERED)]

    def file(self, key: str) -> File | None:
        return self._files.get(key)

    def keep_file(self, file: File) -> File:
        self._files[file.key] = file
        return file
