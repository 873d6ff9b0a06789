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
# The newest conversation has so many.
LONG = 30
# The word that stands in exactly so many conversations, whatever the size of the desk.
NEEDLE, NEEDLE_IN = "청록색", 50
LOG_IN = """
import django; django.setup()
from django.contrib.auth import HASH_SESSION_KEY, BACKEND_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from agents.models import User
agent = User.objects.order_by("pk").first()
session = SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(agent.pk), agent.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = "agents.backends.RoleBackend"
session.save()
print(session.session_key)
"""


def address_of(name: str) -> str:
    """The address of a database on the PostgreSQL to measure on: BENCH_SERVER, or an embedded one."""
    if server := os.environ.get("BENCH_SERVER"):
        return f"{server.rstrip('/')}/{name}"
    DATA.parent.mkdir(parents=True, exist_ok=True)
    return f"postgres://postgres@/{name}?host={quote(str(embedded.ensure_running(DATA)))}"


def empty_database(name: str) -> str:
    """A database with all tables and no row, in place of one of that name; its address."""
    with psycopg.connect(address_of("postgres"), autocommit=True) as link:
        link.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        link.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    manage(address_of(name), "migrate", "--verbosity=0")
    return address_of(name)


def url_of(conversations: int) -> str:
    """The database of a desk with so many conversations, made and filled on first use."""
    name = f"ieum_bench_{conversations}"
    url = address_of(name)
    with psycopg.connect(address_of("postgres"), autocommit=True) as link:
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


def log_in(url: str) -> str:
    """The cookie of an agent's session."""
    env = {**environment(url), "DJANGO_SETTINGS_MODULE": "helpdesk.settings"}
    made = subprocess.run([sys.executable, "-c", LOG_IN], cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    return f"sessionid={made.stdout.strip()}"
