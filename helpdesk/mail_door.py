"""The mail door wired to the desk: which channel a mail is for, its bytes into the vault, then to its conversation."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from channels_app.connectors.email.certificate import Certificate
from channels_app.connectors.email.listener import Desk, Door, VaultAway, listen
from channels_app.models import Channel, Envelope
from conversations.actions import inbound
from helpdesk.mail_folder import MailFolder

logger = logging.getLogger(__name__)

CHANNELS_LIVE_SECONDS = 5.0
LARGE = 256 * 1024


class VaultDesk(Desk):
    """Mail for a channel's addresses goes to its vault; in a trial, mail for others to a folder of customers' mailboxes."""

    def __init__(self, folder: MailFolder | None = None) -> None:
        self.folder = folder
        self._channels: list[Channel] = []
        self._read_at = float("-inf")

    def takes(self, recipient: str) -> bool:
        return self._owner(recipient) is not None or self.folder is not None

    def take(self, mail: bytes, recipients: list[str]) -> Callable[[], object] | None:
        owners = {recipient: self._owner(recipient) for recipient in recipients}
        for recipient, owner in owners.items():
            if owner is None and self.folder is not None:
                self.folder.put(recipient, mail)
        channels = {owner.pk: owner for owner in owners.values() if owner is not None}
        kept = [self._keep(channel, mail) for channel in channels.values()]
        _rest()
        new = [envelope for envelope, is_new in kept if is_new]
        return partial(_open_all, [_light(envelope) for envelope in new]) if new else None

    def _keep(self, channel: Channel, mail: bytes) -> tuple[Envelope, bool]:
        try:
            return inbound.keep(channel, mail, headers={})
        except DatabaseError as error:
            connection.close()
            raise VaultAway(str(error)) from error

    def _owner(self, recipient: str) -> Channel | None:
        return next((channel for channel in self._enabled() if channel.connector.owns(recipient)), None)

    def _enabled(self) -> list[Channel]:
        """The channels, read again every few seconds: this is asked for every recipient."""
        if time.monotonic() - self._read_at > CHANNELS_LIVE_SECONDS:
            try:
                self._channels = list(Channel.objects.enabled().select_related("intake"))
            except DatabaseError as error:
                connection.close()
                raise VaultAway(str(error)) from error
            self._read_at = time.monotonic()
        return self._channels


def _light(envelope: Envelope) -> Envelope | int:
    """What waits to be opened: a large mail only by its number."""
    return envelope if len(envelope.body) < LARGE else envelope.pk


def _open_all(waiting: list[Envelope | int]) -> None:
    for one in waiting:
        try:
            envelope = Envelope.objects.select_related("channel__intake").get(pk=one) if isinstance(one, int) else one
            inbound.open_envelope(envelope)
        except DatabaseError:  # it is in the vault: the sweep tries again
            logger.warning("mail_door.left_to_the_sweep", extra={"error": "database"})
            connection.close()
    _rest()


def _rest() -> None:
    """End a connection of this thread that has lived long enough; Django only does so around web requests."""
    if connection.close_at is not None and time.monotonic() >= connection.close_at:
        connection.close()


def serve(door: Door, stopping: threading.Event, on_ready: Callable[[int], None] = lambda port: None) -> None:
    """Take mail until `stopping` is set."""
    folder = MailFolder() if settings.DEMO else None
    asyncio.run(_serve(VaultDesk(folder), door, stopping, on_ready))


async def _serve(desk: Desk, door: Door, stopping: threading.Event, on_ready: Callable[[int], None]) -> None:
    until = asyncio.Event()

    async def follow() -> None:
        while not stopping.is_set():
            await asyncio.sleep(0.2)
        until.set()

    following = asyncio.create_task(follow())
    try:
        await listen(desk, door, until, on_ready)
    finally:
        following.cancel()


def address() -> Door:
    """The door that settings name: `host:port`, or `lmtp://host:port`."""
    scheme, _, rest = (settings.MAIL_LISTEN or "127.0.0.1:2525").rpartition("://")
    host, _, port = rest.rpartition(":")
    return Door(
        host=host.strip("[]") or "127.0.0.1",
        port=int(port),
        is_lmtp=scheme == "lmtp",
        certificate=_certificate(),
        needs_tls=settings.MAIL_TLS_REQUIRED,
    )


def _certificate() -> Certificate | None:
    if bool(settings.MAIL_TLS_CERT) != bool(settings.MAIL_TLS_KEY):
        raise ImproperlyConfigured("MAIL_TLS_CERT and MAIL_TLS_KEY belong together")
    if settings.MAIL_TLS_REQUIRED and not settings.MAIL_TLS_CERT:
        raise ImproperlyConfigured("MAIL_TLS_REQUIRED needs MAIL_TLS_CERT and MAIL_TLS_KEY")
    return Certificate(Path(settings.MAIL_TLS_CERT), Path(settings.MAIL_TLS_KEY)) if settings.MAIL_TLS_CERT else None


def _let_follow(door: Door) -> None:
    """A trial's mailbox sends through this door, at whatever port it is opened this time."""
    for channel in Channel.objects.filter(config__follows_door=True, config__smtp_host=door.host):
        channel.config["smtp_port"] = door.port
        channel.save(update_fields=["config"])
    connection.close()


def keep_open(stopping: threading.Event) -> None:
    """The door as a loop of the worker, for trials; a desk in earnest runs `manage.py mail_listener`."""
    door = address()
    _let_follow(door)
    try:
        serve(door, stopping)
    except OSError as error:
        logger.warning("mail_door.port_taken", extra={"port": door.port, "error": str(error)})
        stopping.wait(30)
