"""The customers' mailboxes of a trial: files under var/mail/<address>/, written by the mail door, read by the sample page."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

_STRANGE = re.compile(r"[^\w.+@=-]", re.ASCII)
MOST_KEPT = 200


@dataclass(frozen=True)
class KeptMail:
    """One mail of a mailbox."""

    mailbox: str
    name: str
    path: Path

    @property
    def content(self) -> bytes:
        return self.path.read_bytes()


class MailFolder:
    """A directory of mailboxes; a trial has no other way to show what left the desk."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or Path(settings.VAR_DIR) / "mail"

    def put(self, address: str, mail: bytes) -> KeptMail:
        """Store a mail; it appears at once and whole."""
        box = self._box(address)
        box.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}.eml"
        part = box / f".{name}.part"
        part.write_bytes(mail)
        part.rename(box / name)
        for old in sorted(box.glob("*.eml"))[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
        return KeptMail(box.name, name, box / name)

    def mailboxes(self) -> list[str]:
        """Every mailbox that has mail, the one with the newest mail first."""
        if not self.root.is_dir():
            return []
        newest = {box.name: max((path.name for path in box.glob("*.eml")), default="") for box in self.root.iterdir()}
        return sorted((name for name in newest if newest[name]), key=lambda name: newest[name], reverse=True)

    def mails(self, address: str) -> Iterator[KeptMail]:
        """The mails of a mailbox, newest first."""
        box = self._box(address)
        for path in sorted(box.glob("*.eml"), reverse=True):
            yield KeptMail(box.name, path.name, path)

    def get(self, address: str, name: str) -> KeptMail | None:
        """One mail by its file name; None where there is none. A name is never followed out of its mailbox."""
        return next((mail for mail in self.mails(address) if mail.name == name), None)

    def _box(self, address: str) -> Path:
        """Mailboxes are named by their address; what a file name cannot hold becomes an underscore."""
        name = _STRANGE.sub("_", address.strip().lower())[:120].lstrip(".") or "_"
        return self.root / name
