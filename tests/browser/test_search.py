"""The search page: what narrows a search, how it is taken off again, and that its address says it all."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from conversations.actions import state
from conversations.models import Conversation
from tests.browser.axe import violations
from tests.browser.steps import visit

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def parcels(write, letter, bob) -> list[Conversation]:
    """Two that are about a parcel: one by chat, tagged and bob's, the other by mail and pending."""
    chatted = write("Where is my parcel?").conversation
    state.assign(chatted, to=bob, by=bob)
    state.add_tag(chatted, name="lost", by=bob)
    mailed = letter("My parcel is broken", "dave@home.example", name="Dave", subject="Broken parcel").conversation
    return [chatted, state.set_pending(mailed, by=bob)]


def value(page: Page, text: str) -> Locator:
    return page.locator("#facets").get_by_role("link", name=text, exact=True)


def test_facets_narrow_and_are_taken_off_again_and_the_address_says_so(desk, parcels, complaints):
    visit(desk, "/search/?q=parcel")
    rows = desk.locator("#found .rows > li")
    expect(desk.locator("#found .found__row--hit")).to_have_count(2)
    value(desk, "Web chat").click()
    expect(desk).to_have_url(re.compile("/search/\\?q=parcel%20channel%3A%22Web%20chat%22$"))
    expect(desk.locator("#found .found__row--hit")).to_have_count(1)
    expect(desk.locator("#facets [aria-current]")).to_have_text(re.compile("Web chat"))
    expect(desk.locator("#search-q")).to_have_value('parcel channel:"Web chat"')
    value(desk, "Today").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator(".found__conditions .chip")).to_have_count(2)
    desk.get_by_label("Remove this condition: channel").click()
    expect(desk.locator("#found .found__row--hit")).to_have_count(2)
    desk.locator("#facets [aria-current]").click()
    expect(desk.locator("#search-q")).to_have_value("parcel")
    desk.go_back()
    expect(desk.locator("#facets [aria-current]")).to_have_text(re.compile("Today"))
    expect(rows.or_(desk.locator(".found__row--hit")).first).to_be_visible()
    assert violations(desk) == []
    assert complaints == []


def test_facets_alone_list_what_fits(desk, parcels):
    chatted, mailed = parcels
    visit(desk, "/search/")
    value(desk, "Pending").click()
    expect(desk.locator(f"#row-{mailed.pk}")).to_be_visible()
    expect(desk.locator(f"#row-{chatted.pk}")).to_have_count(0)
    value(desk, "Open").click()
    expect(desk.locator(f"#row-{chatted.pk}")).to_be_visible()
    value(desk, "lost").click()
    value(desk, "Me").click()
    expect(desk.locator(f"#row-{chatted.pk}")).to_be_visible()


def test_facets_keep_what_is_being_typed(desk, parcels):
    visit(desk, "/search/")
    desk.locator("#search-q").press_sequentially("parcel")
    expect(desk.locator("#found .found__row--hit")).to_have_count(2)
    value(desk, "Mailbox").click()
    expect(desk.locator("#search-q")).to_have_value('parcel channel:"Mailbox"')
    expect(desk.locator("#found .found__row--hit")).to_have_count(1)


def test_on_a_narrow_screen_they_are_folded_away_and_stay_open_while_one_types(desk, parcels):
    desk.set_viewport_size(PHONE)
    visit(desk, "/search/?q=parcel")
    expect(desk.locator("#facets")).to_be_hidden()
    desk.get_by_text("Narrow down", exact=True).click()
    expect(desk.locator("#facets")).to_be_visible()
    desk.locator("#search-q").press_sequentially("s")
    expect(desk.locator("#found")).to_contain_text("Nothing was found")
    expect(desk.locator("#facets")).to_be_visible()
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(desk) == []
