"""Watching the accounts that have to be polled: one thread an account, one worker an account, by a lease."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from channels_app.contract import AccountFailure, DeliveryError, LeaseLost
from channels_app.models import LATE, Channel
from conversations.actions import inbound
from conversations.actions.pausing import pause
from conversations.models import Summons
from conversations.wake import wake

logger = logging.getLogger(__name__)

LOOK_SECONDS = 3.0
LEASE_SECONDS = 60.0
RENEW_SECONDS = 10.0
FIRST_WAIT_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 600.0
# What could not be fetched in so many tries (about half a day) is no longer there.
MOST_DRAINS = 75


def watch_accounts(stopping: threading.Event) -> None:
    """Until the worker stops, read every polled account that no other worker reads."""
    holder = _new_holder()
    watched: dict[int, threading.Thread] = {}
    while not stopping.is_set():
        for channel in _polled():
            if not _is_alive(watched.get(channel.pk)) and channel.take_lease(holder, LEASE_SECONDS):
                thread = threading.Thread(target=_watch, args=(channel.pk, holder, stopping), name=f"poll-{channel.pk}")
                watched[channel.pk] = thread
                thread.start()
        connection.close()
        stopping.wait(LOOK_SECONDS)
    for thread in watched.values():
        thread.join(RENEW_SECONDS * 2)


def _new_holder() -> str:
    return f"{socket.gethostname()[:24]}:{os.getpid()}:{secrets.token_hex(4)}"


def _polled() -> list[Channel]:
    return [channel for channel in Channel.objects.enabled() if channel.connector.is_polled]


def _is_alive(thread: threading.Thread | None) -> bool:
    return thread is not None and thread.is_alive()


def _watch(pk: int, holder: str, stopping: threading.Event) -> None:
    """Read one account until it is given up; what fails is tried again after a growing pause."""
    inlet = AccountInlet(pk, holder, stopping)
    try:
        while inlet.is_open:
            wait = _watch_once(inlet)
            inlet.pause(wait)
    finally:
        try:
            Channel(pk=pk).drop_lease(holder)
        except DatabaseError:
            logger.warning("poll.lease_not_dropped", extra={"channel": pk})  # it ends by itself
        connection.close()


def _watch_once(inlet: AccountInlet) -> float:
    """Watch until something ends it; gives how long to pause."""
    try:
        inlet.channel.connector.watch(inlet)
    except LeaseLost:
        inlet.close()
    except DeliveryError as failure:
        return inlet.fail(failure.code, str(failure))
    except DatabaseError as error:  # the vault is away: nothing was acknowledged, nothing is lost
        logger.warning("poll.database_away", extra={"channel": inlet.channel.pk, "error": type(error).__name__})
        connection.close()
        return FIRST_WAIT_SECONDS
    except Exception:
        logger.exception("poll.broken", extra={"channel": inlet.channel.pk})
        return inlet.fail("broken", "The connector failed; the log says why.")
    return 0.0


def drain(pk: int) -> None:
    """Fetch all that a channel was summoned for, one process at a time.

    A summons that comes meanwhile is heard before this ends; one that comes while the lease is given back, in the next
    round, or by the sweep.
    """
    holder = _new_holder()
    while Summons.objects.due().filter(channel=pk).exists() and Channel(pk=pk).take_lease(holder, LEASE_SECONDS):
        inlet = AccountInlet(pk, holder, threading.Event())
        try:
            while inlet.is_open and (summons := Summons.objects.due().filter(channel=pk).order_by("pk").first()):
                _drain_one(inlet, summons)
        finally:
            Channel(pk=pk).drop_lease(holder)


def drain_due() -> None:
    """Fetch what nobody was woken for, or what failed and is to be tried again."""
    for pk in Summons.objects.due().order_by("channel").values_list("channel", flat=True).distinct():
        drain(pk)


def _drain_one(inlet: AccountInlet, summons: Summons) -> None:
    """Answer one summons, and those that said the same before the fetching began."""
    same = list(Summons.objects.filter(channel=summons.channel_id, hint=summons.hint).values_list("pk", flat=True))
    try:
        inlet.channel.connector.drain(inlet, summons.hint)
    except LeaseLost:
        inlet.close()
    except AccountFailure as failure:
        pause(inlet.channel, failure)
        inlet.close()
    except DeliveryError as failure:
        _try_later(inlet, summons, failure.code, str(failure))
    except Exception:
        logger.exception("drain.broken", extra={"channel": inlet.channel.pk})
        _try_later(inlet, summons, "broken", "The connector failed; the log says why.")
    else:
        Summons.objects.filter(pk__in=same).delete()


def _try_later(inlet: AccountInlet, summons: Summons, code: str, words: str) -> None:
    if summons.attempts >= MOST_DRAINS:
        logger.error("drain.given_up", extra={"channel": inlet.channel.pk, "summons": summons.pk, "code": code})
        summons.delete()
        return
    inlet.failures = summons.attempts
    at = timezone.now() + timedelta(seconds=inlet.fail(code, words))
    Summons.objects.filter(pk=summons.pk).update(attempts=summons.attempts + 1, due_at=at)
    wake("drain", inlet.channel.pk, at=at)


class AccountInlet:
    """What one account is read into; open while the worker runs and the lease is ours."""

    def __init__(self, pk: int, holder: str, stopping: threading.Event) -> None:
        self.holder = holder
        self.stopping = stopping
        self.channel = Channel.objects.get(pk=pk)
        self.failures = 0
        self._is_lost = False
        self._renew_at = 0.0

    @property
    def is_open(self) -> bool:
        if self.stopping.is_set() or self._is_lost:
            return False
        if time.monotonic() >= self._renew_at:
            self._is_lost = not self._renewed()
        return not self._is_lost

    def close(self) -> None:
        self._is_lost = True

    def _renewed(self) -> bool:
        self._renew_at = time.monotonic() + RENEW_SECONDS
        until = timezone.now() + timedelta(seconds=LEASE_SECONDS)
        return bool(self._mine().update(leased_until=until))

    def _mine(self) -> Any:
        return Channel.objects.enabled().filter(pk=self.channel.pk, lease_holder=self.holder)

    @property
    def cursor(self) -> Mapping[str, Any]:
        return self.channel.cursor

    def keep(self, body: bytes, *, cursor: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        """The mail and the cursor behind it commit together: a crash in between repeats nothing and loses nothing."""
        with transaction.atomic():
            self._move(cursor)
            envelope, is_new = inbound.keep(self.channel, body, headers=headers)
        self.channel.cursor = dict(cursor)
        if is_new:
            inbound.open_envelope(envelope)

    def skip(self, cursor: Mapping[str, Any]) -> None:
        with transaction.atomic():
            self._move(cursor)
        self.channel.cursor = dict(cursor)

    def _move(self, cursor: Mapping[str, Any]) -> None:
        """Fenced by the lease: a worker that slept through its lease writes nothing any more."""
        if not self._mine().update(cursor=dict(cursor)):
            raise LeaseLost(self.holder)

    def report(self, *, waiting: int, oldest: datetime | None) -> None:
        """The account was reached: say how far behind it is. A channel that is paused for sending stays so."""
        self.failures = 0
        is_late = oldest is not None and timezone.now() - oldest > LATE
        state = Channel.State.DELAYED if is_late else Channel.State.OK
        columns = {"last_error": "", "last_checked_at": timezone.now()} if not waiting else {}
        self._mine().update(waiting=waiting, waiting_since=oldest, **columns)
        self._mine().exclude(state=Channel.State.PAUSED).update(state=state)

    def fail(self, code: str, words: str) -> float:
        """Show on the channel that it cannot be read; gives how many seconds to wait before the next try."""
        self.failures += 1
        logger.warning("poll.failed", extra={"channel": self.channel.pk, "code": code, "failures": self.failures})
        if self.failures > 1:  # one broken connection is everyday life
            self._mine().exclude(state=Channel.State.PAUSED).update(
                state=Channel.State.FAILING, last_error=words[:2000], last_error_at=timezone.now()
            )
        return min(FIRST_WAIT_SECONDS * 2 ** (self.failures - 1), LONGEST_WAIT_SECONDS)

    def pause(self, seconds: float) -> None:
        ends_at = time.monotonic() + seconds
        while (left := ends_at - time.monotonic()) > 0 and self.is_open:
            self.stopping.wait(min(left, RENEW_SECONDS))
