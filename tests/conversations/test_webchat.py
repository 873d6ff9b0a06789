"""A visitor chats: recognised, vouched for, heard, answered, and shown nothing that is not theirs."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels_app.models import Channel, Envelope
from conversations.actions import delivery, joining, replies, state
from conversations.actions.visiting import forget_spent_tokens
from conversations.models import Attachment, Conversation, Delivery, Message, ReadMark, UsedToken, Visitor
from conversations.models.visitor import hashed
from conversations.passes import ticket
from conversations.reach import routes_of
from customers.actions import identify
from customers.models import Customer, IdentityClaim
from tests.conversations.webchat import ORIGIN, Panel, host_token


def answer(conversation, by, text) -> Message:
    """An agent answers on the chat, and the worker sends it."""
    route = next(route for route in routes_of(conversation) if route.channel.kind == "webchat")
    message = replies.reply(conversation, by=by, text=text, route=route)
    send(message)
    return message


def send(message) -> None:
    for pk in message.deliveries.values_list("pk", flat=True):
        delivery.deliver(pk)


def only_conversation() -> Conversation:
    return Conversation.objects.get()


# ── Coming in ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_opening_a_session_makes_no_customer(panel):
    panel.enter()
    assert Visitor.objects.count() == 1
    assert Customer.objects.count() == 0


def test_a_first_message_starts_a_conversation_by_way_of_the_vault(panel, shop, support):
    said = panel.say("My parcel has not come")
    conversation = only_conversation()
    message = conversation.messages.get()
    assert (message.text, message.channel, conversation.team) == ("My parcel has not come", shop, support)
    assert message.envelope is not None
    assert message.envelope.state == Envelope.State.PROCESSED
    assert said["message"]["id"] == message.pk


def test_what_the_browser_tells_of_itself_helps_the_agents(panel):
    panel.enter(language="ar-AE", zone="Asia/Dubai", page={"url": "https://shop.example.com/lamp", "title": "Lamp"})
    panel.say("Hello")
    conversation = only_conversation()
    assert (conversation.customer.language, conversation.customer.time_zone) == ("ar-AE", "Asia/Dubai")
    assert conversation.messages.get().details["page"]["title"] == "Lamp"


def test_a_made_up_time_zone_is_not_believed(panel):
    panel.enter(zone="Mars/Olympus")
    panel.say("Hello")
    assert only_conversation().customer.time_zone == ""


def test_a_message_sent_twice_is_there_once(panel):
    panel.enter()
    client_id = str(uuid.uuid4())
    first, second = (panel.say("Once", client_id=client_id) for _ in range(2))
    assert first["message"]["id"] == second["message"]["id"]
    assert Message.objects.count() == 1


def test_a_visitor_cannot_read_anothers_message_by_its_client_id(panel, shop):
    said = panel.say("My secret")
    other = Panel(shop)
    echoed = other.say("Hello", client_id=said["client_id"])
    assert echoed["message"]["text"] == "Hello"
    assert Message.objects.count() == 2


def test_a_returning_visitor_has_the_history(panel, shop):
    panel.say("Hello")
    back = Panel(shop, visitor=panel.visitor)
    assert [message["text"] for message in back.enter()["messages"]] == ["Hello"]
    assert back.visitor == panel.visitor


def test_a_token_works_for_its_own_host_and_widget_alone(panel, shop, support):
    panel.say("Hello")
    assert Panel(shop, visitor=panel.visitor).enter()["messages"]
    elsewhere = Panel(shop, visitor=panel.visitor, origin="https://other.example").enter()
    assert (elsewhere["messages"], elsewhere["visitor"] != panel.visitor) == ([], True)
    other = Channel.objects.create(kind="webchat", name="Other", config={"origins": [ORIGIN]})
    assert Panel(other, visitor=panel.visitor).enter()["messages"] == []


def test_the_token_is_kept_as_a_hash_only(panel):
    panel.enter()
    stored = Visitor.objects.get().token_hash
    assert stored == hashed(panel.visitor)
    assert panel.visitor not in str(Visitor.objects.values_list().get())


def test_without_a_ticket_of_the_frame_there_is_no_session(panel, shop):
    other = Channel.objects.create(kind="webchat", name="Other")
    assert panel.post("session/", {"ticket": "x"}).status_code == 403
    assert panel.post("session/", {"ticket": ticket(other, ORIGIN)}).status_code == 403


@pytest.mark.parametrize("path", ["messages/", "files/", "read/", "typing/", "page/", "prechat/"])
def test_nothing_is_answered_without_a_session(panel, path):
    assert panel.post(path, {}).status_code == 401


def test_a_session_of_one_widget_opens_no_other(panel, shop):
    panel.enter()
    other = Panel(Channel.objects.create(kind="webchat", name="Other"))
    other.session = panel.session
    assert other.get("messages/").status_code == 401


def test_a_session_ends(panel, monkeypatch):
    panel.enter()
    assert panel.get("messages/").status_code == 200
    later = timezone.now().timestamp() + 3600
    monkeypatch.setattr("time.time", lambda: later)
    assert panel.get("messages/").status_code == 401


def test_a_channel_without_a_panel_has_no_address_here(channel):
    assert Client().get(f"/w/{channel.token}/").status_code == 404


# ── The host vouches ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_person_the_host_vouches_for_has_the_history_on_any_device(panel, shop):
    panel.enter(jwt=host_token(shop))
    panel.say("From my phone")
    desktop = Panel(shop)
    entered = desktop.enter(jwt=host_token(shop))
    assert entered["identity"] == "verified"
    assert [message["text"] for message in entered["messages"]] == ["From my phone"]


def test_no_token_for_the_browser_to_keep_is_given_to_a_known_person(panel, shop):
    assert panel.enter(jwt=host_token(shop))["visitor"] == ""


@pytest.mark.parametrize("wrong", ["forged", "expired", "for another", "used"])
def test_a_token_that_does_not_hold_gives_an_anonymous_session_and_nothing_else(panel, shop, wrong):
    known = Panel(shop)
    token = host_token(shop)
    known.enter(jwt=token)
    known.say("My history")
    assert Panel(shop).enter(jwt=host_token(shop))["messages"]
    bad = {
        "forged": token[:-4] + "AAAA",
        "expired": host_token(shop, iat=1, exp=600),
        "for another": host_token(shop, aud="another"),
        "used": token,
    }[wrong]
    entered = panel.enter(jwt=bad)
    assert (entered["identity"], entered["messages"], entered["name"]) == ("refused", [], "")
    assert panel.get("messages/").json()["messages"] == []


def test_a_verified_address_leads_to_the_customer_who_has_it(panel, shop):
    carol = identify("email", "carol@example.com", is_verified=True).customer
    panel.enter(jwt=host_token(shop, email="carol@example.com", name="Carol"))
    panel.say("It is me")
    assert only_conversation().customer == carol


def test_what_was_said_before_signing_in_joins_the_person(panel, shop):
    panel.say("Before")
    panel.enter(jwt=host_token(shop, email="carol@example.com"))
    panel.say("After")
    assert panel.texts() == ["Before", "After"]
    assert Customer.objects.current().count() == 1


def test_a_browser_that_was_taken_for_somebody_else_does_not_join_two_people(panel, shop, ada):
    dave = identify("email", "dave@example.com", is_verified=True).customer
    panel.enter()
    panel.post("prechat/", {"email": "dave@example.com"})
    panel.say("I am Dave")
    joining.accept_claim(IdentityClaim.objects.get(), by=ada)
    panel.enter(jwt=host_token(shop, email="carol@example.com", name="Carol"))
    panel.say("I am Carol")
    assert Conversation.objects.get(messages__text="I am Dave").customer == dave
    assert panel.texts() == ["I am Carol"]


def test_after_signing_out_nothing_is_left_in_the_browser(panel, shop):
    panel.say("Before")
    anonymous = panel.visitor
    panel.enter(jwt=host_token(shop))
    panel.say("After")
    assert panel.texts() == ["Before", "After"]
    assert Panel(shop, visitor=anonymous).enter()["messages"] == []


def test_another_person_in_the_same_browser_sees_nothing_of_the_first(panel, shop):
    panel.enter(jwt=host_token(shop, "ann"))
    panel.say("Ann's")
    assert panel.texts() == ["Ann's"]
    panel.enter(jwt=host_token(shop, "ben"))
    assert panel.texts() == []


def test_a_known_persons_session_is_renewed_without_a_new_token(panel, shop):
    panel.enter(jwt=host_token(shop))
    panel.say("Hello")
    assert panel.enter(renew=panel.session)["identity"] == "verified"
    assert panel.texts() == ["Hello"]


def test_spent_tokens_are_forgotten_once_they_have_expired(panel, shop):
    panel.enter(jwt=host_token(shop))
    assert forget_spent_tokens() == 0
    UsedToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert forget_spent_tokens() == 1


# ── Claims ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_typed_address_is_a_suggestion_and_opens_no_history(panel, shop):
    known = Panel(shop)
    known.enter(jwt=host_token(shop, email="carol@example.com"))
    known.say("Carol's history")
    panel.enter()
    assert panel.post("prechat/", {"name": "Carol", "email": "carol@example.com", "topic": ""}).status_code == 200
    panel.say("I say I am Carol")
    assert panel.texts() == ["I say I am Carol"]
    claim = IdentityClaim.objects.get()
    assert (claim.value, claim.state) == ("carol@example.com", IdentityClaim.State.OPEN)
    assert claim.customer != claim.owner()


def test_wrong_answers_come_back_with_what_to_do(panel, shop):
    shop.config["ask_email"] = "required"
    shop.save()
    panel.enter()
    wrong = panel.post("prechat/", {"name": "Carol", "email": "carol"})
    assert wrong.status_code == 422
    assert "name@example.com" in wrong.json()["errors"]["email"]
    assert Customer.objects.count() == 0


# ── Hearing ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_answer_is_pulled_and_its_receipts_rise(panel, bob):
    panel.say("Hello")
    message = answer(only_conversation(), bob, "Good day")
    assert message.deliveries.get().state == Delivery.State.SENT
    [heard] = [m for m in panel.get("messages/", after="").json()["messages"] if m["kind"] == "out"]
    assert (heard["text"], heard["author"]["name"]) == ("Good day", "Bob")
    assert message.deliveries.get().state == Delivery.State.DELIVERED
    panel.post("read/", {"up_to": heard["id"]})
    assert message.deliveries.get().state == Delivery.State.READ
    assert panel.get("messages/").json()["read_up_to"] == heard["id"]


def test_what_is_not_sent_yet_is_not_shown(panel, bob):
    panel.say("Hello")
    route = routes_of(only_conversation())[0]
    message = replies.reply(only_conversation(), by=bob, text="Wait", route=route)
    assert panel.texts() == ["Hello"]
    send(message)
    assert panel.texts() == ["Hello", "Wait"]


def test_a_note_is_never_shown(panel, bob):
    panel.say("Hello")
    answer(only_conversation(), bob, "Good day")
    replies.note(only_conversation(), by=bob, text="Difficult customer")
    assert panel.texts() == ["Hello", "Good day"]


def test_a_pull_costs_the_same_for_one_message_and_for_twenty(panel, bob):
    panel.say("Hello")
    answer(only_conversation(), bob, "Good day")
    panel.get("messages/")
    with CaptureQueriesContext(connection) as few:
        panel.get("messages/")
    for number in range(10):
        panel.say(f"More {number}")
        answer(only_conversation(), bob, f"Answer {number}")
    panel.get("messages/")
    with CaptureQueriesContext(connection) as many:
        assert len(panel.texts()) == 22
    assert len(many) == len(few) <= 14


def test_a_cursor_brings_only_what_is_new(panel, bob):
    panel.say("Hello")
    cursor = panel.get("messages/").json()["cursor"]
    assert panel.texts(cursor) == []
    answer(only_conversation(), bob, "Good day")
    assert panel.texts(cursor) == ["Good day"]


@pytest.mark.parametrize("cursor", ["x", "1:", ":2", "1:2:3", "-", "9" * 400, "1:99999999999999999999999999999999"])
def test_a_broken_cursor_is_no_error(panel, cursor):
    panel.say("Hello")
    assert panel.get("messages/", after=cursor).status_code == 200


def test_the_panel_learns_what_agents_have_read_and_that_it_ended(panel, bob):
    said = panel.say("Hello")
    conversation = only_conversation()
    assert panel.get("messages/").json()["seen_up_to"] == 0
    ReadMark.objects.create(conversation=conversation, agent=bob, revision=conversation.revision)
    assert panel.get("messages/").json()["seen_up_to"] == said["message"]["id"]
    state.resolve(conversation, by=bob)
    assert panel.get("messages/").json()["conversation"] == {"status": "resolved"}


def test_long_histories_come_in_pages(panel):
    panel.enter()
    for number in range(35):
        panel.say(str(number))
    entered = panel.enter()
    assert [m["text"] for m in entered["messages"]] == [str(n) for n in range(5, 35)]
    assert entered["earlier"] is True
    before = panel.get("messages/", before=entered["messages"][0]["id"]).json()
    assert [m["text"] for m in before["messages"]] == ["0", "1", "2", "3", "4"]
    assert before["earlier"] is False


def test_a_page_before_anothers_message_is_empty(panel, shop):
    theirs = Panel(shop).say("Theirs")["message"]["id"]
    panel.say("Mine")
    assert panel.get("messages/", before=theirs).json()["messages"] == []


@pytest.mark.parametrize(
    "sent",
    [
        {"text": ""},
        {"text": " \n"},
        {"text": "x" * 5001},
        {"text": None},
        {"text": "x", "client_id": "7"},
        {"files": "x"},
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_reason(panel, sent):
    panel.enter()
    refused = panel.post("messages/", {"client_id": str(uuid.uuid4()), **sent})
    assert refused.status_code == 422
    assert refused.json()["error"]
    assert Message.objects.count() == 0


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'"x"'])
def test_rubbish_is_no_error(panel, body):
    panel.enter()
    got = panel.client.post(panel.url("messages/"), body, content_type="application/json", headers=panel.headers)
    assert got.status_code == 422


def test_a_nul_cannot_break_the_store(panel):
    assert panel.say("a\0b")["message"]["text"] == "ab"


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


def put(panel, name="photo.png", content=PNG, kind="image/png"):
    return panel.post("files/", {"file": SimpleUploadedFile(name, content, kind)})


def test_a_file_joins_its_message_and_comes_back_to_its_visitor(panel):
    panel.enter()
    uploaded = put(panel).json()
    said = panel.say("Look", files=[uploaded["token"]])
    [file] = said["message"]["files"]
    assert (file["name"], file["type"], file["size"]) == ("photo.png", "image/png", len(PNG))
    got = Client().get(file["url"])
    assert (got.status_code, b"".join(got.streaming_content)) == (200, PNG)
    assert (got["X-Content-Type-Options"], "sandbox" in got["Content-Security-Policy"]) == ("nosniff", True)


def test_a_file_alone_is_a_message(panel):
    panel.enter()
    said = panel.say("", files=[put(panel).json()["token"]])
    assert len(said["message"]["files"]) == 1


def test_anothers_file_does_not_join(panel, shop):
    other = Panel(shop)
    other.enter()
    token = put(other).json()["token"]
    said = panel.say("Mine", files=[token])
    assert said["message"]["files"] == []
    assert Attachment.objects.get().message is None


def test_the_address_of_a_file_cannot_be_bent(panel, shop):
    panel.enter()
    file = panel.say("Look", files=[put(panel).json()["token"]])["message"]["files"][0]
    assert Client().get(file["url"]).status_code == 200
    assert Client().get(file["url"][:-3] + "xx/").status_code == 404


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("setup.exe", b"x"),
        ("photo.png", b"MZ\x90"),
        ("run.JS", b"x"),
        ("a.sh.", b"x"),
        ("empty.txt", b""),
        ("t", b"\x7fELF"),
    ],
)
def test_dangerous_and_empty_files_are_refused(panel, name, content):
    panel.enter()
    refused = put(panel, name, content)
    assert refused.status_code == 422
    assert Attachment.objects.count() == 0


def test_a_file_too_big_is_refused(panel, settings):
    settings.ATTACHMENT_MAX_BYTES = 10
    panel.enter()
    assert put(panel).status_code == 422


def test_what_only_says_it_is_a_picture_is_no_picture(panel):
    panel.enter()
    assert put(panel, "x.png", b"<script>alert(1)</script>").json()["type"] == "application/octet-stream"
    assert put(panel, "x.svg", b"<svg onload=alert(1)>", "image/svg+xml").json()["type"] == "application/octet-stream"


# ── The rest ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_page_of_the_visitor_is_noted(panel):
    panel.enter()
    panel.post("page/", {"url": "https://shop.example.com/cart", "title": "Cart"})
    assert Visitor.objects.get().page == {"url": "https://shop.example.com/cart", "title": "Cart"}
    panel.post("page/", {"url": "javascript:alert(1)", "title": "Bad"})
    assert Visitor.objects.get().page["title"] == "Cart"


def test_a_flood_is_slowed(panel):
    panel.enter()
    codes = {panel.post("messages/", {"client_id": str(uuid.uuid4()), "text": "x"}).status_code for _ in range(45)}
    assert codes == {200, 429}
