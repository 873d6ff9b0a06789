"""The form for those without the chat: what it asks, who may show it, whose conversation it joins, how it is answered."""

import re
import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from channels_app.connectors.webchat.forms import WebChatForm
from channels_app.models import Channel
from conversations.actions import following
from conversations.models import Conversation, Delivery, Intake, Message, Visitor
from customers.models import Identity, IdentityClaim
from tests.conversations.test_webchat_frame import directives
from tests.conversations.test_webchat_talk import answer
from tests.conversations.webchat import ORIGIN, Panel, host_token


@pytest.fixture(autouse=True)
def _fresh_counts():
    cache.clear()


def configured(shop: Channel, **config) -> Channel:
    shop.config |= config
    shop.save()
    return shop


def page(shop: Channel, **query) -> str:
    return Client().get(f"/w/{shop.token}/contact/", {"lang": "en", **query}).content.decode()


def write(shop: Channel, *, query: str = "?lang=en", **fields):
    given = {"email": "carol@home.example", "text": "Hello", "client_id": str(uuid.uuid4())} | fields
    return Client(enforce_csrf_checks=True).post(f"/w/{shop.token}/contact/{query}", given)


def hidden(html: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', html)[1]


# ── What it asks ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_it_asks_what_the_admin_wants(shop):
    html = page(
        configured(
            shop,
            form_title="Ask the bakery",
            form_name="",
            form_phone="optional",
            form_topic="required",
            form_subject="required",
            topics=["Bread", "Cake"],
            form_fields=["Order number *", "Size: small, large"],
        )
    )
    assert '<h1 dir="auto">Ask the bakery</h1>' in html
    assert 'name="name"' not in html
    assert re.search(r'name="phone" type="tel"', html)
    assert re.findall(r'name="topic" value="(\w+)" required', html) == ["Bread", "Cake"]
    assert re.search(r'name="own-1" type="text"[^>]* required', html)
    assert re.findall(r"<option>(\w+)</option>", html) == ["small", "large"]
    assert 'type="file"' not in html
    assert "<script" not in html


def test_the_answers_stand_beside_the_conversation(shop):
    configured(shop, form_fields=["Order number *"], topics=["Bread"], form_topic="optional", form_subject="optional")
    given = {"own-1": "58214", "topic": "Bread", "subject": "Stale", "name": "Carol"}
    assert write(shop, **given).status_code == 200
    message = Message.objects.get()
    facts = message.conversation.customer.facts
    assert (facts["Order number"], facts["topic"]) == ("58214", "Bread")
    assert (message.subject, message.conversation.subject) == ("Stale", "Stale")
    assert "subject" not in facts
    assert message.conversation.customer.name == "Carol"


def test_what_is_required_is_asked_for_again_and_nothing_is_lost(shop):
    configured(shop, form_fields=["Order number *", "Size: small, large"], form_phone="optional")
    answer = write(shop, text="My long story", **{"own-2": "huge", "phone": "010-1234-5678"})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "My long story" in html
    assert "010-1234-5678" in html
    assert html.count('aria-invalid="true"') == 2
    assert Message.objects.count() == 0


def test_a_telephone_number_is_a_claim_like_an_address(shop):
    configured(shop, form_phone="optional")
    write(shop, phone="+82 10-1234-5678")
    write(shop, phone="call me")
    claims = set(IdentityClaim.objects.values_list("kind", "value"))
    assert claims == {("email", "carol@home.example"), ("phone", "+821012345678")}


def test_consent_has_to_be_given_where_it_is_asked_and_is_kept(shop):
    configured(shop, consent="We keep it for a year.")
    assert write(shop).status_code == 422
    assert write(shop, consent="1").status_code == 200
    consent = Conversation.objects.get().customer.facts["consent"]
    assert consent["text"] == "We keep it for a year."


def test_it_speaks_the_language_of_the_page(shop):
    assert "무엇을 도와드릴까요" in page(shop, lang="ko") or '<html lang="ko"' in page(shop, lang="ko")
    write(shop, query="?lang=ko")
    assert Conversation.objects.get().customer.language == "ko"


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_files_come_with_the_message(shop):
    configured(shop, form_files=True)
    assert 'type="file" multiple' in page(shop)
    files = [SimpleUploadedFile("한글.txt", b"milk"), SimpleUploadedFile("b.png", b"\x89PNG\r\n\x1a\n")]
    assert write(shop, files=files).status_code == 200
    kept = Message.objects.get().attachments.all()
    assert [(one.name, one.content_type) for one in kept] == [("한글.txt", "text/plain"), ("b.png", "image/png")]
    assert kept[0].file.read() == b"milk"


@pytest.mark.parametrize(
    "files",
    [
        [SimpleUploadedFile("a.exe", b"MZ program")],
        [SimpleUploadedFile("a.txt", b"")],
        [SimpleUploadedFile(f"{n}.txt", b"x") for n in range(6)],
    ],
)
def test_files_that_cannot_be_taken_are_named(shop, files):
    configured(shop, form_files=True)
    assert write(shop, files=files).status_code == 422
    assert Message.objects.count() == 0


def test_a_file_that_is_too_large_is_refused(shop, settings):
    settings.ATTACHMENT_MAX_BYTES = 3
    configured(shop, form_files=True)
    assert write(shop, files=[SimpleUploadedFile("a.txt", b"milk")]).status_code == 422
    assert write(shop, files=[SimpleUploadedFile("a.txt", b"mil")]).status_code == 200


def test_where_files_are_not_asked_they_are_passed_over(shop):
    assert write(shop, files=[SimpleUploadedFile("a.txt", b"milk")]).status_code == 200
    assert Message.objects.get().attachments.count() == 0


# ── Who may show it ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_allowed_site_may_frame_it_and_no_other(shop):
    framed = Client().get(f"/w/{shop.token}/contact/", {"o": ORIGIN})
    assert directives(framed)["frame-ancestors"] == ORIGIN
    assert "X-Frame-Options" not in framed
    assert Client().get(f"/w/{shop.token}/contact/", {"o": "https://evil.example"}).status_code == 403
    assert write(shop, query="?o=https://evil.example").status_code == 403
    assert Message.objects.count() == 0


def test_by_a_link_nobody_frames_it(shop):
    alone = Client().get(f"/w/{shop.token}/contact/")
    assert directives(alone)["frame-ancestors"] == "'none'"
    assert alone["X-Frame-Options"] == "DENY"


def test_in_a_frame_it_is_sent_to_where_it_may_be_framed_again(shop):
    html = page(shop, o=ORIGIN, theme="dark", jwt="secret")
    action = re.search(r'<form method="post" action="([^"]+)"', html)[1].replace("&amp;", "&")
    assert "jwt" not in action
    given = {"email": "carol@home.example", "text": "Hello", "client_id": str(uuid.uuid4())}
    thanks = Client().post(action, given)
    assert directives(thanks)["frame-ancestors"] == ORIGIN
    assert 'data-theme="dark"' in thanks.content.decode()


def test_no_cache_may_keep_a_page_since_each_has_an_id_of_its_own(shop):
    first, second = (Client().get(f"/w/{shop.token}/contact/") for _time in range(2))
    assert first["Cache-Control"] == "no-store"
    assert hidden(first.content.decode(), "client_id") != hidden(second.content.decode(), "client_id")


def test_it_has_the_channels_colour_without_any_style_in_the_page(shop):
    configured(shop, colour="#146c3f")
    html = page(shop)
    assert not re.search(r"<style|\sstyle=", html)
    sheet = Client().get(f"/w/{shop.token}/look.css")
    assert sheet.content == b":root{--accent:#146c3f}"
    configured(shop, colour="red}body{display:none")
    assert Client().get(f"/w/{shop.token}/look.css").content == b""


# ── Whose conversation it joins ──────────────────────────────────────────────────────────────────────────────────────
def test_a_person_whom_the_host_vouches_for_goes_on_in_their_conversation(shop):
    Panel(shop).enter(jwt=host_token(shop, name="Carol"))
    chat = Panel(shop)
    chat.enter(jwt=host_token(shop, name="Carol", email="carol@home.example"))
    chat.say("In the chat")
    html = page(shop, jwt=host_token(shop, name="Carol", email="carol@home.example"))
    assert 'name="email"' not in html
    assert 'name="name"' not in html
    assert write(shop, session=hidden(html, "session"), text="By the form", email="").status_code == 200
    conversation = Conversation.objects.get()
    assert [one.text for one in conversation.messages.in_order()] == ["In the chat", "By the form"]


@pytest.mark.parametrize("jwt", ["forged", ""])
def test_a_token_that_does_not_hold_makes_a_stranger(shop, jwt):
    html = page(shop, jwt=jwt)
    assert hidden(html, "session") == ""
    assert 'name="email"' in html
    assert Visitor.objects.count() == 0


def test_another_message_joins_the_first(shop):
    thanks = write(shop, text="First").content.decode()
    session = hidden(thanks, "session")
    again = write(shop, session=session, again="1").content.decode()
    assert "carol@home.example" not in again
    assert write(shop, session=hidden(again, "session"), text="Second").status_code == 200
    conversation = Conversation.objects.get()
    assert [one.text for one in conversation.messages.in_order()] == ["First", "Second"]


def test_a_made_up_session_is_a_stranger(shop):
    write(shop, text="First")
    write(shop, text="Second", session="made-up")
    assert Conversation.objects.count() == 2


def test_a_session_of_another_channel_is_a_stranger_here(shop, support):
    other = Channel.objects.create(kind="webchat", name="Other", config={"origins": []})
    Intake.objects.create(channel=other, team=support)
    session = hidden(write(shop, text="First").content.decode(), "session")
    write(other, text="Second", session=session)
    assert Message.objects.get(text="Second").channel == other
    assert Conversation.objects.count() == 2


def test_who_had_the_browser_before_does_not_speak_for_whom_the_host_knows_now(shop, panel):
    before = panel.enter()["person"]
    panel.say("Hello")
    panel.enter(jwt=host_token(shop, email="carol@home.example"))
    assert (
        Visitor.objects.get(key=before).identity.customer == Visitor.objects.exclude(subject="").get().identity.customer
    )
    sent = write(shop, client_id=before, text="Send it to my house instead")
    assert not Message.objects.filter(text__contains="my house").exists()
    assert 'name="session" value=""' in sent.content.decode() or 'name="session"' not in sent.content.decode()


def test_an_address_that_anybody_can_type_opens_nobodys_conversation(shop, post):
    post("Carol Street 1", "My parcel has not come")
    customer = Conversation.objects.get().customer
    Identity.objects.create(customer=customer, kind="email", value="carol@home.example", is_verified=True)
    write(shop, text="I am Carol, trust me")
    assert Conversation.objects.count() == 2
    assert IdentityClaim.objects.get().value == "carol@home.example"


# ── How it is answered ───────────────────────────────────────────────────────────────────────────────────────────────
def test_an_answer_follows_by_mail_to_the_address_that_was_given(shop, bob, support):
    config = {"address": "help@shop.example", "incoming": "handed"}
    mail = Channel.objects.create(kind="email", name="Mailbox", config=config)
    Intake.objects.create(channel=mail, team=support)
    write(shop)
    answer(Conversation.objects.get(), bob, "It is on its way")
    Delivery.objects.update(sent_at=timezone.now() - timedelta(minutes=4))
    assert following.follow_up_due() == 1
    followed = Delivery.objects.get(channel=mail)
    assert followed.address == "carol@home.example"
    assert "It is on its way" in followed.message.text


def test_the_thanks_say_where_the_answer_goes(shop):
    assert "carol@home.example" in write(shop).content.decode()
    configured(shop, form_thanks="Baked within a day.")
    assert "Baked within a day." in write(shop).content.decode()


# ── Settings ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_admin_decides_on_the_form(as_ada, shop):
    fields = {
        "name": "Shop",
        "origins": ORIGIN,
        "colour": "#2754c5",
        "form_fields": "Order number *\n\nSize: small, large",
    }
    response = as_ada.post(f"/settings/channels/{shop.pk}/", fields | {"form_email": "optional"})
    assert response.status_code == 302
    shop.refresh_from_db()
    assert shop.config["form_fields"] == ["Order number *", "Size: small, large"]
    assert shop.config["form_email"] == "optional"
    assert "contact/?o=https://shop.example.com" in as_ada.get(f"/settings/channels/{shop.pk}/").content.decode()


def test_more_than_ten_questions_of_ones_own_are_too_many():
    form = WebChatForm({"origins": ORIGIN, "form_fields": "\n".join(f"Question {n}" for n in range(11))})
    assert list(form.errors) == ["form_fields"]
