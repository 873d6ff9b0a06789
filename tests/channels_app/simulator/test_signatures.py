"""What the simulator signs, against the vectors of the reference and the vendors' own verifiers."""

import base64
import json
from urllib.parse import parse_qsl

import jwt
import pytest
import time_machine
from linebot.v3 import SignatureValidator
from slack_sdk.signature import SignatureVerifier
from twilio.request_validator import RequestValidator

from channels_app.simulator import providers, signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import CAST
from channels_app.simulator.provider import Account
from channels_app.simulator.providers import wechat_crypto
from channels_app.simulator.providers.apple import aes_ctr
from channels_app.simulator.world import World

TS = 1780000000
BODY = b'{"a":"\\u00e4","n":1}'
HOOK = "https://desk.example.com/hooks/abc/"


def provider(kind, **keys):
    made = providers.get(kind)
    return made(Account("abc", HOOK, {**made.new_keys(), **keys}), World())


def said(one, text="안녕 & hi=1"):
    address = one.meet(CAST[0]).address
    return one.hooks(Doing(Act.TEXT, address, text=text))


VECTORS = [
    (signing.hex_hmac, ("meta_app_secret", BODY), "63d5a22f1c67a5010787c2d30c2bca018a962bf1aa5badea9144d56595c3da11"),
    (signing.base64_hmac, ("line_channel_secret", BODY), "2rMql8dQOIpqQcYjUYkrg/ti5T6TpUldhSGRbyJIWXQ="),
    (signing.hex_hmac, ("viber_auth_token", BODY), "b8a756de94e9d807cf184567a894ac75c1fa707a9a50c0b9d511059326460877"),
    (
        signing.hex_hmac,
        ("slack_signing_secret", b"v0:1780000000:" + BODY),
        "eada644a036761904bb94b618fb60f154e94892c6511219f02b4c1638f3449a3",
    ),
    (signing.base64_hmac, ("x_consumer_secret", BODY), "4q/f5rOe6U0B+11TQUTFP6ps1blf6itUeVYmAxxzs9U="),
    (signing.base64_hmac, ("x_consumer_secret", b"crc123"), "4h3lePey6oNYNq79FWuPp8x+pXHB8VD0/KuhfNUlqhI="),
    (
        signing.base64_hmac,
        (base64.b64decode("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"), b"msg_1.1780000000." + BODY),
        "Lx2Uyw7JfkqT9vBFzNvSJbP+rI3wN2Et7Jicrg5xNiI=",
    ),
    (
        signing.hex_hmac,
        ("bizgo_secret", b"1780000000"),
        "48fa7b331a3d2b5ce76d303033075f110186625373fa56126a95d8471a6339fb",
    ),
    (signing.sha1_of_sorted, ("wx_token", "1780000000", "nonce1"), "747f9edefdbc16bba1c36903aa02459ecac765d9"),
]


@pytest.mark.parametrize(("sign", "given", "expected"), VECTORS)
def test_schemes_give_what_the_vendors_libraries_gave(sign, given, expected):
    assert sign(*given) == expected


def test_line_hooks_pass_lines_own_validator():
    one = provider("line")
    (hook,) = said(one)
    assert SignatureValidator(one.keys["channel_secret"]).validate(hook.body.decode(), hook.headers["X-Line-Signature"])


def test_slack_hooks_pass_slacks_own_verifier():
    one = provider("slack")
    (hook,) = said(one)
    headers = {name.lower(): value for name, value in hook.headers.items()}
    assert SignatureVerifier(one.keys["signing_secret"]).is_valid_request(hook.body, headers)


def test_twilio_hooks_pass_twilios_own_validator():
    one = provider("twilio")
    (hook,) = said(one)
    fields = dict(parse_qsl(hook.body.decode(), keep_blank_values=True))
    validator = RequestValidator(one.keys["auth_token"])
    assert validator.validate(hook.address(HOOK), fields, hook.headers["X-Twilio-Signature"])
    assert not validator.validate(hook.address(HOOK), fields | {"Body": "other"}, hook.headers["X-Twilio-Signature"])


def test_twilio_signs_the_address_it_calls_as_the_reference_computed():
    one = provider("twilio", auth_token="twilio_auth_token")
    one.account.hook_url = "https://desk.example.com/hooks/twilio/abc"
    event = {"Body": "hi & bye", "From": "+15550001", "MessageSid": "SM1", "NumMedia": "0", "To": "+15550002"}
    hook = one.hook({**event, "url": "https://desk.example.com/hooks/twilio/abc?x=1"})
    assert hook.headers["X-Twilio-Signature"] == "tOqx7t12VJDf6jWspGss4P2XFPs="
    assert hook.query == "x=1"


@time_machine.travel(TS, tick=False)
def test_vonage_sms_signs_sorted_fields_with_their_separators_taken_out():
    one = provider("vonage_sms", signature_secret="vonage_sig_secret")
    hook = one.hook({"msisdn": "447700900001", "to": "447700900000", "messageId": "0A", "text": "a&b=c"})
    fields = dict(parse_qsl(hook.body.decode()))
    assert fields["timestamp"] == str(TS)
    words = "".join(
        f"&{name}={fields[name].replace('&', '_').replace('=', '_')}" for name in sorted(fields) if name != "sig"
    )
    assert "&text=a_b_c" in words
    assert fields["sig"] == signing.hex_hmac("vonage_sig_secret", words.encode())


def test_vonage_tokens_carry_the_hash_of_the_body():
    one = provider("vonage")
    (hook,) = said(one)
    token = hook.headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, one.keys["signature_secret"], ["HS256"])
    assert claims["iss"] == "Vonage"
    assert claims["application_id"] == one.keys["application_id"]
    assert len(claims["payload_hash"]) == 64


def test_wechats_envelope_is_the_one_of_the_reference():
    aes_key, text = (
        "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        "<xml><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[hi]]></Content></xml>",
    )
    coded = wechat_crypto.encrypt(text, aes_key, "wx1234567890", prefix=b"0123456789abcdef")
    assert coded.startswith("Q3stYC6hdFzMh9T8HCvyDEbcBVelNrspuf8X+d+Hg3uxQufjuaeXgL1vvwL03193")
    assert signing.sha1_of_sorted("wx_token", str(TS), "nonce1", coded) == "cd02ee49ba834047b97aa4782b9efe9068d62720"
    assert wechat_crypto.decrypt(coded, aes_key) == (text, "wx1234567890")


def test_apples_cipher_is_the_one_of_the_reference():
    key = "00000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    assert aes_ctr(b"hello apple", key).hex() == "9af56cda4569fea0d99fff"


@time_machine.travel(TS, tick=False)
def test_discord_signs_time_and_body_with_its_key():
    one = provider("discord", seed=bytes(range(32)).hex())
    hook = one.anything({"a": "ä"})
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    public = Ed25519PublicKey.from_public_bytes(
        bytes.fromhex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
    )
    public.verify(bytes.fromhex(hook.headers["X-Signature-Ed25519"]), str(TS).encode() + hook.body)


def test_meta_sends_what_is_not_ascii_escaped():
    one = provider("whatsapp")
    (hook,) = said(one, "배송")
    assert b"\\ubc30" in hook.body
    assert json.loads(hook.body)["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"] == "배송"
