"""The agents' pages at growing size: `python -m bench.pages [1000 100000 1000000]`. Aims in docs/performance.md."""

from __future__ import annotations

import os
import sys
from urllib.parse import quote

import psycopg

from bench import world
from bench.meter import Times, fetched, page_server, table, timed

TIMES = 300
LIST_SQL = (
    "SELECT c.*, k.name FROM conversations_conversation c JOIN customers_customer k ON k.id = c.customer_id"
    " WHERE status = 'open' ORDER BY active_at DESC, c.id DESC LIMIT 51"
)


def measure(conversations: int) -> list[tuple[str, Times]]:
    """What each page takes on a desk of so many conversations."""
    url = world.url_of(conversations)
    cookie = world.log_in(url)
    with psycopg.connect(url, autocommit=True) as link:
        floor = timed(lambda: link.execute(LIST_SQL).fetchall(), TIMES)
        ids = [
            str(row[0]) for row in link.execute("SELECT id FROM conversations_conversation ORDER BY id DESC LIMIT 5")
        ]
    with page_server(url) as (port, pid):
        found = [("floor: the list's bare SQL", floor)]
        for name, path in (
            ("floor: a bare Django view", "/healthz"),
            ("inbox, 50 rows", "/inbox/all/"),
            ("rows by id", f"/inbox/all/rows/?ids={','.join(ids)}"),
            ("counters", "/inbox/counts/"),
            (f"conversation, {world.LONG} messages", f"/conversations/{ids[0]}/pane/"),
            ("search, a word in 50", f"/search/?q={world.NEEDLE}"),
        ):
            found.append((name, fetched(port, pid, quote(path, safe="/?=&,"), TIMES, cookie)))
    return found


def main(sizes: list[int]) -> None:
    rows = []
    for size in sizes:
        for name, times in measure(size):
            rows.append([f"{size:,}", name, times.median, times.p95, times.cpu])
    print(table(["conversations", "page", "median ms", "p95 ms", "server CPU ms"], rows))


if __name__ == "__main__":
    os.chdir(world.ROOT)
    main([int(size) for size in sys.argv[1:]] or [1_000, 100_000])
