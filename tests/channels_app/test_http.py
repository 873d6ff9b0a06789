"""The guarded door for outgoing HTTP, against a real server on this machine."""

import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from channels_app import http
from channels_app.contract import AccountFailure, PermanentFailure, TemporaryFailure, UnknownOutcome


class Desk(BaseHTTPRequestHandler):
    seen: list[tuple[str, str, dict[str, str]]] = []

    def do_GET(self):
        Desk.seen.append((self.command, self.path, dict(self.headers)))
        if self.path == "/moved":
            return self._say(302, b"", Location="/here")
        if self.path == "/circle":
            return self._say(302, b"", Location="/circle")
        if self.path == "/drip":
            return self._drip()
        if self.path == "/inside":
            return self._say(302, b"", Location="http://[::1]:9/")
        if self.path == "/break":
            return self.connection.close()
        if self.path == "/large":
            return self._say(200, b"x" * 5000)
        if self.path == "/echo":
            return self._say(200, self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.startswith("/status/"):
            return self._say(int(self.path.rpartition("/")[2]), b"no", **{"Retry-After": "7"})
        return self._say(200, b'{"ok": true}')

    do_POST = do_GET  # noqa: N815

    def _say(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self):
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        with contextlib.suppress(OSError):  # the other side has left
            for _ in range(40):
                self.wfile.write(b".")
                time.sleep(0.1)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(settings):
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    Desk.seen = []
    running = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


def test_a_form_field_may_be_sent_several_times(server):
    answer = http.request("POST", f"{server}/echo", form={"To": "+8210", "MediaUrl": ["https://a/1", "https://a/2"]})
    assert answer.body == b"To=%2B8210&MediaUrl=https%3A%2F%2Fa%2F1&MediaUrl=https%3A%2F%2Fa%2F2"


def test_basic_authentication_is_built_as_rfc_7617_says():
    assert http.basic("Aladdin", "open sesame") == {"Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}


def test_an_answer_comes_back_whole(server):
    answer = http.request("POST", f"{server}/x?secret=1", json_body={"a": 1})
    assert answer.is_ok
    assert answer.json() == {"ok": True}
    assert "secret" not in answer.url


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1", "0.0.0.0"]
    + ["64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "2002:7f00:1::", "::127.0.0.1", "::ffff:0:127.0.0.1", "fec0::1"],
)
def test_the_own_network_is_out_of_bounds(settings, address):
    settings.OUTGOING_ALLOWED_NETWORKS = []
    assert not http.is_allowed(address)


def test_public_addresses_and_named_networks_are_allowed(settings):
    settings.OUTGOING_ALLOWED_NETWORKS = ["10.0.0.0/8", "::1/128"]
    assert http.is_allowed("::1")
    assert http.is_allowed("8.8.8.8")
    assert http.is_allowed("64:ff9b::808:808")
    assert http.is_allowed("10.1.2.3")
    assert not http.is_allowed("192.168.0.1")


def test_a_private_server_is_not_called(server, settings):
    settings.OUTGOING_ALLOWED_NETWORKS = []
    with pytest.raises(http.Forbidden):
        http.request("GET", server)
    assert Desk.seen == []


def test_a_redirect_carries_no_credentials(server):
    assert http.request("GET", f"{server}/moved", headers={"Authorization": "Bearer x", "X-Key": "y"}).is_ok
    path, headers = Desk.seen[-1][1:]
    assert path == "/here"
    assert "Authorization" not in headers
    assert "X-Key" not in headers
    assert Desk.seen[0][2]["Authorization"] == "Bearer x"


def test_a_redirect_into_the_own_network_is_refused(server):
    with pytest.raises(http.Forbidden):
        http.request("GET", f"{server}/inside")


@pytest.mark.parametrize(
    "address",
    [
        "http://[::1",
        "https://a.example/?key=secret\x00",
        "http://xn--/",
        "https://\ud800.example/",
        "/secret",
        "ftp://a/secret",
    ],
)
def test_what_is_no_address_is_refused_as_such_and_not_shown(address):
    with pytest.raises(PermanentFailure) as caught:
        http.request("GET", address)
    assert caught.value.code == "url"
    assert "secret" not in str(caught.value)


def test_an_answer_that_drips_for_too_long_is_left(server):
    began = time.monotonic()
    with pytest.raises(TemporaryFailure):
        http.request("GET", f"{server}/drip", seconds=0.3)
    assert time.monotonic() - began < 2


def test_a_circle_of_redirects_ends(server):
    with pytest.raises(PermanentFailure):
        http.request("GET", f"{server}/circle")
    assert len(Desk.seen) == http.MOST_REDIRECTS + 1


def test_a_post_is_neither_redirected_nor_repeated(server):
    assert http.request("POST", f"{server}/moved").status == 302
    with pytest.raises(UnknownOutcome):
        http.request("POST", f"{server}/break")
    assert len(Desk.seen) == 2


def test_a_get_that_breaks_may_be_tried_again(server):
    with pytest.raises(TemporaryFailure):
        http.request("GET", f"{server}/break")


def test_a_server_that_is_not_there_is_a_temporary_failure(server):
    with pytest.raises(TemporaryFailure) as caught:
        http.request("POST", "http://127.0.0.1:9/")
    assert caught.value.code == "connect"


def test_a_body_beyond_the_cap_is_not_read(server):
    with pytest.raises(PermanentFailure) as caught:
        http.request("GET", f"{server}/large", max_bytes=1000)
    assert caught.value.code == "size"


def test_what_the_desk_would_not_keep_is_not_read_whatever_a_connector_takes(server, settings):
    settings.ATTACHMENT_MAX_BYTES = 1000
    with pytest.raises(PermanentFailure) as caught:
        http.request("GET", f"{server}/large", max_bytes=512 * http.MEGABYTE)
    assert caught.value.code == "size"
    assert caught.value.advice


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (401, AccountFailure),
        (403, AccountFailure),
        (429, TemporaryFailure),
        (503, TemporaryFailure),
        (404, PermanentFailure),
    ],
)
def test_refusals_become_the_errors_of_the_contract(server, status, failure):
    with pytest.raises(failure):
        http.request("GET", f"{server}/status/{status}").raise_for_status()


def test_the_wait_that_a_server_asks_for_is_kept(server):
    with pytest.raises(TemporaryFailure) as caught:
        http.request("GET", f"{server}/status/429").raise_for_status()
    assert caught.value.retry_after == 7


def test_what_does_no_harm_twice_may_be_tried_again_after_a_break():
    with pytest.raises(TemporaryFailure) as caught, http.repeatable():
        raise UnknownOutcome("broken", code="link")
    assert caught.value.code == "link"


@pytest.mark.parametrize(
    ("address", "is_theirs"),
    [
        ("https://media.one.example/1", True),
        ("https://one.example/1", True),
        ("http://127.0.0.1:8000/simulator/1", True),
        ("http://media.one.example/1", False),
        ("https://media.one.example:8443/1", False),
        ("https://anyone.example/1", False),
        ("https://one.example.evil.example/1", False),
        ("https://one.example@evil.example/1", False),
        ("http://127.0.0.1:8001/1", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_only_what_lies_with_a_provider_may_see_our_credentials(address, is_theirs):
    assert http.lies_with(address, beside="http://127.0.0.1:8000/api", domains=[".one.example"]) is is_theirs
