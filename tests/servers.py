"""Fixtures of the browser ring: a real desk on the test's database, and a real Chromium."""

import asyncio
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from tests.processes import Process, WebProcess, WorkerProcess, daphne

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
def live_desk(desk_process: WebProcess, transactional_db: None, settings) -> WebProcess:
    """A running desk that shows the test's rows; `live_desk.url`. What the test announces reaches its sockets.

    `stop()` and `start()` play an outage.
    """
    settings.REDIS_URL = ""
    settings.MEDIA_ROOT = Path(desk_process.env["MEDIA_ROOT"])
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
        if any(item.get_closest_marker(ring) for ring in ("browser", "services", "crash")):
            # Real processes on shared cores: a moment's stall is no defect, and a defect fails each time.
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=1))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Playwright leaves its loop running in this thread: tests of the browser may query beside it, others do not see it."""
    if item.get_closest_marker("browser"):
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        try:
            return (yield)
        finally:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return (yield)
    finally:
        asyncio._set_running_loop(loop)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failure what the servers said."""
    report = yield
    for name, process in getattr(item, "funcargs", {}).items():
        if report.failed and isinstance(process, Process):
            report.sections.append((f"{name} said", process.words()[-6000:]))
    return report
