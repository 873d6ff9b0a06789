"""Signing in, being locked out, one's devices."""

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import cache
from django.test import Client

from agents.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_is_locked_out():
    cache.clear()
    yield
    cache.clear()


def sign_in(email: str, password: str, **extra: str) -> tuple[Client, object]:
    client = Client()
    return client, client.post("/accounts/login/", {"login": email, "password": password, **extra})


def test_agent_signs_in_and_arrives_where_they_wanted_to_go(bob):
    client, answer = sign_in("bob@desk.example", PASSWORD, next="/agents/me/")
    assert answer.status_code == 302
    assert answer["Location"] == "/agents/me/"
    assert client.get("/agents/me/").status_code == 200


def test_wrong_password_keeps_the_address_and_moves_the_focus_to_the_summary(bob):
    _client, answer = sign_in("bob@desk.example", "wrong")
    page = answer.content.decode()
    assert 'value="bob@desk.example"' in page
    assert 'role="alert"' in page
    assert "data-focus" in page


def test_five_wrong_passwords_lock_even_the_right_one_out(bob):
    for _ in range(5):
        _client, answer = sign_in("bob@desk.example", "wrong")
    client, answer = sign_in("bob@desk.example", PASSWORD)
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_agent_who_may_not_sign_in_does_not(bob):
    bob.is_active = False
    bob.save()
    client, _answer = sign_in("bob@desk.example", PASSWORD)
    assert "_auth_user_id" not in client.session


def test_nobody_signs_up(client):
    wish = {"email": "mallory@desk.example", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post("/accounts/signup/", wish)
    assert answer.status_code == 200
    assert not User.objects.exists()


def test_strangers_are_asked_to_sign_in_and_then_come_back(client):
    assert client.get("/agents/me/")["Location"] == "/accounts/login/?next=/agents/me/"


def test_password_reset_goes_to_the_agent_only(client, bob):
    client.post("/accounts/password/reset/", {"email": "bob@desk.example"})
    client.post("/accounts/password/reset/", {"email": "stranger@desk.example"})
    to_bob = [letter for letter in mail.outbox if letter.to == ["bob@desk.example"]]
    assert len(to_bob) == 1
    assert "/accounts/password/reset/key/" in to_bob[0].body
    assert all("/accounts/password/reset/key/" not in letter.body for letter in mail.outbox if letter not in to_bob)


def test_sign_in_page_speaks_the_language_that_was_chosen(client):
    assert "로그인" in client.get("/accounts/login/", headers={"accept-language": "ko"}).content.decode()
    client.post("/language/", {"language": "en", "next": "/accounts/login/"})
    assert "Sign in" in client.get("/accounts/login/", headers={"accept-language": "ko"}).content.decode()


def test_agent_signs_another_device_out(bob):
    here, _answer = sign_in("bob@desk.example", PASSWORD)
    there, _answer = sign_in("bob@desk.example", PASSWORD)
    assert there.get("/agents/me/").status_code == 200
    other = UserSession.objects.get(session_key=there.session.session_key)
    assert here.post(f"/agents/me/sessions/{other.pk}/").status_code == 302
    assert there.get("/agents/me/").status_code == 302
    assert here.get("/agents/me/").status_code == 200


def test_nobody_signs_out_a_colleagues_device(bob, as_eve):
    bobs, _answer = sign_in("bob@desk.example", PASSWORD)
    session = UserSession.objects.get(session_key=bobs.session.session_key)
    assert as_eve.post(f"/agents/me/sessions/{session.pk}/").status_code == 404
    assert bobs.get("/agents/me/").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/password/reset/",
        "/accounts/logout/",
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/",
        "/accounts/sessions/",
        "/accounts/password/change/",
        "/agents/me/",
        "/no-such-page/",
    ],
)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_account_pages_carry_no_inline_code_and_a_strict_policy(path, language, bob):
    bob.language = language
    bob.save()
    client, _answer = sign_in("bob@desk.example", PASSWORD)
    if path in ("/accounts/login/", "/accounts/password/reset/"):
        client = Client()
    answer = client.get(path, follow=True, headers={"accept-language": language})
    page = answer.content.decode()
    assert answer.status_code == (404 if "no-such" in path else 200)
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert " style=" not in page
    assert " onclick=" not in page
    scripts = [part.split(">")[0] for part in page.split("<script")[1:]]
    assert all(" src=" in tag or "application/json" in tag for tag in scripts)
