"""Customers' pages: list, search, profile, hidden numbers, merging."""

import pytest

from conversations.live.bus import current_bus
from conversations.models import Conversation, Event
from customers.models import Customer, Identity

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(carol):
    """Carol herself, with a name and a telephone."""
    customer = carol.customer
    customer.name = "김하늘"
    customer.save()
    Identity.objects.create(customer=customer, kind="phone", value="+821098768214")
    return customer


def page(client, path, status=200, **headers):
    answer = client.get(path, headers=headers)
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


def test_agents_find_the_customers_of_their_teams_only(as_bob, as_eve, person):
    assert "김하늘" in page(as_bob, "/customers/")
    assert "김하늘" not in page(as_eve, "/customers/")


@pytest.mark.parametrize("asked", ["하늘", "ㄱㅎㄴ", "98768214"])
def test_customer_is_found_by_name_initials_or_number(as_bob, as_eve, person, dave, asked):
    found = page(as_bob, f"/customers/?q={asked}")
    assert f'/customers/{person.pk}/"' in found
    assert f'/customers/{dave.customer_id}/"' not in found
    assert f'/customers/{person.pk}/"' not in page(as_eve, f"/customers/?q={asked}")


def test_empty_search_says_what_to_try(as_bob, person):
    assert "Nobody found" in page(as_bob, "/customers/?q=zzzz")


def test_list_goes_on_by_key_and_misses_nobody(as_ada):
    Customer.objects.bulk_create(Customer(name=f"Guest {n}") for n in range(120))
    seen, path = [], "/customers/"
    while path:
        shown = as_ada.get(path)
        seen += [customer.pk for customer in shown.context["customers"]]
        path = shown.context["next"] and "/customers/" + shown.context["next"]
    assert len(seen) == 120
    assert seen == sorted(set(seen), reverse=True)


def test_list_costs_as_many_queries_for_fifty_customers_as_for_one(as_ada, person, django_assert_max_num_queries):
    with django_assert_max_num_queries(12) as alone:
        as_ada.get("/customers/")
    for n in range(60):
        guest = Customer.objects.create(name=f"Guest {n}")
        Identity.objects.create(customer=guest, kind="phone", value=f"+82101234{n:04}")
    with django_assert_max_num_queries(len(alone)):
        as_ada.get("/customers/")


def test_search_as_one_types_answers_with_rows_alone(as_bob, person):
    rows = page(as_bob, "/customers/?q=하늘", **{"hx-request": "true"})
    assert "김하늘" in rows
    assert "<html" not in rows


def test_profile_shows_the_customer_and_the_episodes_the_agent_may_see(as_bob, as_eve, person, carol, sales):
    hidden = Conversation.objects.create(customer=person, subject="For sales", team=sales)
    shown = page(as_bob, f"/customers/{person.pk}/")
    assert f"/conversations/{carol.pk}/" in shown
    assert f"/conversations/{hidden.pk}/" not in shown
    assert f"/conversations/{hidden.pk}/" in page(as_eve, f"/customers/{person.pk}/")
    assert f"/conversations/{carol.pk}/" not in page(as_eve, f"/customers/{person.pk}/")


@pytest.mark.parametrize("door", ["", "timeline/", "merge/"])
def test_profile_of_a_stranger_does_not_exist(as_bob, as_eve, person, door):
    assert as_bob.get(f"/customers/{person.pk}/{door}").status_code == 200
    assert as_eve.get(f"/customers/{person.pk}/{door}").status_code == 404


def test_timeline_goes_on_where_the_page_ended(as_bob, person, carol, support):
    for n in range(25):
        Conversation.objects.create(customer=person, subject=f"Episode {n}", team=support, active_at=carol.active_at)
    shown = as_bob.get(f"/customers/{person.pk}/")
    rest = as_bob.get(f"/customers/{person.pk}/timeline/?before={shown.context['older']}")
    first, second = ([one.pk for one in answer.context["episodes"]] for answer in (shown, rest))
    assert len(first) == 20
    assert len(first + second) == len({*first, *second}) == 26


def test_number_is_hidden_until_asked_for_and_the_asking_is_recorded(as_bob, bob, person, carol):
    identity = person.identities.get(kind="phone")
    shown = page(as_bob, f"/customers/{person.pk}/")
    assert "010-••••-8214" in shown
    assert "98768214" not in shown
    answer = as_bob.post(f"/customers/{person.pk}/identities/{identity.pk}/reveal/", headers={"hx-request": "true"})
    assert "010-9876-8214" in answer.content.decode()
    event = Event.objects.get(kind=Event.Kind.REVEALED)
    assert (event.actor, event.conversation, event.data) == (bob, carol, {"identity": identity.pk})


def test_number_stays_hidden_where_the_asking_cannot_be_recorded(as_ada):
    guest = Customer.objects.create(name="Guest")
    identity = Identity.objects.create(customer=guest, kind="phone", value="+821098768214")
    answer = as_ada.post(f"/customers/{guest.pk}/identities/{identity.pk}/reveal/", headers={"hx-request": "true"})
    assert answer.status_code == 422
    assert "8214" not in answer.content.decode()


def test_nobody_reveals_the_number_of_a_customer_they_do_not_know(as_eve, person):
    identity = person.identities.get(kind="phone")
    assert as_eve.post(f"/customers/{person.pk}/identities/{identity.pk}/reveal/").status_code == 404
    assert not Event.objects.filter(kind=Event.Kind.REVEALED).exists()


PROFILE = {
    "name": "김 하늘",
    "is_vip": "on",
    "language": "ko",
    "time_zone": "Asia/Seoul",
    "place": "서울",
    "notes": "선물",
}


def test_agent_corrects_a_profile_and_lists_look_again(as_bob, person, carol, django_capture_on_commit_callbacks):
    current_bus().sent.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert as_bob.post(f"/customers/{person.pk}/profile/", PROFILE).status_code == 302
    person.refresh_from_db()
    assert (person.name, person.is_vip, person.notes) == ("김 하늘", True, "선물")
    assert any(carol.topic in payload for payload in current_bus().sent)


def test_wrong_zone_comes_back_with_the_form_and_changes_nothing(as_bob, person):
    answer = as_bob.post(f"/customers/{person.pk}/profile/", {**PROFILE, "time_zone": "Mars/Olympus"})
    assert answer.status_code == 422
    assert "Mars/Olympus" in answer.content.decode()
    person.refresh_from_db()
    assert person.name == "김하늘"


def test_stranger_corrects_nothing(as_eve, person):
    assert as_eve.post(f"/customers/{person.pk}/profile/", PROFILE).status_code == 404


def test_two_profiles_become_one_and_the_old_address_leads_there(as_bob, person, dave):
    other = dave.customer
    compared = page(as_bob, f"/customers/{person.pk}/merge/?other={other.pk}")
    assert "This profile stays" in compared
    assert as_bob.post(f"/customers/{person.pk}/merge/", {"other": other.pk}).status_code == 302
    dave.refresh_from_db()
    assert dave.customer == person
    assert as_bob.get(f"/customers/{other.pk}/")["Location"] == f"/customers/{person.pk}/"
    assert f"/customers/{other.pk}/" not in page(as_bob, "/customers/")


def test_nobody_merges_with_a_customer_they_do_not_know(as_bob, person, sales):
    unknown = Conversation.objects.create(customer=Customer.objects.create(name="Unknown"), team=sales).customer
    assert as_bob.post(f"/customers/{person.pk}/merge/", {"other": unknown.pk}).status_code == 404
    unknown.refresh_from_db()
    assert unknown.merged_into is None


def test_text_of_customers_never_becomes_markup(as_bob, person):
    person.name = person.notes = "<img src=x onerror=alert(1)>"
    person.save()
    for path in ("/customers/", f"/customers/{person.pk}/", f"/customers/{person.pk}/merge/"):
        assert "<img src=x" not in page(as_bob, path)
