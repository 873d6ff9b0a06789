"""Signatures and sealed bodies: the reference's vectors, wechatpy as a second opinion, and what must be refused."""

import base64

import pytest
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.utils import check_signature

from channels_app.connectors import wechat_crypto
from tests.channels_app.sealed import AES_KEY, OTHER_KEY, TOKEN, body, seal

STAMP, NONCE = "1780000000", "nonce1"
APPID, CORP_ID = "wx1234567890", "ww1234567890"
SEALED = (
    "Q3stYC6hdFzMh9T8HCvyDEbcBVelNrspuf8X+d+Hg3uxQufjuaeXgL1vvwL03193YSgdsYiSGV97NAu/j71kvEmRJgt08jksxBZPm4Z5c0SsY8pur7wm"
    "MWQ7ylXcnxY9tU2P8JTtWGtVh29j8GHC8v6TQIWSfhmAe1NcTF2Bbaw="
)
PLAIN = "<xml><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[hi]]></Content></xml>"
ECHO = "Q3stYC6hdFzMh9T8HCvyDOjpXLNauJhx2jaflIofLlVnxFjODeL0vb3zQ2L8R+ZKYb2WuNh55gk4KisIrvGUXg=="


def test_the_plain_signature_is_the_references_and_wechatpys():
    ours = wechat_crypto.signature(TOKEN, STAMP, NONCE)
    assert ours == "747f9edefdbc16bba1c36903aa02459ecac765d9"
    check_signature(TOKEN, ours, STAMP, NONCE)
    with pytest.raises(InvalidSignatureException):
        check_signature(TOKEN, wechat_crypto.signature("other", STAMP, NONCE), STAMP, NONCE)


@pytest.mark.parametrize(
    ("sealed", "expected"),
    [(SEALED, "cd02ee49ba834047b97aa4782b9efe9068d62720"), (ECHO, "969fd88f0fbd03a0b2cde5391e9e13666ecc166d")],
)
def test_the_signature_over_a_sealed_body_is_the_references(sealed, expected):
    assert wechat_crypto.signature(TOKEN, STAMP, NONCE, sealed) == expected


@pytest.mark.parametrize(
    ("sealed", "receiver", "plain"), [(SEALED, APPID, PLAIN), (ECHO, CORP_ID, "5927782489442352469")]
)
def test_the_references_bodies_open(sealed, receiver, plain):
    assert wechat_crypto.unseal(sealed, [AES_KEY], receiver).decode() == plain


def test_what_wechatpy_seals_opens_and_the_other_way_round():
    sealed = seal("<xml><Content>안녕하세요 👋</Content></xml>", APPID)
    assert wechat_crypto.unseal(sealed, [AES_KEY], APPID).decode() == "<xml><Content>안녕하세요 👋</Content></xml>"
    signature = wechat_crypto.signature(TOKEN, STAMP, NONCE, sealed)
    opened = WeChatCrypto(TOKEN, AES_KEY, APPID).decrypt_message(body(sealed), signature, STAMP, NONCE)
    assert "안녕하세요" in opened


def test_the_key_before_still_opens():
    assert wechat_crypto.unseal(SEALED, [OTHER_KEY, AES_KEY], APPID).decode() == PLAIN
    with pytest.raises(ValueError, match="no key"):
        wechat_crypto.unseal(SEALED, [OTHER_KEY], APPID)


def test_a_body_for_another_account_does_not_open():
    with pytest.raises(ValueError, match="no key"):
        wechat_crypto.unseal(SEALED, [AES_KEY], "wx9999999999")
    with pytest.raises(ValueError, match="no key"):
        wechat_crypto.unseal(seal(PLAIN, ""), [AES_KEY], "")


@pytest.mark.parametrize(
    "sealed", ["", "%%%", "QUJD", base64.b64encode(b"x" * 64).decode(), SEALED[:-8] + "AAAAAAA=", "ä"]
)
def test_what_was_never_sealed_is_refused_with_one_kind_of_error(sealed):
    with pytest.raises(ValueError, match="no key"):
        wechat_crypto.unseal(sealed, [AES_KEY], APPID)


@pytest.mark.parametrize("key", ["", "short", AES_KEY + "AAAA", "*" * 43])
def test_a_key_that_cannot_be_one_is_refused(key):
    with pytest.raises(ValueError):  # noqa: PT011 - base64's own words are fine too
        wechat_crypto.aes_key(key)


def test_fields_are_those_right_below_the_root():
    read = wechat_crypto.fields(b"<xml><A><![CDATA[1]]></A><B><C>deep</C></B><D> x &amp; y </D><E/></xml>")
    assert read == {"A": "1", "D": "x & y"}


def test_signs_that_xml_forbids_do_not_cost_the_message():
    assert wechat_crypto.fields(b"<xml><Content><![CDATA[a\x08b\x00c]]></Content></xml>") == {"Content": "abc"}


def test_a_document_type_is_refused_before_its_entities_grow():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><Content>&b;</Content></xml>'
    with pytest.raises(ValueError, match="document type"):
        wechat_crypto.fields(bomb)
    with pytest.raises(ValueError, match="document type"):
        wechat_crypto.fields(b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml/>')


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"  "])
def test_what_is_no_xml_has_no_fields(body):
    assert wechat_crypto.fields(body) == {}


def test_broken_xml_is_an_error():
    with pytest.raises(ValueError, match="broken XML"):
        wechat_crypto.fields(b"<xml><A>1</xml>")
