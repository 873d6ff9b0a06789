"""What the composer can add to an answer: approved texts, quick replies, a quote, links to files, privacy."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from channels_app.contract import MediaLimit, Outside
from channels_app.models import Template
from conversations.actions import delivery
from conversations.models import Attachment, Message, Reaction
from conversations.reach import routes_of
from tests.postcard import Postcard

pytestmark = pytest.mark.django_db


@pytest.fixture
def able(monkeypatch):
    """Let the tests' provider do what is asked for."""

    def able(**can):
        monkeypatch.setattr(Postcard, "capabilities", replace(Postcard.capabilities, **can))

    return able


@pytest.fixture
def send(as_bob, carol):
    def send(text="Hello", **more):
        data = {"text": text, "route": routes_of(carol)[0].key, **more}
        return as_bob.post(reverse("conversations:replies", args=[carol.pk]), data, headers={"HX-Request": "true"})

    return send


@pytest.fixture
def shipped(channel):
    return Template.objects.create(
        channel=channel, name="shipped", language="en", body="Hello {{1}}, it left on {{2}}.", parameters=["1", "2"]
    )


def posted():
    message = Message.objects.get(kind="outbound")
    delivery.deliver(message.deliveries.get().pk)
    return Postcard.posted[-1]


def test_approved_text_is_offered_with_its_blanks(as_bob, carol, able, shipped):
    able(has_templates=True, outside_window=Outside.TEMPLATE)
    address = reverse("conversations:approved", args=[carol.pk])
    page = as_bob.get(address, {"by": routes_of(carol)[0].key}).content.decode()
    assert 'name="blank-1"' in page
    assert "Hello {{1}}, it left on {{2}}." in page
    part = as_bob.get(address, {"by": routes_of(carol)[0].key, "text": "", "blank-1": "Carol"}).content.decode()
    assert "Hello Carol, it left on {{2}}." in part


def test_way_without_approved_texts_offers_none(as_bob, carol, able, shipped):
    assert as_bob.get(reverse("conversations:approved", args=[carol.pk]), {"by": "1:1"}).status_code == 204


def test_way_of_approved_texts_is_taken_where_no_other_is_open(as_bob, carol, able):
    able(has_templates=True, outside_window=Outside.TEMPLATE, reply_window=timedelta(hours=1))
    page = as_bob.get(f"/conversations/{carol.pk}/").content.decode()
    assert f'name="route" value="{routes_of(carol)[0].key}"' in page
    assert "data-approved-only" in page


def test_page_of_a_customer_without_an_address_has_a_list_for_its_script(as_bob, carol):
    carol.customer.identities.update(kind="phone", value="+821012345678")
    page = as_bob.get(f"/conversations/{carol.pk}/").content.decode()
    assert 'data-known="[]"' in page


def test_approved_text_goes_out_with_its_values(send, able, shipped):
    able(has_templates=True, outside_window=Outside.TEMPLATE)
    send("", template=shipped.pk, **{"blank-1": "Carol", "blank-2": "Friday"})
    sent = posted()
    assert sent.text == "Hello Carol, it left on Friday."
    assert (sent.template.template.name, dict(sent.template.values)) == ("shipped", {"1": "Carol", "2": "Friday"})


def test_blank_that_stays_empty_is_refused(send, able, shipped):
    able(has_templates=True, outside_window=Outside.TEMPLATE)
    answer = send("", template=shipped.pk, **{"blank-1": "Carol", "blank-2": " "})
    assert answer.status_code == 422
    assert "Fill in every blank of the text." in answer.content.decode()


def test_text_that_is_no_longer_approved_is_refused(send, able, shipped):
    able(has_templates=True, outside_window=Outside.TEMPLATE)
    Template.objects.update(is_approved=False)
    answer = send("", template=shipped.pk, **{"blank-1": "Carol", "blank-2": "Friday"})
    assert "This text cannot be sent any more." in answer.content.decode()
    assert not Message.objects.filter(kind="outbound").exists()


def test_quick_replies_travel_with_the_answer(send, able):
    able(quick_replies=3)
    send(quick_replies="Yes\nNo\nYes\n")
    assert [one.title for one in posted().quick_replies] == ["Yes", "No"]


@pytest.mark.parametrize("given", ["a\nb\nc\nd", "x" * 21])
def test_quick_replies_beyond_the_channels_limits_are_refused(send, able, given):
    able(quick_replies=3)
    assert send(quick_replies=given).status_code == 422


def test_answer_quotes_one_message(send, carol, post):
    first = carol.messages.get()
    post("Carol Street 1", "And another thing")
    send(in_reply_to=first.pk)
    assert posted().quoted_id == first.external_id


def test_message_of_another_customer_cannot_be_quoted(send, dave):
    send(in_reply_to=dave.messages.get().pk)
    assert Message.objects.get(kind="outbound").in_reply_to is None


def test_file_the_channel_does_not_carry_goes_as_a_link_for_weeks(send, able, bob, client):
    able(media=(MediaLimit("image/", 1000),))
    file = Attachment(name="plan.pdf", content_type="application/pdf", size=4, uploaded_by=bob)
    file.file.save("plan.pdf", ContentFile(b"%PDF"), save=True)
    assert send(files=file.key.hex).status_code == 422
    send(files=file.key.hex, linked=file.key.hex)
    sent = posted()
    assert not sent.files
    words, _sep, address = sent.text.partition("plan.pdf: ")
    assert words == "Hello\n"
    answer = client.get(address.partition("localhost:8000")[2] or address)
    assert (answer.status_code, b"".join(answer)) == (200, b"%PDF")


def test_text_longer_than_one_message_is_taken_where_it_can_be_split(send, able):
    able(max_text=20, most_parts=3)
    assert send("one two three four five six seven").status_code == 200
    answer = send("one two three four " * 5)
    assert answer.status_code == 422


def test_reaction_is_put_and_taken_back(as_bob, as_eve, able, carol):
    able(reactions=("👍",))
    message = carol.messages.get()
    address = reverse("conversations:reaction", args=[message.pk])
    assert as_eve.post(address, {"emoji": "👍"}).status_code == 404
    assert as_bob.post(address, {"emoji": "👍"}).status_code == 204
    assert Reaction.objects.get(message=message, agent__isnull=False).emoji == "👍"
    assert as_bob.post(address, {"emoji": "💩"}).status_code == 422
    as_bob.post(address, {"emoji": ""})
    assert not Reaction.objects.filter(message=message, agent__isnull=False).exists()


def test_menu_of_a_message_offers_what_its_channel_can(as_bob, able, carol):
    address = reverse("conversations:message_menu", args=[carol.messages.get().pk])
    plain = as_bob.get(address).content.decode()
    assert "data-quote=" not in plain
    assert "reacts--pick" not in plain
    able(reactions=None, quotes=True)
    full = as_bob.get(address).content.decode()
    assert "data-quote=" in full
    assert "🙏" in full
