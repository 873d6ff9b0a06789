"""deploy/nginx.conf in front of real page and socket servers."""

import re
import shutil
import subprocess

import httpx
import pytest

from tests.processes import ROOT, Process, eventually, free_port, listens
from tests.servers import missing
from tests.services.conftest import Cluster
from tests.wire import Wire

pytestmark = pytest.mark.parametrize("cluster", ["postgresql"], indirect=True)
PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"


def without_tls(text, port, cluster, static):
    """The shipped file with this machine's ports, and plain HTTP: what is proved is the routing."""
    text = re.sub(r"server \{\s+listen 80;.*?\n\}", "", text, flags=re.S)
    text = re.sub(r"\n\s+ssl_certificate.*", "", text).replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};")
    ports = {"8001": cluster.pages[0], "8002": cluster.pages[1], "8011": cluster.sockets[0], "8012": cluster.sockets[1]}
    for shipped, process in ports.items():
        text = text.replace(f"127.0.0.1:{shipped}", f"127.0.0.1:{process.port}")
    # A real desk is on port 443, which browsers leave out of the Host header.
    return (
        text.replace("$host;", "$http_host;")
        .replace("/var/lib/ieum/static/", f"{static}/")
        .replace("desk.example.com", "localhost")
    )


@pytest.fixture(scope="module")
def proxy(cluster: Cluster, tmp_path_factory):
    program = shutil.which("nginx", path=PATH)
    if program is None:
        missing("no nginx (on Debian: apt-get install nginx-light)")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    static = folder / "static"
    static.mkdir()
    (static / "probe.abc123.css").write_text("p{}")
    folder.chmod(0o755)
    site = without_tls((ROOT / "deploy/nginx.conf").read_text(), port, cluster, static)
    head = f"user root; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
    (folder / "nginx.conf").write_text(f"{head}http {{ access_log off;\n{site}\n}}")
    subprocess.run([program, "-t", "-q", "-p", str(folder), "-c", str(folder / "nginx.conf")], check=True)
    process = Process(
        [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"], folder / "nginx.log"
    )
    process.start()
    eventually(lambda: listens(port))
    yield port
    process.stop()


def test_pages_sockets_and_files_go_where_they_belong(proxy, cluster):
    url = f"http://localhost:{proxy}"
    page = httpx.get(f"{url}/accounts/login/")
    assert page.status_code == 200
    assert len(page.headers["X-Request-ID"]) == 32
    assert httpx.get(f"{url}/static/probe.abc123.css").headers["Cache-Control"].endswith("immutable")
    session = cluster.signed_in().cookies["sessionid"]
    with Wire(proxy, "/ws/desk/", f"sessionid={session}") as wire:
        assert wire.status == 101
        wire.send(type="ping")
        wire.hears(type="pong")


def test_one_page_server_may_go_away(proxy, cluster):
    cluster.pages[0].kill()
    try:
        answers = [httpx.get(f"http://localhost:{proxy}/accounts/login/").status_code for _ in range(8)]
        assert answers == [200] * 8
    finally:
        cluster.pages[0].start()
