"""Drawn lines of threads, kept: a line is drawn again only when something that it shows has changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

# About a kilobyte and a half each.
MOST = 6000

_kept: OrderedDict[Hashable, str] = OrderedDict()
_lock = Lock()


def once(key: Hashable, draw: Callable[[], str]) -> str:
    """What `draw` gives for a key; the least recently used is forgotten first."""
    with _lock:
        if (html := _kept.get(key)) is not None:
            _kept.move_to_end(key)
            return html
    html = draw()
    with _lock:
        _kept[key] = html
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return html
