"""Desks of any size, made by SQL in minutes, each in a database of its own that is kept for the next run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from helpdesk import embedded

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "var" / "bench" / "postgres"
MESSAGES_EACH = 5
# The word that stands in exactly so many conversations, whatever the size of the desk.
NEEDLE, NEEDLE_IN = "청록색", 50


def server() -> str:
    """The address of the PostgreSQL to measure on, without a database: BENCH_SERVER, or an embedded one."""
    if address := os.environ.get("BENCH_SERVER"):
        return address.rstrip("/")
    DATA.parent.mkdir(parents=True, exist_ok=True)
    return f"postgres://postgres@{quote(str(embedded.ensure_running(DATA)), safe='')}"


def url_of(conversations: int) -> str:
    """The database of a desk with so many conversations, made and filled on first use."""
    name = f"ieum_bench_{conversations}"
    base = server()
    url = f"{base}/{name}"
    with psycopg.connect(f"{base}/postgres", autocommit=True) as link:
        if not link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            link.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    manage(url, "migrate", "--verbosity=0")
    with psycopg.connect(url) as link:
        filled = link.execute("SELECT count(*) FROM (SELECT 1 FROM conversations_conversation LIMIT 1) one").fetchone()
    if not filled or not filled[0]:
        subprocess.run(
            [sys.executable, "-m", "bench.fill", str(conversations)], cwd=ROOT, env=environment(url), check=True
        )
    return url


def environment(url: str, **more: str) -> dict[str, str]:
    """What a process of the desk under measurement is given."""
    return {
        **os.environ,
        "DATABASE_URL": url,
        "DEMO": "0",
        "LOG_LEVEL": "ERROR",
        "REDIS_URL": "",
        "BROKER_URL": "",
        **more,
    }


def manage(url: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment(url), check=True)
