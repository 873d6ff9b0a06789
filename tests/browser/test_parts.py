"""The desk's script comes in two parts: what is asked of the second before it is there is done once it is, in order."""

import pytest
from playwright.sync_api import Page, Route, expect

from conversations.actions.change import announce
from conversations.models import Conversation, Message
from tests.browser.steps import bubbles, link, row, until, visit

SECOND = "**/assets/js/more.*"


@pytest.fixture
def second_part(desk: Page):
    """Holds the second part back until it is called."""
    stopped: list[Route] = []
    desk.route(SECOND, lambda route: stopped.append(route))

    def come() -> None:
        until(desk, lambda: stopped)
        for route in stopped:
            route.continue_()

    return come


def test_the_first_press_of_a_command_of_the_second_part_is_not_lost(desk, waiting, second_part):
    waiting(1)
    visit(desk, "/inbox/mine/")
    desk.keyboard.press("Control+k")
    expect(desk.locator("#command")).to_be_hidden()
    second_part()
    expect(desk.locator("#command-q")).to_be_focused()


def test_presses_are_done_in_their_order(desk, waiting, second_part):
    first, second, third = waiting(3)
    visit(desk, "/inbox/mine/")
    desk.keyboard.press("j")
    expect(link(desk, first)).to_be_focused()
    for key in "xjx":
        desk.keyboard.press(key)
    second_part()
    for one in (first, second):
        expect(row(desk, one).locator(".row__pick")).to_be_checked()
    expect(row(desk, third).locator(".row__pick")).not_to_be_checked()
    expect(link(desk, second)).to_be_focused()


def test_what_is_typed_after_a_press_is_text_and_not_a_row_of_commands(desk, waiting, second_part):
    (one,) = waiting(1)
    visit(desk, f"/conversations/{one.pk}/")
    desk.keyboard.press("n")
    desk.keyboard.type("She is angry")
    second_part()
    expect(desk.locator("#note")).to_have_value("She is angry")
    one.refresh_from_db()
    assert one.status == Conversation.Status.OPEN


def test_a_file_pasted_before_the_second_part_is_there_is_attached(desk, waiting, second_part):
    (one,) = waiting(1)
    visit(desk, f"/conversations/{one.pk}/")
    desk.locator("#reply").evaluate(
        """field => { const data = new DataTransfer(); data.items.add(new File(["A"], "a.txt", { type: "text/plain" }));
        field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })) }"""
    )
    second_part()
    expect(desk.locator("#composer .file")).to_contain_text("a.txt")


def test_a_click_on_a_button_of_the_second_part_is_not_lost(desk, waiting, second_part):
    (one,) = waiting(1)
    visit(desk, f"/conversations/{one.pk}/")
    desk.locator("#tab-note").click()
    second_part()
    expect(desk.locator("#composer")).to_have_attribute("data-mode", "note")


def test_an_answer_sent_before_the_second_part_is_there_is_sent_once(desk, waiting, second_part):
    (one,) = waiting(1)
    visit(desk, f"/conversations/{one.pk}/")
    desk.locator("#reply").click()
    desk.keyboard.type("Good day")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_timeout(200)
    assert not Message.objects.filter(text="Good day").exists()
    second_part()
    until(desk, lambda: Message.objects.filter(text="Good day").count() == 1)
    expect(desk.locator("#messages > .m").nth(1)).to_be_visible()
    assert bubbles(desk)[-1] == "Good day"


def test_a_row_that_changes_before_the_second_part_is_there_is_drawn_then(desk, waiting, write, second_part):
    waiting(1)
    visit(desk, "/inbox/mine/")
    write("One thing more", "customer 0")
    desk.wait_for_timeout(1500)
    second_part()
    expect(row(desk, Conversation.objects.get()).locator(".row__pre")).to_contain_text("One thing more")


def test_what_came_before_the_thread_was_alive_stands_in_it(desk, waiting, write, second_part):
    (one,) = waiting(1)
    visit(desk, f"/conversations/{one.pk}/")
    write("One thing more", "customer 0")
    desk.wait_for_timeout(500)
    second_part()
    expect(desk.locator("#messages")).to_contain_text("One thing more")


@pytest.mark.parametrize("when", ["before the page asks to watch it", "while the page waits"])
def test_what_was_taken_away_before_the_thread_was_alive_is_shown_no_longer(desk, waiting, sales, second_part, when):
    (one,) = waiting(1)
    if when == "while the page waits":
        visit(desk, f"/conversations/{one.pk}/")
    else:
        desk.goto(f"/conversations/{one.pk}/", wait_until="commit")
    Conversation.objects.filter(pk=one.pk).update(team=sales, assignee=None)
    announce(one)
    desk.wait_for_timeout(500)
    second_part()
    expect(desk.locator("#conversation")).to_contain_text("not here for you")
    expect(desk.locator("body")).not_to_contain_text("Question of customer 0")


def test_a_second_part_that_did_not_come_is_fetched_again(desk, waiting):
    waiting(1)
    tries: list[str] = []

    def fail_once(route: Route) -> None:
        tries.append(route.request.url)
        route.abort() if len(tries) == 1 else route.continue_()

    desk.route(SECOND, fail_once)
    visit(desk, "/inbox/mine/")
    desk.keyboard.press("?")
    expect(desk.locator("#shortcuts")).to_be_visible(timeout=8000)
    assert len(tries) == 2


def test_once_it_is_there_the_line_may_go_down(desk, waiting, context):
    waiting(1)
    visit(desk, "/inbox/mine/")
    until(desk, lambda: desk.evaluate("Boolean(__m['js/palette.js'])"))
    context.set_offline(True)
    desk.keyboard.press("Control+k")
    expect(desk.locator("#command-q")).to_be_focused()
    desk.keyboard.press("Escape")
    desk.keyboard.press("?")
    expect(desk.locator("#shortcuts")).to_be_visible()
