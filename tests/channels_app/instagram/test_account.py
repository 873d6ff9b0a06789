"""Connecting an account by either login: the form, its token's life, its subscription, mentions, pictures."""

import json
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from channels_app.connectors.instagram.forms import InstagramForm
from channels_app.contract import AccountFailure, Address, PermanentFailure, UnknownOutcome
from channels_app.models import Channel
from tests.channels_app.meta.samples import ACCOUNT, ACCOUNTS, APP, PAGE, SECRETS, account
from tests.channels_app.outside import envelope, outbound

CAROL = Address("instagram", "IGSID", is_local=True)
ENTERED = {
    "login": "instagram",
    "account_id": ACCOUNT,
    "access_token": "IGAA-an-access-token-of-some-length",
    "app_secret": "0123456789abcdef0123456789abcdef",
}
OK = {"message_id": "aWdf_OUT"}
NEW = "IGAA-a-new-token-of-some-length"
RENEWED = {"access_token": NEW, "token_type": "bearer", "expires_in": 5184000}


def test_the_form_asks_for_the_page_where_the_page_is_needed():
    assert InstagramForm(ENTERED).is_valid()
    form = InstagramForm({**ENTERED, "login": "facebook"})
    assert "page_id" in form.errors
    assert InstagramForm({**ENTERED, "login": "facebook", "page_id": PAGE}).is_valid()
    assert {name for _title, _when, names in form.groups for name in names} == set(form.fields)


@pytest.mark.parametrize(("name", "value"), [("login", "guess"), ("account_id", "@moment"), ("access_token", "IG")])
def test_the_form_refuses_what_cannot_be(name, value):
    assert name in InstagramForm({**ENTERED, name: value}).errors


# ── The token of the Instagram login ─────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def channel(db):
    config = {**ACCOUNTS["instagram"], "login": "instagram"}
    return Channel.objects.create(kind="instagram", name="Shop", config=config, secrets=dict(SECRETS))


def renewed(channel):
    channel.refresh_from_db()
    return channel.secrets["access_token"]


def sends(channel, outside):
    outside.answer(OK)
    channel.connector.send(outbound(CAROL))
    return outside.last.headers["Authorization"]


def test_a_new_token_is_exchanged_at_once_to_learn_how_long_it_lives(channel, outside):
    outside.answer(RENEWED)
    assert sends(channel, outside) == f"Bearer {NEW}"
    asked = outside.calls[0]
    assert (asked.method, asked.url) == ("GET", "https://graph.instagram.com/refresh_access_token")
    assert asked.options["params"] == {"grant_type": "ig_refresh_token", "access_token": SECRETS["access_token"]}
    assert renewed(channel) == NEW
    sends(channel, outside)
    assert len(outside.calls) == 3


def later(monkeypatch, **ahead):
    now = timezone.now() + timedelta(**ahead)
    monkeypatch.setattr(timezone, "now", lambda: now)


@pytest.mark.parametrize(("days", "calls"), [(30, 1), (45, 2)])
def test_it_is_exchanged_again_before_it_ends(channel, outside, monkeypatch, days, calls):
    outside.answer(RENEWED)
    sends(channel, outside)
    outside.calls.clear()
    later(monkeypatch, days=days)
    if calls == 2:
        outside.answer({**RENEWED, "access_token": "IGAA-the-third-token"})
    sends(channel, outside)
    assert len(outside.calls) == calls


def test_a_token_that_cannot_be_exchanged_yet_still_sends(channel, outside):
    outside.answer({"error": {"code": 190, "message": "too young"}}, 400)
    assert sends(channel, outside) == f"Bearer {SECRETS['access_token']}"
    assert sends(channel, outside) == f"Bearer {SECRETS['access_token']}"
    assert len(outside.calls) == 3


def test_the_exchange_is_tried_again_a_day_later(channel, outside, monkeypatch):
    outside.answer(b"", 503)
    sends(channel, outside)
    later(monkeypatch, days=1, hours=1)
    outside.answer(RENEWED)
    assert sends(channel, outside) == f"Bearer {NEW}"


def test_a_token_entered_anew_starts_from_the_beginning(channel, outside):
    outside.answer(RENEWED)
    sends(channel, outside)
    channel.keep_secrets(access_token="IGAA-entered-by-ada")
    outside.answer({**RENEWED, "access_token": "IGAA-of-adas"})
    assert sends(channel, outside) == "Bearer IGAA-of-adas"


def test_the_life_of_a_token_is_noted_without_the_token(channel, outside):
    outside.answer(RENEWED)
    sends(channel, outside)
    noted = json.loads(channel.secrets["token_state"])
    assert NEW not in channel.secrets["token_state"]
    assert datetime.fromisoformat(noted["ends_at"]) - timezone.now() > timedelta(days=59)


def test_an_answer_without_a_token_leaves_the_old_one_for_sixty_days(channel, outside):
    outside.answer({"token_type": "bearer"})
    assert sends(channel, outside) == f"Bearer {SECRETS['access_token']}"
    ends_at = datetime.fromisoformat(json.loads(channel.secrets["token_state"])["ends_at"])
    assert ends_at - timezone.now() > timedelta(days=59)


def test_the_token_of_a_page_is_never_exchanged(outside):
    outside.answer(OK)
    account("instagram").send(outbound(CAROL))
    assert len(outside.calls) == 1


def test_without_a_token_nobody_is_asked(outside):
    shop = account("instagram", login="instagram")
    shop.account.secrets = {}
    with pytest.raises(AccountFailure):
        shop.send(outbound(CAROL))
    assert outside.calls == []


# ── Subscription ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_by_its_own_login_the_account_subscribes_itself(channel, outside):
    shop = channel.connector
    for answer in (RENEWED, {"user_id": ACCOUNT, "username": "moment"}, {"data": []}, {"data": []}, {"success": True}):
        outside.answer(answer)
    outside.answer({"data": [{"id": APP, "subscribed_fields": list(shop.hook_fields)}]})
    shop.check()
    me, post = outside.calls[1], outside.calls[4]
    assert (me.url, me.options["params"]) == ("https://graph.instagram.com/v24.0/me", {"fields": "user_id,username"})
    assert (post.method, post.url) == ("POST", f"https://graph.instagram.com/v24.0/{ACCOUNT}/subscribed_apps")
    assert post.json["subscribed_fields"].split(",") == list(shop.hook_fields)


def test_the_wrong_one_of_its_two_ids_is_noticed(outside, channel):
    """Web hooks name the professional account; with the app-scoped id every message would be passed over."""
    outside.answer(RENEWED)
    outside.answer({"user_id": "17841499999999999", "id": ACCOUNT})
    with pytest.raises(PermanentFailure) as caught:
        channel.connector.check()
    assert "17841499999999999" in str(caught.value.advice)


def test_by_its_page_the_app_is_installed_there(outside, settings):
    settings.PUBLIC_URL = "https://desk.example.com"
    shop = account("instagram")
    linked = {"instagram_business_account": {"id": ACCOUNT, "username": "moment"}, "id": PAGE}
    scopes = ["instagram_basic", "instagram_manage_messages", "instagram_manage_comments", "pages_manage_metadata"]
    for answer in (
        linked,
        {"data": {"is_valid": True, "scopes": scopes}},
        {"data": [{"id": APP, "subscribed_fields": ["feed"]}]},
    ):
        outside.answer(answer)
    shop.check()
    assert [call.url.removeprefix("https://graph.facebook.com/v24.0/") for call in outside.calls] == [
        PAGE,
        "debug_token",
        f"{PAGE}/subscribed_apps",
    ]


def test_messengers_subscription_of_the_same_page_stays(outside):
    shop = account("instagram", app_id="")
    outside.answer({"data": [{"id": APP, "subscribed_fields": ["messages", "messaging_postbacks"]}]})
    outside.answer({"success": True})
    shop.register()
    assert outside.last.json == {"subscribed_fields": "messages,messaging_postbacks,feed"}


def test_permissions_of_the_page_are_checked(outside):
    outside.answer({"instagram_business_account": {"id": ACCOUNT}})
    outside.answer({"data": {"is_valid": True, "scopes": ["instagram_basic", "pages_manage_metadata"]}})
    with pytest.raises(AccountFailure) as caught:
        account("instagram").check()
    assert "instagram_manage_messages" in str(caught.value.advice)


# ── Mentions ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class Vault:
    """Keeps what a drain finds."""

    def __init__(self):
        self.kept, self.cursor = [], {}

    def keep(self, body, *, cursor, headers):
        self.kept.append(body)


@pytest.mark.parametrize(
    ("hint", "asked", "answer", "external_id", "text"),
    [
        (
            {"media_id": "1795", "comment_id": "1805"},
            "mentioned_comment.comment_id(1805)",
            {"mentioned_comment": {"text": "@moment wow", "username": "dave", "timestamp": "2026-05-28T20:26:40+0000"}},
            "mention:1795:1805",
            "@moment wow",
        ),
        (
            {"media_id": "1796"},
            "mentioned_media.media_id(1796)",
            {
                "mentioned_media": {
                    "caption": "with @moment",
                    "username": "dave",
                    "permalink": "https://www.instagram.com/p/1",
                }
            },
            "mention:1796:",
            "with @moment",
        ),
    ],
)
def test_a_mention_is_asked_for_and_kept(outside, hint, asked, answer, external_id, text):
    shop, vault = account("instagram"), Vault()
    outside.answer(answer)
    shop.drain(vault, hint)
    assert outside.last.url == f"https://graph.facebook.com/v24.0/{ACCOUNT}"
    assert outside.last.options["params"]["fields"].startswith(asked)
    [said] = shop.parse(envelope(vault.kept[0]))
    assert (said.external_id, said.text, said.sender.value) == (external_id, text, "@dave")


def test_a_mention_that_cannot_be_read_is_tried_again(outside):
    vault = Vault()
    outside.fail(UnknownOutcome("link"))
    with pytest.raises(UnknownOutcome):
        account("instagram").drain(vault, {"media_id": "1"})
    assert vault.kept == []


def test_a_customer_has_a_name_a_handle_and_a_picture(outside):
    picture = "https://scontent.cdninstagram.com/v/p.jpg"
    outside.answer({"name": "Carol", "username": "carol.k", "profile_pic": picture})
    found = account("instagram").profile(CAROL)
    assert (found.name, found.facts, found.picture.url) == ("Carol", {"username": "@carol.k"}, picture)
    outside.answer({"username": "carol.k"})
    assert account("instagram").profile(CAROL).name == "@carol.k"
