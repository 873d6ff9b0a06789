"""Edits, deletions and reactions: what they leave behind, in whatever order they come."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from agents.models import User
from channels_app.models import Channel
from conversations import tasks
from conversations.actions import delivery, reacting, replies
from conversations.models import Attachment, Conversation, Message, Orphan, Reaction
from conversations.refusal import Refused
from conversations.search import search
from customers import consent
from tests.postcard import Postcard

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(minutes: int) -> str:
    return (NOON + timedelta(minutes=minutes)).isoformat()


def card(**more) -> dict:
    return {"id": "c1", "from": "Carol", "text": "Where is my percel", "sent_at": at(0), **more}


EDIT = {"is": "edit", "id": "c1", "text": "Where is my parcel", "at": at(1)}
LATER_EDIT = {"is": "edit", "id": "c1", "text": "It has come", "at": at(2)}
DELETION = {"is": "deletion", "id": "c1", "at": at(5)}
HEART = {"is": "reaction", "on": "c1", "from": "Dave", "emoji": "❤", "at": at(3)}
NO_HEART = {"is": "reaction", "on": "c1", "from": "Dave", "is_removed": True, "at": at(4)}


def test_edit_replaces_the_words_keeps_the_earlier_ones_and_is_found(tell, ada):
    tell(card())
    before = Message.objects.get().revision
    tell(EDIT)
    message = Message.objects.get()
    assert (message.text, message.edited_at) == ("Where is my parcel", NOON + timedelta(minutes=1))
    assert [one["text"] for one in message.details["earlier"]] == ["Where is my percel"]
    assert message.revision > before
    assert Conversation.objects.get().preview == "Where is my parcel"
    assert search(ada, "parcel").hits
    assert not search(ada, "percel").hits


def test_same_edit_twice_is_one(tell):
    tell(card())
    tell(EDIT)
    tell(EDIT)
    assert len(Message.objects.get().details["earlier"]) == 1


def test_edit_of_an_older_message_leaves_the_list_row_alone(tell):
    tell(card())
    tell({"id": "c2", "from": "Carol", "text": "Hello?", "sent_at": at(4)})
    tell(EDIT)
    assert Conversation.objects.get().preview == "Hello?"


def test_deletion_takes_words_files_and_search_but_leaves_that_it_was_there(tell, ada):
    tell(
        card(
            files=[{"name": "a.png", "content_type": "image/png", "content": "\x89PNG\r\n\x1a\n"}],
            location={"latitude": 1, "longitude": 2},
        )
    )
    stored = Attachment.objects.get().file
    assert stored.storage.exists(stored.name)
    tell(EDIT)
    tell(DELETION)
    message = Message.objects.get()
    assert (message.text, message.details, message.envelope) == ("", {}, None)
    assert message.deleted_at == NOON + timedelta(minutes=5)
    assert not Attachment.objects.exists()
    assert not search(ada, "parcel").hits
    row = Conversation.objects.get()
    assert (row.preview, row.preview_of, row.subject) == ("", "deleted", "")


@pytest.mark.django_db(transaction=True)
def test_deleted_files_leave_the_storage(tell):
    tell(card(files=[{"name": "a.png", "content_type": "image/png", "content": "\x89PNG\r\n\x1a\n"}]))
    stored = Attachment.objects.get().file
    tell(DELETION)
    assert not stored.storage.exists(stored.name)


def test_deleted_message_that_comes_again_stays_deleted(tell):
    tell(card(subject="Parcel"))
    tell(DELETION)
    tell(card(subject="Parcel"))
    assert Message.objects.get().text == ""


def test_edit_keeps_the_subject_of_a_conversation_findable(tell, ada):
    tell(card(subject="Porcelain"))
    tell(EDIT)
    assert search(ada, "porcelain").conversations


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_any_order_gives_the_same_wordings(tell, order):
    news = [card(), EDIT, LATER_EDIT, HEART]
    for number in order:
        tell(news[number])
    message = Message.objects.get()
    assert message.text == "It has come"
    assert [one["text"] for one in message.details["earlier"]] == ["Where is my percel", "Where is my parcel"]
    assert list(Reaction.objects.values_list("emoji", flat=True)) == ["❤"]
    assert not Orphan.objects.exists()


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_any_order_gives_the_same_end(tell, order):
    news = [card(), EDIT, NO_HEART, HEART]
    for number in order:
        tell(news[number])
    assert list(Reaction.objects.values_list("emoji", flat=True)) == [""]
    tell(DELETION)
    tell(EDIT)
    tell(HEART)
    assert Message.objects.get().text == ""
    assert not Reaction.objects.exists()


def test_news_stored_at_the_same_moment_as_its_message_is_joined_by_the_sweep(tell, channel):
    tell(card())
    edit = {"is": "edit", "external_id": "c1", "text": "Hi", "html": "", "at": at(1)}
    Orphan.objects.create(channel=channel, external_id="c1", update_data=edit)
    Orphan.objects.create(channel=channel, external_id="unknown", update_data={})
    tasks.join_missed_orphans()
    assert Message.objects.get().text == "Hi"
    assert [one.external_id for one in Orphan.objects.all()] == ["unknown"]


def test_news_of_nobody_is_forgotten_after_days(tell):
    tell(EDIT)
    tasks.drop_old_orphans()
    assert Orphan.objects.exists()
    Orphan.objects.update(created_at=timezone.now() - timedelta(days=3))
    tasks.drop_old_orphans()
    assert not Orphan.objects.exists()


# ── Reactions ──────────────────────────────────────────────────────────────────────────────────────────────────────
def answered(conversation: Conversation, by: User, route) -> Message:
    message = replies.reply(conversation, by=by, text="On its way", route=route(conversation))
    delivery.deliver(message.deliveries.get().pk)
    return message


def test_reaction_to_our_message_shows_there_and_nobody_waits_for_an_answer(carol, ada, route, tell):
    message = answered(carol, ada, route)
    before = Conversation.objects.get()
    tell({"is": "reaction", "on": message.deliveries.get().external_id, "from": "Carol Street 1", "emoji": "👍"})
    reaction, after = Reaction.objects.get(), Conversation.objects.get()
    assert (reaction.message, reaction.emoji, reaction.identity.value) == (message, "👍", "carol street 1")
    assert after.revision > before.revision
    assert (after.waiting_since, after.last_inbound_revision) == (None, before.last_inbound_revision)
    assert Message.objects.get(pk=message.pk).revision == after.revision


def test_another_emoji_of_the_same_customer_replaces_the_first(tell):
    tell(card(), HEART, {**HEART, "emoji": "👍", "at": at(4)})
    assert [one.emoji for one in Reaction.objects.all()] == ["👍"]


@pytest.fixture
def flown(post, pigeons) -> Message:
    """Carol's slip, to which one can react."""
    return post("Carol", "Coo", to=pigeons)


def test_agent_reacts_once_for_the_desk_and_the_provider_is_told(flown, ada, bob):
    reacting.react(flown, emoji="👍", by=ada)
    reacting.react(flown, emoji="❤", by=bob)
    assert [(one.emoji, one.agent) for one in Reaction.objects.all()] == [("❤", bob)]
    tasks.send_reaction(flown.pk)
    reacting.react(flown, emoji="", by=ada)
    tasks.send_reaction(flown.pk)
    assert Postcard.asked == [("react", "carol", flown.external_id, "❤"), ("react", "carol", flown.external_id, "")]


def test_reaction_that_the_provider_refuses_goes_from_the_thread(flown, ada):
    from channels_app.contract import PermanentFailure

    reacting.react(flown, emoji="👍", by=ada)
    Postcard.troubles.append(PermanentFailure("too old"))
    tasks.send_reaction(flown.pk)
    assert not Reaction.objects.exists()


@pytest.mark.parametrize(
    ("column", "value", "code"), [("is_enabled", False, "off"), ("state", "paused", "paused"), ("", "", "consent")]
)
def test_no_emoji_goes_where_nothing_may_go(flown, ada, column, value, code):
    reacting.react(flown, emoji="👍", by=ada)
    if column:
        Channel.objects.filter(pk=flown.channel_id).update(**{column: value})
    else:
        said = {"purpose": "service", "is_granted": False, "source": "agent", "words": ""}
        consent.note(flown.identity, account=flown.channel.account, at=timezone.now(), **said)
    flown = Message.objects.get(pk=flown.pk)
    with pytest.raises(Refused) as refused:
        reacting.react(flown, emoji="❤", by=ada)
    assert refused.value.code == code
    assert Reaction.objects.get().emoji == "👍"
    reacting.react(flown, emoji="", by=ada)


def test_one_cannot_react_where_the_channel_does_not_carry_it(carol, ada):
    with pytest.raises(Refused, match="reaction"):
        reacting.react(carol.messages.get(), emoji="👍", by=ada)
