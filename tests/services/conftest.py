"""The deployment of docs/deploy.md on this machine: two page servers, two socket servers, two workers, real engines."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import pytest

from tests.processes import ROOT, Process, WebProcess, WorkerProcess, daphne, eventually, granian, listens
from tests.servers import missing

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres:postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
RABBITMQ = os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672/%2F")

# name: (broker, bus)
ENGINES = {"postgresql": ("", ""), "redis": (REDIS, REDIS), "rabbitmq": (RABBITMQ, REDIS)}


@dataclass
class Cluster:
    """A running deployment and its one agent."""

    pages: list[WebProcess]
    sockets: list[WebProcess]
    workers: list[WorkerProcess]
    folder: Path
    database: str
    env: dict[str, str]
    token: str = ""
    email: str = ""
    password: str = ""

    def processes(self) -> list[Process]:
        return [*self.pages, *self.sockets, *self.workers]

    def sql(self, query: str, *values: object) -> list[tuple]:
        with psycopg.connect(self.database, autocommit=True) as link:
            cursor = link.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def post(self, sender: str, text: str, number: str, page: int = 0) -> int:
        """Let a customer write through one of the page servers: the status of the answer."""
        card = {"id": number, "sender": sender, "text": text}
        return httpx.post(f"{self.pages[page].url}/hooks/{self.token}/", json=card, timeout=10).status_code

    def signed_in(self, page: int = 0) -> httpx.Client:
        """A browser of the agent at one of the page servers."""
        client = httpx.Client(base_url=self.pages[page].url, follow_redirects=True, timeout=20)
        client.get("/accounts/login/")
        form = {"login": self.email, "password": self.password, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        answer = client.post(
            "/accounts/login/", data=form, headers={"Referer": f"{self.pages[page].url}/accounts/login/"}
        )
        assert "sessionid" in client.cookies, answer.text[:2000]
        return client

    def sent(self) -> list[str]:
        return sorted(path.read_text() for path in self.folder.glob("sent-*"))


def need(url: str, default_port: int) -> None:
    parts = urlsplit(url)
    if not listens(parts.port or default_port):
        missing(f"nothing listens at {parts.hostname}:{parts.port or default_port}")


@pytest.fixture(scope="module", params=ENGINES)
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Everything started, on a database of its own, once for each choice of engines."""
    broker, bus = ENGINES[request.param]
    need(POSTGRES, 5432)
    for url, port in ((broker, 5672), (bus, 6379)):
        if url:
            need(url, port)
    folder = tmp_path_factory.mktemp(request.param)
    database = f"ieum_services_{os.getpid()}_{request.param}"
    _run_sql(f'CREATE DATABASE "{database}"')
    try:
        cluster = _make(folder, database, broker, bus)
        try:
            for process in cluster.processes():
                process.launch()
            for process in cluster.processes():
                process.await_ready()
            yield cluster
        finally:
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda process: process.stop(), cluster.processes()))
    finally:
        _run_sql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


def _make(folder: Path, database: str, broker: str, bus: str) -> Cluster:
    url = urlunsplit(urlsplit(POSTGRES)._replace(path=f"/{database}"))
    env = {
        "DJANGO_SETTINGS_MODULE": "tests.server_settings",
        "DATABASE_URL": url,
        "BROKER_URL": broker,
        "REDIS_URL": bus,
        "VAR_DIR": str(folder / "var"),
        "MEDIA_ROOT": str(folder / "media"),
        "ALLOWED_HOSTS": "localhost",
        "DEMO": "0",
        "LOG_JSON": "1",
        "LOG_LEVEL": "INFO",
    }
    _manage(env, "migrate", "--database", "default", "-v", "0")
    purge(broker)
    pages = [WebProcess(granian, folder / f"pages-{n}.log", env) for n in (1, 2)]
    sockets = [WebProcess(daphne, folder / f"sockets-{n}.log", env) for n in (1, 2)]
    workers = [WorkerProcess(folder / f"worker-{n}.log", env) for n in (1, 2)]
    return Cluster(pages, sockets, workers, folder, url, env, **stage(env, "found", folder=str(folder)))


def purge(broker: str) -> None:
    """Throw away what an earlier run left in a queue that outlives its database."""
    if broker.startswith("redis"):
        import redis

        redis.Redis.from_url(broker).flushdb()
    elif broker.startswith("amqp"):
        import pika

        with pika.BlockingConnection(pika.URLParameters(broker)) as link:
            for queue in ("default", "default.DQ", "default.XQ"):
                link.channel().queue_delete(queue)


def _manage(env: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env={**os.environ, **env}, check=True)


def stage(env: dict[str, str], scene: str, **arguments: object) -> dict:
    """Play a scene of tests/stage.py in a process of its own."""
    command = [sys.executable, "-m", "tests.stage", scene, json.dumps(arguments)]
    played = subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True)
    assert played.returncode == 0, played.stderr
    return json.loads(played.stdout.splitlines()[-1])


def _run_sql(sql: str) -> None:
    with psycopg.connect(POSTGRES, autocommit=True) as link:
        link.execute(sql)


@pytest.fixture
def soon() -> Callable[..., object]:
    return eventually


@pytest.fixture
def number() -> str:
    """An id that no other test has used."""
    return f"n{time.time_ns()}"
