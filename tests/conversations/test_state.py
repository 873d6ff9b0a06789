from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from conversations.actions import moving, state, undoing
from conversations.models import Conversation, Event, Follow, Operation, ReadMark
from conversations.refusal import Refused

pytestmark = pytest.mark.django_db
WITHIN = timedelta(seconds=10)


def test_resolving_is_recorded_and_stops_the_clock(carol, ada):
    state.resolve(carol, by=ada)
    carol.refresh_from_db()
    assert (carol.status, carol.waiting_since) == ("resolved", None)
    assert Event.objects.get(kind="resolved").actor == ada


def test_every_change_raises_the_revision(carol, ada, sales):
    revisions = [carol.revision]
    for change in (
        lambda: state.assign(carol, to=ada, by=ada),
        lambda: state.set_team(carol, team=sales, by=ada),
        lambda: state.set_priority(carol, priority=3, by=ada),
        lambda: state.add_tag(carol, name="parcel", by=ada),
        lambda: state.rename(carol, subject="Parcel", by=ada),
        lambda: state.set_pending(carol, by=ada),
        lambda: state.reopen(carol, by=ada),
    ):
        change()
        revisions.append(Conversation.objects.get().revision)
    assert revisions == sorted(set(revisions))


def test_saying_the_same_again_is_not_recorded_twice(carol, ada):
    for _ in range(2):
        state.assign(carol, to=ada, by=ada)
        state.resolve(carol, by=ada)
    assert Event.objects.filter(kind="assigned").count() == 1
    assert Event.objects.filter(kind="resolved").count() == 1


def test_snooze_needs_a_time_to_come(carol, ada):
    with pytest.raises(Refused):
        state.snooze(carol, until=timezone.now(), by=ada)


def test_snoozed_conversation_comes_back_on_top_and_unread(carol, dave, ada):
    state.mark_read(carol, agent=ada)
    state.snooze(carol, until=timezone.now() + timedelta(hours=1), by=ada)
    assert state.wake_due() == 0
    Conversation.objects.filter(pk=carol.pk).update(snoozed_until=timezone.now())
    assert state.wake_due() == 1
    top = Conversation.objects.open().newest_first().first()
    assert top == carol
    assert ReadMark.objects.get(conversation=carol).revision < top.last_inbound_revision


def test_database_ties_the_times_to_the_status(carol):
    for wrong in ({"status": "resolved"}, {"status": "snoozed"}, {"resolved_at": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Conversation.objects.update(**wrong)


def test_mark_read_never_goes_back(carol, ada):
    state.mark_read(carol, agent=ada, revision=carol.revision)
    state.mark_read(carol, agent=ada, revision=0)
    assert ReadMark.objects.get().revision == carol.revision


def test_mark_unread_brings_back_the_customers_last_message(carol, ada):
    state.mark_read(carol, agent=ada)
    state.mark_unread(carol, agent=ada)
    assert ReadMark.objects.get().revision < carol.last_inbound_revision


@pytest.mark.parametrize("name", ["resolve", "assign", "snooze", "tag", "untag", "team", "priority", "rename"])
def test_each_change_can_be_undone_exactly(carol, ada, sales, name):
    if name == "untag":
        state.add_tag(carol, name="parcel", by=None)
    before = _columns(carol)
    {
        "resolve": lambda: state.resolve(carol, by=ada),
        "assign": lambda: state.assign(carol, to=ada, by=ada),
        "snooze": lambda: state.snooze(carol, until=timezone.now() + timedelta(hours=1), by=ada),
        "tag": lambda: state.add_tag(carol, name="parcel", by=ada),
        "untag": lambda: state.remove_tag(carol, tag=carol.tags.get(), by=ada),
        "team": lambda: state.set_team(carol, team=sales, by=ada),
        "priority": lambda: state.set_priority(carol, priority=4, by=ada),
        "rename": lambda: state.rename(carol, subject="New", by=ada),
    }[name]()
    assert _columns(carol) != before
    assert undoing.undo(undoing.last_undoable(ada, within=WITHIN), by=ada) == []
    assert _columns(carol) == before


def _columns(conversation: Conversation) -> dict[str, object]:
    fresh = Conversation.objects.get(pk=conversation.pk)
    kept = {name: value for name, value in vars(fresh).items() if name not in {"_state", "revision"}}
    return {**kept, "tags": list(fresh.tags.values_list("name", flat=True))}


def test_undo_leaves_alone_what_has_changed_since(carol, ada, bob):
    state.assign(carol, to=ada, by=ada)
    operation = undoing.last_undoable(ada, within=WITHIN)
    state.assign(carol, to=bob, by=bob)
    assert len(undoing.undo(operation, by=ada)) == 1
    assert Conversation.objects.get().assignee == bob


def test_undo_works_once_and_only_for_a_while(carol, ada):
    state.resolve(carol, by=ada)
    operation = Operation.objects.get()
    undoing.undo(operation, by=ada)
    with pytest.raises(Refused):
        undoing.undo(operation, by=ada)
    assert undoing.last_undoable(ada, within=WITHIN) is None
    Operation.objects.update(created_at=timezone.now() - timedelta(days=31), undone_at=None)
    with pytest.raises(Refused):
        undoing.undo(operation, by=ada)


# ── Who sees what ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_agent_of_another_team_does_not_see_what_her_colleagues_see(carol, ada, bob, eve):
    seen = {agent.name: list(Conversation.objects.visible_to(agent)) for agent in (ada, bob, eve)}
    assert seen == {"Ada": [carol], "Bob": [carol], "Eve": []}


def test_assignment_and_following_let_an_agent_see(carol, ada, eve):
    state.assign(carol, to=eve, by=ada)
    assert list(Conversation.objects.visible_to(eve)) == [carol]
    state.assign(carol, to=None, by=ada)
    assert not Conversation.objects.visible_to(eve)
    state.follow(carol, agent=eve)
    assert list(Conversation.objects.visible_to(eve)) == [carol]
    state.unfollow(carol, agent=eve)
    assert not Follow.objects.exists()


def test_agent_who_sees_only_their_own(carol, dave, ada, bob):
    bob.scope = "mine"
    bob.save()
    state.assign(dave, to=bob, by=ada)
    assert list(Conversation.objects.visible_to(bob)) == [dave]


# ── Moving and merging ───────────────────────────────────────────────────────────────────────────────────────────────
def snapshot() -> dict[str, object]:
    """Everything that says where messages are and how conversations stand."""
    columns = ("status", "subject", "waiting_since", "due_at", "merged_into", "preview", "active_at", "undelivered")
    conversations = {one.pk: [getattr(one, name) for name in columns] for one in Conversation.objects.all()}
    messages = {
        (one.pk, one.conversation_id, one.placement)
        for conversation in Conversation.objects.all()
        for one in conversation.messages.all()
    }
    return {"conversations": conversations, "messages": messages}


def test_merge_moves_everything_and_undo_brings_back_exactly_that(post, carol, ada, route):
    other = post("Carol Street 1", "Another thing", starts_anew=True).conversation
    state.add_tag(other, name="invoice", by=ada)
    state.follow(other, agent=ada)
    before = snapshot()
    operation = moving.merge(other, into=carol, by=ada)
    carol.refresh_from_db()
    other.refresh_from_db()
    assert carol.messages.count() == 2
    assert (other.status, other.merged_into) == ("resolved", carol)
    assert list(carol.tags.values_list("name", flat=True)) == ["invoice"]
    later = post("Carol Street 1", "Written after the merge")
    assert undoing.undo(operation, by=ada) == []
    after = snapshot()
    assert later.conversation == carol
    after["messages"] -= {(later.pk, carol.pk, later.placement)}
    assert after["messages"] == before["messages"]
    assert after["conversations"][other.pk] == before["conversations"][other.pk]
    assert not carol.tags.exists()


def test_conversations_of_two_customers_cannot_be_merged(carol, dave, ada):
    with pytest.raises(Refused) as refused:
        moving.merge(carol, into=dave, by=ada)
    assert refused.value.code == "customers"
    with pytest.raises(Refused):
        moving.merge(carol, into=carol, by=ada)


def test_message_moves_to_another_conversation_and_back(post, carol, ada):
    other = post("Carol Street 1", "Another thing", starts_anew=True).conversation
    message = post("Carol Street 1", "About the parcel")
    assert message.conversation == other
    before = snapshot()
    moving.move_message(message, to=carol, by=ada)
    message.refresh_from_db()
    carol.refresh_from_db()
    assert (message.conversation, message.placement, carol.preview) == (carol, "moved", "About the parcel")
    undoing.undo(undoing.last_undoable(ada, within=WITHIN), by=ada)
    assert snapshot() == before


def test_message_moves_to_a_new_conversation_which_is_put_away_by_undo(post, carol, ada):
    message = post("Carol Street 1", "By the way, an invoice please")
    target = moving.move_message(message, to=None, by=ada)
    assert (target.customer, target.preview) == (carol.customer, "By the way, an invoice please")
    assert target.waiting_since is None
    undoing.undo(undoing.last_undoable(ada, within=WITHIN), by=ada)
    message.refresh_from_db()
    target.refresh_from_db()
    assert (message.conversation, target.status) == (carol, "resolved")
