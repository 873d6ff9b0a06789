"""The example clients talk with the real desk: they write, leave a file, and hear the answer at once."""

import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from channels_app.models import Channel
from conversations.actions import delivery, replies
from conversations.models import Conversation, Delivery, Intake, Message
from conversations.reach import routes_of
from tests.processes import eventually
from tests.servers import missing

EXAMPLES = Path(__file__).resolve().parents[2] / "examples/inapp"
CLIENTS = {"python": [sys.executable, str(EXAMPLES / "chat.py")], "javascript": ["node", str(EXAMPLES / "chat.mjs")]}


@pytest.fixture
def app_chat(live_desk, support) -> Channel:
    channel = Channel.objects.create(kind="webchat", name="App", config={"origins": [], "allows_apps": True})
    Intake.objects.create(channel=channel, team=support)
    return channel


class Client:
    """A client as a process of its own; `said` fills with the JSON that it prints, each line with the time it came."""

    def __init__(self, name: str, *arguments: str) -> None:
        if shutil.which(CLIENTS[name][0]) is None:
            missing(CLIENTS[name][0])
        self.said: list[tuple[float, dict]] = []
        self.process = subprocess.Popen(
            [*CLIENTS[name], *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.said.append((time.monotonic(), json.loads(line)))

    def ends(self) -> None:
        try:
            assert self.process.wait(15) == 0, self.process.stderr.read()
        finally:
            self.process.kill()
        self.reader.join(5)

    def texts(self) -> list[str]:
        return [said["text"] for _at, said in self.said if "text" in said]


def answer(conversation: Conversation, by, text: str) -> Delivery:
    [sent] = replies.reply(conversation, by=by, text=text, route=routes_of(conversation)[0]).deliveries.all()
    Delivery.objects.update(not_before=sent.message.created_at)
    delivery.deliver(sent.pk)
    return sent


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_says_something_and_hears_the_answer_at_once(name, live_desk, app_chat, bob, tmp_path):
    photo = tmp_path / "한글 photo.txt"
    photo.write_text("milk")
    arguments = [live_desk.url, app_chat.token, "--say", "안녕하세요", "--file", str(photo), "--answers", "1"]
    client = Client(name, *arguments)
    written = eventually(lambda: Message.objects.filter(text="안녕하세요").first())
    assert [one.name for one in written.attachments.all()] == ["한글 photo.txt"]
    eventually(lambda: "안녕하세요" in client.texts())
    before = time.monotonic()
    sent = answer(written.conversation, bob, "Good day")
    client.ends()
    heard_at = next(at for at, said in client.said if said.get("text") == "Good day")
    # Not by asking again and again: neither client does so more often than every two seconds.
    assert heard_at - before < 1.5
    sent.refresh_from_db()
    assert sent.state == Delivery.State.READ


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_that_comes_again_has_its_history(name, live_desk, app_chat, bob):
    first = Client(name, live_desk.url, app_chat.token, "--say", "Hello", "--answers", "1")
    written = eventually(lambda: Message.objects.filter(text="Hello").first())
    answer(written.conversation, bob, "Good day")
    first.ends()
    visitor = next(said["visitor"] for _at, said in first.said if "visitor" in said)
    again = Client(name, live_desk.url, app_chat.token, "--visitor", visitor, "--say", "It is me", "--answers", "1")
    eventually(lambda: Message.objects.filter(text="It is me").exists())
    answer(written.conversation, bob, "Welcome back")
    again.ends()
    assert again.texts()[:2] == ["Hello", "Good day"]
    assert Conversation.objects.count() == 1
