"""Standard Webhooks, against the reference's vector and against the reference library, both ways."""

import time
from datetime import UTC, datetime

import pytest
import time_machine
from standardwebhooks import Webhook

from channels_app.connectors import standard_webhooks
from channels_app.contract import Rejected
from tests.channels_app.generic.conftest import OTHER_SECRET, SECRET
from tests.channels_app.outside import connector, hook

BODY = rb'{"a":"\u00e4","n":1}'
AT = 1780000000


def given(body: bytes = BODY, *, at: int = AT, key: str = "msg_1", secret: str = SECRET) -> dict[str, str]:
    signed = Webhook(secret).sign(key, datetime.fromtimestamp(at, UTC), body.decode())
    return {"webhook-id": key, "webhook-timestamp": str(at), "webhook-signature": signed}


def test_the_signature_is_the_one_of_the_reference():
    made = standard_webhooks.signature(SECRET, "msg_1", AT, BODY)
    assert made == "v1,Lx2Uyw7JfkqT9vBFzNvSJbP+rI3wN2Et7Jicrg5xNiI="


def test_the_reference_library_accepts_what_we_sign():
    headers = standard_webhooks.headers([SECRET], "msg_2", '{"text":"안녕하세요"}'.encode())
    assert Webhook(SECRET).verify('{"text":"안녕하세요"}'.encode(), headers) == {"text": "안녕하세요"}


def test_while_a_secret_is_replaced_either_verifies_what_we_sign():
    headers = standard_webhooks.headers([OTHER_SECRET, SECRET], "msg_2", BODY)
    for secret in (SECRET, OTHER_SECRET):
        assert Webhook(secret).verify(BODY, headers)


@time_machine.travel(AT, tick=False)
def test_we_accept_what_the_reference_library_signs():
    standard_webhooks.verify([OTHER_SECRET, SECRET], given(), BODY)


@time_machine.travel(AT, tick=False)
def test_any_signature_of_the_header_is_enough():
    headers = given()
    headers["webhook-signature"] = f"v1a,xyz v1,AAAA {headers['webhook-signature']}"
    standard_webhooks.verify([SECRET], headers, BODY)


@time_machine.travel(AT, tick=False)
@pytest.mark.parametrize(
    "change",
    [
        {"webhook-signature": "v1,Lx2Uyw7JfkqT9vBFzNvSJbP+rI3wN2Et7Jicrg5xNiJ="},
        {"webhook-signature": ""},
        {"webhook-id": "msg_2"},
        {"webhook-id": ""},
        {"webhook-id": "é"},
        {"webhook-timestamp": str(AT + 1)},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": "-1"},
    ],
)
def test_what_was_changed_on_the_way_is_refused(change):
    with pytest.raises(Rejected):
        standard_webhooks.verify([SECRET], given() | change, BODY)
    standard_webhooks.verify([SECRET], given(), BODY)


@pytest.mark.parametrize(("seconds", "holds"), [(-300, True), (300, True), (-301, False), (301, False)])
def test_a_signature_holds_for_five_minutes_around_its_time(seconds, holds):
    with time_machine.travel(AT + seconds, tick=False):
        if holds:
            return standard_webhooks.verify([SECRET], given(), BODY)
        with pytest.raises(Rejected):
            standard_webhooks.verify([SECRET], given(), BODY)


def test_another_body_is_refused():
    headers = given(at=int(time.time()))
    with pytest.raises(Rejected):
        standard_webhooks.verify([SECRET], headers, BODY + b" ")


def test_without_a_secret_nothing_is_accepted():
    with pytest.raises(Rejected):
        standard_webhooks.verify([], given(at=int(time.time())), BODY)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_c2hvcnQ=", "not base64 at all", "whsec_" + "QUJD" * 30])
def test_a_secret_that_the_spec_forbids_is_none(secret):
    with pytest.raises(ValueError, match="secret"):
        standard_webhooks.key_of(secret)


def test_the_door_accepts_both_secrets_while_one_is_replaced():
    made = connector("generic", secrets={"secret": OTHER_SECRET, "secret_previous": SECRET})
    for secret in (SECRET, OTHER_SECRET):
        headers = standard_webhooks.headers([secret], "msg_3", BODY)
        made.authenticate(hook(BODY, **{name.replace("-", "_"): value for name, value in headers.items()}))
