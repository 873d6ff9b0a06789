"""Fixtures of the browser ring: a real desk on the test's database, and a real Chromium."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from tests.processes import WebProcess, WorkerProcess, daphne

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_BROWSER = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def missing(what: str) -> None:
    """A laptop may lack a service; CI may not."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}: CI has to have it")
    pytest.skip(what)


def server_environment(folder: Path) -> dict[str, str]:
    """What a server process needs to work on the database of the running test, with the real broker and bus."""
    return {
        "DJANGO_SETTINGS_MODULE": "tests.server_settings",
        "TEST_DATABASE": connection.settings_dict["NAME"],
        "BROKER_URL": "",
        "REDIS_URL": "",
        "LOG_JSON": "0",
        "LOG_LEVEL": "INFO",
        "DEMO": "0",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
        "MEDIA_ROOT": str(folder / "media"),
    }


@pytest.fixture(scope="session")
def desk_process(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebProcess]:
    """One Daphne for the session: starting one costs two seconds."""
    folder = tmp_path_factory.mktemp("desk")
    process = WebProcess(daphne, folder / "web.log", server_environment(folder))
    process.start()
    yield process
    process.stop()


@pytest.fixture
def live_desk(desk_process: WebProcess, transactional_db: None, settings, monkeypatch) -> WebProcess:
    """A running desk that shows the test's rows; `live_desk.url`. What the test announces reaches its sockets.

    `stop()` and `start()` play an outage. Playwright keeps a loop in this thread, hence the permission to query in one.
    """
    settings.REDIS_URL = ""
    settings.MEDIA_ROOT = Path(desk_process.env["MEDIA_ROOT"])
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    if not desk_process.is_running():
        desk_process.start()
    return desk_process


@pytest.fixture
def live_worker(live_desk: WebProcess, tmp_path: Path) -> Iterator[WorkerProcess]:
    """A worker on the same database; without it nothing leaves the desk."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM dramatiq.queue")
    worker = WorkerProcess(tmp_path / "worker.log", live_desk.env)
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture
def sign_in(live_desk: WebProcess) -> Callable[..., None]:
    """`sign_in(page.context, bob)`: as if bob had typed his password in that browser."""

    def give_session(context, agent) -> None:
        client = Client()
        client.force_login(get_user_model().objects.get(pk=agent.pk))
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_desk.url}])

    return give_session


def browser_path() -> str | None:
    """Where this machine has a Chromium or Chrome."""
    named = os.environ.get("CHROMIUM")
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return named or found or (str(MAC_BROWSER) if MAC_BROWSER.exists() else None)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict:
    """What pytest-playwright starts: the machine's own browser, which also works where none can be downloaded."""
    path = browser_path()
    if path is None:
        missing("no Chromium or Chrome (on Debian: apt-get install chromium; elsewhere set CHROMIUM to its path)")
    return {"executable_path": path, "args": ["--no-sandbox", "--disable-dev-shm-usage"]}


@pytest.fixture
def base_url(live_desk: WebProcess) -> str:
    """`page.goto("/inbox/")` goes to the running desk."""
    return live_desk.url


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each file of the browser ring to one process, and everything that shares real ports to another."""
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if folder == "browser":
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group(f"browser-{item.path.stem}"))
        elif folder == "services":
            item.add_marker(pytest.mark.services)
            item.add_marker(pytest.mark.xdist_group("services"))
