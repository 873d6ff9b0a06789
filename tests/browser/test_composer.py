"""Beyond one reply: what a draft keeps on the way from channel to channel and from reply to note, and emoji."""

import pytest
from playwright.sync_api import expect

from conversations.models import Conversation, Draft, Message
from tests.browser.steps import until, visit


@pytest.fixture
def talk(write, mail) -> Conversation:
    """A visitor who can be reached by mail as well."""
    talk = write("My parcel has not come").conversation
    talk.customer.identities.create(kind="email", value="carol@home.example", is_verified=True)
    return talk


def test_a_draft_survives_the_change_of_channel_and_what_the_new_one_needs_is_shown(desk, talk):
    visit(desk, f"/conversations/{talk.pk}/")
    desk.locator("#reply").fill("Dear Carol")
    expect(desk.locator("#subject")).to_be_hidden()
    expect(desk.locator("[data-counter]")).to_have_text("10/5,000")
    desk.locator("#via").click()
    desk.locator("[data-route]", has_text="carol@home.example").click()
    expect(desk.locator("#reply")).to_have_value("Dear Carol")
    expect(desk.locator("#subject")).to_be_visible()
    until(desk, lambda: Draft.objects.filter(text="Dear Carol").exists())
    desk.reload()
    expect(desk.locator("#reply")).to_have_value("Dear Carol")
    expect(desk.locator("#via-name")).to_have_text("Mailbox")


def test_what_was_meant_for_colleagues_never_gets_into_the_reply(desk, talk):
    visit(desk, f"/conversations/{talk.pk}/")
    desk.keyboard.press("n")
    desk.keyboard.type("She is angry")
    desk.keyboard.press("Escape")
    desk.keyboard.press("r")
    expect(desk.locator("#reply")).to_have_value("")
    desk.keyboard.type("We are sorry")
    desk.keyboard.press("Control+Enter")
    until(desk, lambda: Message.objects.filter(kind="outbound").exists())
    assert Message.objects.get(kind="outbound").text == "We are sorry"
    desk.keyboard.press("Escape")
    desk.keyboard.press("n")
    expect(desk.locator("#note")).to_have_value("She is angry")


def test_a_colon_offers_emoji_and_enter_puts_one_in(desk, talk):
    visit(desk, f"/conversations/{talk.pk}/")
    desk.locator("#reply").press_sequentially("Thank you :he")
    expect(desk.locator("#suggestions [role=option]").first).to_be_visible()
    desk.keyboard.press("Enter")
    expect(desk.locator("#suggestions")).to_be_hidden()
    value = desk.locator("#reply").input_value()
    assert value.startswith("Thank you ")
    assert ":he" not in value
    assert not value.isascii()


def test_the_row_says_where_one_has_begun_to_write(desk, talk):
    visit(desk, f"/conversations/{talk.pk}/")
    desk.locator("#reply").press_sequentially("half a sent")
    expect(desk.locator(f"#row-{talk.pk} .row__draft [role=img], #row-{talk.pk} .row__draft").first).to_be_visible()
    expect(desk.locator("[data-saved]")).to_have_text("Draft saved")
