"""Lines that break, sessions that end, servers that stop: nothing is lost, nothing comes twice, the agent is told."""

import threading
import time

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from playwright.sync_api import expect

from conversations.actions import state
from conversations.live import nudge
from conversations.models import Conversation, Message
from tests.browser.steps import bubbles, focused, ids, link, row, rows, until, visit
from tests.conftest import PASSWORD


# ── A5: the server stops ─────────────────────────────────────────────────────────────────────────────────────────────
def test_a_stopped_server_is_noticed_and_nothing_is_missed_once_it_is_back(desk, live_desk, waiting, write, bob):
    first, second = waiting(2)
    visit(desk, f"/conversations/{first.pk}/")
    desk.locator("#reply").press_sequentially("half a sent")
    bar = desk.locator("#conversation [data-netbar]")
    live_desk.kill()
    desk.wait_for_timeout(1000)
    expect(bar).to_be_hidden()
    for number in range(3):
        write(f"while away {number}", "customer 1")
    write("Me too", "customer 0")
    state.assign(write("I am new", "somebody").conversation, to=bob, by=bob)
    expect(bar).to_be_visible()
    expect(desk.locator(".views .live")).to_have_text("Reconnecting…")
    expect(desk.locator("#announcer")).to_have_text("The connection is lost. Reconnecting…", timeout=8000)
    live_desk.start()
    expect(bar).to_be_hidden(timeout=20_000)
    until(desk, lambda: len(bubbles(desk)) == 4)
    assert bubbles(desk)[1:] == [f"while away {number}" for number in range(3)]
    new = Conversation.objects.get(customer__name="Somebody")
    until(desk, lambda: rows(desk) == ids(new, second, first))
    expect(row(desk, second).locator(".row__pre")).to_have_text("Me too")
    expect(desk.locator("#reply")).to_have_value("half a sent")
    expect(desk.locator("#reply")).to_be_focused()
    expect(desk.locator("#toasts .toast--bad")).to_have_count(0)
    expect(desk.locator("#announcer")).to_have_text("Connected again.", timeout=8000)


def test_a_blink_of_the_line_shows_nothing(desk, waiting):
    waiting(1)
    desk.add_init_script(
        "const Real = WebSocket; window.sockets = [];"
        " window.WebSocket = class extends Real { constructor(url) { super(url); sockets.push(this) } }"
    )
    visit(desk, "/inbox/mine/")
    desk.evaluate(
        "() => { window.states = []; document.addEventListener('live:state', (event) => states.push(event.detail.state)) }"
    )
    desk.evaluate("sockets[0].close()")
    until(desk, lambda: desk.evaluate("sockets.length > 1 && sockets[1].readyState === 1"))
    desk.wait_for_timeout(1600)
    assert desk.evaluate("states") == []


def test_a_desk_that_is_told_to_stop_in_mid_answer_does_stop(desk, live_desk, waiting):
    waiting(2)
    visit(desk, "/inbox/mine/")
    desk.evaluate("() => { for (let n = 0; n < 40; n += 1) fetch(`/search/?q=question&n=${n}`).catch(() => {}) }")
    began = time.monotonic()
    live_desk.stop()
    assert time.monotonic() - began < 10


# ── A6: transactions that overtake each other ────────────────────────────────────────────────────────────────────────
def test_transactions_that_commit_out_of_order_around_a_reconnect_lose_nothing(desk, live_desk, waiting, write):
    talk, other = waiting(2)
    visit(desk, f"/conversations/{talk.pk}/")
    begun, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                write("the slow one", "customer 0")
                begun.set()
                may_end.wait(20)
        finally:
            connection.close()

    writer = threading.Thread(target=slow)
    writer.start()
    begun.wait(10)
    write("the quick one", "customer 1")
    expect(desk.locator("#messages")).to_contain_text("the quick one")
    live_desk.kill()
    may_end.set()
    writer.join()
    live_desk.start()
    expect(row(desk, other).locator(".row__pre")).to_have_text("the slow one", timeout=20_000)
    link(desk, other).click()
    expect(desk.locator("#messages")).to_contain_text("the slow one")
    assert bubbles(desk).count("the slow one") == 1
    assert rows(desk) == ids(talk, other)


# ── A7: the laptop is offline ────────────────────────────────────────────────────────────────────────────────────────
def test_offline_is_said_at_once_and_what_is_sent_meanwhile_goes_out_once(desk, waiting):
    [talk] = waiting(1)
    visit(desk, f"/conversations/{talk.pk}/")
    desk.context.set_offline(True)
    expect(desk.locator(".views .live")).to_have_text("Offline", timeout=1000)
    expect(desk.locator("#conversation [data-netbar]")).to_be_visible()
    for text in ("first", "second"):
        desk.locator("#reply").fill(text)
        desk.keyboard.press("Control+Enter")
    expect(desk.locator(".m--pending")).to_have_count(2)
    assert Message.objects.filter(kind="outbound").count() == 0
    desk.context.set_offline(False)
    expect(desk.locator(".m--pending")).to_have_count(0, timeout=15_000)
    expect(desk.locator("#conversation [data-netbar]")).to_be_hidden(timeout=10_000)
    sent = Message.objects.filter(kind="outbound").order_by("pk").values_list("text", flat=True)
    assert list(sent) == ["first", "second"]
    assert bubbles(desk)[1:] == ["first", "second"]


# ── A9: signed out elsewhere ─────────────────────────────────────────────────────────────────────────────────────────
def test_signed_out_elsewhere_one_signs_in_in_place_and_nothing_is_lost(desk, waiting, write, bob):
    [talk] = waiting(1)
    visit(desk, f"/conversations/{talk.pk}/")
    desk.locator("#reply").press_sequentially("half a sent")
    for session in Session.objects.all():
        session.delete()
    dialog = desk.locator("#signed-out")
    expect(dialog).to_be_visible()
    write("Are you there?", "customer 0")
    desk.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    password = dialog.locator("input[name=password]")
    password.fill("wrong")
    desk.keyboard.press("Enter")
    expect(dialog.locator(".errors")).to_be_visible()
    password.fill(PASSWORD)
    desk.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(desk.locator("#messages")).to_contain_text("Are you there?")
    expect(desk.locator("#reply")).to_have_value("half a sent")
    desk.locator("#reply").fill("I am")
    desk.keyboard.press("Control+Enter")
    until(desk, lambda: Message.objects.filter(kind="outbound", text="I am").exists())
    expect(desk.locator(".m--pending")).to_have_count(0)


# ── L7: errors ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_conversation_that_does_not_load_says_so_and_is_asked_for_again(desk, waiting):
    first, second = waiting(2)
    visit(desk, f"/conversations/{first.pk}/")
    desk.route("**/pane/**", lambda route: route.fulfill(status=500))
    link(desk, second).click()
    card = desk.locator("#conversation .oops")
    expect(card).to_contain_text("This could not be loaded")
    expect(card).to_contain_text("500")
    assert rows(desk) == ids(first, second)
    desk.unroute("**/pane/**")
    card.get_by_role("button", name="Try again").click()
    expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(second.pk))


def test_a_list_that_does_not_load_says_so_and_is_asked_for_again(desk, waiting):
    waiting(1)
    visit(desk, "/inbox/mine/")
    desk.route("**/inbox/all/**", lambda route: route.fulfill(status=503))
    desk.locator(".vlink[data-view=all]").click()
    expect(desk.locator("#list-body .oops")).to_contain_text("503")
    desk.unroute("**/inbox/all/**")
    desk.locator("#list-body .oops button").click()
    expect(desk.locator("#list-h")).to_contain_text("All conversations")
    expect(desk.locator("#rows > li[data-id]")).to_have_count(1)


def test_what_takes_long_shows_its_shape_meanwhile_and_what_does_not_shows_none(desk, waiting):
    first, second = waiting(2)
    visit(desk, "/inbox/mine/")
    desk.evaluate(
        "() => { window.skeletons = 0; new MutationObserver(() => {"
        " if (document.querySelector('#conversation .skel--bub')) window.skeletons += 1 })"
        ".observe(document.body, { childList: true, subtree: true }) }"
    )
    link(desk, first).click()
    expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(first.pk))
    held = []
    desk.route("**/pane/**", lambda route: held.append(route))
    link(desk, second).click()
    expect(desk.locator("#conversation .loadthread .skel--bub").first).to_be_visible()
    until(desk, lambda: held)[0].continue_()
    expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(second.pk))
    expect(desk.locator("#conversation .loadthread")).to_have_count(0)


def test_a_conversation_that_was_taken_away_leaves_a_word_and_the_way_back(desk, waiting, ada, sales):
    first, second = waiting(2)
    visit(desk, f"/conversations/{first.pk}/?view=all")
    state.assign(first, to=ada, by=ada)
    state.set_team(first, team=sales, by=ada)
    expect(row(desk, first)).to_have_count(0)
    expect(desk.locator("#conversation")).to_contain_text("This conversation is not here for you")
    expect(desk.locator("#side")).to_be_hidden()
    assert focused(desk) != "body"
    assert rows(desk) == ids(second)
    answer = desk.goto(f"/conversations/{first.pk}/")
    assert answer.status == 404
    expect(desk.locator("main")).to_contain_text("This page does not exist")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/inbox/mine/", "All done"),
        ("/inbox/unassigned/", "All done"),
        ("/inbox/mine/?segment=resolved", "Nothing here"),
        ("/inbox/mentions/", "Nothing here"),
        ("/inbox/all/?q=zzz", "Nothing fits the filter"),
        ("/search/?q=zzz", "Nothing was found"),
        ("/customers/?q=zzz", "No"),
    ],
)
def test_an_empty_list_says_why_and_what_comes_next(desk, chat, path, says):
    visit(desk, path)
    expect(desk.locator("main .empty:visible").first).to_contain_text(says)


def test_nudges_without_a_change_ask_for_nothing_twice(desk, waiting):
    [talk] = waiting(1)
    visit(desk, f"/conversations/{talk.pk}/")
    desk.wait_for_timeout(1200)
    asked: list[str] = []
    desk.on("request", lambda request: asked.append(request.url))
    for _ in range(10):
        nudge(talk.topic, revision=talk.revision)
        nudge("inbox-all", conversation=talk.pk)
    desk.wait_for_timeout(1500)
    assert len([url for url in asked if "/tail/" in url]) <= 3
    assert len([url for url in asked if "/rows/" in url]) <= 2
