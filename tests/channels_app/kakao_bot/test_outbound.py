"""What a chatbot may still say: by the callback within its minute, by event blocks after it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from kakao_chatbot.event import EventAPI

from channels_app.contract import (
    AccountFailure,
    DeliveryError,
    OutboundFile,
    PermanentFailure,
    QuickReply,
    Receipt,
    RemoteFile,
    TemplateUse,
    TemporaryFailure,
    Trouble,
    UnknownOutcome,
    Window,
)
from tests.channels_app.kakao_bot.conftest import CALLBACK, CAROL, bot
from tests.channels_app.outside import outbound


def window(*urls, seconds=30):
    end = timezone.now() + timedelta(seconds=seconds)
    return Window(handles={f"callback:{url}": (end + timedelta(seconds=n)).isoformat() for n, url in enumerate(urls)})


def picture():
    return OutboundFile("a.png", "image/png", 3, read=lambda: b"png", share=lambda: "https://desk.example.com/a.png")


def test_within_the_minute_an_answer_goes_to_the_callback_and_spends_it(outside):
    outside.answer({"taskId": "t-1", "status": "SUCCESS", "message": "", "timestamp": 1})
    message = outbound(
        CAROL, "환불은 3일 걸려요.", window=window(CALLBACK), quick_replies=[QuickReply("ok", "알겠어요")]
    )
    assert bot().send(message) == Receipt(handles={})
    assert (outside.last.method, outside.last.url) == ("POST", CALLBACK)
    replies = [{"label": "알겠어요", "action": "message", "messageText": "알겠어요", "extra": {"choice": "ok"}}]
    assert outside.last.json == {
        "version": "2.0",
        "template": {"outputs": [{"simpleText": {"text": "환불은 3일 걸려요."}}], "quickReplies": replies},
    }
    # No key of ours goes to an address that came in a request.
    assert outside.last.options.get("headers") is None


def test_a_long_text_and_a_picture_go_together_for_there_is_one_answer_only(outside):
    outside.answer({"status": "SUCCESS"})
    message = outbound(CAROL, "가나다. " * 300, files=[picture()], window=window(CALLBACK))
    assert bot().parts(message) == [message]
    bot().send(message)
    first, second, last = outside.last.json["template"]["outputs"]
    assert [len(one["simpleText"]["text"]) <= 1000 for one in (first, second)] == [True, True]
    assert last == {"simpleImage": {"imageUrl": "https://desk.example.com/a.png", "altText": "a.png"}}


def test_the_newest_of_several_callbacks_is_used_and_the_others_stay(outside):
    outside.answer({"status": "SUCCESS"})
    older, newer = f"{CALLBACK}1", f"{CALLBACK}2"
    receipt = bot().send(outbound(CAROL, window=window(older, newer)))
    assert outside.last.url == newer
    assert list(receipt.handles) == [f"callback:{older}"]


@pytest.mark.parametrize(
    "given", [Window(), window(CALLBACK, seconds=-1), Window(handles={"other": ""}), Window(handles={"callback:x": ""})]
)
def test_after_the_minute_nothing_is_called(outside, given):
    with pytest.raises(PermanentFailure) as caught:
        bot().send(outbound(CAROL, window=given))
    assert (caught.value.trouble, bool(caught.value.advice)) == (Trouble.WINDOW, True)
    assert outside.calls == []


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/callback",
        "https://kakao.com.evil.example/callback",
        "https://evilkakao.com/callback",
        "http://bot-api.kakao.com/callback",
        "https://bot-api.kakao.com:8443/callback",
        "https://bot-api.kakao.com@evil.example/callback",
        "https://[::1",
        "file:///etc/passwd",
        "",
    ],
)
def test_no_other_host_is_told_what_an_agent_wrote(outside, url):
    with pytest.raises(PermanentFailure):
        bot().send(outbound(CAROL, window=window(url)))
    assert outside.calls == []


@pytest.mark.parametrize("url", ["https://another.kakao.com/cb", "https://bot-api.kakao.com:443/cb"])
def test_another_host_of_kakaos_is_trusted(outside, url):
    outside.answer({"status": "SUCCESS"})
    bot().send(outbound(CAROL, window=window(url)))
    assert outside.last.url == url


def test_a_simulator_takes_kakaos_place(outside):
    outside.answer({"status": "SUCCESS"})
    account = bot(endpoints={"callback": "http://127.0.0.1:9/kakao"})
    account.send(outbound(CAROL, window=window("http://127.0.0.1:9/kakao/cb/1")))
    assert outside.last.url == "http://127.0.0.1:9/kakao/cb/1"


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        ({"status": "FAIL", "message": "expired"}, 200, PermanentFailure),
        ({}, 400, PermanentFailure),
        ({}, 404, PermanentFailure),
        ({}, 503, TemporaryFailure),
        (b"<html>", 200, UnknownOutcome),
    ],
)
def test_what_kakao_says_to_it_counts(outside, answer, status, error):
    outside.answer(answer, status=status)
    with pytest.raises(error):
        bot().send(outbound(CAROL, window=window(CALLBACK)))


# ── Event API ────────────────────────────────────────────────────────────────────────────────────────────────────────
BLOCKS = "answered = 답변: {{ answer }} ({{answer}})\nclosed = 문의가 종료되었어요."


def use(account):
    answered, _closed = account.templates()
    return TemplateUse(answered, {"answer": "3일 걸려요"})


def test_the_bots_own_blocks_are_its_templates():
    answered, closed = bot(event_blocks=BLOCKS).templates()
    assert (answered.name, answered.body, answered.parameters) == (
        "answered",
        "답변: {{answer}} ({{answer}})",
        ["answer"],
    )
    assert (closed.body, closed.parameters) == ("문의가 종료되었어요.", [])
    assert list(bot().templates()) == []


def test_a_block_is_sent_as_kakao_chatbot_would(outside):
    outside.answer({"taskId": "t-9", "status": "SUCCESS", "message": "", "timestamp": 1})
    account = bot(event_blocks=BLOCKS)
    assert account.send(outbound(CAROL, "", template=use(account))).external_id == "t-9"
    theirs = EventAPI("5f0c1b2a3d", "rest", "answered", data={"answer": "3일 걸려요"})
    theirs.add_user("botUserKey", CAROL.value)
    assert outside.last.url == theirs.url == "https://bot-api.kakao.com/v2/bots/5f0c1b2a3d/talk"
    assert outside.last.headers["Authorization"] == theirs.headers["Authorization"] == "KakaoAK rest"
    assert outside.last.json == {name: part for name, part in theirs.body.items() if part}


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        ({"status": "FAIL", "message": "no block"}, 200, PermanentFailure),
        ({}, 401, AccountFailure),
        ({}, 429, TemporaryFailure),
    ],
)
def test_a_block_that_is_refused_says_so(outside, answer, status, error):
    outside.answer(answer, status=status)
    account = bot(event_blocks=BLOCKS)
    with pytest.raises(error):
        account.send(outbound(CAROL, "", template=use(account)))


def test_checking_finds_what_is_missing():
    bot().check()
    with pytest.raises(DeliveryError):
        bot(secrets={"skill_key": ""}).check()
    with pytest.raises(DeliveryError):
        bot(secrets={"rest_key": ""}, event_blocks=BLOCKS).check()


def test_a_picture_is_fetched(outside):
    outside.answer(b"\xff\xd8", content_type="image/jpeg")
    file = bot().fetch(RemoteFile("picture-1.jpg", "image/jpeg", url="https://secure.kakaocdn.net/a/1.jpg"))
    assert (file.content, file.content_type) == (b"\xff\xd8", "image/jpeg")


def test_markdown_is_shown_plain():
    assert bot().render("**네**") == ("네", "")
