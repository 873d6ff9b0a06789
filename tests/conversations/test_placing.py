from datetime import timedelta

import pytest
from django.utils import timezone

from conversations.actions import moving, replies, state
from conversations.actions.delivery import deliver
from conversations.models import Conversation, Delivery, Event
from conversations.tokens import reply_token

pytestmark = pytest.mark.django_db


def test_next_message_joins_the_open_conversation_on_whatever_channel(post, carol, channel):
    message = post("Carol Street 1", "Still nothing")
    assert (message.conversation, message.placement) == (carol, "open")


def test_reply_token_leads_home_even_after_the_conversation_was_closed_long_ago(post, carol, ada):
    state.resolve(carol, by=ada)
    Conversation.objects.update(resolved_at=timezone.now() - timedelta(days=400))
    message = post("Carols Sister 5", "Answering for her", reply_token=reply_token(carol.pk).upper())
    assert (message.conversation, message.placement) == (carol, "reply_token")


@pytest.mark.parametrize("token", ["1-aaaaaaaaaaaaaaaa", "", "-", "zz", "1", "é-x", "-abcdefghijklmnop"])
def test_forged_reply_token_is_ignored(post, carol, token):
    message = post("Mallory 6", "Let me in", reply_token=token)
    assert message.conversation != carol


def test_reference_to_our_reply_counts_for_one_who_takes_part(
    post, carol, ada, route, django_capture_on_commit_callbacks
):
    replies.reply(carol, by=ada, text="On its way", route=route(carol))
    deliver(Delivery.objects.get().pk)
    external_id = Delivery.objects.get().external_id
    state.resolve(carol, by=ada)
    Conversation.objects.update(resolved_at=timezone.now() - timedelta(days=100))
    message = post("Carol Street 1", "Thanks", references=["unknown", external_id])
    assert (message.conversation, message.placement) == (carol, "reference")
    assert message.evidence == {"reference": external_id}


def test_reference_in_the_hands_of_a_stranger_does_not_count(post, carol):
    message = post("Mallory 6", "I know your ids", references=["card-1"])
    assert message.conversation != carol


def test_blank_reference_matches_nothing(post, carol, channel):
    assert post("Mallory 6", "x", references=["", ""]).conversation != carol


def test_copied_recipient_may_answer_by_reference(post, carol, ada, route):
    replies.reply(carol, by=ada, text="Hello both", route=route(carol), cc=["carols sister 5"])
    for delivery in Delivery.objects.all():
        deliver(delivery.pk)
    copy = Delivery.objects.get(role="cc")
    message = post("Carols Sister 5", "I got it", references=[copy.external_id])
    assert message.conversation == carol


def test_provider_thread_is_followed(post, carol, ada):
    first = post("Dave Road 2", "About boats", thread_id="T1", starts_anew=True)
    post("Dave Road 2", "About cars", thread_id="T2", starts_anew=True)
    assert post("Dave Road 2", "Boats again", thread_id="T1").conversation == first.conversation


def test_quoted_message_is_followed(post):
    boats = post("Dave Road 2", "About boats", starts_anew=True)
    post("Dave Road 2", "About cars", starts_anew=True)
    message = post("Dave Road 2", "That one", quoted_id=boats.external_id)
    assert (message.conversation, message.placement) == (boats.conversation, "quoted")


def test_new_subject_without_reference_starts_anew_and_suggests_the_open_one(post, carol):
    message = post("Carol Street 1", "Another thing", subject="Invoice", starts_anew=True)
    assert (message.placement, message.conversation == carol) == ("new_subject", False)
    assert Event.objects.get(kind="suggested").data["other"] == carol.pk


def test_recently_resolved_conversation_is_reopened(post, carol, ada):
    state.resolve(carol, by=ada)
    message = post("Carol Street 1", "It broke again")
    carol.refresh_from_db()
    assert (message.conversation, message.placement, carol.status) == (carol, "reopened", "open")
    assert Event.objects.filter(kind="reopened", conversation=carol).exists()


def test_after_the_reopen_window_a_new_conversation_starts(post, carol, ada):
    state.resolve(carol, by=ada)
    Conversation.objects.update(resolved_at=timezone.now() - timedelta(days=8))
    message = post("Carol Street 1", "Something else")
    assert (message.conversation == carol, message.placement) == (False, "new")


def test_snoozed_conversation_wakes_when_the_customer_writes(post, carol, ada):
    state.snooze(carol, until=timezone.now() + timedelta(days=3), by=ada)
    post("Carol Street 1", "Hello?")
    carol.refresh_from_db()
    assert (carol.status, carol.snoozed_until) == ("open", None)


def test_token_of_a_merged_conversation_leads_to_where_its_messages_went(post, carol, ada):
    other = post("Carol Street 1", "Another thing", starts_anew=True).conversation
    moving.merge(carol, into=other, by=ada)
    message = post("Carol Street 1", "Yes", reply_token=reply_token(carol.pk))
    assert message.conversation == other


def test_two_customers_never_share_a_conversation_by_chance(carol, dave):
    assert carol != dave
    assert carol.customer != dave.customer


def test_first_mail_with_a_subject_goes_on_from_an_open_chat(post, carol, support):
    from channels_app.models import Channel

    letters = Channel.objects.create(kind="postcard", name="Letters", secrets={"stamp": "red"})
    first = post("Carol Street 1", "As I said", subject="My parcel", starts_anew=True, to=letters)
    assert (first.conversation, first.placement) == (carol, "open")
    again = post("Carol Street 1", "And an invoice", subject="Invoice", starts_anew=True, to=letters)
    assert (again.conversation == carol, again.placement) == (False, "new_subject")


def test_the_same_subject_again_is_the_same_conversation(post):
    first = post("Dave Road 2", "About boats", subject="Boats", starts_anew=True)
    again = post("Dave Road 2", "Nobody answers", subject="Re: boats ", starts_anew=True)
    assert again.conversation == first.conversation


def test_resolved_conversation_is_not_suggested_for_a_new_subject(post, carol, ada):
    state.resolve(carol, by=ada)
    message = post("Carol Street 1", "Another thing", subject="Invoice", starts_anew=True)
    assert message.conversation != carol
    assert not Event.objects.filter(kind="suggested").exists()
