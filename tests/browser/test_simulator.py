"""The simulator's page beside the desk: one window is the customer's phone, the other the agent's screen."""

import pytest
from playwright.sync_api import Page, expect

from channels_app.simulator import models, runtime
from conversations.models import Conversation, Delivery, Intake, Reaction
from tests.browser.axe import violations
from tests.browser.steps import until, visit


@pytest.fixture
def account(live_desk, support, settings) -> models.Account:
    """A WhatsApp number whose provider this desk plays."""
    settings.SIMULATOR_URL = live_desk.url.replace("//localhost", "//127.0.0.1")
    settings.PUBLIC_URL = live_desk.url
    channel = runtime.connect("whatsapp", "WhatsApp")
    Intake.objects.create(channel=channel, team=support)
    return models.Account.objects.get(channel=channel)


@pytest.fixture
def carol_plays(account) -> models.Person:
    return models.Person.objects.create(name="Carol Street", phone="+821055550001", language="en")


@pytest.fixture
def phone(page: Page, live_desk, sign_in, ada, account, carol_plays) -> Page:
    """Carol's phone, shown to ada."""
    sign_in(page.context, ada)
    return visit(page, f"{live_desk.url}/simulator/{account.pk}/{carol_plays.pk}/")


def say(phone: Page, text: str) -> None:
    phone.locator("#write-text").fill(text)
    phone.keyboard.press("Enter")
    expect(phone.locator(".say--mine", has_text=text)).to_be_visible()
    expect(phone.locator("#write-text")).to_have_value("")


def opened(phone: Page, live_desk) -> Page:
    """The agent's screen with the conversation that the phone has begun."""
    until(phone, lambda: Conversation.objects.exists(), 15)
    return visit(phone.context.new_page(), f"{live_desk.url}/conversations/{Conversation.objects.get().pk}/")


def answer(desk: Page, text: str) -> None:
    desk.locator("#reply").fill(text)
    desk.keyboard.press("Control+Enter")


def test_customer_and_agent_talk_and_the_phone_shows_it_without_a_reload(phone, live_desk, live_worker):
    say(phone, "Where is my parcel?")
    desk = opened(phone, live_desk)
    expect(desk.locator("#messages")).to_contain_text("Where is my parcel?")
    answer(desk, "It arrives today.")
    expect(phone.locator(".say", has_text="It arrives today.")).to_be_visible(timeout=30_000)
    until(phone, lambda: Delivery.objects.get().state == "delivered", 15)
    phone.get_by_role("button", name="Read everything").click()
    until(phone, lambda: Delivery.objects.get().state == "read", 15)
    said = phone.locator(".say", has_text="It arrives today.")
    said.locator("summary").click()
    said.get_by_role("button", name="👍").click()
    until(phone, lambda: Reaction.objects.filter(emoji="👍").exists(), 15)
    expect(desk.locator("#messages")).to_contain_text("👍", timeout=15_000)


def test_files_come_in_and_the_log_shows_the_raw_requests(phone, live_desk, live_worker):
    phone.get_by_role("button", name="Picture").click()
    desk = opened(phone, live_desk)
    expect(desk.locator("#messages img").first).to_be_visible(timeout=30_000)
    expect(phone.locator("#log")).to_contain_text("/hooks/", timeout=15_000)
    phone.locator("#log li", has_text="/hooks/").locator("summary").last.click()
    opened_entry = phone.locator("#log details[open] pre").first
    expect(opened_entry).to_contain_text("whatsapp_business_account")
    expect(opened_entry).to_contain_text("X-Hub-Signature-256: sha256=")
    say(phone, "There it is")
    expect(phone.locator("#log li")).to_have_count(phone.locator("#log li").count() + 1, timeout=15_000)
    expect(opened_entry).to_be_visible()


def test_a_fault_that_is_switched_on_reaches_the_agent(phone, live_desk, live_worker, account):
    say(phone, "Hello")
    desk = opened(phone, live_desk)
    phone.get_by_label("Fail to deliver").check()
    until(phone, lambda: models.Account.objects.get().faults.get("bounce"), 10)
    answer(desk, "Good morning")
    until(phone, lambda: Delivery.objects.filter(state="failed").exists(), 30)
    expect(phone.locator(".say", has_text="Good morning")).to_contain_text("did not arrive", timeout=15_000)


def test_the_page_can_be_used_by_anybody(phone):
    assert violations(phone) == []


def test_nobody_plays_without_signing_in(page: Page, live_desk, account, carol_plays):
    page.goto(f"{live_desk.url}/simulator/{account.pk}/{carol_plays.pk}/")
    assert "/accounts/login/" in page.url
