"""Telegram: what comes in, what goes out, and what is asked for where nobody may call us."""

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from hypothesis import given

from channels_app.connectors.telegram.forms import TelegramForm
from channels_app.connectors.telegram.inbound import READERS, understand
from channels_app.contract import (
    AccountFailure,
    Address,
    Choice,
    ContactUpdate,
    FileRole,
    InboundMessage,
    LeaseLost,
    Location,
    MessageDeleted,
    MessageEdited,
    OutboundFile,
    PermanentFailure,
    QuickReply,
    Reaction,
    Rejected,
    RemoteFile,
    TemporaryFailure,
    Trouble,
    UnknownOutcome,
    Window,
)
from tests.channels_app.outside import connector, envelope, hook, outbound
from tests.channels_app.test_tolerant import ODD

PAYLOADS = Path(__file__).parent / "payloads"
TOKEN = "123456789:AAEexample-token_of_35_letters_xxxx"
CAROL = Address("telegram", "1111", raw="1111", name="Carol Kim", is_verified=True, is_local=True)
THEN = datetime(2026, 5, 28, 20, 26, 40, tzinfo=UTC)
API = f"https://api.telegram.org/bot{TOKEN}"


@pytest.fixture
def bot():
    return connector("telegram", secrets={"bot_token": TOKEN, "webhook_secret": "s3cret"})


def parsed(bot, name):
    return list(bot.parse(envelope((PAYLOADS / f"{name}.json").read_bytes())))


def ok(result):
    return {"ok": True, "result": result}


def no(code, words, **parameters):
    return {"ok": False, "error_code": code, "description": words, "parameters": parameters}


SENT = ok({"message_id": 90, "chat": {"id": 1111, "type": "private"}})


# ── At the door ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_whoever_knows_the_secret_token_is_telegram(bot):
    bot.authenticate(hook(b"{}", X_Telegram_Bot_Api_Secret_Token="s3cret"))


@pytest.mark.parametrize("said", ["", "s3cre", "S3CRET", "sécret"])
def test_nobody_else_gets_in(bot, said):
    with pytest.raises(Rejected):
        bot.authenticate(hook(b"{}", X_Telegram_Bot_Api_Secret_Token=said))


def test_without_a_secret_of_ours_nobody_gets_in():
    with pytest.raises(Rejected):
        connector("telegram").authenticate(hook(b"{}", X_Telegram_Bot_Api_Secret_Token=""))


def test_the_secret_before_is_still_good():
    bot = connector("telegram", secrets={"webhook_secret": "new", "webhook_secret_previous": "old"})
    bot.authenticate(hook(b"{}", X_Telegram_Bot_Api_Secret_Token="old"))


def test_an_update_has_one_key_however_it_came(bot):
    assert bot.dedup_key(envelope({"update_id": 7, "message": {}})) == "update:123456789:7"
    assert bot.dedup_key(envelope(b"no json")) == ""


def test_a_pressed_button_stops_turning_by_the_answer_to_the_hook(bot):
    answer = bot.acknowledge(envelope((PAYLOADS / "callback.json").read_bytes()))
    assert json.loads(answer.content) == {
        "method": "answerCallbackQuery",
        "callback_query_id": "4382bfdwdsb323b2d9",
    }
    assert bot.acknowledge(envelope((PAYLOADS / "start.json").read_bytes())) is None


# ── What comes in ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_first_message_carries_the_payload_of_the_link(bot):
    assert parsed(bot, "start") == [
        InboundMessage(
            external_id="1111:55",
            sender=CAROL,
            text="/start ref42",
            sent_at=THEN,
            files=[],
            cards=[],
            to=[],
            notices=[],
            language="ko",
            details={"start": "ref42", "username": "carol"},
        )
    ]


def test_an_answer_names_what_it_answers(bot):
    (message,) = parsed(bot, "text_quoting")
    assert (message.text, message.quoted_id, message.quoted_text) == ("Yes, this one", "1111:50", "Which one")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("photo", RemoteFile("photo.jpg", "image/jpeg", reference="large", size=230000)),
        ("document", RemoteFile("영수증.pdf", "application/pdf", reference="doc1", size=34567)),
        ("animation", RemoteFile("cat.mp4", "video/mp4", reference="gif1", size=999)),
        ("audio", RemoteFile("song.mp3", "audio/mpeg", reference="aud1", size=5000, seconds=61)),
        ("voice", RemoteFile("voice.ogg", "audio/ogg", reference="voi1", size=4000, seconds=7, role=FileRole.VOICE)),
        ("video", RemoteFile("clip.mov", "video/quicktime", reference="vid1", size=90000, seconds=12)),
        ("video_note", RemoteFile("video.mp4", "video/mp4", reference="not1", size=70000, seconds=5)),
        ("sticker", RemoteFile("sticker.webp", "image/webp", reference="sti1", size=3000, role=FileRole.STICKER)),
        (
            "sticker_animated",
            RemoteFile("sticker.webp", "image/webp", reference="thumb2", size=2000, role=FileRole.STICKER),
        ),
    ],
)
def test_files_are_named_by_their_handle(bot, name, file):
    (message,) = parsed(bot, name)
    assert list(message.files) == [file]


@pytest.mark.parametrize(
    ("sticker", "name", "content_type"),
    [
        ({"is_animated": True}, "sticker.tgs", "application/x-tgsticker"),
        ({"is_video": True, "thumbnail": {"file_id": "t"}}, "sticker.webm", "video/webm"),
    ],
)
def test_a_sticker_that_moves_is_named_as_what_it_is(bot, sticker, name, content_type):
    update = json.loads((PAYLOADS / "sticker.json").read_text())
    update["message"]["sticker"] = {"file_id": "s", **sticker}
    (file,) = bot.parse(envelope(update))[0].files
    assert (file.name, file.content_type, file.reference) == (name, content_type, "s")


def test_a_caption_is_the_text_and_an_album_is_noted(bot):
    (message,) = parsed(bot, "photo")
    assert (message.text, message.details["album"]) == ("Broken", "g1")


def test_places_have_their_names(bot):
    assert parsed(bot, "location")[0].location == Location(37.5665, 126.978)
    assert parsed(bot, "venue")[0].location == Location(37.5, 127.0, name="Moment Store", address="Gangnam-daero 1")


def test_ones_own_number_is_proven(bot):
    proof, message = parsed(bot, "contact_own")
    assert message.cards[0].phones == ["821012345678"]
    assert isinstance(proof, ContactUpdate)
    assert [(one.kind, one.value, one.is_verified) for one in proof.proven] == [("phone", "+821012345678", True)]


def test_somebody_elses_number_proves_nothing(bot):
    (message,) = parsed(bot, "contact_other")
    assert (message.cards[0].name, message.cards[0].phones) == ("Dave", ["+821087654321"])


def test_content_that_a_bot_cannot_get_is_said(bot):
    (message,) = parsed(bot, "poll")
    assert list(message.notices) == ["unsupported"]


def test_what_was_passed_on_names_its_origin(bot):
    assert parsed(bot, "forwarded")[0].details["forwarded_from"] == "Shop"


def test_a_member_of_a_group_is_another_address_than_in_private(bot):
    (message,) = parsed(bot, "group_topic")
    assert message.sender.value == "-1002222:1111"
    assert (message.thread_id, message.details["group"]) == ("-1002222:7", "Moment wholesale")


@pytest.mark.parametrize("name", ["joined", "group_moved", "reaction_custom", "unknown"])
def test_what_nobody_said_is_no_message(bot, name):
    assert parsed(bot, name) == []


def test_an_edit_is_one(bot):
    assert parsed(bot, "edited") == [MessageEdited("1111:55", "two, not three", at=THEN + timedelta(minutes=1))]


def test_a_button_says_what_stood_on_it(bot):
    (message,) = parsed(bot, "callback")
    assert (message.external_id, message.text, message.choice) == (
        "callback:4382bfdwdsb323b2d9",
        "Good",
        Choice("csat:5", "Good"),
    )
    assert message.quoted_id == "1111:60"


def test_a_button_that_is_gone_says_its_id(bot):
    update = json.loads((PAYLOADS / "callback.json").read_text())
    del update["callback_query"]["message"]["reply_markup"]
    assert bot.parse(envelope(update))[0].text == "csat:5"


def test_a_member_whose_rights_changed_has_not_left(bot):
    update = json.loads((PAYLOADS / "blocked.json").read_text())
    update["my_chat_member"]["new_chat_member"]["status"] = "restricted"
    assert bot.parse(envelope(update)) == []


def test_leaving_a_group_is_no_blocking(bot):
    update = json.loads((PAYLOADS / "blocked.json").read_text())
    update["my_chat_member"]["chat"]["type"] = "supergroup"
    assert bot.parse(envelope(update)) == []


def test_reactions_come_and_go(bot):
    assert parsed(bot, "reaction") == [Reaction("1111:60", CAROL, "👍", at=THEN + timedelta(seconds=100))]
    (gone,) = parsed(bot, "reaction_removed")
    assert (gone.is_removed, gone.emoji) == (True, "")


def test_blocking_and_coming_back_are_noted(bot):
    assert [parsed(bot, name)[0].is_blocked for name in ("blocked", "unblocked")] == [True, False]


def test_a_business_account_is_answered_in_its_name(bot):
    (message,) = parsed(bot, "business")
    assert message.handles == {"business:bc1": ""}
    assert not message.is_echo


def test_what_its_owner_wrote_by_hand_is_an_echo(bot):
    (message,) = parsed(bot, "business_by_owner")
    assert message.is_echo
    assert [one.value for one in message.to] == ["1111"]


def test_what_was_deleted_goes(bot):
    assert parsed(bot, "business_deleted") == [MessageDeleted("1111:5"), MessageDeleted("1111:6")]


def test_other_bots_are_not_listened_to(bot):
    update = json.loads((PAYLOADS / "start.json").read_text())
    assert parsed(bot, "start")
    update["message"]["from"]["is_bot"] = True
    assert bot.parse(envelope(update)) == []


@given(ODD, ODD)
def test_no_json_is_too_odd(one, other):
    for name in READERS:
        for inner in ("from", "chat", "photo", "sticker", "contact", "location", "reply_markup", "new_reaction"):
            known = {"message_id": 1, "chat": {"id": 1}, "from": {"id": 1}, "user": {"id": 1}, "data": "x", "id": 1}
            understand({name: {**known, inner: one, "message_ids": other, "text": other}})
        understand({name: one})


# ── What goes out ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_text_goes_out_plain_where_nothing_is_marked(bot, outside):
    outside.answer(SENT)
    receipt = bot.send(outbound(CAROL, "2 < 3", quoted_id="1111:55"))
    assert receipt.external_id == "1111:90"
    assert outside.last.url == f"{API}/sendMessage"
    assert outside.last.json == {
        "chat_id": "1111",
        "text": "2 < 3",
        "link_preview_options": {"is_disabled": True},
        "reply_parameters": {"message_id": 55, "allow_sending_without_reply": True},
    }


def test_marks_go_out_as_telegrams_tags(bot, outside):
    outside.answer(SENT)
    text, html = bot.render("**Hi** < [us](https://a.example)\nbye")
    assert text == "Hi < us (https://a.example)\nbye"
    bot.send(outbound(CAROL, text, html=html.replace("<a ", '<a rel="noopener" ')))
    assert outside.last.json["parse_mode"] == "HTML"
    assert outside.last.json["text"] == '<strong>Hi</strong> &lt; <a href="https://a.example">us</a>\nbye'


def test_marks_that_telegram_refuses_go_out_without(bot, outside):
    outside.answer(no(400, "Bad Request: can't parse entities: unsupported start tag"), status=400)
    outside.answer(SENT)
    bot.send(outbound(CAROL, "Hi", html="<strong>Hi</strong>"))
    assert "parse_mode" not in outside.last.json
    assert outside.last.json["text"] == "Hi"


def test_answers_to_touch_stand_below_the_text(bot, outside):
    outside.answer(SENT)
    bot.send(outbound(CAROL, quick_replies=[QuickReply("csat:5", "Good"), QuickReply("가" * 30, "Long")]))
    rows = outside.last.json["reply_markup"]["inline_keyboard"]
    assert rows[0] == [{"text": "Good", "callback_data": "csat:5"}]
    assert len(rows[1][0]["callback_data"].encode()) == 63


@pytest.mark.parametrize(
    ("content_type", "size", "method", "field"),
    [
        ("image/jpeg", 5, "sendPhoto", "photo"),
        ("image/jpeg", 11 * 1024 * 1024, "sendDocument", "document"),
        ("image/gif", 5, "sendAnimation", "animation"),
        ("video/mp4", 5, "sendVideo", "video"),
        ("audio/mpeg", 5, "sendAudio", "audio"),
        ("audio/ogg", 5, "sendVoice", "voice"),
        ("application/pdf", 5, "sendDocument", "document"),
    ],
)
def test_a_file_goes_out_as_what_it_is(bot, outside, content_type, size, method, field):
    outside.answer(SENT)
    file = OutboundFile("x", content_type, size, read=lambda: b"bytes")
    bot.send(outbound(CAROL, "Look", files=[file]))
    assert outside.last.url == f"{API}/{method}"
    assert outside.last.form == {"chat_id": "1111", "caption": "Look"}
    assert outside.last.options["files"] == {field: ("x", b"bytes", content_type)}


@pytest.mark.parametrize(
    ("content_type", "words"),
    [("image/png", "PHOTO_INVALID_DIMENSIONS"), ("audio/ogg", "VOICE_MESSAGES_FORBIDDEN")],
)
def test_what_telegram_does_not_show_as_it_is_goes_out_as_a_document(bot, outside, content_type, words):
    outside.answer(no(400, f"Bad Request: {words}"), status=400)
    outside.answer(SENT)
    bot.send(outbound(CAROL, "", files=[OutboundFile("x", content_type, 5, read=lambda: b"x")]))
    assert outside.last.url == f"{API}/sendDocument"


def test_a_long_text_goes_out_in_parts_counted_in_utf16(bot):
    parts = bot.parts(outbound(CAROL, "😀" * 3000))
    assert [len(part.text) for part in parts] == [2048, 952]


def test_an_answer_to_a_business_account_goes_out_in_its_name(bot, outside):
    outside.answer(SENT)
    bot.send(outbound(CAROL, window=Window(handles={"business:bc1": ""})))
    assert outside.last.json["business_connection_id"] == "bc1"


def test_an_answer_to_a_group_goes_to_the_group_and_its_topic(bot, outside):
    outside.answer(SENT)
    bot.send(outbound(Address("telegram", "-1002222:1111"), thread_id="-1002222:7", quoted_id="1111:55"))
    assert (outside.last.json["chat_id"], outside.last.json["message_thread_id"]) == ("-1002222", 7)
    assert "reply_parameters" not in outside.last.json


def test_nothing_private_follows_a_thread_into_a_group(bot, outside):
    outside.answer(SENT)
    bot.send(outbound(CAROL, thread_id="-1002222:7"))
    assert outside.last.json["chat_id"] == "1111"
    assert "message_thread_id" not in outside.last.json


def test_what_telegram_refuses_otherwise_is_not_sent_in_another_way(bot, outside):
    outside.answer(no(400, "Bad Request: message is too long"), status=400)
    with pytest.raises(PermanentFailure):
        bot.send(outbound(CAROL, "Hi", html="<strong>Hi</strong>"))
    outside.answer(no(400, "Bad Request: wrong file identifier"), status=400)
    with pytest.raises(PermanentFailure):
        bot.send(outbound(CAROL, "", files=[OutboundFile("x.png", "image/png", 5, read=lambda: b"x")]))
    assert len(outside.calls) == 2


def test_a_group_that_moved_is_followed(bot, outside):
    outside.answer(no(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1009), status=400)
    outside.answer(SENT)
    bot.send(outbound(Address("telegram", "-333:1111")))
    assert outside.last.json["chat_id"] == "-1009"


@pytest.mark.parametrize(
    ("code", "words", "error", "trouble"),
    [
        (403, "Forbidden: bot was blocked by the user", PermanentFailure, Trouble.RECIPIENT),
        (403, "Forbidden: user is deactivated", PermanentFailure, Trouble.RECIPIENT),
        (403, "Forbidden: bot can't initiate conversation with a user", PermanentFailure, Trouble.RECIPIENT),
        (400, "Bad Request: chat not found", PermanentFailure, Trouble.RECIPIENT),
        (400, "Bad Request: message is too long", PermanentFailure, Trouble.PAYLOAD),
        (400, "Bad Request: something new", PermanentFailure, Trouble.PAYLOAD),
        (401, "Unauthorized", AccountFailure, Trouble.AUTH),
        (409, "Conflict: terminated by other getUpdates request", TemporaryFailure, Trouble.TRANSIENT),
        (429, "Too Many Requests: retry after 5", TemporaryFailure, Trouble.RATE),
        (502, "Bad Gateway", TemporaryFailure, Trouble.TRANSIENT),
    ],
)
def test_every_refusal_has_its_class(bot, outside, code, words, error, trouble):
    outside.answer(no(code, words), status=code)
    with pytest.raises(error) as caught:
        bot.send(outbound(CAROL))
    assert caught.value.trouble is trouble


def test_telegram_names_how_long_to_wait(bot, outside):
    outside.answer(no(429, "Too Many Requests: retry after 5", retry_after=5), status=429)
    with pytest.raises(TemporaryFailure) as caught:
        bot.send(outbound(CAROL))
    assert caught.value.retry_after == 5


def test_blocking_marks_the_address(bot, outside):
    outside.answer(no(403, "Forbidden: bot was blocked by the user"), status=403)
    with pytest.raises(PermanentFailure) as caught:
        bot.send(outbound(CAROL))
    assert caught.value.is_unreachable


def test_an_error_page_is_no_loss_and_a_strange_success_is_doubt(bot, outside):
    outside.answer(b"<html>", status=502)
    with pytest.raises(TemporaryFailure):
        bot.send(outbound(CAROL))
    outside.answer(b"<html>")
    with pytest.raises(UnknownOutcome):
        bot.send(outbound(CAROL))


def test_the_token_stands_in_no_error(bot, outside):
    outside.fail(TemporaryFailure(f"{API}/sendMessage cannot be called"))
    with pytest.raises(TemporaryFailure) as caught:
        bot.send(outbound(CAROL))
    assert TOKEN not in str(caught.value)
    outside.answer(ok({"file_path": "a.jpg"}))
    outside.answer(b"", status=404)
    with pytest.raises(PermanentFailure):
        bot.fetch(RemoteFile("a", "image/jpeg", reference="f"))


def test_a_file_is_fetched_by_its_handle_and_keeps_its_type(bot, outside):
    outside.answer(ok({"file_path": "photos/file_1.jpg"}))
    outside.answer(b"bytes", content_type="application/octet-stream")
    fetched = bot.fetch(RemoteFile("photo.jpg", "image/jpeg", reference="large"))
    assert (fetched.content, fetched.content_type) == (b"bytes", "image/jpeg")
    assert outside.calls[0].json == {"file_id": "large"}
    assert outside.last.url == f"https://api.telegram.org/file/bot{TOKEN}/photos/file_1.jpg"


def test_a_file_that_bots_cannot_get_is_not_asked_for(bot, outside):
    with pytest.raises(PermanentFailure) as caught:
        bot.fetch(RemoteFile("film", "video/mp4", reference="x", size=21 * 1024 * 1024))
    assert caught.value.advice
    assert outside.calls == []


def test_reacting_typing_and_the_picture(bot, outside):
    outside.answer(ok(True))
    bot.react(CAROL, "1111:55", "❤️")
    assert outside.last.json == {"chat_id": "1111", "message_id": 55, "reaction": [{"type": "emoji", "emoji": "❤"}]}
    outside.answer(ok(True))
    bot.react(CAROL, "1111:55", "")
    assert outside.last.json["reaction"] == []
    outside.answer(ok(True))
    bot.show_typing(CAROL, Window())
    assert outside.last.json == {"chat_id": "1111", "action": "typing"}
    outside.answer(ok({"photos": [[{"file_id": "s"}, {"file_id": "l"}]]}))
    assert bot.profile(CAROL).picture.reference == "l"
    outside.answer(ok({"photos": []}))
    assert bot.profile(CAROL) is None


# ── Asking instead of being called ───────────────────────────────────────────────────────────────────────────────────
class Tray:
    """An inlet that stays open for some rounds, and remembers."""

    def __init__(self, rounds, cursor=None):
        self.rounds, self.cursor, self.kept, self.reports = rounds, cursor or {}, [], 0

    @property
    def is_open(self):
        self.rounds -= 1
        return self.rounds >= 0

    def keep(self, body, *, cursor, headers):
        if self.rounds < 0:
            raise LeaseLost
        self.kept.append(json.loads(body))
        self.cursor = cursor

    def report(self, *, waiting, oldest):
        self.reports += 1


@pytest.fixture
def polled():
    return connector("telegram", secrets={"bot_token": TOKEN}, incoming="polling")


def offsets(outside):
    return [call.options["params"]["offset"] for call in outside.calls if call.url.endswith("/getUpdates")]


def test_updates_are_asked_for_behind_the_last_one(polled, outside):
    assert polled.is_polled
    outside.answer(ok(True))  # deleteWebhook
    outside.answer(ok([{"update_id": 7, "message": {"text": "é"}}, {"update_id": 8}]))
    outside.answer(ok([]))
    tray = Tray(rounds=2)
    polled.watch(tray)
    assert [update["update_id"] for update in tray.kept] == [7, 8]
    assert outside.calls[0].url == f"{API}/deleteWebhook"
    assert offsets(outside) == ["0", "9"]
    assert "message_reaction" in outside.last.options["params"]["allowed_updates"]
    assert outside.last.options["seconds"] > int(outside.last.options["params"]["timeout"])


def test_a_pressed_button_is_answered_and_a_failure_of_that_harms_nobody(polled, outside):
    outside.answer(ok(True))
    outside.answer(ok([{"update_id": 7, "callback_query": {"id": "q"}}]))
    outside.answer(no(400, "Bad Request: query is too old"), status=400)
    tray = Tray(rounds=1)
    polled.watch(tray)
    assert outside.last.json == {"callback_query_id": "q"}
    assert (len(tray.kept), tray.reports) == (1, 1)


@pytest.mark.parametrize(
    ("bot", "days", "offset"), [("123456789", 0, "8"), ("123456789", 7, "0"), ("987654321", 0, "0")]
)
def test_the_numbers_of_another_bot_or_of_long_ago_count_for_nothing(polled, outside, bot, days, offset):
    at = (timezone.now() - timedelta(days=days)).isoformat()
    outside.answer(ok(True))
    outside.answer(ok([]))
    polled.watch(Tray(rounds=1, cursor={"bot": bot, "update_id": 7, "at": at}))
    assert offsets(outside) == [offset]


def test_a_lost_lease_ends_it(polled, outside):
    outside.answer(ok(True))
    outside.answer(ok([{"update_id": 7}]))
    tray = Tray(rounds=1)
    tray.keep = lambda *a, **k: (_ for _ in ()).throw(LeaseLost("other"))
    with pytest.raises(LeaseLost):
        polled.watch(tray)


def test_what_was_asked_for_joins_the_customers_conversation(outside, db):
    from channels_app.models import Channel
    from conversations.models import Message
    from conversations.polling import AccountInlet

    channel = Channel.objects.create(
        kind="telegram", name="Bot", secrets={"bot_token": TOKEN}, config={"incoming": "polling"}
    )
    channel.take_lease("me", 60)
    update = json.loads((PAYLOADS / "text_quoting.json").read_text())
    outside.answer(ok(True))
    outside.answer(ok([update]))
    outside.answer(ok([update]))  # once more, as after a crash
    outside.fail(TemporaryFailure("away"))
    with pytest.raises(TemporaryFailure):
        channel.connector.watch(AccountInlet(channel.pk, "me", threading.Event()))
    assert [message.text for message in Message.objects.all()] == ["Yes, this one"]
    channel.refresh_from_db()
    assert channel.cursor["update_id"] == update["update_id"]


def test_another_program_that_reads_is_said(polled, outside):
    outside.answer(ok(True))
    outside.answer(no(409, "Conflict: terminated by other getUpdates request"), status=409)
    with pytest.raises(TemporaryFailure) as caught:
        polled.watch(Tray(rounds=1))
    assert caught.value.advice


# ── Connecting ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_telegram_is_told_the_address_and_a_secret(outside, db):
    from channels_app.models import Channel

    channel = Channel.objects.create(kind="telegram", name="Bot", secrets={"bot_token": TOKEN})
    outside.answer(ok(True))
    channel.connector.register()
    channel.refresh_from_db()
    secret = channel.secrets["webhook_secret"]
    assert outside.last.url == f"{API}/setWebhook"
    assert outside.last.json["url"] == channel.hook_url
    assert outside.last.json["secret_token"] == secret
    assert len(secret) >= 32
    outside.answer(ok(True))
    channel.connector.register()
    assert outside.last.json["secret_token"] == secret


def test_the_check_sees_that_messages_go_elsewhere(bot, outside):
    outside.answer(ok({"id": 9, "username": "desk_bot"}))
    outside.answer(ok({"url": "https://elsewhere.example/"}))
    with pytest.raises(PermanentFailure) as caught:
        bot.check()
    assert caught.value.code == "webhook"
    outside.answer(ok({"id": 9}))
    outside.answer(ok({"url": bot.account.hook_url}))
    bot.check()


def test_the_form_knows_a_token_that_cannot_be_one():
    assert TelegramForm({"bot_token": TOKEN, "incoming": "polling"}).is_valid()
    wrong = TelegramForm({"bot_token": "my bot", "incoming": "polling"})
    assert "BotFather" not in str(wrong.errors)
    assert "bot_token" in wrong.errors


@pytest.mark.parametrize(("raw", "value"), [(" 1111 ", "1111"), ("-1002222:1111", "-1002222:1111")])
def test_a_number_is_an_address(bot, raw, value):
    assert bot.address_of(raw).value == value


@pytest.mark.parametrize("raw", ["", "@carol", "12a", "-100", "1:2:3"])
def test_a_name_is_none(bot, raw):
    with pytest.raises(ValueError, match=r".*"):
        bot.address_of(raw or " x")
