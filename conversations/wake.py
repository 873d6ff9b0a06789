"""Waking a worker for a row that has become due. The wake-up may be lost: the sweep of that row finds it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import partial

import dramatiq
from django.db import transaction
from django.utils import timezone

logger = logging.getLogger(__name__)

# What is due later than this is left to the sweep: brokers are poor calendars.
LONGEST_DELAY = timedelta(minutes=2)


_asleep: ContextVar[bool] = ContextVar("asleep", default=False)


@contextmanager
def nobody() -> Iterator[None]:
    """Wake no worker meanwhile: for the import of a past in which everything has already been sent."""
    token = _asleep.set(True)
    try:
        yield
    finally:
        _asleep.reset(token)


def wake(actor: str, pk: int, *more: int | str, at: datetime | None = None) -> None:
    """Once the running transaction has committed, let a worker run an actor of tasks.py for a row, not before `at`."""
    delay = max(timedelta(), at - timezone.now()) if at else timedelta()
    if delay <= LONGEST_DELAY and not _asleep.get():
        # Robust: the row is committed; a broker that is away must not turn it into an error page.
        transaction.on_commit(partial(_enqueue, actor, (pk, *more), delay), robust=True)


def _enqueue(actor: str, about: tuple[int | str, ...], delay: timedelta) -> None:
    broker = dramatiq.get_broker()
    # By name: tasks import actions, so actions cannot import tasks.
    message = broker.get_actor(actor).message(*about)
    broker.enqueue(message, delay=int(delay.total_seconds() * 1000) or None)
