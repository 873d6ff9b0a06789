"""What agents set for themselves."""

from datetime import UTC, datetime

import pytest

from customers.models import Customer

pytestmark = pytest.mark.django_db

SETTINGS = {
    "name": "Bob",
    "availability": "away",
    "language": "ko",
    "time_zone": "Europe/Berlin",
    "theme": "dark",
    "density": "compact",
    "shortcuts": "alt",
    "enter_sends": "on",
    "signature": "Bob, Support",
    "phone": "+447700900077",
}


def test_settings_are_kept(as_bob, bob):
    assert as_bob.post("/agents/me/", SETTINGS).status_code == 302
    bob.refresh_from_db()
    kept = {name: getattr(bob, name) for name in SETTINGS}
    assert kept == {**SETTINGS, "enter_sends": True}


def test_page_wears_the_agents_look_and_language_at_once(as_bob):
    assert 'data-theme="dark"' not in as_bob.get("/agents/me/").content.decode()
    as_bob.post("/agents/me/", SETTINGS)
    page = as_bob.get("/agents/me/").content.decode()
    assert '<html lang="ko" dir="ltr" data-theme="dark" data-density="compact"' in page
    assert 'data-shortcuts="alt"' in page
    assert 'data-enter-sends="true"' in page


def test_sign_in_page_remembers_look_and_language_of_who_was_here(as_bob):
    as_bob.post("/agents/me/", SETTINGS)
    as_bob.post("/accounts/logout/")
    page = as_bob.get("/accounts/login/", headers={"accept-language": "en"}).content.decode()
    assert '<html lang="ko" dir="ltr" data-theme="dark"' in page


def test_cookie_cannot_write_into_the_page(client):
    client.cookies["look"] = 'dark" onload="x.compact'
    html = client.get("/accounts/login/").content.decode().partition("<head>")[0]
    assert "onload" not in html
    assert "data-theme" not in html


def test_unknown_time_zone_comes_back_with_the_form(as_bob, bob):
    answer = as_bob.post("/agents/me/", {**SETTINGS, "time_zone": "Mars/Olympus"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    bob.refresh_from_db()
    assert bob.time_zone == "Asia/Seoul"


def test_menu_changes_only_what_it_sends(as_bob, bob):
    answer = as_bob.post("/agents/me/look/", {"theme": "dark"}, headers={"hx-request": "true"})
    assert answer.status_code == 204
    bob.refresh_from_db()
    assert (bob.theme, bob.availability, bob.name) == ("dark", "online", "Bob")


@pytest.mark.parametrize("sent", [{}, {"theme": "pink"}, {"role": "admin"}, {"scope": "all"}])
def test_menu_takes_nothing_else(as_bob, bob, sent):
    assert as_bob.post("/agents/me/look/", sent).status_code == 400
    bob.refresh_from_db()
    assert (bob.theme, bob.role, bob.scope) == ("auto", "agent", "teams")


def test_menu_returns_to_the_page_but_never_to_another_site(as_bob):
    assert as_bob.post("/agents/me/look/", {"theme": "dark", "next": "/inbox/all/"})["Location"] == "/inbox/all/"
    elsewhere = as_bob.post("/agents/me/look/", {"theme": "dark", "next": "https://evil.example/"})
    assert elsewhere["Location"] == "/agents/me/"


def test_nobody_raises_their_own_role(as_bob, bob):
    as_bob.post("/agents/me/", {**SETTINGS, "role": "admin", "scope": "all", "email": "x@desk.example"})
    bob.refresh_from_db()
    assert (bob.role, bob.scope, bob.email) == ("agent", "teams", "bob@desk.example")


def test_pages_of_agents_are_stored_nowhere_and_told_from_fragments(as_bob):
    answer = as_bob.get("/agents/me/")
    assert answer["Cache-Control"] == "no-store"
    assert "HX-Request" in answer["Vary"]


def test_times_follow_the_agents_zone(as_bob, bob, django_user_model):
    django_user_model.objects.filter(pk=bob.pk).update(time_zone="America/New_York")
    customer = Customer.objects.create(name="Guest")
    Customer.objects.filter(pk=customer.pk).update(created_at=datetime(2026, 3, 1, 2, 0, tzinfo=UTC))
    bob.scope = "all"
    bob.save(update_fields=["scope"])
    assert "Feb. 28, 2026" in as_bob.get(f"/customers/{customer.pk}/").content.decode()


@pytest.mark.parametrize(("typed", "kept"), [("+82 10-1234-5678", "+821012345678"), ("", "")])
def test_own_telephone_gets_one_form(as_bob, bob, typed, kept):
    assert as_bob.post("/agents/me/", {**SETTINGS, "phone": typed}).status_code == 302
    bob.refresh_from_db()
    assert bob.phone == kept


def test_own_telephone_needs_the_countrys_code(as_bob, bob):
    assert as_bob.post("/agents/me/", {**SETTINGS, "phone": "010-1234-5678"}).status_code == 422
    bob.refresh_from_db()
    assert bob.phone == ""
