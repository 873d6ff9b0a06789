"""Who may deliver consultations where nothing is signed, and what each dealer wants to hear."""

import json

import pytest

from channels_app.contract import Rejected
from helpdesk.proxy import ProxyMiddleware
from tests.channels_app.kakao.conftest import bizgo, happytalk, path_of, payload
from tests.channels_app.outside import connector, envelope, hook


def posted(name, caller="203.0.113.7", **headers):
    request = hook(json.dumps(payload(name)).encode(), path=path_of(name), **headers)
    request.META["REMOTE_ADDR"] = caller
    return request


def test_a_request_for_our_sender_is_let_in():
    bizgo().authenticate(posted("bizgo_message_text"))
    happytalk().authenticate(posted("happytalk_message_text"))


@pytest.mark.parametrize("relay", ["bizgo", "happytalk"])
def test_a_request_for_another_sender_is_refused(relay):
    other = connector("kakao", relay=relay, sender_key="f" * 40)
    with pytest.raises(Rejected, match="another sender"):
        other.authenticate(posted(f"{relay}_message_text"))


def test_without_a_sender_entered_nobody_is_let_in():
    with pytest.raises(Rejected, match="another sender"):
        connector("kakao").authenticate(hook(b'{"senderKey": ""}', path="cstalk/message"))


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{", b"null", b'{"senderKey": 5}'])
def test_what_is_no_request_of_a_dealers_is_refused(body):
    with pytest.raises(Rejected):
        bizgo().authenticate(hook(body, path="cstalk/message"))


@pytest.mark.parametrize("caller", ["203.0.113.7", "::ffff:203.0.113.7", "2001:db8::5"])
def test_a_caller_from_the_list_is_let_in(caller):
    bizgo(networks="203.0.113.0/24\n2001:db8::/64").authenticate(posted("bizgo_message_text", caller))


@pytest.mark.parametrize("caller", ["198.51.100.1", "2001:db8:1::5", "", "unknown"])
def test_a_caller_from_elsewhere_is_refused(caller):
    with pytest.raises(Rejected, match="address"):
        bizgo(networks="203.0.113.0/24\n2001:db8::/64").authenticate(posted("bizgo_message_text", caller))


def test_behind_a_proxy_the_caller_is_whom_our_own_proxy_names(settings):
    settings.BEHIND_PROXY = True
    account = bizgo(networks="203.0.113.0/24")
    request = posted("bizgo_message_text", "10.0.0.1", x_forwarded_for="198.51.100.1, 203.0.113.7")
    ProxyMiddleware(lambda asked: account.authenticate(asked))(request)
    forged = posted("bizgo_message_text", "10.0.0.1", x_forwarded_for="203.0.113.7, 198.51.100.1")
    with pytest.raises(Rejected):
        ProxyMiddleware(lambda asked: account.authenticate(asked))(forged)


def test_kakaos_own_news_carry_its_admin_key():
    bizgo(networks="192.0.2.1").authenticate(posted("channel_added", authorization="KakaoAK admin-key"))
    rotated = connector("kakao", secrets={"admin_key": "new", "admin_key_previous": "admin-key"})
    rotated.authenticate(posted("channel_added", authorization="KakaoAK admin-key"))
    for wrong in ("KakaoAK other", "", "KakaoAK "):
        with pytest.raises(Rejected, match="admin key"):
            bizgo().authenticate(posted("channel_added", authorization=wrong))
    with pytest.raises(Rejected):
        happytalk().authenticate(posted("channel_added", authorization="KakaoAK "))


def test_a_dealers_request_cannot_pass_as_kakaos():
    with pytest.raises(Rejected):
        bizgo().authenticate(hook(json.dumps(payload("bizgo_message_text")).encode(), path="channel"))


def test_each_dealer_hears_what_stops_its_repeats():
    said = bizgo().acknowledge(envelope(payload("bizgo_message_text"), path="cstalk/message"))
    assert json.loads(said.content) == {"code": "A000", "result": "Success"}
    said = happytalk().acknowledge(envelope(payload("happytalk_message_text"), path="message"))
    assert json.loads(said.content) == {"code": 0}
    assert bizgo().acknowledge(envelope(payload("channel_added"), path="channel")) is None


def test_repeats_are_known_by_their_key_and_a_receipt_is_no_repeat_of_another_event():
    account = bizgo()
    keys = {
        name: account.dedup_key(envelope(payload(name), path=path_of(name)))
        for name in ("bizgo_message_text", "bizgo_result_write")
    }
    assert keys == {
        "bizgo_message_text": "message:message:20261121-message_text",
        "bizgo_result_write": "result:write:20261121-result_write",
    }
    read = happytalk().dedup_key(envelope(payload("happytalk_message_text"), path="message"))
    assert read == "message::s-1"
    news = envelope(payload("channel_added"), path="channel", X_Kakao_Resource_Id="Rvy1c2")
    assert account.dedup_key(news) == "channel:Rvy1c2"


@pytest.mark.parametrize(
    ("body", "path"), [(b"\xff", "cstalk/message"), (b"{}", "cstalk/message"), (b"{}", ""), (b"{}", "channel")]
)
def test_what_has_no_key_has_none(body, path):
    assert bizgo().dedup_key(envelope(body, path=path)) == ""
