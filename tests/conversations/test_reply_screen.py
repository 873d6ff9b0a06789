"""The composer's doors: replies, notes, drafts, previews, files, saved replies, new conversations."""

import json
import re
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from channels_app.contract import MediaLimit, TextUnit
from channels_app.models import Channel
from conversations import limits
from conversations.actions import delivery, replies
from conversations.models import Attachment, Conversation, Delivery, Draft, Mention, Message, SavedReply
from tests.postcard import Postcard

AS_SCRIPT = {"X-Requested-With": "fetch"}


@pytest.fixture
def send(route):
    """Post the composer's form as its script does."""

    def post(client, conversation: Conversation, text: str = "On its way", **fields):
        way = route(conversation)
        given = {"text": text, "route": way.key, "client_id": uuid.uuid4(), **fields}
        return client.post(reverse("conversations:replies", args=[conversation.pk]), given, headers=AS_SCRIPT)

    return post


def note(client, conversation: Conversation, note: str, **fields):
    return client.post(
        reverse("conversations:notes", args=[conversation.pk]), {"note": note, **fields}, headers=AS_SCRIPT
    )


def upload(client, name: str = "hall.png", content: bytes = b"\x89PNG", kind: str = "image/png"):
    return client.post(reverse("conversations:upload"), {"file": SimpleUploadedFile(name, content, kind)})


def test_reply_answers_with_its_line_in_the_thread(as_bob, carol, send):
    cid = uuid.uuid4()
    answer = send(as_bob, carol, client_id=cid)
    message = Message.objects.get(kind=Message.Kind.OUTBOUND)
    assert answer.status_code == 200
    assert f'id="m-{message.pk}"' in answer.content.decode()
    assert f'data-cid="{cid}"' in answer.content.decode()
    delivery.deliver(message.deliveries.get().pk)
    assert [card.text for card in Postcard.posted] == ["On its way"]


def test_reply_without_scripts_leads_back_to_the_conversation(as_bob, carol, route):
    given = {"text": "On its way", "route": route(carol).key}
    answer = as_bob.post(reverse("conversations:replies", args=[carol.pk]), given)
    message = Message.objects.get(kind=Message.Kind.OUTBOUND)
    assert answer.headers["Location"] == f"/conversations/{carol.pk}/#m-{message.pk}"


def test_asking_twice_sends_once(as_bob, carol, send):
    cid = uuid.uuid4()
    first, second = send(as_bob, carol, client_id=cid), send(as_bob, carol, client_id=cid)
    assert first.status_code == second.status_code == 200
    assert Message.objects.filter(kind=Message.Kind.OUTBOUND).count() == 1


def test_id_of_another_conversations_message_shows_nothing(as_bob, carol, dave, send):
    cid = uuid.uuid4()
    send(as_bob, carol, client_id=cid)
    assert send(as_bob, dave, client_id=cid).status_code == 404


def test_agent_of_another_team_can_neither_answer_nor_note(as_bob, as_eve, carol, send):
    assert send(as_eve, carol).status_code == 404
    assert note(as_eve, carol, "hm").status_code == 404
    assert send(as_bob, carol).status_code == 200


def test_second_reply_asks_first_when_somebody_was_faster(as_ada, as_bob, ada, carol, send, route):
    seen = Conversation.objects.get(pk=carol.pk).revision
    replies.reply(carol, by=ada, text="I take it", route=route(carol))
    answer = send(as_bob, carol, seen=seen)
    assert answer.status_code == 409
    assert "Ada answered just now." in answer.content.decode()
    assert "data-send-anyway" in answer.content.decode()
    assert Message.objects.filter(author__name="Bob").count() == 0
    assert send(as_bob, carol).status_code == 200


def test_second_reply_asks_first_when_the_customer_wrote_meanwhile(as_bob, carol, post, send):
    seen = Conversation.objects.get(pk=carol.pk).revision
    post("Carol Street 1", "It has come!")
    answer = send(as_bob, carol, seen=seen)
    assert answer.status_code == 409
    assert "wrote just now." in answer.content.decode()


def test_own_messages_and_receipts_do_not_count_as_somebody_faster(as_bob, carol, send):
    seen = Conversation.objects.get(pk=carol.pk).revision
    send(as_bob, carol, seen=seen)
    delivery.deliver(Delivery.objects.get().pk)
    assert send(as_bob, carol, "And one more", seen=seen).status_code == 200


def test_empty_reply_is_refused_with_a_sentence(as_bob, carol, send):
    answer = send(as_bob, carol, "  ")
    assert answer.status_code == 422
    assert "Write something first." in answer.content.decode()


def test_reply_by_an_address_that_is_not_the_customers_is_refused(as_bob, carol, dave, send, route):
    answer = send(as_bob, carol, route=route(dave).key)
    assert answer.status_code == 422
    assert not Message.objects.filter(kind=Message.Kind.OUTBOUND).exists()


def test_reply_by_an_unreachable_address_is_refused_with_its_reason(as_bob, carol, send):
    carol.customer.identities.update(unreachable_reason="The house was torn down.")
    answer = send(as_bob, carol)
    assert answer.status_code == 422
    assert "The house was torn down." in answer.content.decode()


def test_reply_longer_than_the_channel_carries_is_refused(as_bob, carol, send, monkeypatch):
    monkeypatch.setattr(Postcard, "capabilities", replace(Postcard.capabilities, max_text=5))
    answer = send(as_bob, carol, "123456789")
    assert answer.status_code == 422
    assert "too long for this channel by 4" in answer.content.decode()
    assert send(as_bob, carol, "12345").status_code == 200


def test_send_and_resolve_does_both(as_bob, carol, send):
    send(as_bob, carol, then="resolve")
    assert Conversation.objects.get(pk=carol.pk).status == Conversation.Status.RESOLVED


def test_send_and_wait_does_both(as_bob, carol, send):
    send(as_bob, carol, then="pending")
    assert Conversation.objects.get(pk=carol.pk).status == Conversation.Status.PENDING


def test_send_later_waits_until_then(as_bob, carol, send):
    at = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    answer = send(as_bob, carol, send_at=at.isoformat().replace("+00:00", ".000Z"), cancel_if_answered="1")
    assert answer.status_code == 200
    waiting = Delivery.objects.get()
    assert waiting.not_before == at
    assert waiting.cancel_if_answered


def test_send_later_refuses_a_time_that_has_passed(as_bob, carol, send):
    answer = send(as_bob, carol, send_at=(timezone.now() - timedelta(minutes=1)).isoformat())
    assert answer.status_code == 422
    assert not Delivery.objects.exists()


def test_copies_go_to_everybody_named(as_bob, carol, send):
    send(as_bob, carol, cc="Elm Street 9, Oak Street 3", bcc="Ash Street 7")
    roles = dict(Delivery.objects.values_list("address", "role"))
    assert roles == {"carol street 1": "to", "elm street 9": "cc", "oak street 3": "cc", "ash street 7": "bcc"}


def test_copy_to_what_is_no_address_is_refused(as_bob, carol, send):
    answer = send(as_bob, carol, cc="nowhere")
    assert answer.status_code == 422
    assert "nowhere" in answer.content.decode()


def test_channel_without_copies_sends_none(as_bob, carol, send, monkeypatch):
    monkeypatch.setattr(Postcard, "capabilities", replace(Postcard.capabilities, has_copies=False))
    send(as_bob, carol, cc="Elm Street 9")
    assert Delivery.objects.count() == 1


def test_reply_that_is_not_out_can_be_taken_back(as_bob, as_eve, carol, send):
    send(as_bob, carol, send_at=(timezone.now() + timedelta(hours=1)).isoformat())
    address = reverse("conversations:sending", args=[Message.objects.latest("pk").pk])
    assert as_eve.post(address).status_code == 404
    assert as_bob.post(address, headers=AS_SCRIPT).status_code == 200
    assert Delivery.objects.get().state == Delivery.State.CANCELLED
    assert as_bob.post(address, headers=AS_SCRIPT).status_code == 422


def test_note_is_shown_as_a_note_and_never_sent(as_bob, ada, carol):
    answer = note(as_bob, carol, f"@[Ada]({ada.pk}) please look")
    assert "m--note" in answer.content.decode()
    assert '<span class="mention">@Ada</span>' in answer.content.decode()
    assert Mention.objects.get().agent == ada
    assert not Delivery.objects.exists()


def test_note_ignores_what_only_a_reply_has(as_bob, carol, route):
    note(as_bob, carol, "among us", route=route(carol).key, text="to the customer", cc="x")
    assert [message.text for message in Message.objects.filter(author__name="Bob")] == ["among us"]
    assert not Delivery.objects.exists()


def test_reply_ignores_what_stands_in_the_note_pad(as_bob, carol, send):
    send(as_bob, carol, note="the customer must not read this")
    assert "must not" not in Message.objects.latest("pk").text


def test_empty_note_is_refused(as_bob, carol):
    assert note(as_bob, carol, "").status_code == 422


# ── Drafts ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def draft(client, conversation: Conversation, text: str, kind: str = "reply", version: int = 0, **fields):
    given = {"kind": kind, "text": text, "version": version, "fields_json": json.dumps(fields)}
    return client.post(reverse("conversations:draft", args=[conversation.pk]), given)


def test_draft_is_there_on_another_device(as_bob, carol):
    assert draft(as_bob, carol, "Dear Car", subject="Hello").json() == {"version": 1}
    html = as_bob.get(reverse("conversations:pane", args=[carol.pk])).content.decode()
    assert ">Dear Car</textarea>" in html
    assert 'value="Hello"' in html


def test_draft_of_a_note_stays_out_of_the_reply(as_bob, carol):
    draft(as_bob, carol, "between us", kind="note")
    html = as_bob.get(reverse("conversations:pane", args=[carol.pk])).content.decode()
    reply_pad = html[html.index('id="reply"') : html.index('id="pad-note"')]
    assert "between us" in html
    assert "between us" not in reply_pad


def test_older_draft_does_not_overwrite_a_newer_one(as_bob, carol):
    draft(as_bob, carol, "one")
    draft(as_bob, carol, "two", version=1)
    answer = draft(as_bob, carol, "stale", version=1)
    assert answer.status_code == 409
    assert answer.json()["text"] == "two"
    assert Draft.objects.get().text == "two"


def test_drafts_are_the_agents_own(as_bob, as_ada, as_eve, carol):
    draft(as_bob, carol, "Dear Car")
    assert "Dear Car" not in as_ada.get(reverse("conversations:pane", args=[carol.pk])).content.decode()
    assert draft(as_eve, carol, "x").status_code == 404


def test_sending_ends_the_draft(as_bob, carol, send):
    draft(as_bob, carol, "Dear Car")
    send(as_bob, carol)
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    "broken", [{"kind": "letter", "text": "x"}, {"kind": "reply", "text": "x", "fields_json": "{"}]
)
def test_broken_draft_is_refused(as_bob, carol, broken):
    assert as_bob.post(reverse("conversations:draft", args=[carol.pk]), broken).status_code == 422


def test_preview_shows_what_the_channel_makes_of_it(as_bob, carol, route, monkeypatch):
    monkeypatch.setattr(
        Postcard, "render", lambda self, text: (text.upper(), f"<p>{text.upper()}<script>x</script></p>")
    )
    given = {"text": "hello", "route": route(carol).key}
    html = as_bob.post(reverse("conversations:preview", args=[carol.pk]), given).content.decode()
    assert "<p>HELLO</p>" in html
    assert "<script>" not in html


def test_preview_shows_the_signature_of_a_letter(as_bob, bob, carol, route):
    bob.signature = "Bob, Support"
    bob.save()
    given = {"text": "hello", "route": route(carol).key}
    assert "Bob, Support" in as_bob.post(reverse("conversations:preview", args=[carol.pk]), given).content.decode()


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_uploaded_file_goes_out_with_the_reply(as_bob, carol, send, monkeypatch):
    monkeypatch.setattr(Postcard, "capabilities", replace(Postcard.capabilities, media=(MediaLimit("image/", 100),)))
    key = upload(as_bob).json()["key"]
    assert send(as_bob, carol, "", files=key).status_code == 200
    assert Attachment.objects.get().message == Message.objects.get(kind=Message.Kind.OUTBOUND)


def test_file_that_the_channel_does_not_carry_is_refused(as_bob, carol, send, monkeypatch):
    monkeypatch.setattr(Postcard, "capabilities", replace(Postcard.capabilities, media=(MediaLimit("image/", 2),)))
    big, wrong = upload(as_bob).json()["key"], upload(as_bob, "a.pdf", b"%PDF", "application/pdf").json()["key"]
    assert "too big" in send(as_bob, carol, files=big).content.decode()
    assert "does not carry" in send(as_bob, carol, files=wrong).content.decode()
    assert not Message.objects.filter(kind=Message.Kind.OUTBOUND).exists()


def test_upload_that_is_too_big_is_refused(as_bob, settings):
    settings.ATTACHMENT_MAX_BYTES = 3
    answer = upload(as_bob)
    assert answer.status_code == 422
    assert "too big" in answer.json()["reason"]
    assert not Attachment.objects.exists()


def test_another_agents_upload_cannot_be_sent(as_ada, as_bob, carol, send):
    key = upload(as_ada).json()["key"]
    assert send(as_bob, carol, files=key).status_code == 422
    assert Attachment.objects.get().message is None


def test_file_is_shown_only_to_those_who_see_its_message(as_bob, as_eve, as_ada, carol):
    key = upload(as_bob).json()["key"]
    address = reverse("conversations:attachment", args=[key])
    assert as_bob.get(address).status_code == 200
    assert as_ada.get(address).status_code == 404
    note(as_bob, carol, "look", files=key)
    assert as_ada.get(address).status_code == 200
    assert as_eve.get(address).status_code == 404


def test_download_runs_nothing_in_the_browser(as_bob):
    key = upload(as_bob, "attack.html", b"<script>alert(1)</script>", "text/html").json()["key"]
    address = reverse("conversations:attachment", args=[key])
    for answer in (as_bob.get(address), as_bob.get(address, {"show": ""})):
        assert answer.headers["Content-Disposition"] == 'attachment; filename="attack.html"'
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_pictures_are_shown_in_place(as_bob):
    key = upload(as_bob).json()["key"]
    answer = as_bob.get(reverse("conversations:attachment", args=[key]), {"show": ""})
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("inline")


def test_own_file_can_be_dropped_until_it_is_sent(as_bob, as_ada, carol):
    key = upload(as_bob).json()["key"]
    address = reverse("conversations:attachment", args=[key])
    assert as_ada.delete(address).status_code == 404
    assert as_bob.delete(address).status_code == 204
    assert not Attachment.objects.exists()
    sent = upload(as_bob).json()["key"]
    note(as_bob, carol, "look", files=sent)
    as_bob.delete(reverse("conversations:attachment", args=[sent]))
    assert Attachment.objects.count() == 1


# ── Letters ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def letter(post) -> Message:
    html = '<p>Hello</p><table><tr><td>1</td></tr></table><img data-src="https://tracker.example/p.png" alt="">'
    return post("Carol Street 1", "Hello", html=html, subject="Order")


def test_letter_is_a_document_of_its_own_that_runs_nothing(as_bob, letter):
    answer = as_bob.get(reverse("conversations:message_body", args=[letter.pk]))
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "https:" not in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert " src=" not in answer.content.decode()


def test_images_from_elsewhere_load_only_when_asked_for(as_bob, letter):
    pane = as_bob.get(reverse("conversations:pane", args=[letter.conversation_id])).content.decode()
    assert "data-reveal" in pane
    answer = as_bob.get(reverse("conversations:message_body", args=[letter.pk]), {"images": ""})
    assert 'src="https://tracker.example/p.png"' in answer.content.decode()
    assert "img-src 'self' data: https: http:" in answer.headers["Content-Security-Policy"]


def test_pictures_within_a_letter_come_from_its_files(as_bob, bob, letter):
    Message.objects.filter(pk=letter.pk).update(html='<p><img src="cid:logo@x"><img src="cid:none"></p>')
    file = Attachment.objects.create(message=letter, name="l.png", content_type="image/png", content_id="logo@x")
    html = as_bob.get(reverse("conversations:message_body", args=[letter.pk])).content.decode()
    assert f'src="/attachments/{file.key}/?show"' in html


def test_original_is_given_as_it_came(as_bob, letter):
    answer = as_bob.get(reverse("conversations:message_original", args=[letter.pk]))
    assert answer.content == bytes(letter.envelope.body)
    assert answer.headers["Content-Disposition"].startswith("attachment;")


def test_why_a_message_is_here_is_told(as_bob, letter):
    html = as_bob.get(reverse("conversations:message_menu", args=[letter.pk])).content.decode()
    assert "Nothing was open: a new conversation" in html


def test_message_is_moved_to_a_conversation_of_its_own(as_bob, as_eve, carol, post):
    second = post("Carol Street 1", "Another matter")
    address = reverse("conversations:message_move", args=[second.pk])
    assert as_eve.post(address, {"to": ""}).status_code == 404
    answer = as_bob.post(address, {"to": ""}, headers={"HX-Request": "true"})
    assert Message.objects.get(pk=second.pk).conversation_id != carol.pk
    operations = re.search(r'{"operations": "([\d,]+)"}', answer.content.decode())[1]
    as_bob.post(reverse("conversations:undo"), {"operations": operations})
    assert Message.objects.get(pk=second.pk).conversation_id == carol.pk


def test_message_cannot_be_moved_to_somebody_elses_conversation(as_bob, carol, dave, post):
    second = post("Carol Street 1", "Another matter")
    answer = as_bob.post(reverse("conversations:message_move", args=[second.pk]), {"to": dave.pk})
    assert answer.status_code == 422
    assert Message.objects.get(pk=second.pk).conversation_id == carol.pk


# ── What is offered while typing ─────────────────────────────────────────────────────────────────────────────────────
def test_saved_replies_come_with_their_variables_filled_in(as_bob, carol, support, sales):
    carol.customer.name = "Carol"
    carol.customer.save()
    SavedReply.objects.create(title="Late", shortcut="late", body="Dear {{ customer.name }}, {{agent.name}}")
    SavedReply.objects.create(title="Order", shortcut="order", body="Order {{ order.number }}", team=support)
    SavedReply.objects.create(title="Hidden", shortcut="hidden", body="x", team=sales)
    items = as_bob.get(reverse("conversations:saved_replies", args=[carol.pk])).json()["items"]
    shown = {item["shortcut"]: (item["text"], item["is_incomplete"]) for item in items}
    assert shown == {"late": ("Dear Carol, Bob", False), "order": ("Order {{ order.number }}", True)}


def test_colleagues_are_offered_but_not_oneself(as_bob, ada, bob):
    items = as_bob.get(reverse("conversations:colleagues")).json()["items"]
    assert [item["title"] for item in items] == ["Ada"]


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("가나🙂", TextUnit.CODE_POINTS, 3),
        ("가나🙂", TextUnit.UTF16, 4),
        ("가나🙂", TextUnit.BYTES, 10),
        ("a" * 160, TextUnit.GSM_SEGMENTS, 1),
        ("a" * 161, TextUnit.GSM_SEGMENTS, 2),
        ("€" * 80, TextUnit.GSM_SEGMENTS, 1),
        ("€" * 81, TextUnit.GSM_SEGMENTS, 2),
        ("가" * 70, TextUnit.GSM_SEGMENTS, 1),
        ("가" * 71, TextUnit.GSM_SEGMENTS, 2),
        ("", TextUnit.GSM_SEGMENTS, 0),
    ],
)
def test_lengths_are_counted_in_the_providers_unit(text, unit, expected):
    assert limits.length(text, unit) == expected


# ── A conversation that the agent opens ──────────────────────────────────────────────────────────────────────────────
def start(client, channel: Channel, **fields):
    given = {"channel": channel.pk, "address": "Fern Street 4", "subject": "Your order", "text": "Hello", **fields}
    return client.post(reverse("conversations:new"), given)


def test_agent_writes_to_a_new_address(as_bob, bob, channel, support):
    answer = start(as_bob, channel)
    conversation = Conversation.objects.get()
    assert answer.headers["Location"] == f"/conversations/{conversation.pk}/"
    assert (conversation.assignee, conversation.team, conversation.subject) == (bob, support, "Your order")
    assert Delivery.objects.get().address == "fern street 4"


def test_agent_writes_to_a_known_customer(as_bob, carol, channel):
    start(as_bob, channel, address="Carol Street 1")
    assert Conversation.objects.filter(customer=carol.customer).count() == 2
    form = as_bob.get(reverse("conversations:new"), {"customer": carol.customer_id}).content.decode()
    assert 'value="Carol Street 1"' in form or 'value="carol street 1"' in form


def test_new_conversation_to_what_is_no_address_is_refused(as_bob, channel):
    answer = start(as_bob, channel, address="nowhere")
    assert answer.status_code == 422
    assert "“nowhere” is not an address." in answer.content.decode()


def test_new_conversation_needs_a_text(as_bob, channel):
    answer = start(as_bob, channel, text="")
    assert answer.status_code == 422
    assert not Conversation.objects.exists()


def test_new_conversation_only_on_channels_that_can_begin_one(as_bob, channel, monkeypatch):
    monkeypatch.setattr(Postcard, "capabilities", replace(Postcard.capabilities, can_start=False))
    assert start(as_bob, channel).status_code == 422
    assert not Conversation.objects.exists()
