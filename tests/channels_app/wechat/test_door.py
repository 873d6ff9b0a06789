"""Who may deliver for an Official Account, and what they are answered."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels_app.connectors.wechat_crypto import signature
from channels_app.contract import Rejected
from tests.channels_app.outside import connector, envelope, hook
from tests.channels_app.sealed import AES_KEY, OTHER_KEY, TOKEN, body, query, seal, stamp
from tests.channels_app.wechat.conftest import APPID, payload

NONCE = "nonce1"


def wechat(**secrets):
    return connector("wechat", secrets={"token": TOKEN, **secrets}, appid=APPID)


def signed(token=TOKEN, at=None, **more):
    at = at or stamp()
    return query(signature=signature(token, at, NONCE), timestamp=at, nonce=NONCE, openid="oOPENID", **more)


def sealed_hook(sealed, token=TOKEN, **more):
    at = stamp()
    words = query(
        signature=signature(token, at, NONCE),
        timestamp=at,
        nonce=NONCE,
        encrypt_type="aes",
        msg_signature=more.get("msg_signature") or signature(token, at, NONCE, sealed),
    )
    # The query is not encoded by WeChat either: base64 is in the body alone.
    return hook(body(sealed), query=words)


def test_the_address_is_proven_by_giving_the_test_string_back():
    answer = wechat().handshake(hook(method="GET", query=signed(echostr="5838479218127813673")))
    assert (answer.status_code, answer.content) == (200, b"5838479218127813673")


def test_a_test_string_with_a_wrong_signature_is_not_given_back():
    request = hook(method="GET", query=signed(token="other", echostr="583"))
    assert wechat().handshake(request) is None
    with pytest.raises(Rejected):
        wechat().authenticate(request)


def test_a_delivery_is_no_handshake():
    assert wechat().handshake(hook(payload("text"), query=signed())) is None


def test_a_signed_delivery_is_let_in_by_either_token():
    wechat().authenticate(hook(payload("text"), query=signed()))
    wechat(token="new_token", token_previous=TOKEN).authenticate(hook(payload("text"), query=signed()))
    with pytest.raises(Rejected):
        wechat(token="new_token").authenticate(hook(payload("text"), query=signed()))


def test_without_a_token_nobody_is_let_in():
    with pytest.raises(Rejected):
        connector("wechat", appid=APPID).authenticate(hook(payload("text"), query=signed(token="")))


@pytest.mark.parametrize("minutes", [-11, 11])
def test_an_old_signature_is_refused(minutes):
    at = str(int((timezone.now() + timedelta(minutes=minutes)).timestamp()))
    with pytest.raises(Rejected, match="too old"):
        wechat().authenticate(hook(payload("text"), query=signed(at=at)))


@pytest.mark.parametrize("words", ["", "signature=x", "timestamp=abc&nonce=1&signature=x", "timestamp=9" + "9" * 30])
def test_a_request_without_a_usable_time_is_refused(words):
    with pytest.raises(Rejected):
        wechat().authenticate(hook(payload("text"), query=words))


def test_in_the_safe_mode_a_sealed_body_is_let_in_by_either_key():
    sealed = seal(payload("text").decode(), APPID)
    wechat(aes_key=AES_KEY).authenticate(sealed_hook(sealed))
    wechat(aes_key=OTHER_KEY, aes_key_previous=AES_KEY).authenticate(sealed_hook(sealed))


@pytest.mark.parametrize(
    ("sealed", "more"),
    [
        (seal("<xml/>", "wx9999999999"), {}),
        (seal("<xml/>", APPID, OTHER_KEY), {}),
        (seal("<xml/>", APPID), {"msg_signature": "0" * 40}),
    ],
    ids=["other account", "other key", "other signature"],
)
def test_in_the_safe_mode_a_body_of_others_is_refused(sealed, more):
    with pytest.raises(Rejected):
        wechat(aes_key=AES_KEY).authenticate(sealed_hook(sealed, **more))


def test_in_the_safe_mode_an_open_body_is_refused_for_its_signature_covers_no_text():
    with pytest.raises(Rejected):
        wechat(aes_key=AES_KEY).authenticate(hook(payload("text"), query=signed()))
    with pytest.raises(Rejected):
        wechat(aes_key=AES_KEY).authenticate(hook(b"<broken", query=signed()))


def test_it_is_answered_with_the_one_word_that_stops_repeats():
    assert wechat().acknowledge(envelope(payload("text"))).content == b"success"


def test_a_repeat_that_was_sealed_anew_is_known_by_the_messages_id():
    account = wechat(aes_key=AES_KEY)
    keys = {account.dedup_key(envelope(body(seal(payload("text").decode(), APPID)))) for _time in range(2)}
    assert keys == {"22876340532172986"}


def test_events_are_known_by_who_when_and_what():
    account = wechat()
    assert account.dedup_key(envelope(payload("subscribe"))) == "oOPENID:1780000000:subscribe:qrscene_12:"
    assert account.dedup_key(envelope(payload("click"))) != account.dedup_key(envelope(payload("view")))


@pytest.mark.parametrize("raw", [b"", b"{}", b"<broken", b"<xml/>"])
def test_what_cannot_be_read_has_no_key_of_its_own(raw):
    assert wechat(aes_key=AES_KEY).dedup_key(envelope(raw)) == ""
