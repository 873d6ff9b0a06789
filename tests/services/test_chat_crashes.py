"""Visitors chat while the web process is killed: every message is stored once, in its order, in one conversation each."""

import threading
import time
import uuid

import httpx
import pytest

from channels_app.models import Channel, Envelope
from conversations.actions import inbound
from conversations.models import Conversation, Intake, Message
from conversations.visits.passes import ticket
from tests.processes import eventually

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]
ORIGIN = "https://shop.example.com"
VISITORS = 6
EACH = 15


@pytest.fixture
def shop(support) -> Channel:
    channel = Channel.objects.create(kind="webchat", name="Shop", token="shop", config={"origins": [ORIGIN]})
    Intake.objects.create(channel=channel, team=support)
    return channel


class Browser(threading.Thread):
    """A panel: it sends one message after the other and repeats, with the same id, what was not acknowledged."""

    def __init__(self, desk_url: str, shop: Channel, number: int) -> None:
        super().__init__(daemon=True)
        self.url, self.number = f"{desk_url}/w/{shop.token}/", number
        self.ticket = ticket(shop, ORIGIN)
        self.visitor, self.session, self.acknowledged = "", "", 0

    def run(self) -> None:
        for n in range(EACH):
            message = {"client_id": str(uuid.uuid4()), "text": f"{self.number}: message {n}"}
            until = time.monotonic() + 120
            while not self._sends(message) and time.monotonic() < until:
                time.sleep(0.2)
            self.acknowledged += 1

    def _sends(self, message: dict[str, str]) -> bool:
        try:
            if not self.session:
                self._enter()
            headers = {"Authorization": f"Bearer {self.session}"}
            return httpx.post(f"{self.url}messages/", json=message, headers=headers, timeout=10).status_code == 200
        except httpx.HTTPError:
            return False

    def _enter(self) -> None:
        body = {"ticket": self.ticket, "visitor": self.visitor}
        answer = httpx.post(f"{self.url}session/", json=body, timeout=10).json()
        self.visitor, self.session = answer["visitor"], answer["session"]


def test_a_web_process_killed_in_mid_chat_loses_and_doubles_no_message(live_desk, shop):
    browsers = [Browser(live_desk.url, shop, number) for number in range(VISITORS)]
    for browser in browsers:
        browser.start()
    for _ in range(3):
        count = sum(browser.acknowledged for browser in browsers)
        eventually(lambda count=count: sum(one.acknowledged for one in browsers) > count + 10, 60)
        live_desk.kill()
        live_desk.start()
    for browser in browsers:
        browser.join(120)
    for envelope in Envelope.objects.exclude(state=Envelope.State.PROCESSED).order_by("received_at"):
        assert inbound.open_envelope(envelope)
    assert Conversation.objects.count() == VISITORS
    for number in range(VISITORS):
        said = Message.objects.filter(text__startswith=f"{number}: ").in_order()
        assert [message.text for message in said] == [f"{number}: message {n}" for n in range(EACH)]
        assert said.values("conversation").distinct().count() == 1
