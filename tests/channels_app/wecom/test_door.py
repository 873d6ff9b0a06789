"""The callback: its handshake with the reference's vector, who may call, and that it is only a knock."""

from urllib.parse import quote

import pytest
import time_machine

from channels_app.connectors.wechat_crypto import signature
from channels_app.contract import Knock, Rejected
from tests.channels_app.outside import connector, envelope, hook
from tests.channels_app.sealed import AES_KEY, OTHER_KEY, TOKEN, body, query, seal, stamp
from tests.channels_app.wecom.conftest import CORP_ID, PAYLOADS

CALLBACK = (PAYLOADS / "callback.xml").read_text()
ECHO = "Q3stYC6hdFzMh9T8HCvyDOjpXLNauJhx2jaflIofLlVnxFjODeL0vb3zQ2L8R+ZKYb2WuNh55gk4KisIrvGUXg=="


def wecom(**secrets):
    return connector("wecom", secrets={"token": TOKEN, "aes_key": AES_KEY, **secrets}, corp_id=CORP_ID)


def echo(msg_signature="969fd88f0fbd03a0b2cde5391e9e13666ecc166d"):
    words = query(msg_signature=msg_signature, timestamp="1780000000", nonce="nonce1", echostr=quote(ECHO, safe=""))
    return hook(method="GET", query=words)


def called(sealed, token=TOKEN):
    at = stamp()
    return hook(body(sealed), query=query(msg_signature=signature(token, at, "n", sealed), timestamp=at, nonce="n"))


def test_the_test_string_is_opened_and_given_back():
    with time_machine.travel(1780000000 + 60):
        answer = wecom().handshake(echo())
    assert (answer.status_code, answer.content) == (200, b"5927782489442352469")


def test_a_test_string_that_is_old_or_of_others_is_not_given_back():
    with time_machine.travel(1780000000 + 700):
        assert wecom().handshake(echo()) is None
    with time_machine.travel(1780000000):
        assert wecom().handshake(echo("0" * 40)) is None
        assert wecom(aes_key=OTHER_KEY).handshake(echo()) is None
        assert wecom().handshake(hook(method="GET")) is None


def test_a_callback_is_let_in_by_either_token_and_either_key():
    wecom().authenticate(called(seal(CALLBACK, CORP_ID)))
    rotating = wecom(token="new", token_previous=TOKEN, aes_key=OTHER_KEY, aes_key_previous=AES_KEY)
    rotating.authenticate(called(seal(CALLBACK, CORP_ID)))


@pytest.mark.parametrize(
    "request_",
    [
        lambda: called(seal(CALLBACK, CORP_ID), token="other"),
        lambda: called(seal(CALLBACK, "ww0000000000")),
        lambda: called(seal(CALLBACK, CORP_ID, OTHER_KEY)),
        lambda: called(""),
        lambda: hook(CALLBACK.encode(), query=called("x").META["QUERY_STRING"]),
        lambda: hook(b"<broken", query=called("x").META["QUERY_STRING"]),
        lambda: hook(b"{}"),
    ],
)
def test_a_callback_of_others_is_refused(request_):
    with pytest.raises(Rejected):
        wecom().authenticate(request_())


def test_a_callback_is_a_knock_with_what_the_fetching_needs():
    (knock,) = wecom().parse(envelope(body(seal(CALLBACK, CORP_ID))))
    assert knock == Knock({"open_kfid": "wkAJ2", "token": "ENCApHxnGDNAVNY4AaSJKj4Tb5mwsEMzxhFmHVGcra996NR"})


def test_a_callback_of_another_event_gives_nothing():
    other = CALLBACK.replace("kf_msg_or_event", "change_contact")
    assert list(wecom().parse(envelope(body(seal(other, CORP_ID))))) == []
    assert list(wecom().parse(envelope(CALLBACK.encode()))) == []


def test_a_callback_may_come_as_often_as_it_likes():
    assert wecom().dedup_key(envelope(body(seal(CALLBACK, CORP_ID)))) == ""
