"""What an admin may enter for an Official Account."""

import pytest

from channels_app.connectors.wechat.forms import WeChatForm
from tests.channels_app.outside import connector
from tests.channels_app.sealed import AES_KEY

GOOD = {"appid": "wx1234567890abcdef", "app_secret": "0123456789abcdef0123456789abcdef", "token": "abc123"}


@pytest.mark.parametrize("more", [{}, {"aes_key": AES_KEY}, {"menu_keys": " contact = Talk to us \n\n"}])
def test_what_the_console_shows_is_taken(more):
    form = WeChatForm(GOOD | more)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["menu_keys"] in ("", "contact = Talk to us")


@pytest.mark.parametrize(
    ("field", "value"),
    [("appid", "ww1234567890"), ("token", "ab"), ("aes_key", "short"), ("menu_keys", "no sign"), ("menu_keys", "=x")],
)
def test_what_cannot_be_right_is_refused_at_its_field(field, value):
    form = WeChatForm(GOOD | {field: value})
    assert list(form.errors) == [field]


def test_every_field_stands_in_a_group_and_every_secret_goes_to_the_vault():
    assert [name for _title, _when, names in WeChatForm.groups for name in names] == list(WeChatForm.base_fields)
    made = type(connector("wechat"))
    assert made.secret_fields == {"app_secret", "token", "aes_key"}
    assert made.rotating_secrets < made.secret_fields


def test_the_address_to_copy_is_the_hooks(settings):
    settings.PUBLIC_URL = "https://desk.example.com"
    ((_what, address),) = connector("wechat").handover()
    assert address == "https://desk.example.com/hooks/hook-token/"
