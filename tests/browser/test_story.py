"""One customer, one conversation: she chats on a shop's page, writes a mail, is answered on both, and goes on by mail."""

import email
import email.policy
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, expect

from channels_app.models import Channel
from conversations.models import Conversation, Intake
from tests.browser.host import HostSite
from tests.browser.steps import row, until, visit
from tests.browser.widget import begin, bubbles
from tests.browser.widget import write as say
from tests.channels_app.email.conftest import DESK, Server, mail
from tests.channels_app.email.conftest import door as door
from tests.channels_app.email.conftest import mailbox as mailbox
from tests.channels_app.email.conftest import server as server
from tests.conversations.webchat import SECRET, host_token

CAROL = "carol@mail.example"


@pytest.fixture
def shop_page(live_desk, support, browser) -> Page:
    """Carol's browser, signed in at the shop."""
    site = HostSite(live_desk.url)
    channel = Channel.objects.create(
        kind="webchat", name="Shop", token="shop", config={"origins": [site.url]}, secrets={"signing_secrets": [SECRET]}
    )
    Intake.objects.create(channel=channel, team=support)
    page = browser.new_context(locale="en").new_page()
    page.goto(site.page(channel="shop"))
    page.wait_for_function("window.Ieum && window.Ieum.loaded")
    page.evaluate("token => Ieum('identify', token)", host_token(channel, email=CAROL, name="Carol"))
    yield page
    page.context.close()
    site.close()


def letters(server: Server) -> list[EmailMessage]:
    """What the desk has sent to Carol's mail server."""
    return [
        email.message_from_bytes(raw, policy=email.policy.default) for _from, to, raw in server.taken if to == [CAROL]
    ]


def shows(desk: Page, where: str, text: str) -> None:
    """Within a second, without a reload; asked often, for `expect` itself pauses that long between two looks."""
    until(desk, lambda: text in desk.locator(where).inner_text(), 1)


def answer_by(desk: Page, way: str, text: str) -> None:
    """Choose a way in the composer, write, send."""
    desk.locator("#via").click()
    desk.locator("[data-route]", has_text=way).click()
    desk.locator("#reply").fill(text)
    desk.keyboard.press("Control+Enter")


def test_chat_and_mail_of_one_customer_are_one_conversation_live_on_the_screen(
    live_worker, shop_page, desk, door, server
):
    visit(desk, "/inbox/all/")
    chat = begin(shop_page)
    say(chat, "Has my lamp been sent?")
    conversation = until(desk, lambda: Conversation.objects.first())
    shows(desk, "#rows", "Has my lamp been sent?")
    row(desk, conversation).locator("a.row").click()
    expect(desk.locator("#messages")).to_contain_text("Has my lamp been sent?")

    written = mail(f"Carol <{CAROL}>", Subject="Has my lamp been sent?", text="I also write a mail.")
    door.send(written.as_bytes())
    shows(desk, "#messages", "I also write a mail.")
    answer_by(desk, "Shop", "It left this morning.")
    expect(bubbles(chat).last).to_have_text("It left this morning.")
    answer_by(desk, CAROL, "Here is the same by mail.")
    [letter] = until(desk, lambda: letters(server), 40)
    assert "Here is the same by mail." in letter.get_body(("plain",)).get_content()
    assert written["Message-ID"] in letter["References"]

    reply = mail(f"Carol <{CAROL}>", Subject=f"Re: {letter['Subject']}", text="Thank you!", To=DESK)
    reply["In-Reply-To"] = reply["References"] = str(letter["Message-ID"])
    door.send(reply.as_bytes())
    expect(desk.locator("#messages")).to_contain_text("Thank you!")
    expect(bubbles(chat).last).to_have_text("Thank you!")
    assert Conversation.objects.get().customer.name == "Carol"
