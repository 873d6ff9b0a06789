"""Events of the customer's system, and files that it leaves, as the contract has them."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from channels_app.connectors.tolerant import Json, flag, iso, items, number, obj, text, whole
from channels_app.contract import (
    Address,
    Choice,
    ConsentUpdate,
    ContactUpdate,
    DeliveryState,
    DeliveryUpdate,
    FileLeft,
    Inbound,
    InboundMessage,
    Location,
    MessageDeleted,
    MessageEdited,
    Reaction,
    ReceivedEnvelope,
    RemoteFile,
    TypingUpdate,
    WindowUpdate,
)

KIND = "generic"
FILES_PATH = "files/"
LARGEST_FILE = 20 * 1024 * 1024
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
PHONE = re.compile(r"\+[1-9]\d{6,14}")
SHA256 = re.compile(r"[0-9a-f]{64}")


class Unreadable(ValueError):
    """A multipart body that holds no file of a contact."""


@dataclass(frozen=True)
class Reader:
    """Reads the events of one account; `is_trusted`: its system vouches for the people it tells of."""

    is_trusted: bool = False

    def read(self, event: Json) -> Iterator[Inbound]:
        """What an event says; one of a kind that we do not know says nothing."""
        data = obj(event, "data")
        if read := EVENTS.get(text(event, "type")):
            yield from read(self, event, data)

    def address(self, data: Json) -> Address:
        """Whom an event is about."""
        contact = obj(data, "contact")
        name = text(contact, "name")
        return Address(KIND, text(contact, "id"), name=name, is_local=True, is_verified=self.is_trusted)

    def message(self, event: Json, data: Json) -> Iterator[Inbound]:
        if not text(data, "id") or not text(data, "contact", "id"):
            return
        news = list(self.contact(event, data))
        author = text(data, "author", "type")
        is_echo = author in ("agent", "bot")
        contact = self.address(data)
        if not is_echo:
            yield from news
        yield InboundMessage(
            external_id=text(data, "id"),
            sender=Address(KIND, "", name=text(data, "author", "name"), is_local=True) if is_echo else contact,
            to=[contact] if is_echo else (),
            is_echo=is_echo,
            is_automatic=author == "bot",
            text=text(data, "content", "text") or text(data, "content", "choice", "title"),
            subject=text(data, "conversation", "subject"),
            thread_id=text(data, "conversation", "id"),
            quoted_id=text(data, "reply_to"),
            sent_at=iso(data, "sent_at") or iso(event, "timestamp"),
            files=list(_files(data)),
            uploads=list(_uploads(data)),
            location=_location(data),
            choice=_choice(data),
            is_public=flag(data, "is_public"),
            language=text(data, "contact", "language"),
        )

    def edited(self, event: Json, data: Json) -> Iterator[Inbound]:
        if known := text(data, "id"):
            when = iso(data, "updated_at") or iso(event, "timestamp")
            yield MessageEdited(known, text(data, "content", "text"), at=when)

    def deleted(self, event: Json, data: Json) -> Iterator[Inbound]:
        if known := text(data, "id"):
            yield MessageDeleted(known, at=iso(data, "deleted_at") or iso(event, "timestamp"))

    def status(self, event: Json, data: Json) -> Iterator[Inbound]:
        state, known = text(data, "status"), text(data, "message_id")
        if state not in set(DeliveryState) or not known:
            return
        error = obj(data, "error")
        yield DeliveryUpdate(
            DeliveryState(state),
            external_id=known,
            at=iso(data, "at") or iso(event, "timestamp"),
            code=text(error, "code"),
            detail=text(error, "message"),
            is_unreachable=flag(error, "permanent"),
        )

    def reaction(self, event: Json, data: Json) -> Iterator[Inbound]:
        target, is_removed = text(data, "message_id"), text(event, "type") == "reaction.removed"
        if target and text(data, "contact", "id"):
            when = iso(data, "at") or iso(event, "timestamp")
            yield Reaction(target, self.address(data), text(data, "emoji"), is_removed=is_removed, at=when)

    def typing(self, event: Json, data: Json) -> Iterator[Inbound]:
        if text(data, "contact", "id"):
            yield TypingUpdate(self.address(data), is_typing=text(event, "type") == "typing.started")

    def contact(self, event: Json, data: Json) -> Iterator[Inbound]:
        """What is told of a contact beside the id; nothing where that is all."""
        contact = obj(data, "contact")
        reached, is_blocked = _addresses(contact), data.get("blocked")
        facts = {name: value for name, value in obj(contact, "attributes").items() if _is_plain(value)}
        update = ContactUpdate(
            self.address(data),
            name=text(contact, "name"),
            language=text(contact, "language"),
            facts=facts,
            proven=reached if self.is_trusted else (),
            claims=() if self.is_trusted else reached,
            is_blocked=is_blocked if isinstance(is_blocked, bool) else None,
        )
        if update.address.value and update != ContactUpdate(update.address):
            yield update

    def contact_news(self, event: Json, data: Json) -> Iterator[Inbound]:
        yield from self.contact(event, data)
        granted = obj(data, "consent").get("granted")
        if isinstance(granted, bool) and text(data, "contact", "id"):
            yield ConsentUpdate(
                self.address(data),
                granted,
                purpose=text(data, "consent", "purpose") or "service",
                words=text(data, "consent", "words"),
                at=iso(event, "timestamp"),
            )

    def closed(self, event: Json, data: Json) -> Iterator[Inbound]:
        if text(data, "contact", "id"):
            yield WindowUpdate(self.address(data), is_open=False, at=iso(event, "timestamp"))


EVENTS: Mapping[str, Callable[[Reader, Json, Json], Iterator[Inbound]]] = {
    "message.created": Reader.message,
    "message.updated": Reader.edited,
    "message.deleted": Reader.deleted,
    "message.status": Reader.status,
    "reaction.added": Reader.reaction,
    "reaction.removed": Reader.reaction,
    "typing.started": Reader.typing,
    "typing.stopped": Reader.typing,
    "contact.updated": Reader.contact_news,
    "conversation.closed": Reader.closed,
}


def file_left(envelope: ReceivedEnvelope, key: str) -> FileLeft:
    """The file of a multipart body and whose it is; raises Unreadable."""
    contact, name, content_type, content = read_multipart(envelope.headers, bytes(envelope.body))
    file = RemoteFile(name, content_type, content=content, size=len(content))
    return FileLeft(key, Address(KIND, contact, is_local=True), file)


def read_multipart(headers: Mapping[str, str], body: bytes) -> tuple[str, str, str, bytes]:
    """The contact's id, the file's name, its content type and bytes; raises Unreadable."""
    content_type = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    meta = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body))}
    try:
        fields, files = MultiPartParser(meta, io.BytesIO(body), [_InMemory()]).parse()
    except MultiPartParserError as error:
        raise Unreadable(str(error)) from error
    file, contact = files.get("file"), fields.get("contact", "")
    if file is None or not contact or "\0" in contact or len(contact) > 200:
        raise Unreadable("the fields contact and file are needed")
    return contact, file.name, file.content_type, file.read()


class _InMemory(MemoryFileUploadHandler):
    """Whatever the desk's own setting for the size of uploads in memory: the body is in memory already."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.activated = True


def file_key(account: str, webhook_id: str) -> str:
    """The name of a file that was left: the same for a repeated request."""
    return str(uuid.uuid5(uuid.UUID(account), webhook_id))


def _addresses(contact: Json) -> Sequence[Address]:
    email, phone = text(contact, "email").strip().lower(), text(contact, "phone")
    found = [("email", email)] if EMAIL.fullmatch(email) else []
    found += [("phone", phone)] if PHONE.fullmatch(phone) else []
    return tuple(Address(kind, value) for kind, value in found)


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float | bool)


def _files(data: Json) -> Iterator[RemoteFile]:
    for one in items(data, "content", "attachments"):
        if url := text(one, "url"):
            digest = text(one, "sha256")
            yield RemoteFile(
                text(one, "filename"),
                text(one, "content_type"),
                url=url,
                reference=f"sha256:{digest}" if SHA256.fullmatch(digest) else "",
                size=whole(one, "size"),
            )


def _uploads(data: Json) -> Iterator[str]:
    for one in items(data, "content", "attachments"):
        try:
            yield str(uuid.UUID(text(one, "upload")))
        except ValueError:
            continue


def _location(data: Json) -> Location | None:
    place = obj(data, "content", "location")
    latitude, longitude = number(place, "latitude"), number(place, "longitude")
    if latitude is None or longitude is None:
        return None
    return Location(latitude, longitude, text(place, "name"), text(place, "address"))


def _choice(data: Json) -> Choice | None:
    choice = obj(data, "content", "choice")
    return Choice(text(choice, "id"), text(choice, "title")) if text(choice, "id") else None
