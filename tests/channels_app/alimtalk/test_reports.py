"""Delivery reports: the reference's signature and the SDK's verifier, what they tell, what stops their repeats."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from bizgo import webhooks
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from channels_app import signatures
from channels_app.contract import DeliveryState, DeliveryUpdate, Rejected, Trouble
from tests.channels_app.alimtalk.conftest import alimtalk, payload
from tests.channels_app.outside import envelope, hook

STAMP = "1780000000"
VECTOR = "48fa7b331a3d2b5ce76d303033075f110186625373fa56126a95d8471a6339fb"
KEY = "20261121104234546POM101182450000"


def report(signature=VECTOR, stamp=STAMP, caller="203.0.113.7"):
    request = hook(json.dumps(payload("report_delivered")).encode(), x_ib_timestamp=stamp, x_ib_signature=signature)
    request.META["REMOTE_ADDR"] = caller
    return request


@pytest.mark.parametrize(
    "signature", [VECTOR, VECTOR.upper(), f" {VECTOR} ", base64.b64encode(bytes.fromhex(VECTOR)).decode()]
)
def test_the_references_signature_is_let_in_in_each_spelling(signature):
    with time_machine.travel(1780000000):
        alimtalk().authenticate(report(signature))
    webhooks.verify_signature(secret="bizgo_secret", timestamp=STAMP, signature=signature, now=1780000000)


@pytest.mark.parametrize("signature", ["", "0" * 64, VECTOR[:-1], "%%%", base64.b64encode(b"x").decode()])
def test_any_other_signature_is_refused(signature):
    with time_machine.travel(1780000000), pytest.raises(Rejected, match="signature"):
        alimtalk().authenticate(report(signature))
    with pytest.raises(webhooks.WebhookVerificationError):
        webhooks.verify_signature(secret="bizgo_secret", timestamp=STAMP, signature=signature, now=1780000000)


def test_the_secret_before_still_counts():
    with time_machine.travel(1780000000):
        alimtalk(secrets={"webhook_secret": "new", "webhook_secret_previous": "bizgo_secret"}).authenticate(report())


def test_without_a_secret_no_report_is_let_in():
    with time_machine.travel(1780000000), pytest.raises(Rejected):
        alimtalk(secrets={"webhook_secret": ""}).authenticate(report(signatures.hmac_hex("", STAMP.encode())))


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_time_is_refused(seconds):
    with time_machine.travel(1780000000 + seconds), pytest.raises(Rejected, match="too old"):
        alimtalk().authenticate(report())


@pytest.mark.parametrize("stamp", ["", "soon", "-1", "１７８００００００００", "9" * 30])
def test_a_time_that_is_none_is_refused(stamp):
    with pytest.raises(Rejected, match="too old"):
        alimtalk().authenticate(report(signatures.hmac_hex("bizgo_secret", stamp.encode()), stamp))


def test_thousandths_of_seconds_are_understood():
    stamp = str(int(timezone.now().timestamp() * 1000))
    alimtalk().authenticate(report(signatures.hmac_hex("bizgo_secret", stamp.encode()), stamp))


def test_a_caller_that_is_not_on_the_list_is_refused():
    with time_machine.travel(1780000000):
        alimtalk(networks="203.0.113.0/24").authenticate(report())
        with pytest.raises(Rejected, match="address"):
            alimtalk(networks="203.0.113.0/24").authenticate(report(caller="198.51.100.1"))


@pytest.mark.parametrize("name", ["report_delivered", "report_failed", "report_fallback"])
def test_the_payloads_are_such_as_bizgos_own_sdk_reads_and_its_answer_is_ours(name):
    read = webhooks.parse_report(json.dumps(payload(name)))
    said = alimtalk().acknowledge(envelope(payload(name)))
    assert json.loads(said.content) == webhooks.ack(read.msg_key) == {"msgKey": KEY}


@pytest.mark.parametrize(("name", "second"), [("report_delivered", 2), ("report_fallback", 5)])
def test_a_report_tells_that_it_arrived_also_as_a_text_message(name, second):
    (receipt,) = alimtalk().parse(envelope(payload(name)))
    at = datetime(2026, 11, 21, 1, 0, second, tzinfo=UTC)
    assert receipt == DeliveryUpdate(DeliveryState.DELIVERED, external_id=KEY, delivery_key="d" * 32, at=at)


def test_a_report_tells_why_it_did_not_arrive():
    (receipt,) = alimtalk().parse(envelope(payload("report_failed")))
    assert (receipt.state, receipt.code, receipt.detail) == (DeliveryState.FAILED, "31004", "NoSendAvailableException")
    assert (receipt.trouble, bool(receipt.advice)) == (Trouble.RECIPIENT, True)


def test_a_failure_and_the_text_message_after_it_are_two_reports_but_a_repeat_is_one():
    names = ("report_failed", "report_fallback", "report_failed")
    keys = [alimtalk().dedup_key(envelope(payload(name))) for name in names]
    assert keys[0] == keys[2] != keys[1]


@pytest.mark.parametrize("lost", ["reportCode", "msgKey"])
def test_a_report_that_names_nothing_gives_nothing(lost):
    said = {name: part for name, part in payload("report_delivered").items() if name not in (lost, "ref")}
    assert list(alimtalk().parse(envelope(said))) == []


@pytest.mark.parametrize("body", [b"", b"\xff", b"{"])
def test_what_is_no_json_is_not_answered_as_a_report(body):
    assert alimtalk().acknowledge(envelope(body)) is None
    assert alimtalk().dedup_key(envelope(body)) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["msgKey", "reportCode", "ref", "reportTime"]), inner)
    ),
)


@given(JSON)
def test_no_json_of_any_kind_raises(said):
    account = alimtalk()
    account.parse(envelope(said))
    account.dedup_key(envelope(said))
    account.acknowledge(envelope(said))


def test_a_report_is_fresh_for_five_minutes():
    assert timedelta(seconds=webhooks.DEFAULT_TOLERANCE_SECONDS) == timedelta(minutes=5)
