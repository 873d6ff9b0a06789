"""Viber: signed events, a greeting in the answer, refusals in the body of a 200."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from viberbot import Api, BotConfiguration
from viberbot.api.messages import FileMessage, PictureMessage, TextMessage, VideoMessage
from viberbot.api.viber_requests import create_request

from channels_app import signatures
from channels_app.connectors.viber import ViberForm, api
from channels_app.connectors.viber.inbound import READERS, understand
from channels_app.contract import (
    AccountFailure,
    Address,
    Choice,
    DeliveryState,
    DeliveryUpdate,
    FileRole,
    InboundMessage,
    Location,
    OutboundFile,
    PermanentFailure,
    QuickReply,
    Rejected,
    RemoteFile,
    TemporaryFailure,
    Trouble,
    UnknownOutcome,
    WindowUpdate,
)
from tests.channels_app.outside import connector, envelope, hook, outbound
from tests.channels_app.test_tolerant import ODD

PAYLOADS = Path(__file__).parent / "payloads"
CAROL = Address("viber", "01234567890A=", raw="01234567890A=", name="Carol", is_verified=True, is_local=True)
NOBODY = Address("viber", "01234567890A=", raw="01234567890A=", is_verified=True, is_local=True)
THEN = datetime(2026, 5, 28, 20, 26, 40, 123000, tzinfo=UTC)
SENT = {"status": 0, "status_message": "ok", "message_token": 5741311803571721087, "billing_status": 1}
BODY = rb'{"a":"\u00e4","n":1}'
SIGNATURE = "b8a756de94e9d807cf184567a894ac75c1fa707a9a50c0b9d511059326460877"


@pytest.fixture
def viber():
    return connector("viber", secrets={"auth_token": "viber_auth_token"}, welcome="Hello 👋")


def raw(name):
    return (PAYLOADS / f"{name}.json").read_bytes()


def parsed(viber, name):
    return list(viber.parse(envelope(raw(name))))


# ── At the door ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_viber_signed_comes_in(viber):
    viber.authenticate(hook(BODY, X_Viber_Content_Signature=SIGNATURE))


@pytest.mark.parametrize(("body", "said"), [(BODY + b" ", SIGNATURE), (BODY, SIGNATURE.upper()), (BODY, "")])
def test_what_was_changed_on_the_way_does_not(viber, body, said):
    with pytest.raises(Rejected):
        viber.authenticate(hook(body, X_Viber_Content_Signature=said))


def test_without_a_token_nothing_does():
    with pytest.raises(Rejected):
        connector("viber").authenticate(hook(b"", X_Viber_Content_Signature=signatures.hmac_hex("", b"")))


def test_the_token_before_is_still_good():
    viber = connector("viber", secrets={"auth_token": "new", "auth_token_previous": "viber_auth_token"})
    viber.authenticate(hook(BODY, X_Viber_Content_Signature=SIGNATURE))


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.json")), ids=lambda path: path.stem)
def test_vibers_own_library_agrees_on_signature_and_schema(viber, path):
    body = path.read_bytes()
    bot = Api(BotConfiguration(name="Desk", avatar="", auth_token="viber_auth_token"))
    signed = signatures.hmac_hex("viber_auth_token", body)
    assert bot.verify_signature(body, signed)
    viber.authenticate(hook(body, X_Viber_Content_Signature=signed))
    if path.stem not in ("unknown", "conversation_started_again"):
        assert create_request(json.loads(body)).event_type == json.loads(body)["event"]


def test_an_event_of_one_customer_comes_once(viber):
    keys = [viber.dedup_key(envelope(raw(name))) for name in ("text", "delivered", "seen", "webhook")]
    assert keys[0] == "message:5098034272017990002:01234567890A="
    assert len(set(keys)) == 4
    assert viber.dedup_key(envelope(b"[]")) == ""


def test_trying_our_address_finds_nothing_to_do(viber):
    assert parsed(viber, "webhook") == []
    assert viber.acknowledge(envelope(raw("webhook"))) is None


def test_whoever_opens_the_chat_is_greeted_in_the_answer(viber):
    answer = viber.acknowledge(envelope(raw("conversation_started")))
    assert json.loads(answer.content) == {"sender": {"name": "Desk"}, "type": "text", "text": "Hello 👋"}
    assert viber.acknowledge(envelope(raw("conversation_started_again"))) is None
    assert viber.acknowledge(envelope(raw("text"))) is None
    assert connector("viber").acknowledge(envelope(raw("conversation_started"))) is None


# ── What comes in ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_text_keeps_all_digits_of_its_token(viber):
    assert parsed(viber, "text") == [
        InboundMessage(
            external_id="5098034272017990002",
            sender=CAROL,
            text="hi",
            sent_at=THEN,
            files=[],
            cards=[],
            language="uk",
            notices=[],
        )
    ]


def test_a_button_of_ours_brings_its_id(viber):
    (message,) = parsed(viber, "button")
    assert (message.text, message.choice) == ("Good", Choice("csat:5", "Good"))
    (typed,) = parsed(viber, "typed_after_buttons")
    assert (typed.text, typed.choice) == ("neither", None)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("picture", RemoteFile("IMG_1.jpg", "image/jpeg", url="https://dl-media.viber.com/1/p.jpg", size=42000)),
        (
            "video",
            RemoteFile("video.mp4", "video/mp4", url="https://dl-media.viber.com/1/v.mp4", size=9000000, seconds=12),
        ),
        (
            "file",
            RemoteFile("рахунок.pdf", "application/octet-stream", url="https://dl-media.viber.com/1/f", size=34567),
        ),
        (
            "sticker",
            RemoteFile("sticker.png", "image/png", url="https://vibercdn.example/46105.png", role=FileRole.STICKER),
        ),
    ],
)
def test_files_are_named_by_address(viber, name, file):
    (message,) = parsed(viber, name)
    assert list(message.files) == [file]
    assert message.text == ("Broken" if name == "picture" else "")


def test_what_cannot_be_got_is_said(viber):
    assert list(parsed(viber, "sticker_without_media")[0].notices) == ["unsupported"]


def test_cards_places_and_links(viber):
    card = parsed(viber, "contact")[0].cards[0]
    assert (card.name, card.phones) == ("Dave", ["+380501234567"])
    assert parsed(viber, "location")[0].location == Location(50.4501, 30.5234, address="Kyiv")
    assert parsed(viber, "url")[0].text == "https://shop.example/item/7"


def test_whoever_opens_the_chat_is_known_from_then_on(viber):
    (news,) = parsed(viber, "conversation_started")
    assert (news.name, news.language, news.facts) == ("Carol", "uk", {"country": "UA", "start": "ref42"})
    assert news.is_blocked is None


def test_coming_and_leaving(viber):
    assert parsed(viber, "subscribed")[0].is_blocked is False
    left, closed = parsed(viber, "unsubscribed")
    assert left.is_blocked
    assert closed == WindowUpdate(NOBODY, is_open=False, at=THEN)


@pytest.mark.parametrize(
    ("name", "state"),
    [("delivered", DeliveryState.DELIVERED), ("seen", DeliveryState.READ), ("failed", DeliveryState.FAILED)],
)
def test_receipts_name_the_message(viber, name, state):
    token = json.loads(raw(name))["message_token"]
    detail = "failure description" if name == "failed" else ""
    assert parsed(viber, name) == [
        DeliveryUpdate(state, external_id=str(token), address=NOBODY, at=THEN, detail=detail)
    ]


def test_what_we_do_not_know_is_passed_over(viber):
    assert parsed(viber, "unknown") == []


@given(ODD, ODD)
def test_no_json_is_too_odd(one, other):
    for event in READERS:
        body = {
            "event": event,
            "message_token": 1,
            "timestamp": other,
            "user_id": one,
            "user": {"id": "x", "name": one},
        }
        understand({**body, "sender": {"id": "x", "language": one}, "message": one, "context": other})
        for kind in ("text", "picture", "contact", "location", "url"):
            message = {
                "type": kind,
                "text": one,
                "media": other,
                "contact": one,
                "location": other,
                "tracking_data": one,
            }
            understand({**body, "sender": {"id": "x"}, "message": message})


# ── What goes out ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_text_goes_out_with_our_key(viber, outside):
    outside.answer(SENT)
    assert viber.send(outbound(CAROL, "Hello")).external_id == "5741311803571721087"
    assert outside.last.url == "https://chatapi.viber.com/pa/send_message"
    assert outside.last.headers == {"X-Viber-Auth-Token": "viber_auth_token"}
    assert outside.last.json == {
        "receiver": "01234567890A=",
        "min_api_version": 1,
        "sender": {"name": "Desk"},
        "tracking_data": "d" * 32,
        "type": "text",
        "text": "Hello",
    }
    assert TextMessage().from_dict(outside.last.json).validate()


def test_what_stands_on_a_button_is_what_the_customer_says(viber, outside):
    outside.answer(SENT)
    viber.send(outbound(CAROL, quick_replies=[QuickReply("csat:5", "Good")]))
    sent = outside.last.json
    assert sent["keyboard"]["Buttons"] == [
        {"ActionType": "reply", "ActionBody": "Good", "Text": "Good", "Columns": 6, "Rows": 1}
    ]
    message = {"type": "text", "text": "Good", "tracking_data": sent["tracking_data"]}
    (answer,) = understand({"event": "message", "message_token": 1, "sender": {"id": "x"}, "message": message})
    assert answer.choice == Choice("csat:5", "Good")


def shared(name, content_type, size, url="https://desk.example/f/1"):
    return OutboundFile(name, content_type, size, read=bytes, share=lambda: url)


@pytest.mark.parametrize(
    ("file", "sent", "theirs"),
    [
        (
            shared("a.jpg", "image/jpeg", 5),
            {"type": "picture", "text": "", "media": "https://desk.example/f/1"},
            PictureMessage,
        ),
        (
            shared("b.jpg", "image/jpeg", 2 * 1024 * 1024),
            {"type": "file", "media": "https://desk.example/f/1", "size": 2097152, "file_name": "b.jpg"},
            FileMessage,
        ),
        (
            shared("v.mp4", "video/mp4", 7),
            {"type": "video", "media": "https://desk.example/f/1", "size": 7},
            VideoMessage,
        ),
        (
            shared("a.pdf", "application/pdf", 9),
            {"type": "file", "media": "https://desk.example/f/1", "size": 9, "file_name": "a.pdf"},
            FileMessage,
        ),
    ],
)
def test_files_go_out_by_address(viber, outside, file, sent, theirs):
    outside.answer(SENT)
    viber.send(outbound(CAROL, "", files=[file]))
    assert sent.items() <= outside.last.json.items()
    assert "text" not in outside.last.json or sent["type"] == "picture"
    assert theirs().from_dict(outside.last.json).validate()


def test_a_file_without_a_public_address_is_refused_with_advice(viber, outside):
    with pytest.raises(PermanentFailure) as caught:
        viber.send(outbound(CAROL, "", files=[shared("a.pdf", "application/pdf", 9, url="http://desk.example")]))
    assert caught.value.advice
    assert outside.calls == []


KINDS = {
    **dict.fromkeys(["1", "2", "7", "8", "9", "10", "15"], (AccountFailure, Trouble.AUTH)),
    **dict.fromkeys(["5", "6", "11", "13"], (PermanentFailure, Trouble.RECIPIENT)),
    **dict.fromkeys(["3", "4", "14", "16", "17", "19", "20"], (PermanentFailure, Trouble.PAYLOAD)),
    **dict.fromkeys(["12", "18"], (TemporaryFailure, Trouble.RATE)),
    "99": (TemporaryFailure, Trouble.TRANSIENT),
}


@pytest.mark.parametrize("status", KINDS)
def test_every_status_has_its_class(viber, outside, status):
    outside.answer({"status": int(status), "status_message": "no"})
    error, trouble = KINDS[status]
    with pytest.raises(error) as caught:
        viber.send(outbound(CAROL))
    assert (caught.value.trouble, caught.value.code) == (trouble, status)
    assert set(api.PROBLEMS) == set(KINDS) - {"99"}


def test_leaving_marks_the_address(viber, outside):
    outside.answer({"status": 6, "status_message": "receiverNotSubscribed"})
    with pytest.raises(PermanentFailure) as caught:
        viber.send(outbound(CAROL))
    assert caught.value.is_unreachable


def test_an_answer_without_a_status_is_doubt(viber, outside):
    outside.answer(b"<html>")
    with pytest.raises(UnknownOutcome):
        viber.send(outbound(CAROL))


def test_files_are_fetched_without_our_token(viber, outside):
    outside.answer(b"bytes", content_type="image/jpeg")
    fetched = viber.fetch(RemoteFile("a.jpg", "image/jpeg", url="https://dl-media.viber.com/1/p.jpg"))
    assert (fetched.content, fetched.content_type) == (b"bytes", "image/jpeg")
    assert outside.last.headers == {}


def test_the_profile_has_name_language_and_picture(viber, outside):
    user = {"name": "Carol", "avatar": "https://media.example/c", "language": "uk", "country": "UA", "mcc": 1}
    outside.answer({"status": 0, "user": user})
    news = viber.profile(CAROL)
    assert (news.name, news.language, news.picture.url, news.facts) == (
        "Carol",
        "uk",
        "https://media.example/c",
        {"country": "UA"},
    )
    assert outside.last.json == {"id": "01234567890A="}


# ── Connecting ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_viber_is_told_the_address(viber, outside):
    outside.answer({"status": 0})
    viber.register()
    assert outside.last.url.endswith("/pa/set_webhook")
    assert outside.last.json["url"] == viber.account.hook_url
    assert set(outside.last.json["event_types"]) | {"message", "webhook"} == {*READERS, "webhook"}
    outside.answer({"status": 0, "webhook": viber.account.hook_url})
    viber.check()
    outside.answer({"status": 0, "webhook": "https://old.example/"})
    with pytest.raises(PermanentFailure):
        viber.check()


def test_the_form_knows_a_token_that_cannot_be_one():
    assert ViberForm({"auth_token": "445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9"}).is_valid()
    assert "auth_token" in ViberForm({"auth_token": "my token"}).errors


def test_an_id_is_an_address(viber):
    assert viber.address_of(" 01234567890A= ").value == "01234567890A="
    for wrong in ("", "carol kim", "01234567890A=="[:5]):
        with pytest.raises(ValueError, match=r".*"):
            viber.address_of(wrong)
