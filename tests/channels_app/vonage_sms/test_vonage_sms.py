"""Vonage's SMS API: four ways of signing, messages in pieces, an answer that says 200 whatever happens."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from channels_app.connectors.vonage_sms import VonageSmsForm, signing
from channels_app.contract import (
    AccountFailure,
    Address,
    ConsentUpdate,
    DeliveryState,
    DeliveryUpdate,
    Fragment,
    InboundMessage,
    PermanentFailure,
    Rejected,
    TemporaryFailure,
    Trouble,
    UnknownOutcome,
)
from tests.channels_app import outside as stage

PAYLOADS = Path(__file__).parent / "payloads"
ALL = sorted(PAYLOADS.iterdir())
SECRET = "vonage_sig_secret"
CAROL = Address("phone", "+447700900001")


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_URL = "https://desk.example.com"


def vonage(secrets=None, **config):
    secrets = secrets or {"signature_secret": SECRET, "api_secret": "open sesame"}
    config = {"api_key": "Aladdin", "sender": "+447700900000", "region": "GB", **config}
    return stage.connector("vonage_sms", secrets=secrets, **config)


def envelope(path):
    return stage.envelope(path.read_bytes())


def parsed(name):
    path = next(path for path in ALL if path.stem == name)
    return vonage().parse(envelope(path))


def signed(fields, algorithm="sha256", secret=SECRET, at=None):
    fields = {**fields, "timestamp": str(int((at or timezone.now()).timestamp())), "nonce": "n1"}
    return {**fields, "sig": signing.signature(fields, secret, algorithm)}


# ── Signatures ───────────────────────────────────────────────────────────────────────────────────────────────────────
VECTOR = {
    "messageId": "0A",
    "msisdn": "447700900001",
    "nonce": "n1",
    "text": "a&b=c",
    "timestamp": "1780000000",
    "to": "447700900000",
}


def test_the_reference_vector():
    expected = "5676b779a00a5f95f9d7bb3f16b6f38e6efd45db6029f78677e6f553eba7959e"
    assert signing.signature(VECTOR, SECRET, "sha256") == expected
    assert signing.signature({**VECTOR, "sig": "whatever"}, SECRET, "sha256") == expected


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
def test_every_hmac_is_over_the_same_text(algorithm):
    text = b"&messageId=0A&msisdn=447700900001&nonce=n1&text=a_b_c&timestamp=1780000000&to=447700900000"
    expected = hmac.new(SECRET.encode(), text, algorithm).hexdigest()
    assert signing.signature(VECTOR, SECRET, algorithm) == expected
    assert signing.signature(VECTOR, SECRET, "md5hash") == hashlib.md5(text + SECRET.encode()).hexdigest()


@pytest.mark.parametrize("algorithm", signing.ALGORITHMS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_signed_requests_are_let_in_however_they_come(algorithm, method):
    fields = signed({"msisdn": "1", "text": "a&b = ü"}, algorithm)
    body, query = (b"", urlencode(fields)) if method == "GET" else (urlencode(fields).encode(), "")
    content_type = "application/x-www-form-urlencoded"
    request = stage.hook(body, method=method, query=query, content_type=content_type)
    vonage(algorithm=algorithm).authenticate(request)


def test_json_is_signed_by_its_parameters():
    fields = signed({"msisdn": "1", "concat-part": "1"})
    raw = str(fields).replace("'", '"').replace('"1"', "1", 2).encode()
    vonage().authenticate(stage.hook(raw))


def test_upper_case_signatures_count():
    fields = signed({"msisdn": "1"})
    fields["sig"] = fields["sig"].upper()
    vonage().authenticate(stage.hook(urlencode(fields).encode()))


@pytest.mark.parametrize("change", [{"text": "other"}, {"sig": ""}, {"more": "1"}])
def test_what_was_changed_is_refused(change):
    fields = {**signed({"msisdn": "1", "text": "a"}), **change}
    with pytest.raises(Rejected):
        vonage().authenticate(stage.hook(urlencode(fields).encode()))


def test_the_secret_before_is_valid_while_it_is_rotated():
    body = urlencode(signed({"msisdn": "1"}, secret="old")).encode()
    vonage({"signature_secret": "new", "signature_secret_previous": "old"}).authenticate(stage.hook(body))
    with pytest.raises(Rejected):
        vonage({"signature_secret": "new"}).authenticate(stage.hook(body))


@pytest.mark.parametrize(
    ("age", "is_let_in"), [(timedelta(hours=23), True), (timedelta(hours=26), False), (-timedelta(hours=1), False)]
)
def test_a_repeated_message_of_a_day_is_let_in_and_no_older(age, is_let_in):
    body = urlencode(signed({"msisdn": "1"}, at=timezone.now() - age)).encode()
    if is_let_in:
        return vonage().authenticate(stage.hook(body))
    with pytest.raises(Rejected):
        vonage().authenticate(stage.hook(body))


@pytest.mark.parametrize("timestamp", ["", "soon", "9" * 40])
def test_a_request_without_a_time_is_refused(timestamp):
    fields = {"msisdn": "1", "timestamp": timestamp}
    fields["sig"] = signing.signature(fields, SECRET, "sha256")
    with pytest.raises(Rejected):
        vonage().authenticate(stage.hook(urlencode(fields).encode()))


# ── In ───────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_short_message():
    (received,) = parsed("sms")
    assert (received.external_id, received.text) == ("0A0000000123ABCD1", "Where is my order?")
    assert received.sender.value == "+447700900001"
    assert received.sent_at == datetime(2026, 11, 22, 0, 1, 2, tzinfo=UTC)
    assert received.fragment is None


def test_json_and_hangul():
    (received,) = parsed("unicode")
    assert received.text == "배송 언제 와요? 😀"
    assert received.sender.value == "+821012345678"


def test_pieces_say_what_they_are_pieces_of():
    (first,), (second,) = parsed("part1"), parsed("part2")
    assert first.fragment == Fragment("447700900001:447700900000:12", 1, 2)
    assert second.fragment == Fragment("447700900001:447700900000:12", 2, 2)
    assert first.external_id != second.external_id


@pytest.mark.parametrize(
    "odd",
    ["concat-part=0&concat-total=2", "concat-part=3&concat-total=2", "concat-total=x", "concat-part=1&concat-total=1"],
)
def test_an_odd_piece_is_a_message_of_its_own(odd):
    (received,) = vonage().parse(stage.envelope(f"msisdn=1&messageId=1&text=a&type=text&concat=true&{odd}".encode()))
    assert received.fragment is None


def test_binary_messages_say_that_they_cannot_be_shown():
    (received,) = parsed("binary")
    assert received.notices == ["unsupported"]


def test_stop_is_a_message_and_a_refusal():
    received, consent = parsed("stop")
    assert isinstance(consent, ConsentUpdate)
    assert (received.text, consent.is_granted, consent.address) == ("STOP", False, received.sender)


def test_receipts_name_the_send_twice_over():
    (update,) = parsed("delivered")
    assert (update.state, update.external_id, update.delivery_key) == (DeliveryState.DELIVERED, "0D1", "d" * 32)
    assert update.at == datetime(2026, 11, 22, 0, 1, tzinfo=UTC)
    assert not update.code


def test_an_illegal_number_is_unreachable():
    (update,) = parsed("failed")
    assert (update.state, update.code, update.is_unreachable) == (DeliveryState.FAILED, "9", True)


def test_who_gave_no_consent_is_not_written_to_again():
    update, consent = parsed("no_consent")
    assert update.trouble == Trouble.RECIPIENT
    assert (consent.is_granted, consent.source) == (False, "provider")


def test_each_event_has_a_key_of_its_own():
    keys = [vonage().dedup_key(envelope(path)) for path in ALL]
    assert len(set(keys)) == len(keys)


def test_a_get_is_understood_by_its_query():
    (received,) = vonage().parse(stage.envelope(b"", query="msisdn=447700900001&messageId=1&text=hi&type=text"))
    assert received.text == "hi"


NAMES = ["messageId", "msisdn", "text", "type", "status", "concat", "concat-part", "concat-total", "scts", "err-code"]


@given(
    st.dictionaries(
        st.sampled_from(NAMES), st.one_of(st.text(max_size=8), st.integers(), st.none(), st.lists(st.text()))
    )
)
def test_any_parameters_give_items_or_nothing(fields):
    for item in vonage().parse(stage.envelope(fields)):
        assert isinstance(item, InboundMessage | DeliveryUpdate | ConsentUpdate)


@given(st.binary(max_size=200))
def test_any_bytes_are_survived(body):
    vonage().parse(stage.envelope(body))
    vonage().dedup_key(stage.envelope(body))


def test_repeated_and_reordered_events_give_the_same_ids():
    def ids(paths):
        found = [item for path in paths for item in vonage().parse(envelope(path))]
        return {item.external_id for item in found if isinstance(item, InboundMessage)}

    assert ids(ALL) == ids([*reversed(ALL), *ALL])


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
def sent(*statuses):
    return {"messages": [{"to": "1", "message-id": f"0E{i}", "status": one} for i, one in enumerate(statuses)]}


def test_a_text_goes_out(outside):
    outside.answer(sent("0"))
    receipt = vonage().send(stage.outbound(CAROL, "**Hello**"))
    assert receipt.external_id == "0E0"
    assert outside.last.url == "https://rest.nexmo.com/sms/json"
    assert outside.last.headers["Authorization"] == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert outside.last.form == {
        "from": "447700900000",
        "to": "447700900001",
        "text": "Hello",
        "type": "text",
        "status-report-req": "1",
        "callback": "https://desk.example.com/hooks/hook-token/",
        "client-ref": "d" * 32,
    }


def test_hangul_goes_out_as_unicode(outside):
    outside.answer(sent("0", "0"))
    receipt = vonage().send(stage.outbound(CAROL, "안녕하세요"))
    assert outside.last.form["type"] == "unicode"
    assert receipt.details["segments"] == 2


@pytest.mark.parametrize(
    ("status", "error", "trouble"),
    [
        ("1", TemporaryFailure, Trouble.RATE),
        ("4", AccountFailure, Trouble.AUTH),
        ("5", TemporaryFailure, Trouble.TRANSIENT),
        ("7", PermanentFailure, Trouble.RECIPIENT),
        ("12", PermanentFailure, Trouble.PAYLOAD),
        ("98", TemporaryFailure, Trouble.TRANSIENT),
    ],
)
def test_a_refusal_hides_in_a_good_answer(outside, status, error, trouble):
    outside.answer(sent(status))
    with pytest.raises(error) as failed:
        vonage().send(stage.outbound(CAROL))
    assert (failed.value.code, failed.value.trouble) == (status, trouble)


def test_half_a_message_is_no_success_and_is_not_repeated(outside):
    outside.answer(sent("0", "5"))
    with pytest.raises(UnknownOutcome):
        vonage().send(stage.outbound(CAROL))


def test_an_answer_without_messages_is_a_failure(outside):
    outside.answer({})
    with pytest.raises(TemporaryFailure):
        vonage().send(stage.outbound(CAROL))


def test_checking_asks_for_the_balance(outside):
    outside.answer({"value": 1})
    vonage().check()
    outside.answer({}, 401)
    with pytest.raises(AccountFailure):
        vonage().check()


def test_the_form_takes_an_account():
    entered = {"api_key": "abcd1234", "api_secret": "s", "signature_secret": "t", "algorithm": "md5", "sender": "Shop"}
    assert VonageSmsForm(entered).is_valid()
    assert "api_key" in VonageSmsForm({**entered, "api_key": "no key"}).errors


def test_a_form_body_is_read_whole():
    fields = dict(parse_qsl("a=1&b="))
    assert signing.parameters(b"a=1&b=", "") == {**fields, "b": ""}
