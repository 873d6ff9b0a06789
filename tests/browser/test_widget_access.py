"""The chat for everybody: keyboard, screen reader, phone, four times the size, right to left."""

import pytest
from playwright.sync_api import expect

from conversations.actions import state
from conversations.models import Conversation, Message
from tests.browser.axe import violations
from tests.browser.steps import until
from tests.browser.widget import PHONE, answer, begin, bubbles, open_chat, panel, write
from tests.browser.widget import host as host
from tests.browser.widget import shop as shop
from tests.browser.widget import visit as visit


# ── W10: everybody ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ko", "ar"])
def test_w10_axe_finds_nothing_on_any_screen(visit, page, shop, bob, scheme, language):
    shop.config |= {"ask_name": "optional", "consent": "May we?", "help": "We send before two."}
    shop.save()
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    visit(lang=language, **{"data-lang": language})
    chat = open_chat(page)
    expect(chat.locator("#start")).to_be_visible()
    assert violations(chat) == []
    chat.locator("#start").click()
    assert violations(chat) == []
    chat.locator("[name=consent]").check()
    chat.locator("#prechat [type=submit]").click()
    expect(chat.locator("#text")).to_be_visible()
    write(chat, "Hello")
    until(page, lambda: Conversation.objects.exists())
    answer(bob, "Good day `code` **bold**")
    expect(bubbles(chat)).to_have_count(2)
    assert violations(chat) == []
    state.resolve(Conversation.objects.get(), by=bob)
    expect(chat.locator("#ended")).to_be_visible()
    assert violations(chat) == []


def test_w10_escape_closes_and_gives_the_focus_back(visit, page):
    visit()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    chat = panel(page)
    expect(chat.locator("#start")).to_be_focused()
    page.keyboard.press("Escape")
    until(page, lambda: page.evaluate("document.activeElement.id") == "ieum-widget")
    expect(chat.locator("#start")).to_be_hidden()


def test_w10_on_a_phone_the_panel_fills_the_screen_and_keeps_the_focus(visit, page):
    page.set_viewport_size(PHONE)
    visit()
    page.set_viewport_size(PHONE)
    chat = open_chat(page)
    expect(chat.locator("#start")).to_be_focused()
    assert chat.evaluate("[innerWidth, innerHeight]") == [360, 680]
    for _ in range(12):
        page.keyboard.press("Tab")
        assert chat.evaluate("document.hasFocus() && document.activeElement !== document.body")
    assert chat.evaluate("document.documentElement.scrollWidth") <= 360


def test_w10_targets_are_44_pixels(visit, page):
    visit()
    chat = begin(page)
    small = chat.evaluate(
        """() => [...document.querySelectorAll('button, a, input:not([type=file])')].filter((e) => e.checkVisibility())
        .map((e) => [e.id || e.className, e.getBoundingClientRect()]).filter(([, r]) => r.width < 44 || r.height < 44)
        .map(([name]) => name)"""
    )
    assert small == []


def test_w10_at_four_times_the_size_nothing_is_out_of_reach(visit, page):
    page.set_viewport_size({"width": 320, "height": 256})
    visit()
    page.set_viewport_size({"width": 320, "height": 256})
    chat = begin(page)
    assert chat.evaluate("document.documentElement.scrollWidth") <= 320
    chat.locator("#text").fill("Hello")
    chat.locator("#send").click()
    until(page, lambda: Message.objects.count() == 1)


def test_w10_reduced_motion_moves_nothing(visit, page):
    page.emulate_media(reduced_motion="reduce")
    visit()
    chat = begin(page)
    write(chat, "Hello")
    expect(bubbles(chat)).to_have_count(1)
    assert chat.evaluate("document.getAnimations().length") == 0
    assert page.evaluate("document.getAnimations().length") == 0


def test_w10_right_to_left_puts_everything_on_the_other_side(visit, page):
    visit(dir="rtl", lang="ar")
    chat = begin(page)
    write(chat, "هل تشحنون إلى دبي؟")
    expect(bubbles(chat)).to_have_count(1)
    assert chat.evaluate("document.documentElement.dir") == "rtl"
    box = bubbles(chat).bounding_box()
    frame = page.evaluate("innerWidth")
    assert box["x"] < frame / 2
    assert chat.evaluate("document.documentElement.scrollWidth <= innerWidth")
