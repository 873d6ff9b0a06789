import json
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from conversations.actions import state
from conversations.forms.state import presets
from conversations.models import Conversation, Operation, ReadMark, Tag

pytestmark = pytest.mark.django_db
SCRIPT = {"HX-Request": "true"}


def toast_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def operations_of(response) -> str:
    return re.search(r'"operations": "([\d,]+)"', response.content.decode())[1]


def test_resolving_and_reopening(as_bob, carol):
    answer = as_bob.post(f"/conversations/{carol.pk}/resolution/", headers=SCRIPT)
    carol.refresh_from_db()
    assert carol.status == "resolved"
    assert "Resolved: My parcel has not come" in toast_of(answer)
    assert json.loads(answer["HX-Trigger"]) == {"desk:decided": {"done": [carol.pk]}}
    as_bob.delete(f"/conversations/{carol.pk}/resolution/", headers=SCRIPT)
    carol.refresh_from_db()
    assert carol.status == "open"


def test_plain_form_without_a_script_goes_back_to_its_page(as_bob, carol):
    answer = as_bob.post(f"/conversations/{carol.pk}/resolution/", headers={"Referer": "http://testserver/inbox/all/"})
    assert answer.url == "http://testserver/inbox/all/"
    elsewhere = as_bob.post(f"/conversations/{carol.pk}/resolution/", headers={"Referer": "https://evil.example/"})
    assert elsewhere.url == "/inbox/"
    as_bob.post(f"/conversations/{carol.pk}/resolution/", {"_method": "delete"})
    carol.refresh_from_db()
    assert carol.status == "open"


@pytest.mark.parametrize(
    ("path", "data", "field", "value"),
    [
        ("pending", {}, "status", "pending"),
        ("priority", {"priority": 4}, "priority", 4),
        ("subject", {"subject": "Lost parcel"}, "subject", "Lost parcel"),
    ],
)
def test_decisions_change_the_conversation(as_bob, carol, path, data, field, value):
    assert as_bob.post(f"/conversations/{carol.pk}/{path}/", data, headers=SCRIPT).status_code == 200
    carol.refresh_from_db()
    assert getattr(carol, field) == value


def test_assigning_to_me_to_a_colleague_and_to_nobody(as_bob, bob, ada, carol):
    for data, expected in [({"agent": "me"}, bob), ({"agent": ada.pk}, ada), ({"agent": ""}, None)]:
        as_bob.post(f"/conversations/{carol.pk}/assignment/", data, headers=SCRIPT)
        carol.refresh_from_db()
        assert carol.assignee == expected


def test_team_is_changed_and_taken_away(as_bob, carol, sales, bob):
    state.assign(carol, to=bob, by=bob)
    as_bob.post(f"/conversations/{carol.pk}/team/", {"team": sales.pk}, headers=SCRIPT)
    carol.refresh_from_db()
    assert carol.team == sales


def test_tags_are_put_on_and_taken_off(as_bob, carol):
    as_bob.post(f"/conversations/{carol.pk}/tags/", {"name": "  lost   parcel "}, headers=SCRIPT)
    tag = Tag.objects.get(name="lost parcel")
    assert list(carol.tags.all()) == [tag]
    as_bob.delete(f"/conversations/{carol.pk}/tags/{tag.pk}/", headers=SCRIPT)
    assert not carol.tags.exists()


def test_snoozing_by_preset_and_by_time_in_the_agents_zone(as_bob, bob, carol):
    bob.time_zone = "Asia/Seoul"
    bob.save()
    as_bob.post(f"/conversations/{carol.pk}/snooze/", {"until": "tomorrow"}, headers=SCRIPT)
    carol.refresh_from_db()
    local = carol.snoozed_until.astimezone(ZoneInfo("Asia/Seoul"))
    assert (local.hour, local.minute) == (9, 0)
    as_bob.post(f"/conversations/{carol.pk}/snooze/", {"until": "2199-01-02T03:04"}, headers=SCRIPT)
    carol.refresh_from_db()
    assert carol.snoozed_until == datetime(2199, 1, 2, 3, 4, tzinfo=ZoneInfo("Asia/Seoul"))


def test_snoozing_into_the_past_is_refused_with_a_sentence(as_bob, carol):
    answer = as_bob.post(f"/conversations/{carol.pk}/snooze/", {"until": "2001-01-01T00:00"}, headers=SCRIPT)
    assert answer.status_code == 409
    assert "Choose a time that is still to come." in toast_of(answer)
    assert as_bob.post(f"/conversations/{carol.pk}/snooze/", {"until": "soon"}, headers=SCRIPT).status_code == 422


@pytest.mark.parametrize("hour", range(24))
def test_presets_are_always_still_to_come_and_in_order(hour):
    now = datetime(2026, 11, 20, hour, 30, tzinfo=ZoneInfo("Asia/Seoul"))
    with timezone.override("Asia/Seoul"):
        times = [at for _label, at in presets(now).values()]
    assert len(times) == 4
    assert all(at > now for at in times)
    assert times[3].weekday() == 0


def test_marking_unread_is_for_this_agent_alone(as_bob, bob, ada, carol):
    state.mark_read(carol, agent=bob)
    state.mark_read(carol, agent=ada)
    as_bob.post(f"/conversations/{carol.pk}/unread/", headers=SCRIPT)
    marks = dict(ReadMark.objects.values_list("agent", "revision"))
    assert marks[bob.pk] < carol.last_inbound_revision <= marks[ada.pk]


def test_following_and_no_longer(as_bob, bob, carol):
    as_bob.post(f"/conversations/{carol.pk}/following/", headers=SCRIPT)
    assert carol.follows.filter(agent=bob).exists()
    as_bob.delete(f"/conversations/{carol.pk}/following/", headers=SCRIPT)
    assert not carol.follows.exists()


def test_agent_of_another_team_decides_nothing(as_bob, as_eve, carol):
    for path in ("resolution", "pending", "assignment", "team", "priority", "snooze", "tags", "unread", "subject"):
        assert as_eve.post(f"/conversations/{carol.pk}/{path}/", headers=SCRIPT).status_code == 404
    as_eve.post("/inbox/bulk/", {"ids": carol.pk, "action": "resolve"}, headers=SCRIPT)
    carol.refresh_from_db()
    assert carol.status == "open"
    as_bob.post("/inbox/bulk/", {"ids": carol.pk, "action": "resolve"}, headers=SCRIPT)
    carol.refresh_from_db()
    assert carol.status == "resolved"


def test_several_are_decided_at_once_and_undone_at_once(as_bob, carol, dave):
    answer = as_bob.post("/inbox/bulk/", {"ids": f"{carol.pk},{dave.pk}", "action": "resolve"}, headers=SCRIPT)
    assert "Resolved 2 conversations" in toast_of(answer)
    assert Conversation.objects.filter(status="resolved").count() == 2
    undone = as_bob.post("/undo/", {"operations": operations_of(answer)}, headers=SCRIPT)
    assert "Undone" in toast_of(undone)
    assert Conversation.objects.filter(status="open").count() == 2


def test_partial_failure_says_which_and_why(as_bob, carol, dave, post):
    merged = post("Frank", "Third").conversation
    Conversation.objects.filter(pk=merged.pk).update(
        status="resolved", resolved_at=timezone.now(), merged_into=carol.pk
    )
    answer = as_bob.post("/inbox/bulk/", {"ids": [dave.pk, merged.pk], "action": "pending"}, headers=SCRIPT)
    assert answer.status_code == 200
    dave.refresh_from_db()
    assert dave.status == "pending"
    said = toast_of(answer)
    assert f"#{merged.pk} Third" in said
    assert "This conversation was merged into another." in said
    assert json.loads(answer["HX-Trigger"])["desk:decided"]["done"] == [dave.pk]


def test_nothing_chosen_or_nothing_to_do_is_refused(as_bob, carol):
    assert as_bob.post("/inbox/bulk/", {"action": "resolve"}, headers=SCRIPT).status_code == 422
    assert as_bob.post("/inbox/bulk/", {"ids": carol.pk, "action": "explode"}, headers=SCRIPT).status_code == 422


def test_undo_is_for_ones_own_decisions_and_once(as_bob, as_ada, carol):
    answer = as_bob.post(f"/conversations/{carol.pk}/assignment/", {"agent": "me"}, headers=SCRIPT)
    operations = operations_of(answer)
    assert as_ada.post("/undo/", {"operations": operations}, headers=SCRIPT).status_code == 409
    assert as_bob.post("/undo/", {"operations": operations}, headers=SCRIPT).status_code == 200
    carol.refresh_from_db()
    assert carol.assignee is None
    assert as_bob.post("/undo/", {"operations": operations}, headers=SCRIPT).status_code == 409


def test_deciding_what_is_decided_already_offers_nothing_to_undo(as_bob, carol, bob):
    state.assign(carol, to=bob, by=bob)
    before = Operation.objects.count()
    answer = as_bob.post(f"/conversations/{carol.pk}/assignment/", {"agent": "me"}, headers=SCRIPT)
    assert Operation.objects.count() == before
    assert "operations" not in answer.content.decode()


@pytest.mark.parametrize("what", ["assign", "team", "snooze", "tags", "priority"])
def test_pickers_offer_choices_that_the_decision_takes(as_bob, ada, carol, what):
    Tag.objects.create(name="returns")
    html = as_bob.get(f"/inbox/pick/{what}/?ids={carol.pk}").content.decode()
    choices = re.findall(r'role="option" data-action="(\w+)" data-(\w+)="([^"]+)"', html)
    assert choices
    for action, field, value in choices:
        answer = as_bob.post("/inbox/bulk/", {"ids": carol.pk, "action": action, field: value}, headers=SCRIPT)
        assert answer.status_code == 200, (action, field, value)


def test_picker_takes_off_a_tag_that_is_on(as_bob, carol, bob):
    state.add_tag(carol, name="returns", by=bob)
    html = as_bob.get(f"/inbox/pick/tags/?ids={carol.pk}").content.decode()
    assert 'data-action="untag" data-name="returns"' in html
    as_bob.post("/inbox/bulk/", {"ids": carol.pk, "action": "untag", "name": "returns"}, headers=SCRIPT)
    assert not carol.tags.exists()


def test_unknown_picker_is_not_found(as_bob):
    assert as_bob.get("/inbox/pick/nonsense/").status_code == 404


def test_snoozed_until_tomorrow_wakes_on_top_and_unread(as_bob, bob, carol, dave, monkeypatch):
    as_bob.post(f"/conversations/{carol.pk}/snooze/", {"until": "hour"}, headers=SCRIPT)
    state.mark_read(Conversation.objects.get(pk=carol.pk), agent=bob)
    later = timezone.now() + timedelta(hours=2)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert state.wake_due() == 1
    html = as_bob.get("/inbox/all/").content.decode()
    first = re.search(r'<li id="row-(\d+)".*?<a [^>]*class="row([^"]*)"', html, re.DOTALL)
    assert (int(first[1]), first[2]) == (carol.pk, " row--unread")
