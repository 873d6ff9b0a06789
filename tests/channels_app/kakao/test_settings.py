"""What an admin may enter for consultations, and what they are shown."""

import pytest

from channels_app.connectors.kakao.forms import KakaoForm
from tests.channels_app.kakao.conftest import SENDER
from tests.channels_app.outside import connector

GOOD = {"sender_key": SENDER, "public_id": "_xoAbcd", "relay": "bizgo", "environment": "", "api_key": "k"}


@pytest.mark.parametrize(
    "more", [{}, {"relay": "happytalk", "client_id": "id"}, {"networks": " 203.0.113.7\n2001:db8::/64 "}]
)
def test_what_the_dealer_gives_is_taken(more):
    form = KakaoForm(GOOD | more)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["networks"] in ("", "203.0.113.7/32\n2001:db8::/64")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sender_key", "@desk"),
        ("public_id", "xoAbcd"),
        ("networks", "203.0.113.7/24"),
        ("networks", "example.com"),
        ("relay", "x"),
    ],
)
def test_what_cannot_be_right_is_refused_at_its_field(field, value):
    assert list(KakaoForm(GOOD | {field: value}).errors) == [field]


def test_happytalk_needs_a_client_id():
    assert list(KakaoForm(GOOD | {"relay": "happytalk"}).errors) == ["client_id"]


def test_every_field_stands_in_a_group_and_every_secret_goes_to_the_vault():
    assert sorted(name for _title, _when, names in KakaoForm.groups for name in names) == sorted(KakaoForm.base_fields)
    made = type(connector("kakao"))
    assert made.secret_fields == {"api_key", "client_secret", "admin_key"}
    assert made.rotating_secrets == {"admin_key"}


def test_the_addresses_to_copy_are_the_hooks(settings):
    settings.PUBLIC_URL = "https://desk.example.com"
    assert [address for _what, address in connector("kakao").handover()] == [
        "https://desk.example.com/hooks/hook-token",
        "https://desk.example.com/hooks/hook-token/channel",
    ]
