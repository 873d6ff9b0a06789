"""Connecting a Page: the form, its subscription, who the customers are."""

import pytest

from channels_app.connectors.messenger.forms import MessengerForm
from channels_app.contract import AccountFailure, Address, FileRole, PermanentFailure, RemoteFile
from tests.channels_app.meta.samples import APP, PAGE, account

CAROL = Address("messenger", "PSID", is_local=True)
GRAPH = "https://graph.facebook.com/v24.0"
ENTERED = {
    "page_id": PAGE,
    "access_token": "EAAG-an-access-token-of-some-length",
    "app_secret": "0123456789abcdef0123456789abcdef",
}
MESSAGES = ["pages_messaging", "pages_manage_metadata"]
COMMENTS = ["pages_read_engagement", "pages_read_user_content", "pages_manage_engagement"]
VALID = {"data": {"is_valid": True, "expires_at": 0, "scopes": MESSAGES + COMMENTS}}


@pytest.fixture
def shop(settings):
    settings.PUBLIC_URL = "https://desk.example.com"
    return account("messenger")


def subscribed(*fields, app=APP):
    return {"data": [{"id": "9", "subscribed_fields": ["email"]}, {"id": app, "subscribed_fields": list(fields)}]}


def app_hooks(shop):
    fields = [{"name": name, "version": "v24.0"} for name in shop.hook_fields]
    return {"data": [{"object": "page", "callback_url": shop.account.hook_url, "fields": fields}]}


def test_the_form_takes_what_meta_shows():
    form = MessengerForm(ENTERED)
    assert form.is_valid(), form.errors
    assert (form.cleaned_data["takes_comments"], form.cleaned_data["api_version"]) == (False, "v25.0")
    assert MessengerForm().fields["takes_comments"].initial
    assert {name for _title, _when, names in form.groups for name in names} == set(form.fields)


@pytest.mark.parametrize(("name", "value"), [("page_id", "moment.shop"), ("access_token", "EAAG"), ("app_secret", "")])
def test_the_form_refuses_what_cannot_be(name, value):
    assert name in MessengerForm({**ENTERED, name: value}).errors


def test_a_page_that_delivers_is_fine(shop, outside):
    for answer in ({"id": PAGE, "name": "Moment"}, VALID, subscribed(*shop.hook_fields)):
        outside.answer(answer)
    shop.check()
    assert [call.url for call in outside.calls] == [
        f"{GRAPH}/{PAGE}",
        f"{GRAPH}/debug_token",
        f"{GRAPH}/{PAGE}/subscribed_apps",
    ]


def test_a_subscription_that_meta_dropped_is_taken_up_again(shop, outside):
    """After an hour of failures Meta unsubscribes the app without a word."""
    for answer in ({"id": PAGE}, VALID, {"data": []}, app_hooks(shop), {"data": []}, {"success": True}):
        outside.answer(answer)
    outside.answer(subscribed(*shop.hook_fields))
    shop.check()
    asked = outside.calls[-2]
    assert (asked.method, asked.url) == ("POST", f"{GRAPH}/{PAGE}/subscribed_apps")
    assert asked.json["subscribed_fields"].split(",") == list(shop.hook_fields)


def test_a_subscription_that_stays_away_is_told(shop, outside):
    for answer in ({"id": PAGE}, VALID, {"data": []}, app_hooks(shop), {"data": []}, {"success": True}, {"data": []}):
        outside.answer(answer)
    with pytest.raises(PermanentFailure) as caught:
        shop.check()
    assert caught.value.code == "subscription"


def test_what_the_app_has_for_another_channel_stays(shop, outside):
    outside.answer(app_hooks(shop))
    outside.answer(subscribed("leadgen"))
    outside.answer({"success": True})
    shop.register()
    assert outside.last.json["subscribed_fields"].startswith("leadgen,messages,")


def test_what_is_subscribed_already_is_left_alone(shop, outside):
    outside.answer(app_hooks(shop))
    outside.answer(subscribed(*shop.hook_fields))
    shop.register()
    assert [call.method for call in outside.calls] == ["GET", "GET"]


def test_comments_that_nobody_wants_are_not_asked_for(outside):
    quiet = account("messenger", takes_comments=False, app_id="")
    outside.answer({"data": []})
    outside.answer({"success": True})
    quiet.register()
    assert "feed" not in outside.last.json["subscribed_fields"].split(",")


def test_another_page_behind_the_token_is_noticed(shop, outside):
    outside.answer({"id": "4711", "name": "Another"})
    with pytest.raises(PermanentFailure) as caught:
        shop.check()
    assert caught.value.code == "account"


def test_a_token_that_ended_pauses_the_channel(shop, outside):
    outside.answer({"error": {"code": 190, "error_subcode": 463, "message": "Session has expired"}}, 401)
    with pytest.raises(AccountFailure) as caught:
        shop.check()
    assert caught.value.code == "190/463"


def test_a_customer_has_a_name_and_a_picture(shop, outside):
    picture = "https://platform-lookaside.fbsbx.com/platform/profilepic/?psid=PSID"
    outside.answer({"first_name": "Carol", "last_name": "Kim", "profile_pic": picture, "id": "PSID"})
    found = shop.profile(CAROL)
    assert (found.address, found.name, found.picture.url) == (CAROL, "Carol Kim", picture)
    assert outside.last.url == f"{GRAPH}/PSID"
    assert outside.last.options["params"] == {"fields": "first_name,last_name,profile_pic"}


@pytest.mark.parametrize(("code", "subcode"), [(100, 33), (230, None), (100, 2018218)])
def test_a_customer_who_has_not_agreed_stays_unknown(shop, outside, code, subcode):
    outside.answer({"error": {"code": code, "error_subcode": subcode, "message": "no"}}, 400)
    assert shop.profile(CAROL) is None


def test_a_picture_elsewhere_is_not_fetched(shop, outside):
    outside.answer({"first_name": "Carol", "profile_pic": "https://evil.example/a.jpg"})
    assert shop.profile(CAROL).picture is None


def test_a_file_is_fetched_without_the_token(shop, outside):
    outside.answer(b"PNG", content_type="image/png")
    found = shop.fetch(RemoteFile("a.png", "image/jpeg", url="https://scontent.xx.fbcdn.net/a.png"))
    assert (found.content, found.content_type, outside.last.headers) == (b"PNG", "image/png", {})
    assert outside.last.options["max_bytes"] == 25 * 1024 * 1024


def test_a_voice_message_is_no_film(shop, outside):
    for role, content_type in ((FileRole.VOICE, "audio/mp4"), (FileRole.FILE, "video/mp4")):
        outside.answer(b"ftyp", content_type="video/mp4")
        file = RemoteFile("a.mp4", "audio/mp4", url="https://cdn.fbsbx.com/a.mp4", role=role)
        assert shop.fetch(file).content_type == content_type


@pytest.mark.parametrize(("takes_comments", "missing"), [(True, True), (False, False)])
def test_comments_need_permissions_of_their_own(outside, takes_comments, missing):
    quiet = account("messenger", takes_comments=takes_comments)
    outside.answer({"data": {"is_valid": True, "scopes": MESSAGES}})
    if not missing:
        return quiet.check_token()
    with pytest.raises(AccountFailure) as caught:
        quiet.check_token()
    assert "pages_manage_engagement" in str(caught.value.advice)
