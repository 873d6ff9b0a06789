"""Calls in a real browser: who rings shows at once, wherever the agent is; a click calls; a visitor asks to be called."""

import pytest
from playwright.sync_api import Page, expect

from channels_app.contract import Address, CallState, CallUpdate
from channels_app.models import Channel
from conversations.actions import calls
from conversations.models import Call, Intake
from tests.browser.axe import violations
from tests.browser.steps import visit

CAROL = Address("phone", "+447700900001", name="Carol Street")


@pytest.fixture
def phone(support) -> Channel:
    config = {"account_sid": "AC1", "sender": "+447700900000", "language": "en"}
    channel = Channel.objects.create(kind="twilio_voice", name="Hotline", secrets={"auth_token": "t"}, config=config)
    Intake.objects.create(channel=channel, team=support)
    return channel


def news(channel: Channel, **update) -> Call:
    return calls.receive_call(channel, CallUpdate("CA1", **update))


def test_who_calls_shows_at_once_and_leads_to_the_conversation(desk: Page, phone, bob):
    bob.phone = "+447700900077"
    bob.save()
    visit(desk, "/customers/")
    call = news(phone, address=CAROL, state=CallState.RINGING)
    corner = desk.locator("#calls-now .ringing")
    expect(corner).to_contain_text("Carol Street")
    corner.get_by_role("link", name="Open it").click()
    expect(desk.locator("#conversation")).to_have_attribute("data-conversation", str(call.message.conversation_id))
    expect(desk.locator(".call")).to_contain_text("The customer is calling")
    news(phone, state=CallState.IN_PROGRESS, answered_by=bob.phone)
    expect(desk.locator(".call")).to_contain_text("On the phone")
    expect(corner).to_have_class("ringing ringing--on")
    news(phone, state=CallState.COMPLETED)
    expect(desk.locator(".call")).to_contain_text("The customer called")
    expect(corner).to_have_count(0)


def test_a_call_that_is_somebody_elses_business_can_be_put_away(desk: Page, phone):
    visit(desk, "/inbox/mine/")
    news(phone, address=CAROL, state=CallState.RINGING)
    desk.locator("#calls-now [data-hide]").click()
    expect(desk.locator("#calls-now .ringing")).to_have_count(0)
    news(phone, chosen="Delivery")
    desk.wait_for_timeout(500)
    expect(desk.locator("#calls-now .ringing")).to_have_count(0)


def test_a_missed_call_is_returned_by_a_click(desk: Page, phone, bob):
    bob.phone = "+447700900077"
    bob.save()
    call = news(phone, address=CAROL, state=CallState.RINGING)
    news(phone, state=CallState.COMPLETED)
    visit(desk, f"/conversations/{call.message.conversation_id}/")
    assert violations(desk, ".call") == []
    desk.get_by_role("button", name="Call back").click()
    expect(desk.locator("#toasts")).to_contain_text("+447700900077 rings now")
    expect(desk.locator(".call").last).to_contain_text("Calling the customer")
    assert Call.objects.get(direction="outbound").number == CAROL.value
