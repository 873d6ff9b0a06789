"""The world of an account in the database: read as it is asked for, written as it is kept."""

from __future__ import annotations

from dataclasses import asdict

from channels_app.simulator import models
from channels_app.simulator.world import Contact, File, Message, World


class Tables(World):
    """Lasting memory; whoever uses it holds the lock on the account's row."""

    def __init__(self, account: models.Account) -> None:
        super().__init__(account.notes)
        self.account = account

    def contact(self, address: str) -> Contact | None:
        row = self.account.contacts.filter(address=address).first() if address else None
        return Contact(**row.data) if row else None

    def keep_contact(self, contact: Contact) -> Contact:
        self.account.contacts.update_or_create(address=contact.address, defaults={"data": asdict(contact)})
        return contact

    def message(self, key: str) -> Message | None:
        row = self.account.messages.filter(external_id=key).first() if key else None
        return _message(row) if row else None

    def by_key(self, key: str) -> Message | None:
        row = self.account.messages.filter(key=key).first() if key else None
        return _message(row) if row else None

    def keep(self, message: Message) -> Message:
        columns = {"address": message.address, "key": message.key[:255], "data": asdict(message)}
        self.account.messages.update_or_create(external_id=message.id, defaults=columns)
        return message

    def thread(self, address: str, limit: int = 60) -> list[Message]:
        rows = self.account.messages.filter(address=address).order_by("-pk")[:limit]
        return [_message(row) for row in reversed(rows)]

    def file(self, key: str) -> File | None:
        row = self.account.files.filter(key=key).first() if key else None
        return File(row.key, row.name, row.content_type, bytes(row.content)) if row else None

    def keep_file(self, file: File) -> File:
        columns = {"name": file.name[:255], "content_type": file.content_type[:160], "content": file.content}
        self.account.files.update_or_create(key=file.key, defaults=columns)
        return file


def _message(row: models.Message) -> Message:
    message = Message(**row.data)
    message.choices = [(key, title) for key, title in message.choices]
    return message
