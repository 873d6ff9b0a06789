"""Signing in, in a real browser on the real server."""

from playwright.sync_api import Page, expect

from tests.conftest import PASSWORD


def test_a_stranger_is_asked_to_sign_in_and_then_gets_where_they_wanted(page: Page, live_desk, bob):
    page.goto("/inbox/mine/")
    page.locator("input[name=login]").fill(bob.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/mine/")
    expect(page.locator("body")).to_contain_text(bob.name)


def test_a_session_given_by_a_test_is_a_real_one(page: Page, live_desk, sign_in, bob):
    sign_in(page.context, bob)
    page.goto("/inbox/mine/")
    expect(page.locator("body")).to_contain_text(bob.name)


def test_pages_are_clean_under_the_policy(page: Page, live_desk, sign_in, bob):
    messages = []
    page.on("console", lambda message: messages.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: messages.append(str(error)))
    sign_in(page.context, bob)
    for address in ("/inbox/mine/", "/customers/", "/accounts/login/"):
        page.goto(address)
        page.wait_for_load_state("load")
    assert messages == []
