"""What an answer can be, by each way to the customer: the channel's own limits, texts and gestures, at the composer."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from channels_app.contract import Address, InboundMessage
from channels_app.models import Channel, Template
from conversations.actions import receiving
from conversations.models import Conversation, Draft, Intake, Ladder, Message, Reaction
from customers.models import Consent
from tests.browser.axe import violations
from tests.browser.steps import until, visit

PHONE = "+821012348214"


@pytest.fixture
def channel_of(support) -> Callable[..., Channel]:
    """A channel of the support team: `channel_of("telegram", "Bot")`."""

    def channel_of(kind: str, name: str, **config: object) -> Channel:
        channel = Channel.objects.create(kind=kind, name=name, config=config)
        Intake.objects.create(channel=channel, team=support)
        return channel

    return channel_of


@pytest.fixture
def hear(live_desk) -> Callable[..., Conversation]:
    """Let a customer write by any channel: `hear(bot, "Hello")`, some `hours` ago."""

    def hear(channel: Channel, text: str, value: str = "carol", *, hours: float = 0, **more: object) -> Conversation:
        can = channel.connector.capabilities
        sender = Address(can.identity_kind, value, is_verified=True, is_local=value != PHONE, name="Carol")
        at = timezone.now() - timedelta(hours=hours)
        return receiving.receive_message(
            channel, InboundMessage(uuid.uuid4().hex, sender, text, sent_at=at, **more)
        ).conversation

    return hear


@pytest.fixture
def whatsapp(channel_of) -> Channel:
    return channel_of("whatsapp", "WhatsApp", number="15550001111")


@pytest.fixture
def bot(channel_of) -> Channel:
    return channel_of("telegram", "Bot")


def show(page: Page, conversation: Conversation) -> Locator:
    """Open a conversation; its pad, once the desk's second part has come."""
    visit(page, f"/conversations/{conversation.pk}/")
    expect(page.locator("#plan")).to_be_attached()
    page.locator("#reply").focus()
    return page.locator("#reply")


def written() -> Message:
    return Message.objects.get(kind=Message.Kind.OUTBOUND)


def send(page: Page) -> Message:
    """Send by keyboard; the message that is stored."""
    page.keyboard.press("Control+Enter")
    until(page, lambda: Message.objects.filter(kind=Message.Kind.OUTBOUND).exists())
    expect(page.locator(".m--pending")).to_have_count(0)
    return written()


def way(page: Page, text: str) -> Locator:
    return page.locator("[data-route]", has_text=text)


# ── The channel ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def everywhere(hear, whatsapp, mail, chat, channel_of) -> Conversation:
    """Carol, who can be reached by chat alone: her window closed, she refused texts, her mailbox is gone."""
    channel_of("twilio", "Text messages", number="+15550002222")
    talk = hear(whatsapp, "I am on the road", PHONE, hours=30)
    people = talk.customer.identities
    people.create(kind="phone", value=PHONE, is_verified=True)
    people.create(kind="webchat", value="carol", account=chat.account)
    people.create(kind="email", value="gone@home.example", unreachable_reason="The mail server does not know it.")
    Consent.objects.create(identity=people.get(kind="phone"), is_granted=False, source="message", words="STOP")
    return talk


def test_the_channel_menu_says_of_each_way_why_it_cannot_be_used(desk, everywhere, hear, chat, complaints):
    show(desk, hear(chat, "Now I am at home"))
    desk.locator("#via").click()
    expect(desk.locator("#routes [data-route]")).to_have_count(5)
    expect(way(desk, "Web chat")).to_have_attribute("aria-checked", "true")
    expect(way(desk, "WhatsApp").filter(has_text="Approved texts only.")).to_have_count(1)
    for name, reason in (
        ("Mailbox", "The mail server does not know it."),
        ("Text messages", "asked not to be written to"),
    ):
        expect(way(desk, name)).to_have_attribute("aria-disabled", "true")
        expect(way(desk, name).locator("small")).to_contain_text(reason)
    assert violations(desk) == []
    assert complaints == []


def test_the_channel_is_changed_by_keyboard_and_the_text_and_its_new_limit_stay(desk, hear, bot, chat):
    talk = hear(chat, "I am on the road")
    talk.customer.identities.create(kind="telegram", value="77", account=bot.account)
    show(desk, talk).fill("On its way")
    expect(desk.locator("[data-counter]")).to_have_text("10/5,000")
    desk.keyboard.press("Control+Shift+k")
    expect(way(desk, "Web chat")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(desk.locator("#routes")).to_be_hidden()
    desk.keyboard.press("Control+Shift+k")
    expect(way(desk, "Web chat")).to_be_focused()
    desk.keyboard.press("ArrowDown")
    expect(way(desk, "Bot")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator("#routes")).to_be_hidden()
    expect(desk.locator("#via-name")).to_have_text("Bot")
    expect(desk.locator("#reply")).to_have_value("On its way")
    expect(desk.locator("#reply")).to_be_focused()
    expect(desk.locator("[data-counter]")).to_have_text("10/4,096")
    until(desk, lambda: Draft.objects.filter(fields__route__startswith=f"{bot.pk}:").exists())
    desk.reload()
    expect(desk.locator("#via-name")).to_have_text("Bot")
    expect(desk.locator("#reply")).to_have_value("On its way")


# ── Approved texts ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def shipped(whatsapp) -> Template:
    body = "Hello {{name}}, your parcel left on {{day}}."
    return Template.objects.create(
        channel=whatsapp, name="shipped", language="en", body=body, parameters=["name", "day"]
    )


def test_where_only_approved_texts_may_be_sent_one_is_filled_in_and_shown(desk, hear, whatsapp, shipped, complaints):
    talk = hear(whatsapp, "Where is it?", PHONE, hours=30)
    show(desk, talk)
    expect(desk.locator("#approved-text")).to_have_text("Hello Carol, your parcel left on {{day}}.")
    expect(desk.locator("#reply")).to_be_hidden()
    expect(desk.get_by_label("Write freely instead")).to_have_count(0)
    desk.locator("#send").click()
    expect(desk.locator("#composer-problem")).to_have_text("Fill in every blank of the text.")
    expect(desk.get_by_label("day")).to_be_focused()
    desk.keyboard.type("Monday")
    expect(desk.locator("#approved-text")).to_have_text("Hello Carol, your parcel left on Monday.")
    expect(desk.locator("#composer-problem")).to_be_hidden()
    assert violations(desk) == []
    desk.get_by_label("day").focus()
    desk.keyboard.press("Enter")
    assert not Message.objects.filter(kind=Message.Kind.OUTBOUND).exists()
    assert send(desk).text == "Hello Carol, your parcel left on Monday."
    expect(desk.locator("#messages > .m").last).to_contain_text("Hello Carol, your parcel left on Monday.")
    assert complaints == []


def test_an_approved_text_can_be_taken_within_the_window_too_and_left_again(desk, hear, whatsapp, shipped):
    show(desk, hear(whatsapp, "Where is it?", PHONE)).fill("Let me see")
    desk.get_by_role("button", name="Approved texts").click()
    expect(desk.locator("#approved-text")).to_be_visible()
    expect(desk.locator("#reply")).to_be_hidden()
    desk.get_by_label("Write freely instead").click()
    expect(desk.locator("#reply")).to_be_focused()
    expect(desk.locator("#reply")).to_have_value("Let me see")
    assert send(desk).text == "Let me see"


# ── Quick replies ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_quick_replies_are_chips_that_go_along(desk, hear, bot, complaints):
    show(desk, hear(bot, "Can I still change it?")).fill("Which colour?")
    desk.get_by_role("button", name="Quick replies").click()
    expect(desk.locator("#quick-input")).to_be_focused()
    for title in ("Red", "Green", "Blue", "Red"):
        desk.keyboard.type(title)
        desk.keyboard.press("Enter")
    chips = desk.locator("#quick-row [data-title]")
    expect(chips).to_have_count(3)
    desk.get_by_label("Remove Green").click()
    expect(chips).to_have_count(2)
    assert violations(desk) == []
    desk.locator("#reply").focus()
    message = send(desk)
    assert [one["title"] for one in message.details["quick_replies"]] == ["Red", "Blue"]
    expect(desk.locator("#quick-row")).to_be_hidden()
    expect(chips).to_have_count(0)
    assert complaints == []


def test_quick_replies_are_offered_only_where_the_channel_has_them(desk, hear, bot, chat):
    show(desk, hear(chat, "Can I still change it?"))
    expect(desk.get_by_role("button", name="Quick replies")).to_be_hidden()


# ── One message in particular ────────────────────────────────────────────────────────────────────────────────────────
def test_one_message_is_answered_and_stands_above_the_answer(desk, hear, bot, complaints):
    first = hear(bot, "Is it red?").messages.get()
    show(desk, hear(bot, "And is it big?"))
    menu = desk.locator(f"#m-{first.pk} [popovertarget=message-menu]")
    menu.focus()
    desk.keyboard.press("Enter")
    desk.locator("[data-quote]").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#message-menu")).to_be_hidden()
    expect(desk.locator("#quoting")).to_contain_text("Is it red?")
    expect(desk.locator("#reply")).to_be_focused()
    assert violations(desk) == []
    desk.keyboard.type("It is")
    assert send(desk).in_reply_to == first
    expect(desk.locator("#messages > .m").last).to_contain_text("Is it red?")
    expect(desk.locator("#quoting")).to_be_hidden()
    assert complaints == []


def test_from_note_to_answer_and_back_nothing_appears_that_the_channel_has_not(desk, hear, chat, complaints):
    show(desk, hear(chat, "Is it red?"))
    desk.locator("[data-mode-tab=note]").click()
    desk.locator("[data-mode-tab=reply]").click()
    expect(desk.locator("#reply")).to_be_focused()
    for part in ("#quoting", "#public-row", "#quick-row", "[data-show-approved]", "[data-show-quick]"):
        expect(desk.locator(part)).to_be_hidden()
    assert complaints == []


def test_the_customer_gets_a_reaction_from_the_menu_of_their_message(desk, hear, bot, complaints):
    message = hear(bot, "Thank you!").messages.get()
    show(desk, message.conversation)
    line = desk.locator(f"#m-{message.pk}")
    line.hover()
    line.locator("[popovertarget=message-menu]").click()
    picks = desk.locator("#message-menu .reacts--pick button")
    expect(picks.first).to_be_visible()
    emoji = picks.first.inner_text()
    picks.first.click()
    expect(line.locator(".reacts")).to_contain_text(emoji)
    assert Reaction.objects.get(message=message).emoji == emoji
    assert complaints == []


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_file_that_the_channel_does_not_carry_goes_as_a_link(desk, hear, whatsapp, complaints):
    show(desk, hear(whatsapp, "May I see the plan?", PHONE)).fill("Here it is")
    plan = {"name": "plan.dwg", "mimeType": "image/vnd.dwg", "buffer": b"AC1032"}
    desk.locator("#file-picker").set_input_files([plan])
    item = desk.locator("#uploads .file")
    expect(item).to_contain_text("This channel does not carry files of this kind.")
    expect(item.locator("img")).to_have_count(0)
    assert violations(desk) == []
    desk.locator("#reply").focus()
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#composer-problem")).to_be_visible()
    item.get_by_role("button", name="Send a link to it").click()
    expect(item).to_contain_text("goes as a link")
    until(desk, lambda: desk.locator("[name=linked]").input_value())
    desk.locator("#reply").focus()
    message = send(desk)
    assert [file.name for file in message.attachments.all()] == ["plan.dwg"]
    assert message.details["linked"] == [str(file.key) for file in message.attachments.all()]
    assert complaints == []


# ── If it stays unread ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def reachable(hear, chat, mail) -> Conversation:
    talk = hear(chat, "My parcel has not come")
    talk.customer.identities.create(kind="email", value="carol@home.example", is_verified=True)
    return talk


def test_what_follows_an_unread_answer_is_chosen_in_a_row(desk, reachable, complaints):
    show(desk, reachable).fill("On its way")
    expect(desk.locator("#plan-row")).to_be_hidden()
    desk.get_by_role("button", name="More ways to send").click()
    desk.get_by_role("menuitem", name="If it stays unread…").click()
    expect(desk.locator("#plan-choice")).to_be_focused()
    desk.locator("#plan-choice").select_option(label="Mailbox")
    expect(desk.locator("#plan-minutes")).to_be_visible()
    assert violations(desk) == []
    desk.locator("#reply").focus()
    rung = send(desk).rungs.get()
    assert (rung.channel.name, rung.after_minutes) == ("Mailbox", 30)
    expect(desk.locator("#messages > .m").last).to_contain_text("If unread for 30 minutes, by Mailbox")
    expect(desk.locator("#plan-row")).to_be_hidden()
    assert complaints == []


def test_the_plan_of_the_team_stands_there_and_can_be_taken_away(desk, reachable, mail, support):
    plan = Ladder.objects.create(name="Then by mail", team=support, is_default=True)
    plan.steps.create(number=1, channel=mail, after_minutes=60)
    show(desk, reachable).fill("On its way")
    expect(desk.locator("#plan-choice")).to_have_value(f"ladder:{plan.pk}")
    desk.get_by_role("button", name="Send nothing more").click()
    expect(desk.locator("#plan-row")).to_be_hidden()
    expect(desk.locator("#reply")).to_be_focused()
    assert not send(desk).rungs.exists()
    expect(desk.locator("#plan-choice")).to_have_value(f"ladder:{plan.pk}")
    expect(desk.locator("#plan-row")).to_be_visible()


# ── What everybody can read ──────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def comment(hear, channel_of) -> Conversation:
    return hear(channel_of("messenger", "Page", page_id="1"), "How much is it?", is_public=True, thread_id="post-1")


def test_a_public_conversation_says_who_reads_the_answer(desk, comment, complaints):
    show(desk, comment).fill("20 euro")
    expect(desk.locator("#public-row")).to_contain_text("Everybody can read this answer.")
    assert violations(desk) == []
    assert send(desk).is_public
    assert complaints == []


def test_it_can_be_answered_in_private(desk, comment):
    show(desk, comment).fill("Between us: 18 euro")
    desk.get_by_label("answer in private instead").check()
    desk.locator("#reply").focus()
    assert not send(desk).is_public
    expect(desk.get_by_label("answer in private instead")).not_to_be_checked()


def test_a_note_about_a_public_conversation_is_no_answer(desk, comment):
    show(desk, comment)
    desk.locator("[data-mode-tab=note]").click()
    expect(desk.locator("#public-row")).to_be_hidden()
    desk.locator("[data-mode-tab=reply]").click()
    expect(desk.locator("#public-row")).to_be_visible()
