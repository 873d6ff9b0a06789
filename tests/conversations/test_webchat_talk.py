"""A visitor is answered, sends files and finds the history, and is shown nothing that is not theirs."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations.actions import delivery, replies, state
from conversations.models import Attachment, Conversation, Delivery, Message, ReadMark, Visitor
from conversations.reach import routes_of
from tests.conversations.webchat import Panel


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


def test_a_file_goes_with_its_message(panel):
    panel.enter()
    file = panel.say("Look", files=[put(panel).json()["token"]])["message"]["files"][0]
    assert Client().get(file["url"]).status_code == 200
    Message.objects.update(deleted_at=timezone.now())
    assert Client().get(file["url"]).status_code == 404


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
