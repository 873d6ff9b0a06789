"""The JavaScript client in a real browser, on a page of another origin than the desk's."""

import http.server
import threading
from pathlib import Path

import pytest

from channels_app.models import Channel
from conversations.models import Intake, Message, Visitor
from tests.examples.test_inapp import EXAMPLES, answer
from tests.processes import eventually, free_port

pytestmark = pytest.mark.browser

PAGE = b"""<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>Shop</title><script type="module">
import { Chat } from "./chat.mjs";
const [desk, token] = location.hash.slice(1).split(",");
const chat = new Chat(desk, token);
window.said = [];
await chat.open();
chat.listen((message) => window.said.push(message.text));
const file = await chat.leave(new File(["milk"], "list.txt"));
await chat.say("From a page", [file]);
</script>"""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        is_script = self.path.endswith(".mjs")
        body = Path(EXAMPLES / "chat.mjs").read_bytes() if is_script else PAGE
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if is_script else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def chat_for(support, *origins: str) -> Channel:
    channel = Channel.objects.create(kind="webchat", name="App", config={"origins": list(origins), "allows_apps": True})
    Intake.objects.create(channel=channel, team=support)
    return channel


def test_a_page_of_an_allowed_site_talks_with_the_desk(page, live_desk, site, support, bob):
    channel = chat_for(support, site)
    page.goto(f"{site}/#{live_desk.url},{channel.token}")
    written = eventually(lambda: Message.objects.filter(text="From a page").first())
    assert [one.name for one in written.attachments.all()] == ["list.txt"]
    page.wait_for_function("window.said.includes('From a page')")
    answer(written.conversation, bob, "Good day")
    page.wait_for_function("window.said.includes('Good day')", timeout=3000)


def test_a_page_of_any_other_site_does_not(page, live_desk, site, support):
    channel = chat_for(support, "https://shop.example.com")
    with page.expect_event("console", lambda said: "blocked by CORS policy" in said.text):
        page.goto(f"{site}/#{live_desk.url},{channel.token}")
    assert Message.objects.count() == Visitor.objects.count() == 0
