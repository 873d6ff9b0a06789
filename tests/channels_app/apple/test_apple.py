"""Apple Messages for Business: what comes in, what goes out, and the keys to both."""

import base64
import gzip
import json
import time
from pathlib import Path

import jwt
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from channels_app import contract
from channels_app.connectors.apple import crypto, msp, outbound
from channels_app.connectors.apple.forms import AppleForm
from channels_app.contract import (
    A_FILE,
    AccountFailure,
    Address,
    Choice,
    OutboundFile,
    PermanentFailure,
    QuickReply,
    Rejected,
    TemporaryFailure,
    Trouble,
    Window,
)
from channels_app.models import Channel, Envelope
from conversations.models import Conversation, Intake, Message, Reaction
from tests.channels_app.outside import connector, envelope, hook
from tests.channels_app.outside import outbound as written

PAYLOADS = Path(__file__).parent / "payloads"
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))
KEY = "00000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
SECRET = base64.b64encode(b"a secret of thirty-two bytes !!!").decode()
OTHER = base64.b64encode(b"another one of thirty-two bytes!").decode()
MSP, BUSINESS = "7f2d3a1c-msp", "a884eddf-0000-4000-8000-000000000002"
CAROL = Address("apple", "urn:mbid:AQAAY7", is_local=True, is_verified=True)
CONFIG = {"msp_id": MSP, "business_id": BUSINESS}
GATE = "https://mspgw.push.apple.com/v1"


def payload(name):
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def apple(**secrets):
    return connector("apple", secrets={"api_secret": SECRET, **secrets}, **CONFIG)


def read(said, **headers):
    return list(apple().parse(envelope(said, **headers)))


def one(name, **headers):
    [found] = read(payload(name), **headers)
    return found


def token(secret=SECRET, **claims):
    standard = {"aud": MSP, "iat": int(time.time())}
    return jwt.encode({**standard, **claims}, base64.b64decode(secret), "HS256")


def asked(bearer, body=b"{}", **headers):
    return hook(body, path="message", authorization=f"Bearer {bearer}", **headers)


# ── Who may deliver ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_token_of_the_provider_opens_the_door():
    apple().authenticate(asked(token(), destination_id=BUSINESS))
    apple().authenticate(asked(token()))


def test_while_the_secret_is_replaced_both_are_good():
    made = apple(api_secret=OTHER, api_secret_previous=SECRET)
    for secret in (SECRET, OTHER):
        made.authenticate(asked(token(secret)))


@pytest.mark.parametrize(
    "bearer",
    [
        "",
        "nonsense",
        token(OTHER),
        token(aud="another-msp"),
        token(iat=int(time.time()) - 100_000),
        token(iat=int(time.time()) + 100_000),
        token(iat="now"),
        jwt.encode({"aud": MSP}, base64.b64decode(SECRET), "HS256"),
        jwt.encode({"aud": MSP, "iat": int(time.time())}, SECRET, "HS256"),
        jwt.encode({"aud": MSP, "iat": int(time.time())}, "", "none"),
    ],
    ids=[
        "blank",
        "nonsense",
        "other key",
        "other msp",
        "old",
        "early",
        "no time",
        "none at all",
        "raw key",
        "unsigned",
    ],
)
def test_any_other_token_does_not(bearer):
    with pytest.raises(Rejected):
        apple().authenticate(asked(bearer))


def test_what_is_for_another_business_is_refused():
    with pytest.raises(Rejected):
        apple().authenticate(asked(token(), destination_id="another-business"))


# ── What comes in ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_text_with_all_that_was_told():
    message = one("text", capability_list="list, QUICK", device_agent="iPhone OS")
    assert (message.sender, message.text, message.language) == (CAROL, "Hello", "en-US")
    assert message.external_id == "0c316beb-5b55-4b1f-9d7e-3f0f1a2b3c4d"
    assert message.quoted_id == "11111111-2222-4333-8444-555555555555"
    assert message.details == {"apple": {"group": "support", "intent": "order", "device": "iPhone OS"}}
    assert message.handles == {"LIST": "", "QUICK": ""}


def test_files_have_no_sign_in_the_text_and_are_fetched_by_their_reference():
    message = one("attachments")
    assert message.text == "Look at this"
    first, second = message.files
    assert (first.name, first.content_type, first.size) == ("IMG_0001.heic", "image/heic", 11)
    assert first.url == "https://p42-content.icloud.com/M4ABC"
    assert json.loads(first.reference) == {"owner": "M4ABC.C01", "key": KEY, "signature": "81a2b3"}
    assert json.loads(second.reference)["signature-base64"] == "gaKz"


@pytest.mark.parametrize(
    ("name", "choice", "text"),
    [
        ("quick_reply", Choice("track", "Track my parcel"), "Track my parcel"),
        ("list_picker", Choice("c1", "Cheese, Rye"), "Cheese, Rye"),
        ("time_picker", Choice("t2", "Sunday, 10:00"), "Sunday, 10:00"),
        ("form", None, "Your size: small, medium\nName: Carol"),
        ("archived", None, "Picked up"),
        ("reference", None, "Order"),
    ],
)
def test_answers_to_questions(name, choice, text):
    message = one(name)
    assert (message.choice, message.text, message.notices) == (choice, text, [])


def test_an_answer_without_words_says_that_something_is_missing():
    assert one("authenticate").notices == ["unsupported"]


def test_the_same_answer_under_two_ids_is_one_message():
    said = payload("quick_reply")
    [first], [second] = read(said), read({**said, "id": "another-id"})
    assert first.external_id == second.external_id
    [other] = read({**said, "interactiveData": {**said["interactiveData"], "sessionIdentifier": "5e55-9"}})
    assert other.external_id != first.external_id


def test_typing_and_closing():
    assert one("typing_start") == contract.TypingUpdate(CAROL, is_typing=True)
    assert one("typing_end") == contract.TypingUpdate(CAROL, is_typing=False)
    assert one("close") == contract.WindowUpdate(CAROL, is_open=False)


@pytest.mark.parametrize(
    ("name", "emoji", "quoted", "is_removed"),
    [
        ("tapback", "👍", "It is on its way", False),
        ("tapback_file", "❤️", A_FILE, False),
        ("tapback_emoji", "😂", "Good day", False),
        ("tapback_removed", "❤️", "It is on its way", True),
    ],
)
def test_a_reaction_in_words_is_a_reaction(name, emoji, quoted, is_removed):
    assert one(name) == contract.Reaction("", CAROL, emoji, is_removed=is_removed, quoted_text=quoted)


@pytest.mark.parametrize("text", ["Liked it a lot", "I Liked “this”", "Liked “this” very much", "Reacted to “this”"])
def test_words_that_only_sound_like_one_stay_words(text):
    [message] = read({**payload("text"), "body": text})
    assert message.text == text


def test_what_is_unknown_says_nothing():
    assert read(payload("unknown")) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_read_without_harm(anything):
    apple().parse(envelope(json.dumps(anything).encode()))


@given(st.sampled_from(NAMES), st.data())
def test_a_dictionary_that_lacks_or_bends_a_part_is_read_without_harm(name, data):
    said = place = payload(name)
    while isinstance(place, dict) and place:
        key = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[key], dict) or data.draw(st.booleans()):
            place[key] = data.draw(JSON)
            break
        place = place[key]
    apple().parse(envelope(json.dumps(said).encode()))


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_encryption_is_the_references():
    assert crypto.crypt(b"hello apple", KEY).hex() == "9af56cda4569fea0d99fff"
    assert crypto.crypt(bytes.fromhex("9af56cda4569fea0d99fff"), KEY) == b"hello apple"


@pytest.mark.parametrize("key", ["", "00", "zz" * 33, "11" * 33, base64.b64encode(b"k" * 33).decode()])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(ValueError, match=r"key|hex"):
        crypto.crypt(b"x", key)


def test_a_customers_file_is_asked_for_fetched_and_decrypted(outside):
    file = one("attachments").files[0]
    outside.answer({"download-url": "https://cdn.apple.example/1"})
    outside.answer(bytes.fromhex("9af56cda4569fea0d99fff"))
    assert apple().fetch(file).content == b"hello apple"
    where, got = outside.calls
    assert (where.method, where.url, got.url) == ("GET", f"{GATE}/preDownload", "https://cdn.apple.example/1")
    assert where.headers["url"] == "https://p42-content.icloud.com/M4ABC"
    assert where.headers["owner"] == "M4ABC.C01"
    # It came in hexadecimal, and is asked for in base64.
    assert where.headers["signature"] == base64.b64encode(bytes.fromhex("81a2b3")).decode()
    assert where.headers["Source-Id"] == BUSINESS
    assert "headers" not in got.options
    claims = jwt.decode(where.headers["Authorization"].removeprefix("Bearer "), base64.b64decode(SECRET), ["HS256"])
    assert claims["iss"] == MSP
    assert abs(claims["iat"] - time.time()) < 10


# ── What goes out ────────────────────────────────────────────────────────────────────────────────────────────────────
def sent(outside):
    call = outside.last
    assert (call.method, call.url) == ("POST", f"{GATE}/message")
    return call


def test_a_text_goes_out_under_an_id_of_ours(outside):
    outside.answer(b"")
    receipt = apple().send(written(CAROL, "Hello **there**"))
    call = sent(outside)
    assert call.json == {
        "v": 1,
        "id": receipt.external_id,
        "type": "text",
        "sourceId": BUSINESS,
        "destinationId": "urn:mbid:AQAAY7",
        "body": "Hello there",
    }
    assert call.headers["id"] == receipt.external_id
    assert (call.headers["Source-Id"], call.headers["Destination-Id"]) == (BUSINESS, "urn:mbid:AQAAY7")
    assert call.headers["auto-reply"] == "false"


def test_a_retry_has_the_same_id_and_another_message_another(outside):
    for _time in range(3):
        outside.answer(b"")
    first, again = (apple().send(written(CAROL)) for _time in range(2))
    other = apple().send(contract.OutboundMessage("e" * 32, CAROL, "Hello"))
    assert first.external_id == again.external_id != other.external_id


def test_a_machine_says_that_it_is_one(outside):
    outside.answer(b"")
    apple().send(written(CAROL, is_automatic=True))
    assert sent(outside).headers["auto-reply"] == "true"


def test_a_file_is_encrypted_uploaded_and_named_in_the_text(outside):
    file = OutboundFile("a.pdf", "application/pdf", 11, read=lambda: b"hello apple")
    place = {"upload-url": "https://up.apple.example/1", "mmcs-url": "https://mmcs/1", "mmcs-owner": "owner"}
    outside.answer(place)
    outside.answer({"singleFile": {"fileChecksum": "gaKz"}})
    outside.answer(b"")
    apple().send(written(CAROL, "Here", files=[file]))
    ask, upload, _message = outside.calls
    assert (ask.url, ask.headers["MMCS-Size"]) == (f"{GATE}/preUpload", "11")
    assert "Authorization" not in upload.headers
    body = sent(outside).json
    assert body["body"] == f"Here {A_FILE}"
    [attachment] = body["attachments"]
    key = attachment.pop("key")
    assert crypto.crypt(upload.options["content"], key) == b"hello apple"
    assert key.startswith("00")
    assert attachment == {
        "name": "a.pdf",
        "mimeType": "application/pdf",
        "size": "11",
        "signature-base64": "gaKz",
        "url": "https://mmcs/1",
        "owner": "owner",
    }


def test_each_file_has_a_key_of_its_own():
    assert crypto.new_key() != crypto.new_key()


def question(count, *can, text="Which one?"):
    replies = [QuickReply(f"id-{n}", f"Choice {n}") for n in range(count)]
    return written(CAROL, text, quick_replies=replies, window=Window(handles=dict.fromkeys(can, "")))


def test_a_few_choices_are_quick_replies(outside):
    outside.answer(b"")
    apple().send(question(2, "QUICK", "LIST"))
    said = sent(outside).json
    assert said["type"] == "interactive"
    assert said["interactiveData"]["bid"] == outbound.BALLOON
    data = said["interactiveData"]["data"]
    assert data["quick-reply"] == {
        "summaryText": "Which one?",
        "items": [{"identifier": "id-0", "title": "Choice 0"}, {"identifier": "id-1", "title": "Choice 1"}],
    }
    assert data["requestIdentifier"]


@pytest.mark.parametrize(("count", "can"), [(6, ("QUICK", "LIST")), (2, ("LIST",)), (1, ("QUICK", "LIST"))])
def test_what_does_not_fit_beneath_is_a_list(outside, count, can):
    outside.answer(b"")
    apple().send(question(count, *can))
    data = sent(outside).json["interactiveData"]
    [section] = data["data"]["listPicker"]["sections"]
    assert [row["identifier"] for row in section["items"]] == [f"id-{n}" for n in range(count)]
    assert section["items"][0]["order"] == 0
    assert data["receivedMessage"]["title"] == "Which one?"


@pytest.mark.parametrize("can", [(), ("TIME",)])
def test_a_device_that_can_show_neither_gets_words(outside, can):
    outside.answer(b"")
    apple().send(question(2, *can))
    said = sent(outside).json
    assert (said["type"], said["body"]) == ("text", "Which one?\n1. Choice 0\n2. Choice 1")


def test_a_question_with_files_is_two_messages():
    file = OutboundFile("a.pdf", "application/pdf", 1, read=bytes)
    message = contract.OutboundMessage("d" * 32, CAROL, "Which?", files=[file], quick_replies=[QuickReply("a", "A")])
    files, asked_ = apple().parts(message)
    assert (files.text, len(files.files), files.quick_replies) == ("", 1, ())
    assert (asked_.text, asked_.files, len(asked_.quick_replies)) == ("Which?", (), 1)
    assert files.delivery_key != asked_.delivery_key
    assert apple().parts(message) == [files, asked_]


def test_typing_is_shown(outside):
    for _time in range(2):
        outside.answer(b"")
        apple().show_typing(CAROL, Window())
    first, second = (call.json for call in outside.calls)
    assert (first["type"], first["destinationId"]) == ("typing_start", "urn:mbid:AQAAY7")
    assert first["id"] != second["id"]


@pytest.mark.parametrize(
    ("status", "failure", "trouble"),
    [
        (400, PermanentFailure, Trouble.PAYLOAD),
        (401, AccountFailure, Trouble.AUTH),
        (403, AccountFailure, Trouble.AUTH),
        (404, PermanentFailure, Trouble.WINDOW),
        (410, PermanentFailure, Trouble.WINDOW),
        (413, PermanentFailure, Trouble.PAYLOAD),
        (418, PermanentFailure, Trouble.PAYLOAD),
        (429, TemporaryFailure, Trouble.RATE),
        (503, TemporaryFailure, Trouble.TRANSIENT),
    ],
)
def test_errors_are_told_apart(outside, status, failure, trouble):
    outside.answer(b"", status=status, retry_after="9")
    with pytest.raises(failure) as raised:
        apple().send(written(CAROL))
    assert (type(raised.value), raised.value.trouble, raised.value.code) == (failure, trouble, str(status))
    assert getattr(raised.value, "retry_after", 9) == 9


def test_check_asks_for_a_place_for_one_byte(outside):
    outside.answer({"upload-url": "https://up.apple.example/1"})
    apple().check()
    assert outside.last.headers["MMCS-Size"] == "1"
    outside.answer(b"", status=401)
    with pytest.raises(AccountFailure):
        apple().check()


def test_another_providers_wire_can_take_the_place_of_apples(monkeypatch, outside):
    """The port is all that the connector knows of a provider."""
    posted = []

    class Letters:
        def __init__(self, **account):
            self.account = account

        def authenticate(self, request):
            if request.headers.get("X-Key") != "letters":
                raise Rejected("no")

        def unpacked(self, body, headers):
            return json.dumps({"type": "text", "sourceId": "c1", "id": "1", "body": body.decode()}).encode()

        def post(self, said, *, is_automatic):
            posted.append(said["body"])

    monkeypatch.setitem(msp.MSPS, "letters", Letters)
    made = connector("apple", provider="letters", endpoints={"letters": "https://letters.example"}, **CONFIG)
    made.authenticate(hook(b"hi", x_key="letters"))
    [message] = made.parse(envelope(made.complete(hook(b"hi"))))
    made.send(written(CAROL, "Hello"))
    assert (message.text, posted) == ("hi", ["Hello"])


# ── At the door ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def business(support) -> Channel:
    channel = Channel.objects.create(kind="apple", name="Apple", config=CONFIG, secrets={"api_secret": SECRET})
    Intake.objects.create(channel=channel, team=support)
    return channel


def deliver(business, said, *, packing="", body=None):
    body = json.dumps(said).encode() if body is None else body
    headers = {"Authorization": f"Bearer {token()}", "id": str(said.get("id", "")), "source-id": "urn:mbid:AQAAY7"}
    if packing:
        headers["Content-Encoding"] = packing
    return Client().generic(
        "POST", f"/hooks/{business.token}/message", body, content_type="application/json", headers=headers
    )


def test_a_packed_body_is_unpacked(business):
    said = payload("text")
    assert deliver(business, said, packing="gzip", body=gzip.compress(json.dumps(said).encode())).status_code == 200
    assert Message.objects.get().text == "Hello"


def test_a_body_that_unpacks_to_too_much_is_refused(business, monkeypatch):
    monkeypatch.setattr(msp, "LARGEST_BODY", 1000)
    bomb = gzip.compress(b"0" * 100_000)
    assert deliver(business, {}, packing="gzip", body=bomb).status_code == 413
    assert deliver(business, {}, packing="gzip", body=b"not packed").status_code == 400
    assert Envelope.objects.count() == 0


def test_a_delivery_that_comes_twice_is_one_message(business):
    for _time in range(2):
        assert deliver(business, payload("text")).status_code == 200
    assert Message.objects.count() == 1


def test_a_large_reply_is_fetched_while_apple_waits(business, outside):
    full = payload("quick_reply")["interactiveData"]
    outside.answer({"download-url": "https://cdn.apple.example/idr"})
    outside.answer(crypto.crypt(b"packed", KEY))
    outside.answer({"interactiveData": full})
    assert deliver(business, payload("reference")).status_code == 200
    assert Message.objects.get().text == "Track my parcel"
    where, _got, decoded = outside.calls
    assert decoded.url == f"{GATE}/decodePayload"
    assert decoded.options["content"] == b"packed"
    assert decoded.headers["bid"] == payload("reference")["interactiveDataRef"]["bid"]
    # Read again from the vault, it needs nobody any more.
    assert apple().parse(Envelope.objects.get())[0].text == "Track my parcel"
    assert max(call.options["seconds"] for call in outside.calls) <= 3
    assert where.headers["signature"]


def test_a_large_reply_that_is_gone_is_kept_by_its_title(business, outside):
    outside.answer(b"", status=404)
    assert deliver(business, payload("reference")).status_code == 200
    assert Message.objects.get().text == "Order"


def test_a_tapback_is_put_on_the_message_that_it_quotes(business):
    deliver(business, payload("text"))
    deliver(business, {**payload("text"), "id": "second", "body": "It is on its way, they said"})
    deliver(business, {**payload("tapback"), "id": "third"})
    reaction = Reaction.objects.get()
    assert (reaction.emoji, reaction.message.text) == ("👍", "It is on its way, they said")
    deliver(business, {**payload("tapback_emoji"), "id": "fourth", "body": 'Reacted 😂 to "Nothing like it"'})
    assert Reaction.objects.count() == 1
    assert Message.objects.count() == 2


def test_a_conversation_that_the_customer_closed_takes_no_answer_until_they_write_again(business, route):
    deliver(business, payload("text"))
    conversation = Conversation.objects.get()
    assert route(conversation).is_usable
    deliver(business, {**payload("close"), "id": "second"})
    assert not route(conversation).is_usable
    deliver(business, {**payload("text"), "id": "third"})
    assert route(conversation).is_usable


def test_settings_refuse_a_secret_that_is_none():
    good = {"provider": "apple", "msp_id": MSP, "business_id": BUSINESS, "api_secret": SECRET}
    assert AppleForm(good).is_valid()
    for wrong in ("not base64!", "c2hvcnQ="):
        assert list(AppleForm(good | {"api_secret": wrong}).errors) == ["api_secret"]
