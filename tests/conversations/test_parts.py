"""What a message carries beside words is drawn, and costs no query of its own."""

import pytest
from django.urls import reverse
from django.utils import timezone

from conversations.models import Attachment, Message, Reaction
from conversations.stream import parts, thread

pytestmark = pytest.mark.django_db


def drawn(client, conversation) -> str:
    return client.get(reverse("conversations:pane", args=[conversation.pk])).content.decode()


def with_details(conversation, **details) -> Message:
    message = conversation.messages.get()
    message.details = details
    message.save(update_fields=["details"])
    return message


def test_place_links_to_a_map_and_shows_its_address(as_bob, carol):
    place = {"latitude": 37.5665, "longitude": 126.978, "name": "City Hall", "address": "110 Sejong-daero", "url": ""}
    with_details(carol, location=place)
    page = drawn(as_bob, carol)
    assert "https://www.openstreetmap.org/?mlat=37.566500&amp;mlon=126.978000" in page
    assert "City Hall" in page
    assert "110 Sejong-daero" in page


@pytest.mark.parametrize("given", [None, "here", {"latitude": 1}, {"lat": 1, "lon": 2}])
def test_what_is_no_place_is_left_out(carol, given):
    assert parts.location(with_details(carol, location=given)) is None


def test_cards_show_names_and_numbers_as_text(as_bob, carol):
    with_details(carol, cards=[{"name": "<b>Kim</b>", "phones": ["+82 10 1234 5678"], "emails": ["kim@example.com"]}])
    page = drawn(as_bob, carol)
    assert "&lt;b&gt;Kim&lt;/b&gt;" in page
    assert "+82 10 1234 5678" in page
    assert "kim@example.com" in page


def test_choice_without_words_shows_its_title(as_bob, carol):
    message = with_details(carol, choice={"id": "r1", "title": "Refund"})
    message.text = ""
    message.save(update_fields=["text"])
    assert "Refund" in drawn(as_bob, carol)


def test_reactions_are_counted_and_ours_are_marked(as_bob, carol, bob):
    message = carol.messages.get()
    Reaction.objects.create(message=message, identity=message.identity, emoji="👍")
    Reaction.objects.create(message=message, agent=bob, emoji="👍")
    assert [(one.emoji, one.count, one.is_ours) for one in parts.reactions(message)] == [("👍", 2, True)]
    assert "from us" in drawn(as_bob, carol)


def test_reactions_cost_no_query(carol, bob, django_assert_num_queries, post):
    for _ in range(3):
        Reaction.objects.create(message=post("Carol Street 1", "x"), agent=bob, emoji="👍")
    stream = thread.stretch(carol)
    with django_assert_num_queries(0):
        given = [parts.reactions(line.message) for line in stream.lines if line.kind == "message"]
    assert [len(one) for one in given] == [0, 1, 1, 1]


def test_answered_message_is_named_above_the_answer(as_bob, carol, post):
    first = carol.messages.get()
    answer = post("Carol Street 1", "about that")
    answer.in_reply_to = first
    answer.save(update_fields=["in_reply_to"])
    assert f'class="quoted" href="#m-{first.pk}"' in drawn(as_bob, carol)


def test_message_that_was_taken_back_shows_no_words(as_bob, carol):
    carol.messages.update(text="secret words", deleted_at=timezone.now())
    carol.refresh_from_db()
    page = drawn(as_bob, carol)
    assert "The customer took this message back." in page
    assert "secret words" not in page


def test_edited_and_public_messages_say_so(as_bob, carol):
    carol.messages.update(edited_at=timezone.now(), is_public=True)
    page = drawn(as_bob, carol)
    assert ">edited</span>" in page
    assert "chip--warn" in page


def test_sticker_is_drawn_without_a_frame_and_a_lost_file_says_why(as_bob, carol):
    message = carol.messages.get()
    message.attachments.create(name="s.webp", content_type="image/webp", role=Attachment.Role.STICKER, file="a/b")
    message.attachments.create(name="x.jpg", content_type="image/jpeg", fetch_error="The provider no longer has it.")
    page = drawn(as_bob, carol)
    assert 'class="sticker"' in page
    assert "The provider no longer has it." in page
