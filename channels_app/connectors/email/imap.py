"""Reading a mailbox by IMAP: a cursor of UIDVALIDITY and UID, oldest first, in bounded batches, IDLE plus a timer."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError

from channels_app.connectors.email import oauth
from channels_app.connectors.email.accounts import MailAccount, Security, SignIn
from channels_app.contract import Account, AccountFailure, Inlet, PermanentFailure, TemporaryFailure

BATCH_MESSAGES = 100
BATCH_BYTES = 8 * 1024 * 1024
# So many are looked at before any of them is read: a mailbox of years must not outlast the lease unread.
LOOKED_AT = 500
CONNECT_SECONDS = 15
ANSWER_SECONDS = 60
# RFC 2177 allows 29 minutes of IDLE; many networks drop a silent connection sooner, and a notice can get lost.
IDLE_SECONDS = 60
IDLE_STEP_SECONDS = 2
# How far back a mailbox is read again when its UIDs became void; what we have is recognised by its bytes.
RESCAN = timedelta(days=3)


@dataclass(frozen=True)
class Waiting:
    """One mail that is still to be read."""

    uid: int
    size: int
    arrived_at: datetime


class MailboxClient(IMAPClient):
    """The library's client, which also hears what it has already read ahead.

    A notice that comes in one packet with the server's "+ idling" lies in the buffers of the file or of TLS, where no poll
    of the socket finds it (imapclient 4.1).
    """

    def _poll_socket(self, sock: socket.socket, timeout: float | None = None) -> Any:
        return self._has_read_ahead() or super()._poll_socket(sock, timeout)

    def _has_read_ahead(self) -> bool:
        try:
            return bool(self._imap.file.peek(1))  # the socket does not block at this point
        except ssl.SSLWantReadError:
            return False


def watch(account: Account, inlet: Inlet) -> None:
    """Read the mailbox until the inlet closes; raises DeliveryError when the connection or the sign-in fails."""
    with mailbox(account) as client:
        can_idle = client.has_capability("IDLE")
        while inlet.is_open:
            if catch_up(client, MailAccount.of(account), inlet):
                _wait(client, inlet, can_idle)


def check(account: Account) -> None:
    """Sign in and open the folder; raises DeliveryError."""
    with mailbox(account) as client:
        _open(client, MailAccount.of(account))


@contextmanager
def mailbox(account: Account) -> Iterator[IMAPClient]:
    """A connection that is signed in; every error of the library becomes one of the contract."""
    mail_account = MailAccount.of(account)
    client: IMAPClient | None = None
    try:
        client = _connect(mail_account)
        _sign_in(client, account, mail_account)
        yield client
    except (IMAPClientError, OSError, ssl.SSLError) as error:
        raise TemporaryFailure(f"{type(error).__name__}: {error}"[:500], code="imap") from error
    finally:
        if client is not None:
            with suppress(IMAPClientError, OSError):
                client.logout()


def _connect(account: MailAccount) -> IMAPClient:
    timeout = SocketTimeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
    is_tls = account.imap_security == Security.TLS
    context = ssl.create_default_context() if is_tls else None
    client = MailboxClient(account.imap_host, account.imap_port, ssl=is_tls, ssl_context=context, timeout=timeout)
    if account.imap_security == Security.STARTTLS:
        client.starttls(ssl.create_default_context())
    return client


def _sign_in(client: IMAPClient, account: Account, mail_account: MailAccount) -> None:
    user = mail_account.imap_user or mail_account.address
    try:
        if mail_account.sign_in == SignIn.PASSWORD:
            client.login(user, mail_account.imap_password)
        else:
            client.oauth2_login(user, oauth.access_token(account))
    except LoginError as error:
        oauth.forget(account)
        advice = _(
            "The mail server refuses our name or password. An admin can enter them again in the channel's settings."
        )
        raise AccountFailure(str(error)[:300], code="auth", advice=advice) from error


def _open(client: IMAPClient, account: MailAccount) -> Mapping[bytes, Any]:
    try:
        return client.select_folder(account.imap_folder, readonly=True)
    except IMAPClientError as error:
        words = f"{account.imap_folder}: {error}"[:300]
        raise PermanentFailure(
            words, code="folder", advice=_("There is no folder of this name in the mailbox.")
        ) from error


# ── Catching up ──────────────────────────────────────────────────────────────────────────────────────────────────────
def catch_up(client: IMAPClient, account: MailAccount, inlet: Inlet) -> bool:
    """Read what is behind the cursor, oldest first; the cursor moves with each mail. True where nothing was there.

    Only then is it safe to wait: what arrives during any other command is told in that command's answer, and never again.
    """
    state = _open(client, account)
    validity, next_uid = int(state[b"UIDVALIDITY"]), int(state.get(b"UIDNEXT", 0))
    last = _start(client, account, inlet, validity, next_uid)
    if last >= next_uid - 1 >= 0:
        inlet.report(waiting=0, oldest=None)
        return True
    uids = _uids_after(client, last)
    if not uids:
        return _nothing(inlet, validity, next_uid)
    waiting = _described(client, uids[:LOOKED_AT])
    later = len(uids) - len(waiting)
    inlet.report(waiting=len(uids), oldest=waiting[0].arrived_at if waiting else None)
    for done, batch in _batches(waiting):
        if not inlet.is_open:
            break
        _read(client, batch, validity, inlet)
        left = waiting[done:]
        inlet.report(waiting=len(left) + later, oldest=(left or batch[-1:])[0].arrived_at if left or later else None)
    return False


def _nothing(inlet: Inlet, validity: int, next_uid: int) -> bool:
    """Nothing behind the cursor, though numbers were given out: mail that was deleted before we saw it."""
    inlet.report(waiting=0, oldest=None)
    if next_uid:
        inlet.skip({**inlet.cursor, "validity": validity, "uid": next_uid - 1})
    return not next_uid


def _start(client: IMAPClient, account: MailAccount, inlet: Inlet, validity: int, next_uid: int) -> int:
    """The last UID that counts as read: the cursor's, or by date where the cursor is new or void."""
    cursor = inlet.cursor
    if cursor.get("folder") == account.imap_folder and cursor.get("validity") == validity:
        return int(cursor["uid"])
    since: datetime | None
    if cursor.get("folder") == account.imap_folder and cursor.get("arrived_at"):
        since = datetime.fromisoformat(cursor["arrived_at"]) - RESCAN
    else:
        since = timezone.now() - timedelta(days=account.import_days) if account.import_days else None
    found = sorted(client.search(["SINCE", since.date()])) if since else []
    last = found[0] - 1 if found else max(next_uid - 1, 0)
    inlet.skip({"folder": account.imap_folder, "validity": validity, "uid": last, "arrived_at": _stamp(timezone.now())})
    return last


def _uids_after(client: IMAPClient, last: int) -> list[int]:
    """What lies behind a UID. `n:*` always names the last mail, even one before n, hence the filter."""
    return sorted(uid for uid in client.search(["UID", f"{last + 1}:*"]) if uid > last)


def _described(client: IMAPClient, uids: Sequence[int]) -> list[Waiting]:
    """Size and time of each; what somebody deleted meanwhile counts as empty, so that the cursor passes it."""
    rows = client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
    return [_mail(uid, rows.get(uid, {})) for uid in uids]


def _mail(uid: int, row: Mapping[bytes, Any]) -> Waiting:
    return Waiting(uid, int(row.get(b"RFC822.SIZE", 0)), _aware(row.get(b"INTERNALDATE")))


def _aware(value: object) -> datetime:
    """IMAPClient gives local time without a zone."""
    return value.astimezone(UTC) if isinstance(value, datetime) else timezone.now()


def _batches(waiting: Sequence[Waiting]) -> Iterator[tuple[int, list[Waiting]]]:
    """Groups of bounded number and size, each with how many are done after it."""
    batch: list[Waiting] = []
    size = 0
    for position, mail in enumerate(waiting):
        if batch and (len(batch) >= BATCH_MESSAGES or size + mail.size > BATCH_BYTES):
            yield position, batch
            batch, size = [], 0
        batch.append(mail)
        size += mail.size
    if batch:
        yield len(waiting), batch


def _read(client: IMAPClient, batch: Sequence[Waiting], validity: int, inlet: Inlet) -> None:
    """PEEK: reading leaves the flags alone, so that people who look into the mailbox see what they had not read."""
    rows = client.fetch([mail.uid for mail in batch], ["BODY.PEEK[]"])
    for mail in batch:
        cursor = {**inlet.cursor, "validity": validity, "uid": mail.uid, "arrived_at": _stamp(mail.arrived_at)}
        body = rows.get(mail.uid, {}).get(b"BODY[]")
        if body is None:  # deleted by somebody in between
            inlet.skip(cursor)
        else:
            inlet.keep(body, cursor=cursor, headers={"X-Arrived": _stamp(mail.arrived_at), "X-Uid": str(mail.uid)})


def _stamp(at: datetime) -> str:
    return at.isoformat()


# ── Waiting ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _wait(client: IMAPClient, inlet: Inlet, can_idle: bool) -> None:
    """Until the server speaks of new mail, the timer is up or the inlet closes."""
    if not can_idle:
        inlet.pause(IDLE_SECONDS / 2)
        client.noop()
        return
    client.idle()
    ends_at = time.monotonic() + IDLE_SECONDS
    while inlet.is_open and time.monotonic() < ends_at and _is_quiet(client):
        pass
    client.idle_done()


def _is_quiet(client: IMAPClient) -> bool:
    """Listen for a moment; False where the server spoke of mail, or hung up (which the next command will tell)."""
    began = time.monotonic()
    said = client.idle_check(timeout=IDLE_STEP_SECONDS)
    is_cut_off = not said and time.monotonic() - began < IDLE_STEP_SECONDS / 2
    return not is_cut_off and not any(_is_news(line) for line in said)


def _is_news(line: Sequence[Any]) -> bool:
    return len(line) > 1 and line[1] in (b"EXISTS", b"RECENT")
