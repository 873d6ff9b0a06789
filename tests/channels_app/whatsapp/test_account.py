"""Connecting a number: the form, the subscription, files."""

import pytest
from django.test import override_settings
from django.utils import timezone

from channels_app.connectors.whatsapp.forms import WhatsAppForm
from channels_app.contract import AccountFailure, PermanentFailure, RemoteFile
from tests.channels_app.meta.samples import APP, BUSINESS, NUMBER, account

ENTERED = {
    "phone_number_id": NUMBER,
    "business_account_id": BUSINESS,
    "access_token": "EAAG-an-access-token-of-some-length",
    "app_secret": "0123456789abcdef0123456789abcdef",
    "app_id": APP,
    "region": "kr",
    "api_version": "v25.0",
}
GRAPH = "https://graph.facebook.com/v24.0"
SCOPES = ["whatsapp_business_messaging", "whatsapp_business_management"]


@pytest.fixture(autouse=True)
def desk(settings):
    settings.PUBLIC_URL = "https://desk.example.com"


@pytest.fixture
def number():
    return account("whatsapp")


def test_the_form_takes_what_meta_shows():
    form = WhatsAppForm(ENTERED)
    assert form.is_valid(), form.errors
    assert (form.cleaned_data["region"], form.cleaned_data["api_version"]) == ("KR", "v25.0")
    assert {name for _title, _when, names in form.groups for name in names} == set(form.fields)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phone_number_id", "+1 555 078 3881"),
        ("business_account_id", ""),
        ("access_token", "short"),
        ("access_token", "EAAG two words that are long enough"),
        ("access_token", "EAAG-토큰-an-access-token"),
        ("app_secret", "has a space"),
        ("app_id", "my app"),
        ("region", "XX"),
        ("api_version", "24"),
    ],
)
def test_the_form_refuses_what_cannot_be(name, value):
    assert name in WhatsAppForm({**ENTERED, name: value}).errors


def test_a_version_left_empty_is_the_usual_one():
    form = WhatsAppForm({**ENTERED, "api_version": ""})
    assert form.is_valid()
    assert form.cleaned_data["api_version"] == "v24.0"


# ── Subscription ─────────────────────────────────────────────────────────────────────────────────────────────────────
def shown(hook):
    return {"id": NUMBER, "verified_name": "Moment", "webhook_configuration": {"phone_number": hook}}


def valid(scopes=SCOPES, **more):
    return {"data": {"is_valid": True, "expires_at": 0, "scopes": scopes, **more}}


def subscribed(app=APP):
    return {"data": [{"whatsapp_business_api_data": {"id": app, "name": "Desk"}}]}


def test_a_number_that_delivers_to_us_is_fine(number, outside):
    for answer in (shown("https://desk.example.com/hooks/hook-token/"), valid(), subscribed()):
        outside.answer(answer)
    number.check()
    assert [call.url for call in outside.calls] == [
        f"{GRAPH}/{NUMBER}",
        f"{GRAPH}/debug_token",
        f"{GRAPH}/{BUSINESS}/subscribed_apps",
    ]
    assert outside.calls[1].headers == {"Authorization": f"Bearer {APP}|meta_app_secret"}
    assert {call.method for call in outside.calls} == {"GET"}


@pytest.mark.parametrize(
    ("hook", "app"),
    [("https://elsewhere.example/", APP), ("https://desk.example.com/hooks/hook-token/", "555")],
)
def test_a_number_that_delivers_elsewhere_is_subscribed_again(number, outside, hook, app):
    for answer in (shown(hook), valid(), subscribed(app)):
        outside.answer(answer)
    fields = [{"name": name} for name in number.hook_fields]
    hooks = {"object": "whatsapp_business_account", "callback_url": number.account.hook_url, "fields": fields}
    outside.answer({"data": [hooks]})
    outside.answer({"success": True})
    outside.answer({"success": True})
    number.check()
    install, override = outside.calls[-2:]
    assert (install.method, install.url) == ("POST", f"{GRAPH}/{BUSINESS}/subscribed_apps")
    assert (override.method, override.url) == ("POST", f"{GRAPH}/{NUMBER}")
    assert override.json == {
        "webhook_configuration": {
            "override_callback_uri": "https://desk.example.com/hooks/hook-token/",
            "verify_token": number.verify_token,
        }
    }


@pytest.mark.parametrize(
    "data",
    [
        {"is_valid": False},
        {"expires_at": 1700000000},
        {"scopes": ["whatsapp_business_messaging"]},
    ],
)
def test_a_token_that_may_not_do_it_pauses_the_channel(number, outside, data):
    outside.answer(shown(""))
    outside.answer(valid(**data))
    with pytest.raises(AccountFailure) as caught:
        number.check()
    assert caught.value.advice


def test_a_missing_permission_is_named(number, outside):
    outside.answer(shown(""))
    outside.answer(valid(scopes=["whatsapp_business_messaging"]))
    with pytest.raises(AccountFailure, match="permissions") as caught:
        number.check()
    assert "whatsapp_business_management" in str(caught.value.advice)


def test_a_token_that_ends_later_is_fine(number, outside):
    outside.answer(shown("https://desk.example.com/hooks/hook-token/"))
    outside.answer(valid(expires_at=int(timezone.now().timestamp()) + 3600))
    outside.answer(subscribed())
    number.check()


def test_without_the_apps_id_the_number_alone_is_asked(outside):
    number = account("whatsapp", app_id="")
    outside.answer(shown("https://desk.example.com/hooks/hook-token/"))
    outside.answer(subscribed("any"))
    number.check()
    assert len(outside.calls) == 2


def test_without_a_token_nobody_is_asked(outside):
    number = account("whatsapp")
    number.account.secrets = {}
    with pytest.raises(AccountFailure):
        number.check()
    assert outside.calls == []


# ── The app's own web hooks ──────────────────────────────────────────────────────────────────────────────────────────
def test_an_app_that_delivers_nowhere_is_told_where(number, outside):
    outside.answer({"data": [{"object": "page", "callback_url": "https://desk.example.com/hooks/other/"}]})
    outside.answer({"success": True})
    number.subscribe_app()
    assert (outside.last.url, outside.last.headers["Authorization"]) == (
        f"{GRAPH}/{APP}/subscriptions",
        f"Bearer {APP}|meta_app_secret",
    )
    assert outside.last.json == {
        "object": "whatsapp_business_account",
        "callback_url": "https://desk.example.com/hooks/hook-token/",
        "verify_token": number.verify_token,
        "fields": "messages,smb_message_echoes,user_preferences,calls,message_template_status_update",
    }


def test_fields_that_somebody_else_asked_for_stay(number, outside):
    ours = {
        "object": "whatsapp_business_account",
        "callback_url": "https://desk.example.com/hooks/hook-token/",
        "fields": [{"name": "flows"}, {"name": "messages"}],
    }
    outside.answer({"data": [ours]})
    outside.answer({"success": True})
    number.subscribe_app()
    assert outside.last.json["fields"].startswith("flows,messages,smb_message_echoes")


@override_settings(PUBLIC_URL="https://desk.example.com")
def test_another_channel_behind_the_same_app_keeps_its_address(number, outside):
    other = {"object": "page", "callback_url": "https://shop.example/hook"}
    outside.answer({"data": [other]})
    page = account("messenger")
    with pytest.raises(PermanentFailure) as caught:
        page.subscribe_app()
    assert "shop.example" in str(caught.value)
    assert len(outside.calls) == 1


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
FILE = RemoteFile("audio.ogg", "audio/ogg", reference="1006")
ADDRESS = {"url": "https://lookaside.fbsbx.com/a?x=1", "mime_type": "audio/ogg; codecs=opus", "id": "1006"}


def test_a_file_is_asked_for_in_two_steps(number, outside):
    outside.answer(ADDRESS)
    outside.answer(b"OggS", content_type="application/octet-stream")
    found = number.fetch(FILE)
    assert (found.content, found.content_type) == (b"OggS", "audio/ogg")
    first, second = outside.calls
    assert (first.url, first.options["params"]) == (f"{GRAPH}/1006", {"phone_number_id": NUMBER})
    assert (second.url, second.headers) == (ADDRESS["url"], first.headers)
    assert second.options["max_bytes"] == 100 * 1024 * 1024


def test_an_address_that_ended_meanwhile_is_asked_for_again(number, outside):
    for answer, status in ((ADDRESS, 200), (b"", 404), (ADDRESS, 200), (b"OggS", 200)):
        outside.answer(answer, status)
    assert number.fetch(FILE).content == b"OggS"


def test_a_file_that_is_gone_is_given_up(number, outside):
    for answer, status in ((ADDRESS, 200), (b"", 404), (ADDRESS, 200), (b"", 404)):
        outside.answer(answer, status)
    with pytest.raises(PermanentFailure):
        number.fetch(FILE)


def test_the_token_goes_nowhere_but_to_meta(number, outside):
    outside.answer({**ADDRESS, "url": "https://evil.example/a"})
    with pytest.raises(PermanentFailure, match="none of Meta"):
        number.fetch(FILE)
    assert len(outside.calls) == 1


def test_a_token_that_ended_pauses_the_channel(number, outside):
    outside.answer({"error": {"code": 190, "message": "expired"}}, 401)
    with pytest.raises(AccountFailure):
        number.fetch(FILE)
