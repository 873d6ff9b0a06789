"""The host says who the visitor is while something is on the way: nothing is left undrawn, doubled or shown to another."""

from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, BrowserContext, Route, expect

from conversations.models import Message, Visitor
from tests.browser.steps import until
from tests.browser.widget import answer, begin, bubbles, open_chat, write
from tests.browser.widget import host as host
from tests.browser.widget import shop as shop
from tests.browser.widget import visit as visit
from tests.conversations.webchat import host_token


class Held:
    """Requests that stop on their way: out, before the desk has them, or back, with the desk's answer."""

    def __init__(self, context: BrowserContext, url: str, method: str, *, back: bool = False) -> None:
        self.method, self.back, self.is_over = method, back, False
        self.stopped: list[tuple[Route, APIResponse | None]] = []
        context.route(url, self._stop)

    def _stop(self, route: Route) -> None:
        if self.is_over or route.request.method != self.method:
            return route.fallback()
        return self.stopped.append((route, route.fetch() if self.back else None))

    def let_go(self) -> None:
        self.is_over = True
        for route, response in self.stopped:
            route.fulfill(response=response) if response else route.continue_()


@pytest.fixture
def hold(context) -> Callable[..., Held]:
    return lambda url, method, **more: Held(context, url, method, **more)


def said() -> list[str]:
    return list(Message.objects.order_by("pk").values_list("text", flat=True))


def test_a_first_message_that_overtakes_the_hosts_word_is_drawn_and_belongs_to_the_person(visit, page, shop, hold):
    visit()
    chat = begin(page)
    chat.locator("#text").fill("Before")
    first = hold("**/messages/", "POST")
    chat.locator("#text").press("Enter")
    until(page, lambda: first.stopped)
    entering = hold("**/session/", "POST", back=True)
    page.evaluate("token => Ieum('identify', token)", host_token(shop, "ann"))
    until(page, lambda: entering.stopped)
    first.let_go()
    page.wait_for_timeout(300)
    entering.let_go()
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    expect(bubbles(chat)).to_have_text(["Before"])
    assert said() == ["Before"]
    assert Message.objects.get().identity == Visitor.objects.get(subject="ann").identity


def test_a_message_that_was_taken_while_the_person_changed_is_drawn_again(visit, page, shop, hold):
    visit()
    chat = begin(page)
    write(chat, "First")
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    second = hold("**/messages/", "POST")
    write(chat, "Second")
    until(page, lambda: second.stopped)
    entering = hold("**/session/", "POST", back=True)
    page.evaluate("token => Ieum('identify', token)", host_token(shop, "ann"))
    until(page, lambda: entering.stopped)
    second.let_go()
    until(page, lambda: said() == ["First", "Second"])
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    entering.let_go()
    until(page, lambda: chat.locator(".m--wait").count() == 0)
    expect(bubbles(chat)).to_have_text(["First", "Second"])


def test_a_message_whose_acknowledgement_was_lost_while_the_person_changed_is_there_once(visit, page, shop, context):
    visit()
    chat = begin(page)
    lost = []

    def lose_once(route: Route) -> None:
        if route.request.method != "POST" or lost:
            return route.fallback()
        lost.append(route.fetch().status)
        page.evaluate("token => Ieum('identify', token)", host_token(shop, "ann"))
        return route.abort()

    context.route("**/messages/", lose_once)
    write(chat, "Once")
    expect(chat.locator(".m--last .state")).to_have_text("Sent", timeout=15_000)
    until(page, lambda: Visitor.objects.filter(subject="ann", identity__isnull=False).exists())
    expect(bubbles(chat)).to_have_text(["Once"])
    assert (lost, said()) == ([200], ["Once"])


def test_the_hosts_word_is_heard_while_a_session_is_being_opened(visit, page, shop, hold):
    visit()
    chat = begin(page)
    write(chat, "Hello")
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    entering = hold("**/session/", "POST", back=True)
    page.reload()
    chat = open_chat(page)
    until(page, lambda: entering.stopped)
    page.evaluate("token => Ieum('identify', token)", host_token(shop, "ann"))
    page.wait_for_timeout(100)
    entering.let_go()
    until(page, lambda: Visitor.objects.filter(subject="ann").exists())
    expect(bubbles(chat)).to_have_text(["Hello"])


def test_news_of_the_person_before_that_come_late_are_not_shown_to_the_next(visit, page, shop, hold, bob):
    visit()
    page.evaluate("token => Ieum('identify', token)", host_token(shop, "ann"))
    chat = begin(page)
    write(chat, "I am Ann")
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    late = hold("**/messages/?after=*", "GET", back=True)
    answer(bob, "For Ann alone")
    until(page, lambda: late.stopped)
    page.evaluate("token => Ieum('identify', token)", host_token(shop, "ben"))
    expect(bubbles(chat)).to_have_count(0)
    late.let_go()
    chat.locator("#start").click()
    write(chat, "I am Ben")
    expect(chat.locator(".m--last .state")).to_have_text("Sent")
    expect(bubbles(chat)).to_have_text(["I am Ben"])
