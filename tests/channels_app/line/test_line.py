"""LINE: signed events, tokens that answer free of charge, pushes that are recognised when they come twice."""

import json
import struct
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from hypothesis import given
from linebot.v3.messaging import PushMessageRequest
from linebot.v3.webhook import SignatureValidator, WebhookParser

from channels_app import signatures
from channels_app.connectors.line import outbound as out
from channels_app.connectors.line.forms import LineForm
from channels_app.connectors.line.inbound import READERS, choice_of, postback_data, understand
from channels_app.contract import (
    AccountFailure,
    Address,
    Choice,
    ContactUpdate,
    FileRole,
    InboundMessage,
    Location,
    MessageDeleted,
    OutboundFile,
    PermanentFailure,
    QuickReply,
    Rejected,
    RemoteFile,
    TemporaryFailure,
    Trouble,
    UnknownOutcome,
    Window,
    WindowUpdate,
)
from tests.channels_app.outside import connector, envelope, hook, outbound
from tests.channels_app.test_tolerant import ODD

PAYLOADS = Path(__file__).parent / "payloads"
USER = "U4af4980629a0123456789abcdef01234"
GROUP = "C4af4980629a0123456789abcdef01234"
CAROL = Address("line", USER, raw=USER, is_verified=True, is_local=True)
THEN = datetime(2026, 5, 28, 20, 26, 40, 123000, tzinfo=UTC)
PUSHED = {"sentMessages": [{"id": "461230966842064897", "quoteToken": "IStG5h1Tz7b"}]}
PUSH, REPLY = "https://api.line.me/v2/bot/message/push", "https://api.line.me/v2/bot/message/reply"


@pytest.fixture
def line():
    return connector("line", secrets={"channel_secret": "line_channel_secret", "access_token": "tok"})


def parsed(line, name):
    return list(line.parse(envelope((PAYLOADS / f"{name}.json").read_bytes())))


def window(*names, seconds=60):
    end = (timezone.now() + timedelta(seconds=seconds)).isoformat()
    return Window(handles=dict.fromkeys(names, end))


# ── At the door ──────────────────────────────────────────────────────────────────────────────────────────────────────
BODY = rb'{"a":"\u00e4","n":1}'
SIGNATURE = "2rMql8dQOIpqQcYjUYkrg/ti5T6TpUldhSGRbyJIWXQ="


def test_what_line_signed_comes_in(line):
    line.authenticate(hook(BODY, X_Line_Signature=SIGNATURE))


@pytest.mark.parametrize(("body", "said"), [(BODY + b" ", SIGNATURE), (BODY, SIGNATURE.swapcase()), (BODY, "")])
def test_what_was_changed_on_the_way_does_not(line, body, said):
    with pytest.raises(Rejected):
        line.authenticate(hook(body, X_Line_Signature=said))


def test_without_a_secret_nothing_does():
    with pytest.raises(Rejected):
        connector("line").authenticate(hook(b"", X_Line_Signature=signatures.hmac_base64("", b"")))


def test_the_secret_before_is_still_good():
    line = connector("line", secrets={"channel_secret": "new", "channel_secret_previous": "line_channel_secret"})
    line.authenticate(hook(BODY, X_Line_Signature=SIGNATURE))


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.json")), ids=lambda path: path.stem)
def test_lines_own_library_agrees_on_signature_and_schema(line, path):
    body = path.read_text()
    signed = signatures.hmac_base64("line_channel_secret", body.encode())
    assert SignatureValidator("line_channel_secret").validate(body, signed)
    line.authenticate(hook(body.encode(), X_Line_Signature=signed))
    if path.stem not in ("unknown_message", "others", "standby"):
        events = WebhookParser("line_channel_secret").parse(body, signed)
        assert len(events) == len(json.loads(body)["events"])


def test_a_redelivery_has_the_key_of_the_first(line):
    body = (PAYLOADS / "text.json").read_text()
    first, again = (
        envelope(body.encode()),
        envelope(body.replace('"isRedelivery": false', '"isRedelivery": true').encode()),
    )
    assert bytes(first.body) != bytes(again.body)
    assert line.dedup_key(first) == line.dedup_key(again) != ""
    assert line.dedup_key(first) != line.dedup_key(envelope((PAYLOADS / "image.json").read_bytes()))


def test_the_verify_button_finds_nothing(line):
    assert parsed(line, "verify") == []
    assert line.dedup_key(envelope((PAYLOADS / "verify.json").read_bytes())) == ""


# ── What comes in ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_text_brings_the_tokens_to_answer_with(line):
    minute, weeks = (THEN + timedelta(minutes=1)).isoformat(), (THEN + timedelta(days=14)).isoformat()
    assert parsed(line, "text") == [
        InboundMessage(
            external_id="14353798921116",
            sender=CAROL,
            text="hi (moon)",
            sent_at=THEN,
            files=[],
            quoted_id="14353798921000",
            notices=[],
            handles={
                "reply:757913772c4646b784d4b7ce46d12671": minute,
                "read:14353798921116:tok1": weeks,
                "quote:14353798921116:q3Plxr4AgKd": weeks,
            },
            details={},
        )
    ]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("image", RemoteFile("image.jpg", "image/jpeg", reference="2")),
        ("image_external", RemoteFile("image.jpg", "image/jpeg", url="https://files.example/a.jpg")),
        ("video", RemoteFile("video.mp4", "video/mp4", reference="4", seconds=61)),
        ("audio", RemoteFile("audio.m4a", "audio/mp4", reference="5", seconds=7, role=FileRole.VOICE)),
        ("file", RemoteFile("영수증.pdf", "application/octet-stream", reference="6", size=2138)),
        (
            "sticker",
            RemoteFile(
                "sticker.png",
                "image/png",
                url="https://stickershop.line-scdn.net/stickershop/v1/sticker/1988/android/sticker.png",
                role=FileRole.STICKER,
            ),
        ),
    ],
)
def test_files_are_named_by_message_or_address(line, name, file):
    (message,) = parsed(line, name)
    assert list(message.files) == [file]
    assert list(message.notices) == []


def test_a_sticker_says_what_it_means(line):
    assert parsed(line, "sticker")[0].details == {"sticker": "hello, wave, x"}


def test_a_place_has_its_name(line):
    place = Location(35.67966, 139.73669, name="Moment Store", address="1-3 Kioicho, Tokyo")
    assert parsed(line, "location")[0].location == place


def test_what_we_do_not_know_is_said(line):
    assert list(parsed(line, "unknown_message")[0].notices) == ["unsupported"]


def test_what_was_taken_back_goes(line):
    assert parsed(line, "unsend") == [MessageDeleted("14353798921116", at=THEN)]


def test_a_friend_may_be_answered_and_one_who_left_may_not(line):
    contact, opened = parsed(line, "follow")
    assert (contact.is_blocked, list(opened.handles)) == (False, ["reply:ft"])
    assert isinstance(opened, WindowUpdate)
    assert opened.at == THEN
    assert parsed(line, "unfollow") == [ContactUpdate(CAROL, is_blocked=True)]


def test_a_button_of_ours_says_its_title(line):
    (message,) = parsed(line, "postback")
    assert (message.text, message.choice) == ("좋아요", Choice("csat:5", "좋아요"))
    assert list(message.handles) == ["reply:pt"]


def test_a_button_of_another_tool_says_what_was_chosen(line):
    (message,) = parsed(line, "postback_date")
    assert (message.text, message.choice.id, message.details) == (
        "2026-12-24",
        "when",
        {"params": {"date": "2026-12-24"}},
    )


@pytest.mark.parametrize("title", ["좋아요 정말 감사합니다", "a&b=c?", "가" * 60])
def test_what_is_put_on_a_button_comes_back(title):
    data = postback_data(QuickReply("csat:5", title))
    assert len(data) <= 300
    assert choice_of(data) == Choice("csat:5", title if len(title) < 40 else "")


def test_another_modules_chat_has_no_reply_token(line):
    (message,) = parsed(line, "standby")
    assert (dict(message.handles), message.details) == ({}, {"standby": "yes"})


def test_a_member_of_a_group_is_another_address_than_in_private(line):
    assert parsed(line, "group")[0].sender.value == f"{GROUP}:{USER}"
    assert parsed(line, "group_nameless")[0].sender.value == f"{GROUP}:"
    event = json.loads((PAYLOADS / "group.json").read_text())
    event["events"][0]["source"] = {"type": "room", "roomId": "R1", "userId": USER}
    (message,) = line.parse(envelope(event))
    assert (message.sender.value, message.details["group"]) == (f"R1:{USER}", "R1")


def test_every_event_of_a_batch_counts(line):
    assert [message.text for message in parsed(line, "batch")] == ["one", "two"]
    assert parsed(line, "others") == []


@given(ODD, ODD)
def test_no_json_is_too_odd(one, other):
    for name in READERS:
        for kind in ("text", "image", "location", "sticker", "file"):
            message = {
                "id": "1",
                "type": kind,
                "text": one,
                "contentProvider": other,
                "keywords": one,
                "duration": other,
            }
            event = {
                "type": name,
                "message": message,
                "source": {"userId": "U1"},
                "timestamp": one,
                "replyToken": other,
            }
            understand({"events": [event, one]}, stickers="")
            understand({"events": [{**event, "source": one, "message": other, "postback": one}]}, stickers="")
    understand({"events": one}, stickers="")


# ── What goes out ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_late_answer_is_pushed_under_a_key_that_stays(line, outside):
    keys = []
    for _again in range(2):
        outside.answer(PUSHED)
        receipt = line.send(outbound(CAROL, "Hello", window=window("reply:old", seconds=-1)))
        assert outside.last.url == PUSH
        assert outside.last.json == {"to": USER, "messages": [{"type": "text", "text": "Hello"}]}
        assert outside.last.headers["Authorization"] == "Bearer tok"
        keys.append(outside.last.headers["X-Line-Retry-Key"])
    assert receipt.external_id == "461230966842064897"
    assert uuid.UUID(keys[0]) == uuid.UUID(keys[1])


def test_the_parts_of_a_message_have_keys_of_their_own(line, outside):
    keys = set()
    for part in line.parts(outbound(CAROL, "x" * 12000)):
        outside.answer(PUSHED)
        line.send(part)
        keys.add(outside.last.headers["X-Line-Retry-Key"])
    assert len(keys) == 3


def test_what_was_accepted_before_is_sent(line, outside):
    outside.answer({"message": "The retry key is already accepted", **PUSHED}, status=409)
    assert line.send(outbound(CAROL)).external_id == "461230966842064897"


def test_within_a_minute_the_answer_is_free(line, outside):
    outside.answer(PUSHED)
    receipt = line.send(outbound(CAROL, "Hi", window=window("reply:t1", "quote:1:q")))
    assert outside.last.url == REPLY
    assert outside.last.json == {"replyToken": "t1", "messages": [{"type": "text", "text": "Hi"}]}
    assert "X-Line-Retry-Key" not in outside.last.headers
    assert set(receipt.handles) == {"quote:1:q", "quote:461230966842064897:IStG5h1Tz7b"}


def test_a_void_token_costs_a_push(line, outside):
    outside.answer({"message": "Invalid reply token"}, status=400)
    outside.answer(PUSHED)
    receipt = line.send(outbound(CAROL, window=window("reply:t1")))
    assert outside.last.url == PUSH
    assert not [name for name in receipt.handles if name.startswith("reply:")]


def test_an_answer_that_broke_off_is_tried_again_and_never_pushed_as_well(line, outside):
    outside.fail(UnknownOutcome("cut"))
    outside.answer({"message": "Invalid reply token"}, status=400)
    assert line.send(outbound(CAROL, window=window("reply:t1"))).external_id == ""
    assert [call.url for call in outside.calls] == [REPLY, REPLY]


def test_a_reply_that_line_refuses_is_no_push(line, outside):
    outside.answer({"message": "The request body has 1 error(s)"}, status=400)
    with pytest.raises(PermanentFailure):
        line.send(outbound(CAROL, window=window("reply:t1")))
    assert len(outside.calls) == 1


@pytest.mark.parametrize("end", ["", "soon", "2026-99-99T00:00:00Z"])
def test_a_token_without_a_known_end_is_not_asked_for(line, outside, end):
    outside.answer(PUSHED)
    line.send(outbound(CAROL, window=Window(handles={"reply:t1": end})))
    assert outside.last.url == PUSH


def test_later_parts_do_not_ask_for_a_spent_token(line, outside):
    first, second = line.parts(outbound(CAROL, "x" * 6000, window=window("reply:t1")))
    outside.answer(PUSHED)
    outside.answer(PUSHED)
    line.send(first)
    line.send(second)
    assert [call.url for call in outside.calls] == [REPLY, PUSH]


def test_a_quote_needs_the_token_of_what_is_quoted(line, outside):
    outside.answer(PUSHED)
    line.send(outbound(CAROL, quoted_id="7", window=Window(handles={"quote:7:q7": "", "quote:70:no": ""})))
    assert outside.last.json["messages"][0]["quoteToken"] == "q7"
    outside.answer(PUSHED)
    line.send(outbound(CAROL, quoted_id="8", window=Window(handles={"quote:7:q7": ""})))
    assert "quoteToken" not in outside.last.json["messages"][0]


def test_answers_to_touch_come_with_it(line, outside):
    outside.answer(PUSHED)
    line.send(outbound(CAROL, quick_replies=[QuickReply("csat:5", "Good")]))
    action = {"type": "postback", "label": "Good", "data": "answer?id=csat%3A5&title=Good", "displayText": "Good"}
    assert outside.last.json["messages"][0]["quickReply"] == {"items": [{"type": "action", "action": action}]}


def shared(name, content_type, *, size=5, content=b"x", url="https://desk.example/f/1"):
    return OutboundFile(name, content_type, size, read=lambda: content, share=lambda: url)


MOVIE = b"\0\0\0\x6cmvhd" + bytes(12) + struct.pack(">II", 1000, 7250) + bytes(80)
MOVIE_64 = b"\0\0\0\x78mvhd\x01" + bytes(19) + struct.pack(">IQ", 44100, 441000) + bytes(80)


@pytest.mark.parametrize(
    ("file", "built"),
    [
        (
            shared("a.jpg", "image/jpeg"),
            {
                "type": "image",
                "originalContentUrl": "https://desk.example/f/1",
                "previewImageUrl": "https://desk.example/f/1",
            },
        ),
        (
            shared("a.m4a", "audio/mp4", content=MOVIE),
            {"type": "audio", "originalContentUrl": "https://desk.example/f/1", "duration": 7250},
        ),
        (shared("a.m4a", "audio/mp4"), {"type": "text", "text": "a.m4a\nhttps://desk.example/f/1"}),
        (shared("a.pdf", "application/pdf"), {"type": "text", "text": "a.pdf\nhttps://desk.example/f/1"}),
        (
            shared("b.png", "image/png", size=11 * 1024 * 1024),
            {"type": "text", "text": "b.png\nhttps://desk.example/f/1"},
        ),
    ],
)
def test_files_go_out_by_address(line, outside, file, built):
    outside.answer(PUSHED)
    line.send(outbound(CAROL, "", files=[file]))
    assert outside.last.json["messages"] == [built]
    PushMessageRequest.from_dict(outside.last.json)


def test_a_film_has_a_still(line, outside):
    outside.answer(PUSHED)
    line.send(outbound(CAROL, "", files=[shared("v.mp4", "video/mp4")]))
    (film,) = outside.last.json["messages"]
    assert (film["type"], film["originalContentUrl"]) == ("video", "https://desk.example/f/1")
    assert "channels/video" in film["previewImageUrl"]


def test_the_length_of_a_recording_is_read_from_it():
    assert out.milliseconds(MOVIE) == 7250
    assert out.milliseconds(MOVIE_64) == 10000
    assert out.milliseconds(b"mvhd") == 0


@pytest.mark.parametrize("url", ["", "http://desk.example/f", "https://x.example/" + "x" * 2000])
def test_a_file_without_a_public_address_is_refused_with_advice(line, outside, url):
    with pytest.raises(PermanentFailure) as caught:
        line.send(outbound(CAROL, "", files=[shared("a.jpg", "image/jpeg", url=url)]))
    assert caught.value.advice
    assert outside.calls == []


@pytest.mark.parametrize(
    ("status", "words", "error", "trouble"),
    [
        (400, "The request body has 1 error(s)", PermanentFailure, Trouble.PAYLOAD),
        (400, "Failed to send messages", PermanentFailure, Trouble.RECIPIENT),
        (401, "Authentication failed", AccountFailure, Trouble.AUTH),
        (403, "Access to this API is not available for your account", PermanentFailure, Trouble.PAYLOAD),
        (410, "Gone", PermanentFailure, Trouble.PAYLOAD),
        (413, "Too large", PermanentFailure, Trouble.PAYLOAD),
        (415, "Unsupported", PermanentFailure, Trouble.PAYLOAD),
        (429, "You have reached your monthly limit.", PermanentFailure, Trouble.WINDOW),
        (429, "The API rate limit has been exceeded. Try again later.", TemporaryFailure, Trouble.RATE),
        (500, "Internal error", TemporaryFailure, Trouble.TRANSIENT),
    ],
)
def test_every_refusal_has_its_class(line, outside, status, words, error, trouble):
    outside.answer(
        {"message": words, "details": [{"message": "May not be empty", "property": "m[0].text"}]}, status=status
    )
    with pytest.raises(error) as caught:
        line.send(outbound(CAROL))
    assert caught.value.trouble is trouble
    assert "m[0].text: May not be empty" in str(caught.value)


def test_a_group_is_answered_as_a_whole(line, outside):
    outside.answer(PUSHED)
    line.send(outbound(Address("line", f"{GROUP}:{USER}")))
    assert outside.last.json["to"] == GROUP


# ── Files, profile, signs ────────────────────────────────────────────────────────────────────────────────────────────
def test_bytes_are_fetched_with_the_accounts_token(line, outside):
    outside.answer(b"bytes", content_type="image/jpeg")
    assert line.fetch(RemoteFile("image.jpg", "image/jpeg", reference="2")).content == b"bytes"
    assert outside.last.url == "https://api-data.line.me/v2/bot/message/2/content"
    assert outside.last.headers["Authorization"] == "Bearer tok"


def test_what_lies_elsewhere_is_fetched_without_it(line, outside):
    outside.answer(b"bytes")
    line.fetch(RemoteFile("s.png", "image/png", url="https://files.example/a.png"))
    assert outside.last.headers == {}


@pytest.mark.parametrize("answers", [[{"status": "processing"}], [{"status": "succeeded"}, 202]])
def test_a_film_in_the_making_is_waited_for(line, outside, answers):
    for answer in answers:
        outside.answer(b"" if answer == 202 else answer, status=202 if answer == 202 else 200)
    with pytest.raises(TemporaryFailure) as caught:
        line.fetch(RemoteFile("v.mp4", "video/mp4", reference="4"))
    assert caught.value.retry_after == 5


def test_a_film_that_cannot_be_made_is_given_up(line, outside):
    outside.answer({"status": "failed"})
    with pytest.raises(PermanentFailure):
        line.fetch(RemoteFile("v.mp4", "video/mp4", reference="4"))
    outside.answer({"message": "Gone"}, status=410)
    with pytest.raises(PermanentFailure):
        line.fetch(RemoteFile("a.jpg", "image/jpeg", reference="4"))


def test_the_profile_has_name_language_and_picture(line, outside):
    outside.answer({"displayName": "Carol", "language": "ko", "pictureUrl": "https://profile.example/c"})
    news = line.profile(CAROL)
    assert (news.name, news.language, news.picture.url) == ("Carol", "ko", "https://profile.example/c")
    assert outside.last.url.endswith(f"/v2/bot/profile/{USER}")
    outside.answer({"message": "Not found"}, status=404)
    assert line.profile(CAROL) is None
    outside.answer({"displayName": "Carol"})
    line.profile(Address("line", f"{GROUP}:{USER}"))
    assert outside.last.url.endswith(f"/v2/bot/group/{GROUP}/member/{USER}")


def test_typing_is_shown_to_one_person_only(line, outside):
    outside.answer({}, status=202)
    line.show_typing(CAROL, Window())
    assert outside.last.json == {"chatId": USER, "loadingSeconds": 20}
    line.show_typing(Address("line", f"{GROUP}:{USER}"), Window())
    assert len(outside.calls) == 1


def test_reading_is_told_by_the_messages_own_token(line, outside):
    outside.answer({})
    line.mark_read(CAROL, Window(handles={"read:1:a": "", "read:12:b": ""}), last_id="1")
    assert outside.last.json == {"markAsReadToken": "a"}
    line.mark_read(CAROL, Window(), last_id="1")
    assert len(outside.calls) == 1


# ── Connecting ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_line_is_told_the_address(line, outside):
    outside.answer({})
    line.register()
    assert (outside.last.method, outside.last.json) == ("PUT", {"endpoint": line.account.hook_url})
    outside.answer({"userId": "U", "displayName": "Moment"})
    outside.answer({"endpoint": line.account.hook_url, "active": True})
    line.check()


@pytest.mark.parametrize("said", [{"endpoint": "https://old.example/", "active": True}, {"active": False}])
def test_the_check_sees_that_events_go_elsewhere(line, outside, said):
    outside.answer({"userId": "U"})
    outside.answer({"endpoint": line.account.hook_url, **said})
    with pytest.raises(PermanentFailure) as caught:
        line.check()
    assert caught.value.advice


def test_the_form_knows_what_cannot_be_a_secret():
    assert LineForm({"channel_secret": "0123456789abcdef" * 2, "access_token": "x" * 172}).is_valid()
    wrong = LineForm({"channel_secret": "secret", "access_token": "x" * 40})
    assert set(wrong.errors) == {"channel_secret", "access_token"}


@pytest.mark.parametrize("raw", [USER, f" {GROUP}:{USER}"])
def test_an_id_is_an_address(line, raw):
    assert line.address_of(raw).value == raw.strip()


@pytest.mark.parametrize("raw", ["carol", GROUP, USER[:-1], ""])
def test_a_name_is_none(line, raw):
    with pytest.raises(ValueError, match=r".*"):
        line.address_of(raw)
