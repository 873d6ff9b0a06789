"""The first steps of a new desk."""

import pytest

from agents.models import User
from conversations.actions import replies
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def founder():
    """The only person of a desk on which nothing has been done."""
    return User.objects.create_superuser("founder@desk.example", "correct horse battery", name="Founder", language="en")


def done(client) -> list[bool]:
    return [step.is_done for step in client.get("/settings/guide/").context["steps"]]


def test_admin_of_a_new_desk_lands_at_the_first_steps(founder):
    answer = signed_in(founder).get("/", follow=True)
    assert answer.redirect_chain[-1][0] == "/settings/guide/"
    assert "0 of 6 steps are done." in answer.content.decode()


def test_agents_of_a_new_desk_land_in_the_inbox(as_bob):
    assert as_bob.get("/")["Location"] == "/inbox/mine/"


def test_desk_that_can_be_reached_opens_in_the_inbox(as_ada, channel):
    assert as_ada.get("/")["Location"] == "/inbox/mine/"


def test_each_step_counts_when_it_is_done(founder, as_bob):
    client = signed_in(founder)
    assert done(client) == [False, False, False, True, True, False]


def test_a_customers_message_is_the_second_step_and_an_answer_the_third(as_ada, ada, carol, route):
    assert done(as_ada)[:3] == [True, True, False]
    replies.reply(carol, by=ada, text="Here it is", route=route(carol))
    assert done(as_ada)[:3] == [True, True, True]


def test_only_the_next_step_is_pressing(founder):
    page = signed_in(founder).get("/settings/guide/").content.decode()
    steps = page.partition('<ol class="guide">')[2].partition("</ol>")[0]
    assert steps.count("btn--primary") == 1


def test_agents_have_no_business_there(as_bob):
    assert as_bob.get("/settings/guide/").status_code == 403
