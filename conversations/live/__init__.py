"""Live updates: tell every screen *that* something changed; it pulls *what* changed through the ordinary view.

`nudge` is called by actions inside their transaction. It reaches each web process as one notification on commit, and there
the process's hub (hub.py) forwards it to the sockets that watch the topic. Typing and presence travel the same way and are
never stored.

On the socket a nudge is `{"topic": "conversation-5", "revision": 8}` or `{"topic": "inbox-all", "conversation": 5}`. A
nudge with a topic alone means: look again, you may have missed something.
"""

import json
from collections.abc import Iterator

from django.db import connection, transaction

from conversations.live.bus import Nudge, current_bus

# PostgreSQL refuses a notification of 8,000 bytes or more.
LARGEST_PAYLOAD = 7900


def nudge(topic: str, **ids: int | str) -> None:
    """Tell all who watch `topic` to look again once the running transaction has committed; never if it rolls back."""
    news: Nudge = {"topic": topic, **ids}
    batch = _batch_of_this_savepoint()
    if batch:
        batch.add(news)
    else:
        # Robust: the change is committed by then, and a broken bus must not turn it into an error page.
        transaction.on_commit(_Batch(news).publish, robust=True)


def say(topic: str, kind: str, **ids: int | str) -> None:
    """Send an ephemeral message (`typing`, `presence`) at once; it is stored nowhere and may be lost."""
    publish([{"topic": topic, "kind": kind, **ids}])


def publish(nudges: list[Nudge]) -> None:
    """Put nudges on the bus now, in as few notifications as they fit."""
    for payload in _payloads(nudges):
        current_bus().send(payload)


class _Batch:
    """The nudges of one transaction, or of one savepoint of it: they share its fate."""

    def __init__(self, first: Nudge) -> None:
        self.nudges = [first]

    def add(self, nudge: Nudge) -> None:
        if nudge not in self.nudges:
            self.nudges.append(nudge)

    def publish(self) -> None:
        publish(self.nudges)


def _batch_of_this_savepoint() -> _Batch | None:
    """Return the batch that commits with the innermost savepoint, if there is one.

    Django forgets the hooks of a savepoint that is rolled back, so a nudge may join only a batch that was opened under the
    very same savepoints.
    """
    here = set(connection.savepoint_ids)
    for savepoints, hook, *_ in connection.run_on_commit:
        batch = getattr(hook, "__self__", None)
        if isinstance(batch, _Batch) and savepoints == here:
            return batch
    return None


def _payloads(nudges: list[Nudge]) -> Iterator[str]:
    """Yield JSON lists of at most LARGEST_PAYLOAD bytes; ASCII, so a character is a byte."""
    chosen: list[str] = []
    size = 2
    for text in (json.dumps(nudge, separators=(",", ":")) for nudge in nudges):
        if chosen and size + len(text) + 1 > LARGEST_PAYLOAD:
            yield f"[{','.join(chosen)}]"
            chosen, size = [], 2
        chosen.append(text)
        size += len(text) + 1
    if chosen:
        yield f"[{','.join(chosen)}]"
