import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from channels_app.contract import OutboundMessage, QuickReply
from channels_app.models import Channel
from conversations.actions import delivery, drafts, replies, state
from conversations.models import Delivery, Draft, Event, Follow, Mention, Message
from conversations.reach import routes
from conversations.refusal import Refused
from tests.postcard import Postcard

pytestmark = pytest.mark.django_db


def test_reply_answers_the_customer_and_stops_the_clock(carol, ada, route):
    assert carol.waiting_since
    message = replies.reply(carol, by=ada, text="On its way", route=route(carol))
    carol.refresh_from_db()
    assert (carol.waiting_since, carol.due_at, carol.preview) == (None, None, "On its way")
    assert carol.first_replied_at
    assert Event.objects.get(kind="replied").message == message


def test_reply_asked_for_twice_is_one(carol, ada, route):
    client_id = uuid.uuid4()
    first, second = (replies.reply(carol, by=ada, text="Hi", route=route(carol), client_id=client_id) for _ in range(2))
    assert first == second
    assert Delivery.objects.count() == 1


def test_each_recipient_gets_a_delivery_and_none_gets_two(carol, ada, route):
    replies.reply(carol, by=ada, text="Hi", route=route(carol), cc=["sister", "carol street 1"], bcc=["boss", "sister"])
    assert sorted(Delivery.objects.values_list("address", "role")) == [
        ("boss", "bcc"),
        ("carol street 1", "to"),
        ("sister", "cc"),
    ]


def test_reply_to_what_the_agent_has_not_seen_asks_first(carol, ada, route, post):
    seen = carol.revision
    post("Carol Street 1", "Never mind, it came")
    with pytest.raises(Refused) as refused:
        replies.reply(carol, by=ada, text="We are looking", route=route(carol), seen=seen)
    assert refused.value.code == "stale"
    assert not Message.objects.filter(kind="outbound").exists()
    carol.refresh_from_db()
    replies.reply(carol, by=ada, text="Glad to hear", route=route(carol), seen=carol.revision)


def test_what_is_not_a_message_does_not_make_a_reply_stale(carol, ada, route):
    seen = carol.revision
    state.set_priority(carol, priority=4, by=ada)
    replies.reply(carol, by=ada, text="Hi", route=route(carol), seen=seen)


def test_empty_reply_is_refused(carol, ada, route):
    with pytest.raises(Refused):
        replies.reply(carol, by=ada, text="  \n", route=route(carol))


def test_reply_by_a_closed_way_is_refused_with_the_reason(carol, ada, route):
    Channel.objects.update(is_enabled=False)
    with pytest.raises(Refused, match="route"):
        replies.reply(carol, by=ada, text="Hi", route=route(carol))


def test_channel_that_cannot_take_back_waits_for_an_undo(post, ada, settings):
    office = Channel.objects.create(kind="counter", name="Office")
    conversation = post("Dave Road 2", "Hello", to=office).conversation
    chosen = next(one for one in routes(conversation.customer) if one.channel == office)
    replies.reply(conversation, by=ada, text="Hi", route=chosen)
    wait = Delivery.objects.get().not_before - timezone.now()
    assert timedelta(seconds=settings.UNDO_SECONDS - 2) < wait <= timedelta(seconds=settings.UNDO_SECONDS)


def test_note_reaches_nobody_outside_and_keeps_the_clock_running(carol, ada):
    replies.note(carol, by=ada, text="He sounds upset")
    carol.refresh_from_db()
    assert carol.waiting_since
    assert not Delivery.objects.exists()


def test_agents_named_in_a_note_are_told_and_follow(carol, ada, bob, eve):
    note = replies.note(carol, by=ada, text=f"@[Bob]({bob.pk}) please look, @[Nobody](999999)")
    assert list(Mention.objects.values_list("message", "agent")) == [(note.pk, bob.pk)]
    assert list(Follow.objects.values_list("agent", flat=True)) == [bob.pk]


def test_sending_clears_the_draft_of_that_kind_only(carol, ada, route):
    drafts.save_draft(carol, agent=ada, kind="reply", text="On its")
    drafts.save_draft(carol, agent=ada, kind="note", text="Between us")
    replies.reply(carol, by=ada, text="On its way", route=route(carol))
    assert list(Draft.objects.values_list("kind", flat=True)) == ["note"]


def test_older_save_does_not_overwrite_a_newer_draft(carol, ada):
    drafts.save_draft(carol, agent=ada, kind="reply", text="one")
    drafts.save_draft(carol, agent=ada, kind="reply", text="one two", version=1)
    drafts.save_draft(carol, agent=ada, kind="reply", text="one", version=1)
    assert Draft.objects.get().text == "one two"


def test_blank_draft_is_removed(carol, ada):
    drafts.save_draft(carol, agent=ada, kind="reply", text="one")
    drafts.save_draft(carol, agent=ada, kind="reply", text=" ")
    assert not Draft.objects.exists()


# ── What goes along ────────────────────────────────────────────────────────────────────────────────────────────────
def posted(message: Message) -> OutboundMessage:
    delivery.deliver(message.deliveries.get().pk)
    return Postcard.posted[-1]


def test_quoted_message_is_named_by_the_id_it_has_there(carol, ada, route, post):
    asked = carol.messages.get()
    first = replies.reply(carol, by=ada, text="Which one?", route=route(carol), in_reply_to=asked)
    assert (posted(first).quoted_id, first.in_reply_to) == ("card-1", asked)
    second = replies.reply(carol, by=ada, text="I mean this", route=route(carol), in_reply_to=first)
    assert posted(second).quoted_id == first.deliveries.get().external_id


def test_what_was_said_on_another_channel_is_not_quoted(carol, ada, route, post, pigeons):
    slip = post("Dave", "Coo", to=pigeons)
    message = replies.reply(carol, by=ada, text="See there", route=route(carol), in_reply_to=slip)
    assert posted(message).quoted_id == ""


def test_quick_replies_reach_the_provider(carol, ada, route):
    offered = [QuickReply("y", "Yes"), QuickReply("n", "No")]
    message = replies.reply(carol, by=ada, text="Is it the red one?", route=route(carol), quick_replies=offered)
    assert list(posted(message).quick_replies) == offered


def test_answer_goes_into_the_thread_in_which_the_customer_wrote(carol, ada, route, post):
    post("Carol Street 1", "Here", thread_id="t-1")
    post("Carol Street 1", "And here", thread_id="t-2")
    assert posted(replies.reply(carol, by=ada, text="Yes", route=route(carol))).thread_id == "t-2"


def test_author_of_an_automatic_message_is_not_the_one_who_answered(carol, route):
    replies.reply(carol, by=None, text="Thank you", route=route(carol), is_automatic=True)
    carol.refresh_from_db()
    assert carol.waiting_since
