"""Files join a message."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import User
from channels_app.contract import FileLeft, RemoteFile
from conversations.models import Attachment, Message
from conversations.refusal import Refused
from conversations.wake import wake
from customers.models import Identity


def attach(message: Message, files: Iterable[RemoteFile]) -> None:
    """Store the files of a received message; what is only an address is fetched once the message is committed."""
    for file in files:
        must_be_fetched = file.content is None and bool(file.url or file.reference)
        attachment = Attachment(
            message=message,
            name=file.name[:255].replace("\0", "") or ("" if must_be_fetched else str(_("unnamed"))),
            content_type=file.content_type[:160],
            size=file.size if file.content is None else len(file.content),
            role=file.role,
            seconds=file.seconds,
            content_id=file.content_id[:255],
            is_inline=file.is_inline,
            note=file.note[:200],
            remote_url=file.url[:2000],
            reference=file.reference[:1000],
            fetch_at=timezone.now() if must_be_fetched else None,
        )
        if file.content is not None:
            attachment.file.save(attachment.name, ContentFile(file.content), save=False)
        attachment.save()
        if must_be_fetched:
            wake("fetch_file", attachment.pk)


def leave(left: FileLeft, identity: Identity) -> None:
    """Keep a file until its sender's message names it; one that is known by its key is passed over."""
    file, content = left.file, left.file.content or b""
    if Attachment.objects.filter(key=left.key).exists():
        return
    name = file.name[:255].replace("\0", "") or str(_("unnamed"))
    attachment = Attachment(
        key=UUID(left.key), uploaded_via=identity, name=name, content_type=file.content_type[:160], size=len(content)
    )
    attachment.file.save(attachment.name, ContentFile(content), save=False)
    attachment.save()


def claim_visitors_uploads(message: Message, keys: Iterable[str]) -> None:
    """Let files that the sender left with us before join their message; keys of others' files are passed over."""
    if wanted := list(keys):
        Attachment.objects.filter(key__in=wanted, message=None, uploaded_via=message.identity).update(message=message)


def claim_uploads(message: Message, keys: Iterable[UUID | str], *, by: User) -> list[Attachment]:
    """Let files that an agent uploaded before go out with a message; raises Refused for one that is not theirs."""
    wanted = list(keys)
    own = list(Attachment.objects.select_for_update().filter(key__in=wanted, message=None, uploaded_by=by))
    if len(own) != len(wanted):
        raise Refused(_("One of the files is no longer there. Please attach it again."), code="files")
    for attachment in own:
        attachment.message = message
    Attachment.objects.bulk_update(own, ["message"])
    return own
