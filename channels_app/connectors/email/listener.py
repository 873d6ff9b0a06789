"""The desk's own mail door: SMTP or LMTP; a mail is acknowledged once its bytes are in the vault, and not before."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from channels_app.connectors.email.certificate import Certificate
from channels_app.connectors.email.trace import with_trace

logger = logging.getLogger(__name__)
# aiosmtpd logs every command, addresses included.
logging.getLogger("mail.log").setLevel(logging.WARNING)

LARGEST = 64 * 1024 * 1024
# RFC 5321 §4.5.3.1.6 says 1,000 bytes; real mail has HTML in one line of megabytes and must not be bounced for that.
LONGEST_LINE = 8 * 1024 * 1024
IDLE_SECONDS = 120
NOT_OURS = "550 5.1.1 No such mailbox here"
LATER = "451 4.3.0 The desk cannot take mail just now, try again later"
TOO_MANY = "452 4.5.3 Too many recipients"
MOST_RECIPIENTS = 100
MOST_UNOPENED = 100


class VaultAway(Exception):
    """The mail could not be stored: the sender has to try again."""


class Desk(Protocol):
    """What stands behind the door. Its methods are called in threads."""

    def takes(self, recipient: str) -> bool:
        """Whether mail to this address is for us."""

    def take(self, mail: bytes, recipients: list[str]) -> Callable[[], object] | None:
        """Store a mail for good; gives what is to be done with it afterwards. Raises VaultAway."""


@dataclass(frozen=True)
class Door:
    """Where to listen, how to speak, how many mails to work on at once."""

    host: str = "127.0.0.1"
    port: int = 2525
    is_lmtp: bool = False
    threads: int = 8
    certificate: Certificate | None = None
    needs_tls: bool = False


class _Sized:
    """What both protocols need to take real mail."""

    line_length_limit = LONGEST_LINE


class _Smtp(_Sized, SMTP):
    pass


class _Lmtp(_Sized, LMTP):
    pass


class MailHandler:
    """Answers one connection's commands; the work is done in threads."""

    def __init__(self, desk: Desk, *, is_lmtp: bool, threads: int) -> None:
        self.desk = desk
        self.is_lmtp = is_lmtp
        self.storing = ThreadPoolExecutor(threads, "mail-store")
        self.opening = ThreadPoolExecutor(max(1, threads // 2), "mail-open")
        # Senders wait for their 250 while so many mails are still to be opened: a burst must not fill the memory.
        self.room = asyncio.Semaphore(MOST_UNOPENED)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return TOO_MANY
        try:
            is_ours = await self._in_thread(self.desk.takes, address)
        except VaultAway:
            return LATER
        if not is_ours:
            return NOT_OURS
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mail = with_trace(bytes(envelope.original_content or b""), envelope.mail_from or "", envelope.rcpt_tos)
        await self.room.acquire()
        afterwards = None
        try:
            afterwards = await self._in_thread(self.desk.take, mail, list(envelope.rcpt_tos))
        except VaultAway:
            return self._for_each(LATER, envelope)
        finally:
            self._open_later(afterwards)
        return self._for_each("250 2.0.0 Kept", envelope)

    def _open_later(self, afterwards: Callable[[], object] | None) -> None:
        if afterwards is None:
            return self.room.release()
        loop = asyncio.get_running_loop()
        self.opening.submit(afterwards).add_done_callback(lambda _done: self._release(loop))

    def _release(self, loop: asyncio.AbstractEventLoop) -> None:
        with suppress(RuntimeError):  # the door has closed meanwhile
            loop.call_soon_threadsafe(self.room.release)

    async def handle_exception(self, error: Exception) -> str:
        logger.error("mail_door.broken", exc_info=error)
        return LATER

    def _for_each(self, answer: str, envelope: Envelope) -> str:
        """RFC 2033 §4.2: after DATA, LMTP answers once for each recipient."""
        return "\r\n".join([answer] * len(envelope.rcpt_tos)) if self.is_lmtp else answer

    async def _in_thread(self, work: Callable[..., Any], *args: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.storing, work, *args)

    def close(self) -> None:
        """Finish what is under way. What has not been opened is in the vault, where the sweep finds it."""
        self.storing.shutdown(wait=True)
        self.opening.shutdown(wait=True, cancel_futures=True)


async def listen(
    desk: Desk, door: Door, until: asyncio.Event, on_ready: Callable[[int], None] = lambda port: None
) -> None:
    """Take mail until told to stop; `on_ready` gets the port. Raises OSError: the port is taken, no certificate."""
    if door.certificate:
        door.certificate.context()
    handler = MailHandler(desk, is_lmtp=door.is_lmtp, threads=door.threads)
    protocol = _Lmtp if door.is_lmtp else _Smtp

    def connection() -> SMTP:
        return protocol(
            handler,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            timeout=IDLE_SECONDS,
            hostname="ieum",
            ident="Ieum",
            tls_context=door.certificate.context() if door.certificate else None,
            require_starttls=door.needs_tls,
        )

    server = await asyncio.get_running_loop().create_server(connection, door.host, door.port)
    try:
        async with server:
            on_ready(server.sockets[0].getsockname()[1])
            await until.wait()
    finally:
        await asyncio.get_running_loop().run_in_executor(None, handler.close)
