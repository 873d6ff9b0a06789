"""Saved replies in the settings: who sees, who writes, what they will say."""

import pytest

from conversations.forms.saved_reply import SAMPLE
from conversations.models import SavedReply
from conversations.views.suggestions import variables

pytestmark = pytest.mark.django_db

LATE = {
    "title": "Late parcel",
    "shortcut": "late",
    "body": "Dear {{ customer.name }}, it is on its way.",
    "language": "en",
}


@pytest.fixture
def shared():
    return SavedReply.objects.create(title="Opening hours", shortcut="hours", body="We are here from 10 to 18.")


@pytest.fixture
def ours(support):
    return SavedReply.objects.create(title="Return label", shortcut="label", body="Here is your label.", team=support)


def test_agent_keeps_a_reply_for_their_team(as_bob, support):
    assert as_bob.post("/settings/replies/new/", {**LATE, "team": support.pk}).status_code == 302
    kept = SavedReply.objects.get()
    assert (kept.title, kept.shortcut, kept.team) == ("Late parcel", "late", support)


def test_agent_writes_neither_for_everybody_nor_for_another_team(as_bob, sales):
    assert as_bob.post("/settings/replies/new/", LATE).status_code == 422
    assert as_bob.post("/settings/replies/new/", {**LATE, "team": sales.pk}).status_code == 422
    assert not SavedReply.objects.exists()


def test_admin_writes_for_everybody(as_ada):
    assert as_ada.post("/settings/replies/new/", LATE).status_code == 302
    assert SavedReply.objects.get().team is None


def test_agents_see_what_is_for_all_and_for_their_team(as_bob, as_eve, shared, ours):
    assert "Return label" in as_bob.get("/settings/replies/").content.decode()
    page = as_eve.get("/settings/replies/").content.decode()
    assert "Opening hours" in page
    assert "Return label" not in page


@pytest.mark.parametrize("door", ["", "deletion/"])
def test_nobody_touches_what_is_not_theirs(as_bob, as_eve, shared, ours, door):
    assert as_eve.post(f"/settings/replies/{ours.pk}/{door}", LATE).status_code == 404
    assert as_bob.post(f"/settings/replies/{shared.pk}/{door}", LATE).status_code == 404
    assert SavedReply.objects.filter(title__in=["Opening hours", "Return label"]).count() == 2


def test_agent_changes_and_throws_away_their_own(as_bob, ours, support):
    as_bob.post(f"/settings/replies/{ours.pk}/", {**LATE, "team": support.pk})
    ours.refresh_from_db()
    assert ours.title == "Late parcel"
    as_bob.post(f"/settings/replies/{ours.pk}/deletion/")
    assert not SavedReply.objects.exists()


def test_two_replies_never_share_a_shortcut(as_ada, shared):
    assert as_ada.post("/settings/replies/new/", {**LATE, "shortcut": "hours"}).status_code == 422


def test_variable_that_nobody_knows_is_refused_by_name(as_ada):
    answer = as_ada.post("/settings/replies/new/", {**LATE, "body": "{{ customer.shoe_size }}"})
    assert answer.status_code == 422
    assert "customer.shoe_size." in answer.content.decode()


def test_preview_says_what_a_customer_would_read_and_nothing_else_runs(as_bob):
    body = "{{ customer.name }}, {{ agent.name }} here. <script>alert(1)</script>"
    shown = as_bob.post("/settings/replies/preview/", {"body": body}).content.decode()
    assert "Carol Park, Bob here." in shown
    assert "<script>" not in shown


def test_search_narrows_the_list_down(as_bob, shared, ours):
    shown = as_bob.get("/settings/replies/?q=label", headers={"hx-request": "true"}).content.decode()
    assert "Return label" in shown
    assert "Opening hours" not in shown


def test_every_variable_of_a_conversation_has_a_sample(carol, bob):
    assert set(SAMPLE) == set(variables(carol, bob))
