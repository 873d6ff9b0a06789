"""Tokens for mailboxes at Google and Microsoft, against a token server on this machine."""

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from channels_app.connectors.email import oauth
from channels_app.connectors.email.accounts import MailAccount, SignIn
from channels_app.contract import AccountFailure, PermanentFailure, TemporaryFailure

pytestmark = pytest.mark.django_db


class Tokens(BaseHTTPRequestHandler):
    asked: list[dict] = []
    answers: list[tuple[int, object]] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        Tokens.asked.append({name: values[0] for name, values in parse_qs(body).items()})
        status, answer = Tokens.answers.pop(0)
        if status == 0:
            return self.connection.close()
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def tokens(settings, monkeypatch):
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    Tokens.asked, Tokens.answers = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, provider in list(oauth.PROVIDERS.items()):
        here = f"http://127.0.0.1:{server.server_port}/{{tenant}}/token"
        monkeypatch.setitem(oauth.PROVIDERS, name, replace(provider, token_url=here))
    oauth._tokens.clear()
    yield Tokens
    server.shutdown()
    server.server_close()


@pytest.fixture
def google(mailbox):
    mailbox.config |= {"sign_in": "google", "oauth_client_id": "client-1"}
    mailbox.secrets = {"oauth_client_secret": "s", "oauth_refresh_token": "refresh-1"}
    mailbox.save()
    return mailbox


def test_a_refresh_token_gives_an_access_token_that_is_kept_until_it_ends(google, tokens):
    tokens.answers = [(200, {"access_token": "A1", "expires_in": 3600})]
    assert [oauth.access_token(google) for _ in range(3)] == ["A1"] * 3
    assert tokens.asked == [
        {"grant_type": "refresh_token", "refresh_token": "refresh-1", "client_id": "client-1", "client_secret": "s"}
    ]


def test_a_token_about_to_end_is_renewed(google, tokens):
    tokens.answers = [
        (200, {"access_token": "A1", "expires_in": 60}),
        (200, {"access_token": "A2", "expires_in": 3600}),
    ]
    assert [oauth.access_token(google), oauth.access_token(google)] == ["A1", "A2"]


def test_a_token_that_a_server_refused_is_not_used_again(google, tokens):
    tokens.answers = [
        (200, {"access_token": "A1", "expires_in": 3600}),
        (200, {"access_token": "A2", "expires_in": 3600}),
    ]
    oauth.access_token(google)
    oauth.forget(google)
    assert oauth.access_token(google) == "A2"


def test_a_new_refresh_token_is_stored_beside_the_other_secrets(google, tokens):
    tokens.answers = [(200, {"access_token": "A1", "expires_in": 3600, "refresh_token": "refresh-2"})]
    oauth.access_token(google)
    google.refresh_from_db()
    assert google.secrets == {"oauth_client_secret": "s", "oauth_refresh_token": "refresh-2"}


def test_a_withdrawn_consent_is_the_accounts_failure(google, tokens):
    tokens.answers = [(400, {"error": "invalid_grant", "error_description": "Token has been revoked."})]
    with pytest.raises(AccountFailure) as caught:
        oauth.access_token(google)
    assert caught.value.code == "invalid_grant"


@pytest.mark.parametrize("answer", [(503, {}), (0, {})])
def test_a_token_server_in_trouble_is_asked_again_later(google, tokens, answer):
    tokens.answers = [answer]
    with pytest.raises(TemporaryFailure) as caught:
        oauth.access_token(google)
    assert type(caught.value) is TemporaryFailure


def test_an_application_at_microsoft_needs_no_consent(mailbox, tokens):
    mailbox.config |= {"sign_in": "microsoft_app", "oauth_client_id": "app", "oauth_tenant": "contoso"}
    tokens.answers = [(200, {"access_token": "A1", "expires_in": 3600})]
    assert oauth.access_token(mailbox) == "A1"
    assert tokens.asked[0]["grant_type"] == "client_credentials"
    assert tokens.asked[0]["scope"] == "https://outlook.office365.com/.default"
    assert mailbox.connector.consent_url(redirect_uri="https://d/x", state="s") == ""


def test_without_consent_nothing_is_asked(google, tokens):
    google.secrets = {}
    with pytest.raises(AccountFailure):
        oauth.access_token(google)
    assert tokens.asked == []


def test_the_consent_page_gets_all_it_needs():
    account = MailAccount(address="a@b.example", sign_in=SignIn.MICROSOFT, oauth_client_id="c", oauth_tenant="contoso")
    url = urlsplit(oauth.consent_url(account, redirect_uri="https://desk/x/", state="S"))
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert url.path == "/contoso/oauth2/v2.0/authorize"
    assert (asked["client_id"], asked["redirect_uri"], asked["state"]) == ("c", "https://desk/x/", "S")
    assert "offline_access" in asked["scope"]
    assert asked["login_hint"] == "a@b.example"


def test_the_code_of_the_consent_page_becomes_a_stored_refresh_token(google, tokens):
    tokens.answers = [(200, {"access_token": "A", "refresh_token": "refresh-9"})]
    google.connector.take_consent(code="code-1", redirect_uri="https://desk/x/")
    google.refresh_from_db()
    assert google.secrets["oauth_refresh_token"] == "refresh-9"
    assert tokens.asked[0]["code"] == "code-1"


def test_a_consent_that_brings_no_refresh_token_is_asked_for_again(google, tokens):
    tokens.answers = [(200, {"access_token": "A"})]
    with pytest.raises(PermanentFailure):
        google.connector.take_consent(code="code-1", redirect_uri="https://desk/x/")


def test_xoauth2_is_written_as_the_providers_read_it():
    assert oauth.xoauth2("a@b.example", "T") == "user=a@b.example\x01auth=Bearer T\x01\x01"
