"""Runs actors by the clock: one worker of all leads, by an advisory lock, and sends each actor when it is due."""

import logging
import threading
import time

import dramatiq
from django.db import Error, connection

logger = logging.getLogger(__name__)

# Any number that nothing else in this database locks ("ieum" in ASCII).
LEADER_LOCK = 0x6965756D
TICK_SECONDS = 1.0


class Timetable(threading.Thread):
    """A thread of the worker process. Two leaders would be harmless, only wasteful: every sweep claims its rows."""

    def __init__(self, broker: dramatiq.Broker) -> None:
        super().__init__(name="timetable", daemon=True)
        self.broker = broker
        self.stopping = threading.Event()
        self.is_leading = False
        self._due: dict[str, float] = {}

    def run(self) -> None:
        while not self.stopping.wait(TICK_SECONDS):
            try:
                self.tick(time.monotonic())
            except Exception:
                logger.exception("timetable.tick_failed")
                self._step_down()
        self._step_down()

    def tick(self, now: float) -> None:
        """Send every actor that is due, if this process leads."""
        if not self._lead():
            return
        for actor in self._timed_actors():
            if self._due.get(actor.actor_name, 0) <= now:
                seconds = actor.options["every_seconds"]
                self._due[actor.actor_name] = now + seconds
                # A run that waited a whole period in a full queue is dropped: the next one does its work.
                actor.send_with_options(max_age=int(seconds * 1000))

    def _timed_actors(self) -> list[dramatiq.Actor]:
        return [actor for actor in self.broker.actors.values() if actor.options.get("every_seconds")]

    def _lead(self) -> bool:
        """Hold the lock for as long as the connection lives; asking again also proves that it does."""
        sql = "SELECT true" if self.is_leading else f"SELECT pg_try_advisory_lock({LEADER_LOCK})"
        with connection.cursor() as cursor:
            cursor.execute(sql)
            self.is_leading = cursor.fetchone()[0]
        return self.is_leading

    def _step_down(self) -> None:
        self.is_leading = False
        try:
            connection.close()
        except Error:
            logger.warning("timetable.close_failed")
