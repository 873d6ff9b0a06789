"""Loops that live as long as their worker: watching mailboxes, for instance."""

import logging
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 5

Loop = Callable[[threading.Event], None]


def keep_going(loop: Loop, stopping: threading.Event) -> None:
    """Run a loop until the worker stops; one that raises is logged and started again after a pause."""
    while not stopping.is_set():
        try:
            loop(stopping)
        except Exception:
            logger.exception("worker.loop_failed", extra={"loop": loop.__name__})
        stopping.wait(PAUSE_SECONDS)
