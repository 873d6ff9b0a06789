"""Files that came as an address or a handle are fetched at once: providers keep them for minutes only."""

from __future__ import annotations

import logging
import mimetypes
from datetime import timedelta
from pathlib import PurePosixPath

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels_app.contract import DeliveryError, FetchedFile, FileRole, PermanentFailure, RemoteFile, TemporaryFailure
from conversations import filetypes
from conversations.actions.change import changing
from conversations.actions.messages import touch
from conversations.actions.summary import show_newest
from conversations.models import Attachment
from conversations.sources import kept
from conversations.wake import wake

logger = logging.getLogger(__name__)

MOST_TRIES = 5
FIRST_WAIT = timedelta(seconds=10)
# A fetch that takes longer has lost its worker.
LEASE = timedelta(minutes=3)
NOT_TO_BE_HAD = _("The channel did not hand over this file.")


def fetch_file(pk: int) -> None:
    """Get one file that is due; safe to call for one that is here, gone, or being fetched elsewhere."""
    due = Attachment.objects.filter(pk=pk, fetch_at__lte=timezone.now())
    if not due.update(fetch_at=timezone.now() + LEASE, fetch_attempts=F("fetch_attempts") + 1):
        return
    attachment = Attachment.objects.select_related("message__channel").get(pk=pk)
    try:
        fetched = _fetched(attachment)
    except TemporaryFailure as failure:
        _postpone(attachment, failure)
    except DeliveryError as failure:
        _give_up(attachment, kept(failure.advice or NOT_TO_BE_HAD))
    except Exception:  # a connector's defect must not leave the file waiting for ever
        logger.exception("file.broken", extra={"attachment": pk})
        _postpone(attachment, TemporaryFailure("the connector failed"))
    else:
        _store(attachment, fetched)


def due(limit: int) -> list[int]:
    """Ids of files whose time has come, for which nobody was woken."""
    waiting = Attachment.objects.filter(fetch_at__lte=timezone.now()).order_by("fetch_at")
    return list(waiting.values_list("pk", flat=True)[:limit])


def _fetched(attachment: Attachment) -> FetchedFile:
    assert attachment.message is not None, "only what came with a message is fetched"
    assert attachment.message.channel is not None, "what came in has a channel"
    remote = RemoteFile(
        attachment.name,
        attachment.content_type,
        url=attachment.remote_url,
        reference=attachment.reference,
        size=attachment.size,
        seconds=attachment.seconds,
        role=FileRole(attachment.role),
    )
    fetched = attachment.message.channel.connector.fetch(remote)
    if len(fetched.content) > settings.ATTACHMENT_MAX_BYTES:
        raise PermanentFailure("too big", advice=_("The file is too big and was left where it is."))
    return fetched


def _store(attachment: Attachment, fetched: FetchedFile) -> None:
    """Keep the bytes under a name that says what they are; a message that was taken back meanwhile keeps none."""
    attachment.content_type = _type(attachment, fetched)
    attachment.name = named(attachment.name or fetched.name, attachment.content_type)
    attachment.size, attachment.fetch_at, attachment.fetch_error = len(fetched.content), None, ""
    attachment.file.save(attachment.name, ContentFile(fetched.content), save=False)
    if not _settle(attachment):
        attachment.file.delete(save=False)


def _settle(attachment: Attachment) -> bool:
    """Write what became of a fetch and let threads look; False where the file has gone or is here already."""
    assert attachment.message is not None, "only what came with a message is fetched"
    with transaction.atomic(), changing(attachment.message.conversation_id) as conversation:
        if not Attachment.objects.select_for_update().filter(pk=attachment.pk, file="").exists():
            return False
        attachment.save(update_fields=["content_type", "name", "size", "file", "fetch_at", "fetch_error"])
        touch(attachment.message, conversation)
        show_newest(conversation)
    return True


def _type(attachment: Attachment, fetched: FetchedFile) -> str:
    """By the first bytes; else what the server said, then what the provider had said. A picture only where it is one."""
    name = attachment.name or fetched.name
    found = filetypes.content_type(name, fetched.content[:4096])
    if found != filetypes.UNKNOWN:
        return found
    said = (one.partition(";")[0].strip().lower() for one in (fetched.content_type, attachment.content_type))
    return next((one for one in said if one and not one.startswith("image/")), filetypes.UNKNOWN)[:160]


def named(name: str, content_type: str) -> str:
    """A name whose ending fits the content, so that whoever downloads it can open it."""
    stem = PurePosixPath(name.replace("\0", "").replace("\\", "/")).name or str(_("file"))
    guessed = mimetypes.guess_type(stem)[0]
    ending = filetypes.ending(content_type)
    if guessed == content_type or not ending:
        return stem[:255]
    bare = stem.removesuffix(PurePosixPath(stem).suffix) if guessed else stem
    return bare[: 255 - len(ending)] + ending


def _postpone(attachment: Attachment, failure: TemporaryFailure) -> None:
    most = min(MOST_TRIES, failure.most_tries or MOST_TRIES)
    if attachment.fetch_attempts >= most:
        return _give_up(attachment, kept(failure.advice or NOT_TO_BE_HAD))
    wait = (
        timedelta(seconds=failure.retry_after)
        if failure.retry_after
        else FIRST_WAIT * 3 ** (attachment.fetch_attempts - 1)
    )
    at = timezone.now() + wait
    Attachment.objects.filter(pk=attachment.pk, file="").update(fetch_at=at)
    wake("fetch_file", attachment.pk, at=at)


def _give_up(attachment: Attachment, words: str) -> None:
    logger.warning("file.given_up", extra={"attachment": attachment.pk, "attempts": attachment.fetch_attempts})
    attachment.fetch_at, attachment.fetch_error = None, words[:300]
    _settle(attachment)
