"""The chat on a host's page as the tests of the browser ring drive it."""

import pytest
from playwright.sync_api import Frame, Page, expect

from channels_app.models import Channel
from conversations.actions import delivery, replies
from conversations.models import Conversation, Intake, Message
from conversations.reach import routes_of
from tests.browser.host import HostSite
from tests.browser.steps import until
from tests.conversations.webchat import SECRET

PHONE = {"width": 360, "height": 680}
DESKTOP = {"width": 1200, "height": 860}


@pytest.fixture
def host(live_desk):
    site = HostSite(live_desk.url)
    yield site
    site.close()


@pytest.fixture
def shop(host, support) -> Channel:
    channel = Channel.objects.create(
        kind="webchat", name="Shop", token="shop", config={"origins": [host.url]}, secrets={"signing_secrets": [SECRET]}
    )
    Intake.objects.create(channel=channel, team=support)
    return channel


@pytest.fixture
def visit(page: Page, host: HostSite, shop: Channel):
    """Go to a page of the host; returns what its console said and what it asked for."""
    page.set_viewport_size(DESKTOP)

    def go(path: str = "/", to: Page = page, **options: str) -> "Notes":
        notes = Notes(to)
        to.goto(host.page(path, channel=shop.token, **options))
        expect(launcher(to)).to_be_attached()
        return notes

    return go


class Notes:
    """What a page said on its console and which addresses it asked for."""

    def __init__(self, page: Page) -> None:
        self.console: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.console.append(message.text))
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def from_desk(self, host: HostSite) -> list[str]:
        return [url for url in self.requests if not url.startswith((host.url, "data:", "blob:"))]


def launcher(page: Page):
    """The launcher's host element; what is inside is closed to everybody."""
    return page.locator("#ieum-widget")


def spot(page: Page) -> tuple[float, float]:
    """The middle of the launcher."""
    size = page.viewport_size
    return size["width"] - 48, size["height"] - 48


def open_chat(page: Page) -> Frame:
    page.evaluate("Ieum('open')")
    return panel(page)


def panel(page: Page) -> Frame:
    return until(
        page, lambda: next((frame for frame in page.frames if "/w/" in frame.url and frame != page.main_frame), None)
    )


def begin(page: Page) -> Frame:
    """Open the chat and go to the composer."""
    chat = open_chat(page)
    chat.locator("#start").click()
    expect(chat.locator("#text")).to_be_focused()
    return chat


def write(chat: Frame, text: str) -> None:
    chat.locator("#text").fill(text)
    chat.locator("#text").press("Enter")


def bubbles(chat: Frame):
    return chat.locator(".m[data-at] .bub:visible")


def answer(by, text: str) -> Message:
    conversation = Conversation.objects.latest("pk")
    route = next(route for route in routes_of(conversation) if route.channel.kind == "webchat")
    message = replies.reply(conversation, by=by, text=text, route=route)
    delivery.deliver(message.deliveries.get().pk)
    return message
