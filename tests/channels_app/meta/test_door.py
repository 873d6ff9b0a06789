"""The door at which Meta knocks: the handshake, the signature, and whatever else it may bring."""

import json

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from pywa.utils import webhook_updates_validator

from channels_app.contract import InboundMessage, Rejected
from channels_app.signatures import hmac_hex
from tests.channels_app.meta.samples import ACCOUNTS, account, names, parsed, shuffled, spoilt
from tests.channels_app.outside import connector, envelope, hook
from tests.channels_app.test_tolerant import ODD

KINDS = sorted(ACCOUNTS)
# Appendix A of the protocol reference: the ä is escaped, exactly as Meta sends it.
BODY = b'{"a":"\\u00e4","n":1}'
SIGNATURE = "sha256=63d5a22f1c67a5010787c2d30c2bca018a962bf1aa5badea9144d56595c3da11"

pytestmark = pytest.mark.parametrize("kind", KINDS)


def shaken(kind, **query):
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", **query}
    return account(kind).handshake(hook(method="GET", query="&".join(f"{name}={asked[name]}" for name in asked)))


def test_the_handshake_gives_the_challenge_back(kind):
    answer = shaken(kind, **{"hub.verify_token": account(kind).verify_token})
    assert (answer.status_code, answer.content) == (200, b"1158201444")
    assert answer["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("query", [{"hub.verify_token": "guessed"}, {}, {"hub.verify_token": ""}])
def test_a_handshake_with_another_token_fails(kind, query):
    assert shaken(kind, **query).status_code == 403


def test_other_requests_are_no_handshake(kind):
    assert account(kind).handshake(hook(BODY)) is None
    assert account(kind).handshake(hook(method="GET", query="hub.mode=unsubscribe")) is None


def test_each_address_has_a_verify_token_of_its_own_unless_one_was_chosen(kind):
    own = account(kind).verify_token
    other = account(kind)
    other.account.token = "another-hook"
    assert own not in (other.verify_token, "hook-token")
    assert connector(kind, secrets={"verify_token": "chosen"}).verify_token == "chosen"


def test_what_has_to_be_copied_is_shown(kind):
    with override_settings(PUBLIC_URL="https://desk.example.com"):
        shown = [value for _label, value in account(kind).handover()]
    assert shown[0] == "https://desk.example.com/hooks/hook-token/"
    assert shown[1] == account(kind).verify_token
    assert "messages" in shown[2]


def test_the_signature_over_the_raw_body_opens_the_door(kind):
    account(kind).authenticate(hook(BODY, x_hub_signature_256=SIGNATURE))
    assert webhook_updates_validator("meta_app_secret", BODY, SIGNATURE)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x_hub_signature_256": SIGNATURE[:-1] + "0"},
        {"x_hub_signature_256": SIGNATURE.removeprefix("sha256=")},
        {"x_hub_signature": SIGNATURE},
        {"x_hub_signature_256": ""},
    ],
)
def test_another_signature_does_not(kind, headers):
    with pytest.raises(Rejected):
        account(kind).authenticate(hook(BODY, **headers))


def test_a_body_that_was_written_anew_does_not(kind):
    with pytest.raises(Rejected):
        account(kind).authenticate(
            hook(json.dumps(json.loads(BODY), ensure_ascii=False).encode(), x_hub_signature_256=SIGNATURE)
        )


def test_while_the_secret_is_changed_both_are_good(kind):
    changing = connector(kind, secrets={"app_secret": "new", "app_secret_previous": "meta_app_secret"})
    changing.authenticate(hook(BODY, x_hub_signature_256=SIGNATURE))
    changing.authenticate(hook(BODY, x_hub_signature_256=f"sha256={hmac_hex('new', BODY)}"))
    assert "app_secret" in type(changing).rotating_secrets


def test_without_a_secret_nothing_is_let_in(kind):
    with pytest.raises(Rejected):
        connector(kind).authenticate(hook(BODY, x_hub_signature_256=f"sha256={hmac_hex('', BODY)}"))


def test_every_payload_file_is_read_without_complaint(kind):
    assert all(isinstance(parsed(kind, name), list) for name in names(kind))


def test_no_json_is_too_odd(kind):
    @given(ODD)
    def read(body):
        assert account(kind).parse(envelope(json.dumps(body).encode())) == []

    read()


def test_nothing_that_is_wrong_in_one_place_raises(kind):
    @given(spoilt(kind))
    def read(body):
        for item in account(kind).parse(envelope(json.dumps(body).encode())):
            assert not isinstance(item, InboundMessage) or item.external_id

    read()


def test_repeated_and_reordered_entries_give_the_same_messages(kind):
    once = {item.external_id for item in parsed(kind, "batch") if isinstance(item, InboundMessage)}

    @given(st.lists(st.integers(0, 9), max_size=4))
    def read(order):
        again = shuffled(kind, "batch", order)
        assert {item.external_id for item in again if isinstance(item, InboundMessage)} == once

    assert len(once) == 3
    read()


def test_bytes_that_are_no_json_are_left_to_the_quarantine(kind):
    with pytest.raises(ValueError, match=r".+"):
        account(kind).parse(envelope(b"\xff\xfe{"))


def test_another_objects_hooks_say_nothing(kind):
    assert account(kind).parse(envelope({"object": "user", "entry": [{"id": "1", "changes": []}]})) == []
