"""A worker process: Dramatiq on every app's `tasks`, the timetable, and the loops that settings.WORKER_LOOPS names.

Run `python -m helpdesk.worker` (one process, WORKER_THREADS threads), or `dramatiq helpdesk.worker` for Dramatiq's own
supervisor of several processes.
"""

import logging
import os
import signal
import sys
import threading
from types import FrameType

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
django.setup()

import dramatiq  # noqa: E402
from django.conf import settings  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from helpdesk.loops import keep_going  # noqa: E402
from helpdesk.timetable import Timetable  # noqa: E402

logger = logging.getLogger(__name__)

STOP_MILLISECONDS = 25_000

broker = dramatiq.get_broker()


class Companions(dramatiq.Middleware):
    """Threads that live and die with the worker."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.timetable: Timetable | None = None

    def after_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        self.timetable = Timetable(broker)
        self.timetable.start()
        for path in settings.WORKER_LOOPS:
            loop = import_string(path)
            threading.Thread(target=keep_going, args=(loop, self.stopping), name=path, daemon=True).start()
        logger.info("worker.ready", extra={"threads": worker.worker_threads, "actors": len(broker.actors)})

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        self.stopping.set()
        if self.timetable:
            self.timetable.stopping.set()


broker.add_middleware(Companions())


def serve() -> int:
    """Work until SIGTERM or SIGINT, then finish the tasks under way; a second signal ends at once."""
    asked_to_stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        if asked_to_stop.is_set():
            os._exit(128 + number)
        asked_to_stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    worker = dramatiq.Worker(broker, worker_threads=settings.WORKER_THREADS)
    worker.start()
    asked_to_stop.wait()
    worker.stop(timeout=STOP_MILLISECONDS)
    broker.close()
    return 0


if __name__ == "__main__":
    sys.exit(serve())
