"""What goes out through either dealer; Bizgo's requests pass the models of its own SDK."""

import json

import pytest
from bizgo._error_codes import SERVICE_CODES
from bizgo.models import _generated_request as sdk

from channels_app.connectors.bizgo import PROBLEMS, problem_of
from channels_app.connectors.kakao.happytalk_codec import serial_number
from channels_app.contract import (
    UNKNOWN_PROBLEM,
    AccountFailure,
    DeliveryError,
    OutboundFile,
    PermanentFailure,
    QuickReply,
    RemoteFile,
    TemporaryFailure,
    Trouble,
    UnknownOutcome,
)
from tests.channels_app.kakao.conftest import CAROL, SENDER, bizgo, happytalk
from tests.channels_app.outside import outbound

KEY = "d" * 32
BIZGO = "https://mars.ibapi.kr/api/comm/v1/"
HAPPYTALK = "https://kakao-api.happytalk.io/kakaoWebhook/v3/bzc/"
TO = {"userKey": "Uk3yAbC", "senderKey": SENDER, "ref": KEY}
HT_TO = {"user_key": "Uk3yAbC", "sender_key": SENDER, "serial_number": serial_number(KEY)}


def done(world, data=None, **said):
    answer = {"code": "A000", "result": "Success", **said}
    if data is not None:
        answer["data"] = data
    world.answer({"common": {"authCode": "A000", "authResult": "Success", "infobankTrId": "t"}, "data": answer})


def refused(world, code, status=400, **headers):
    said = {"common": {"authCode": "A000"}, "data": {"code": code, "result": "no"}}
    world.answer(said, status=status, **headers)


def file(content_type, name="a.bin"):
    return OutboundFile(name, content_type, 3, read=lambda: b"abc")


def as_the_sdk_would(model, body):
    return getattr(sdk, model).model_validate(body).model_dump(by_alias=True, exclude_none=True)


# ── Bizgo ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_text_goes_out_with_the_bare_key(outside):
    done(outside, msgKey="k-1", ref=KEY)
    assert bizgo().send(outbound(CAROL, "안녕하세요")).external_id == "k-1"
    assert (outside.last.method, outside.last.url) == ("POST", f"{BIZGO}cstalk/plain")
    assert outside.last.headers == {"Authorization": "bizgo-key"}
    assert outside.last.json == {**TO, "msgType": "TEXT", "message": "안녕하세요"}
    assert as_the_sdk_would("CounselPlainMessageRequest", outside.last.json) == outside.last.json


def test_quick_replies_make_a_rich_message_and_bring_our_id_back_where_kakao_can_spell_it(outside):
    done(outside, msgKey="k-1")
    bizgo().send(
        outbound(CAROL, "도움이 되었나요?", quick_replies=[QuickReply("yes_1", "네"), QuickReply("no-2", "아니요")])
    )
    assert outside.last.url == f"{BIZGO}cstalk/rich"
    replies = [{"type": "BK", "name": "네", "extra": "yes_1"}, {"type": "BK", "name": "아니요"}]
    expected = {**TO, "msgType": "TEXT", "message": "도움이 되었나요?", "attachment": {"quickReplies": replies}}
    assert outside.last.json == expected
    assert as_the_sdk_would("CounselRichMessageRequest", outside.last.json) == expected


def test_a_picture_is_left_with_kakao_first(outside):
    done(outside, {"imgUrl": "https://example.kakao.image/1.jpg"})
    done(outside, msgKey="k-1")
    bizgo().send(outbound(CAROL, "", files=[file("image/png", "a.png")]))
    upload = outside.calls[0]
    assert upload.url == f"{BIZGO}file/cstalk/image"
    assert (upload.form, upload.options["files"]) == ({"senderKey": SENDER}, {"file": ("a.png", b"abc", "image/png")})
    image = {"image": {"imgUrl": "https://example.kakao.image/1.jpg"}}
    assert outside.last.json == {**TO, "msgType": "IMAGE", "message": "", "attachment": image}
    assert as_the_sdk_would("CounselPlainMessageRequest", outside.last.json) == outside.last.json


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [("video/mp4", "VIDEO"), ("audio/mp4", "AUDIO"), ("application/pdf", "FILE"), ("image/webp", "FILE")],
)
def test_a_file_is_left_with_kakao_first(outside, content_type, kind):
    done(outside, {"fileUrl": "https://example.kakao.file/1", "fileName": "a.bin", "size": "102400"})
    done(outside, msgKey="k-1")
    bizgo().send(outbound(CAROL, "", files=[file(content_type)]))
    assert outside.calls[0].url == f"{BIZGO}file/cstalk"
    assert outside.calls[0].form == {"senderKey": SENDER, "fileType": kind.lower()}
    part = {"fileUrl": "https://example.kakao.file/1", "fileName": "a.bin", "fileSize": "102400"}
    assert outside.last.json == {**TO, "msgType": kind, "message": "", "attachment": {"file": part}}
    assert as_the_sdk_would("CounselPlainMessageRequest", outside.last.json) == outside.last.json


@pytest.mark.parametrize("account", [bizgo, happytalk])
def test_a_break_while_a_file_is_left_is_a_delay_but_while_sending_it_is_unknown(outside, account):
    outside.fail(UnknownOutcome("broken", code="link"))
    with pytest.raises(TemporaryFailure):
        account().send(outbound(CAROL, "", files=[file("image/png")]))
    outside.fail(UnknownOutcome("broken", code="link"))
    with pytest.raises(UnknownOutcome):
        account().send(outbound(CAROL))


@pytest.mark.parametrize("account", [bizgo, happytalk])
@pytest.mark.parametrize("body", [b"<html>", {}, [], {"data": "x"}])
def test_an_answer_that_is_none_of_the_dealers_leaves_it_open_whether_it_went_out(outside, account, body):
    outside.answer(body)
    with pytest.raises(UnknownOutcome):
        account().send(outbound(CAROL))


@pytest.mark.parametrize("account", [bizgo, happytalk])
@pytest.mark.parametrize(("status", "error"), [(401, AccountFailure), (503, TemporaryFailure), (404, PermanentFailure)])
def test_a_refusal_without_words_is_read_by_its_status(outside, account, status, error):
    outside.answer(b"", status=status)
    with pytest.raises(error):
        account().send(outbound(CAROL))


@pytest.mark.parametrize("code", sorted(SERVICE_CODES.keys() - {"A000", "A301"} | set(PROBLEMS)))
def test_every_code_of_bizgos_own_list_is_known(outside, code):
    refused(outside, code)
    with pytest.raises(DeliveryError) as caught:
        bizgo().send(outbound(CAROL))
    problem = problem_of(code)
    assert (caught.value.code, caught.value.trouble) == (code, problem.trouble)
    assert problem is not UNKNOWN_PROBLEM or code in ("A801", "A802", "A820", "A823", "A824")


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        ("A821", Trouble.WINDOW),
        ("A507", Trouble.RECIPIENT),
        ("A100", Trouble.AUTH),
        ("A020", Trouble.RATE),
        ("A910", Trouble.TRANSIENT),
        ("A200", Trouble.PAYLOAD),
        ("A572", Trouble.PAYLOAD),
    ],
)
def test_codes_fall_into_their_classes(code, trouble):
    assert problem_of(code).trouble is trouble


def test_too_many_at_once_waits_as_long_as_bizgo_says(outside):
    refused(outside, "A020", status=429, retry_after="17")
    with pytest.raises(TemporaryFailure) as caught:
        bizgo().send(outbound(CAROL))
    assert (caught.value.retry_after, caught.value.trouble) == (17, Trouble.RATE)


def test_the_same_code_means_other_things_at_the_door(outside):
    """A401 of the product is a wrong payment code; at the door it is a wrong key."""
    refused(outside, "A401")
    with pytest.raises(PermanentFailure):
        bizgo().send(outbound(CAROL))
    outside.answer({"common": {"authCode": "A401", "authResult": "Unauthorized"}}, status=401)
    with pytest.raises(AccountFailure) as caught:
        bizgo().send(outbound(CAROL))
    assert caught.value.code == "common.A401"


@pytest.mark.parametrize(("bot_event", "path", "more"), [("", "end", {}), ("csat", "endWithBot", {"botEvent": "csat"})])
def test_a_consultation_is_ended(outside, bot_event, path, more):
    done(outside, msgKey="k-2")
    bizgo(bot_event=bot_event).end_session(CAROL)
    assert outside.last.url == f"{BIZGO}cstalk/{path}"
    assert outside.last.json == {"userKey": "Uk3yAbC", "senderKey": SENDER, **more}


def test_the_sandbox_is_another_address(outside):
    done(outside, msgKey="k-1")
    bizgo(environment="sandbox").send(outbound(CAROL))
    assert outside.last.url.startswith("https://sandbox-mars.ibapi.kr/")


def test_checking_asks_for_the_times_of_consultation(outside):
    done(outside, {})
    bizgo().check()
    assert (outside.last.method, outside.last.url) == ("GET", f"{BIZGO}center/cstalk/consult/time")
    assert outside.last.options["params"] == {"senderKey": SENDER}
    refused(outside, "A820")
    bizgo().check()
    refused(outside, "A502")
    with pytest.raises(PermanentFailure):
        bizgo().check()


# ── HappyTalk ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_happytalk_takes_a_text_under_a_number_of_ours(outside):
    outside.answer({"code": "0000"})
    receipt = happytalk().send(outbound(CAROL, "안녕하세요"))
    assert receipt.external_id == serial_number(KEY)
    assert len(receipt.external_id) == 30
    assert (outside.last.method, outside.last.url) == ("POST", f"{HAPPYTALK}chat/send/plain")
    assert outside.last.headers == {"HT-Client-Id": "ht-id", "HT-Client-Secret": "ht-secret"}
    assert outside.last.json == {**HT_TO, "chat_bubble_type": "TEXT", "message": "안녕하세요"}


def test_happytalks_quick_replies_make_a_rich_message(outside):
    outside.answer({"code": 0})
    happytalk().send(outbound(CAROL, "?", quick_replies=[QuickReply("yes_1", "네")]))
    assert outside.last.url == f"{HAPPYTALK}chat/send/rich"
    assert outside.last.json["attachment"] == {"quick_replies": [{"type": "BK", "name": "네", "extra": "yes_1"}]}


def test_happytalk_keeps_pictures_and_files_first(outside):
    outside.answer({"code": "0000", "image": "http://api1-kage.kakao.com/i.jpg"})
    outside.answer({"code": 0})
    happytalk().send(outbound(CAROL, "", files=[file("image/jpeg", "a.jpg")]))
    assert outside.calls[0].url == f"{HAPPYTALK}image/upload"
    assert outside.calls[0].options["files"] == {"image": ("a.jpg", b"abc", "image/jpeg")}
    image = {"image": {"img_url": "http://api1-kage.kakao.com/i.jpg"}}
    assert outside.last.json == {**HT_TO, "chat_bubble_type": "IMAGE", "attachment": image}
    outside.answer({"code": "0000", "file": "http://api1-kage.kakao.com/f.pdf", "name": "example.pdf", "size": 9513})
    outside.answer({"code": 0})
    happytalk().send(outbound(CAROL, "", files=[file("application/pdf")]))
    assert outside.calls[2].form == {"sender_key": SENDER, "file_type": "file"}
    part = {"file_url": "http://api1-kage.kakao.com/f.pdf", "file_name": "example.pdf", "file_size": 9513}
    assert outside.last.json == {**HT_TO, "chat_bubble_type": "FILE", "attachment": {"file": part}}


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        ({"code": -501, "message": "InvalidSenderException(senderKey: test-key)"}, Trouble.PAYLOAD),
        ({"code": "-505", "message": "InvalidImageSizeException"}, Trouble.PAYLOAD),
        ({"code": -1, "message": "NotExistSessionException"}, Trouble.WINDOW),
        ({"code": -1, "message": "InvalidUserException"}, Trouble.RECIPIENT),
        ({"code": -1, "message": "UnauthorizedClientException"}, Trouble.AUTH),
        ({"code": -1, "message": "TooManyRequestException"}, Trouble.RATE),
        ({"code": -99, "message": "?"}, Trouble.TRANSIENT),
    ],
)
def test_happytalks_errors_are_known_by_kakaos_names(outside, said, trouble):
    outside.answer(said)
    with pytest.raises(DeliveryError) as caught:
        happytalk().send(outbound(CAROL))
    assert (caught.value.code, caught.value.trouble) == (str(said["code"]), trouble)


def test_happytalk_ends_a_consultation(outside):
    outside.answer({"code": 0, "session_id": "123212"})
    happytalk().end_session(CAROL)
    assert (outside.last.url, outside.last.json) == (
        f"{HAPPYTALK}chat/endWithBot",
        {"user_key": "Uk3yAbC", "sender_key": SENDER},
    )
    outside.answer({"code": 0})
    happytalk(bot_event="csat", environment="sandbox").end_session(CAROL)
    assert outside.last.json["bot_event"] == "csat"
    assert outside.last.url.startswith("https://patch-kakao-api.happytalk.io/")


# ── Both ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_long_texts_are_cut_by_signs_and_the_quick_replies_go_with_the_last_text():
    replies = (QuickReply("1", "ok"),)
    parts = bizgo().parts(outbound(CAROL, "가나다. " * 400, files=[file("image/png")], quick_replies=replies))
    assert all(len(part.text) <= 1000 for part in parts)
    assert [bool(part.quick_replies) for part in parts] == [False, True, False]
    assert len({part.delivery_key for part in parts}) == 3


def test_a_file_is_fetched_from_its_address(outside):
    outside.answer(b"text", content_type="text/plain; charset=utf-8")
    fetched = bizgo().fetch(RemoteFile("message.txt", "text/plain", url="https://bizmessage.kakao.com/long/1.txt"))
    assert (fetched.content, fetched.content_type) == (b"text", "text/plain")
    # What came unsigned names the address: no key of ours goes there.
    assert outside.last.options.get("headers") is None


def test_happytalk_promises_no_receipts_and_ending_is_the_admins_choice():
    assert (bizgo().capabilities.sends_read, happytalk().capabilities.sends_read) == (True, False)
    assert (bizgo().capabilities.ends_sessions, bizgo(ends_sessions=True).capabilities.ends_sessions) == (False, True)
    assert bizgo().capabilities.needs_session


def test_markdown_is_shown_plain():
    assert bizgo().render("**환불**은 [여기](https://example.com)")[0] == "환불은 여기 (https://example.com)"


def test_everything_sent_can_be_written_as_json(outside):
    done(outside, msgKey="k")
    bizgo().send(outbound(CAROL, "x", quick_replies=[QuickReply("1", "a")]))
    json.dumps(outside.last.json)
