"""How the browser is started: the machine's own, pointed at the running desk."""

import pytest

from tests.processes import WebProcess
from tests.servers import browser_path, missing


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict:
    """What pytest-playwright starts: the machine's own browser, which also works where none can be downloaded."""
    path = browser_path()
    if path is None:
        missing("no Chromium or Chrome (on Debian: apt-get install chromium; elsewhere set CHROMIUM to its path)")
    return {"executable_path": path, "args": ["--no-sandbox", "--disable-dev-shm-usage"]}


@pytest.fixture(scope="session")
def browser_context_args(desk_process: WebProcess) -> dict:
    """`page.goto("/inbox/")` goes to the running desk, for an agent in Seoul."""
    return {"base_url": desk_process.url, "locale": "ko-KR", "timezone_id": "Asia/Seoul"}


@pytest.fixture
def base_url(live_desk: WebProcess) -> str:
    """Where the running desk is; here, because a plugin has a fixture of that name too."""
    return live_desk.url
