"""What comes to an agent by itself, in a real browser: further pages, colleagues, mentions, what a search finds."""

from playwright.sync_api import Browser, expect

from conversations.actions import replies, state
from conversations.live import say
from tests.browser.steps import elsewhere, row, rows, until, visit


def test_the_next_page_comes_when_the_end_is_seen(desk, write):
    for number in range(54):
        write(f"Question {number}", f"customer {number}")
    visit(desk, "/inbox/unassigned/")
    assert len(rows(desk)) == 50
    desk.locator("#list-body").evaluate("body => body.scrollTo(0, body.scrollHeight)")
    expect(desk.locator("#rows > li[data-id]")).to_have_count(54)
    expect(desk.locator("#rows > .more")).to_have_count(0)
    assert len(set(rows(desk))) == 54


def test_a_row_says_who_has_the_conversation_open(desk, browser: Browser, base_url, sign_in, ada, write, bob):
    talk = write("Hello").conversation
    state.assign(talk, to=bob, by=bob)
    replies.note(talk, by=bob, text="seen")
    type(talk).objects.filter(pk=talk.pk).update(due_at=None)
    visit(desk, "/inbox/mine/")
    context = elsewhere(browser, base_url, sign_in, ada)
    other = visit(context.new_page(), f"/conversations/{talk.pk}/")
    expect(row(desk, talk).locator(".chip--peer")).to_have_text("Ada")
    other.close()
    expect(row(desk, talk).locator(".chip--peer")).to_have_count(0)
    context.close()


def test_a_row_says_that_its_customer_is_typing_until_the_message_is_there(desk, write, bob):
    talk = state.assign(write("Hello").conversation, to=bob, by=bob)
    visit(desk, "/inbox/mine/")

    def types() -> bool:
        for topic in talk.inbox_topics:
            say(topic, "typing", conversation=talk.pk, name="Carol")
        return row(desk, talk).locator(".typing").is_visible()

    until(desk, types)
    write("It is about my order")
    expect(row(desk, talk).locator(".row__pre:not(.typing)")).to_have_text("It is about my order")
    expect(row(desk, talk).locator(".typing")).to_have_count(0)


def test_who_is_named_in_a_note_hears_of_it_and_gets_there_by_one_click(desk, write, ada, bob):
    talk = write("Hello").conversation
    visit(desk, "/inbox/mine/")
    replies.note(talk, by=ada, text=f"@[Bob]({bob.pk}) look")
    expect(desk.locator("#toasts")).to_contain_text("Ada mentioned you")
    desk.locator(".toast__open").click()
    expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(talk.pk))


def test_search_looks_while_one_types_and_is_walked_by_arrows(desk, write):
    found = write("부분환불을 확인해 주세요", "carol").conversation
    write("something else", "dave")
    visit(desk, "/search/")
    desk.locator("#search-q").press_sequentially("환불")
    expect(desk.locator("#found mark").first).to_have_text("환불")
    assert desk.evaluate("() => new URLSearchParams(location.search).get('q')") == "환불"
    desk.keyboard.press("ArrowDown")
    expect(row(desk, found).locator("a")).to_be_focused()
    desk.keyboard.press("ArrowUp")
    expect(desk.locator("#search-q")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(found.pk))
