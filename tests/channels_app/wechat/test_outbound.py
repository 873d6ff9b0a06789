"""What an Official Account sends: every shape, the token and its renewal, what refusals mean."""

from datetime import timedelta

import pytest

from channels_app.connectors.wechat.problems import PROBLEMS
from channels_app.contract import (
    AccountFailure,
    Address,
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
from channels_app.models import Channel
from tests.channels_app.outside import outbound
from tests.channels_app.wechat.conftest import APPID, connect, granted, ok

CAROL = Address("wechat", "oOPENID", is_local=True)
SEND = "https://api.weixin.qq.com/cgi-bin/message/custom/send"


def picture(name="a.png", content_type="image/png"):
    return OutboundFile(name, content_type, 3, read=lambda: b"png")


def test_a_text_goes_out_with_the_token_in_the_query(account, outside):
    ok(outside)
    assert account.connector.send(outbound(CAROL, "你好")) == Receipt()
    assert (outside.last.method, outside.last.url) == ("POST", SEND)
    assert outside.last.options["params"] == {"access_token": "token-1"}
    assert outside.last.json == {"touser": "oOPENID", "msgtype": "text", "text": {"content": "你好"}}


def test_it_goes_out_under_the_customer_service_account(outside, db):
    ok(outside)
    connect({"kf_account": "agent@desk"}, **granted()).connector.send(outbound(CAROL, "hi"))
    assert outside.last.json["customservice"] == {"kf_account": "agent@desk"}


def test_quick_replies_are_a_menu(account, outside):
    ok(outside)
    account.connector.send(
        outbound(CAROL, "满意吗？", quick_replies=[QuickReply("101", "满意"), QuickReply("102", "不满意")])
    )
    assert outside.last.json == {
        "touser": "oOPENID",
        "msgtype": "msgmenu",
        "msgmenu": {
            "head_content": "满意吗？",
            "list": [{"id": "101", "content": "满意"}, {"id": "102", "content": "不满意"}],
            "tail_content": "",
        },
    }


@pytest.mark.parametrize(
    ("content_type", "kind", "extra"),
    [
        ("image/png", "image", {}),
        ("audio/amr", "voice", {}),
        ("video/mp4", "video", {"title": "a.png", "description": ""}),
    ],
)
def test_a_file_is_left_with_wechat_and_sent_by_its_handle(account, outside, content_type, kind, extra):
    outside.answer({"type": kind, "media_id": "media-9", "created_at": 1})
    ok(outside)
    account.connector.send(outbound(CAROL, "", files=[picture(content_type=content_type)]))
    upload = outside.calls[0]
    assert (upload.url, upload.options["params"]["type"]) == ("https://api.weixin.qq.com/cgi-bin/media/upload", kind)
    assert upload.options["files"] == {"media": ("a.png", b"png", content_type)}
    assert outside.last.json == {"touser": "oOPENID", "msgtype": kind, kind: {"media_id": "media-9", **extra}}


def test_a_break_while_a_file_is_left_is_a_delay_but_while_sending_it_is_unknown(account, outside):
    outside.fail(UnknownOutcome("broken", code="link"))
    with pytest.raises(TemporaryFailure):
        account.connector.send(outbound(CAROL, "", files=[picture()]))
    outside.fail(UnknownOutcome("broken", code="link"))
    with pytest.raises(UnknownOutcome):
        account.connector.send(outbound(CAROL))


def test_an_answer_that_is_none_of_wechats_leaves_it_open_whether_it_went_out(account, outside):
    outside.answer(b"<html>proxy</html>")
    with pytest.raises(UnknownOutcome):
        account.connector.send(outbound(CAROL))


def test_long_texts_are_cut_by_bytes_and_the_menu_goes_with_the_last_text(account):
    replies = (QuickReply("1", "ok"),)
    parts = account.connector.parts(outbound(CAROL, "你好。" * 400, files=[picture()], quick_replies=replies))
    assert [len(part.text.encode()) <= 2048 for part in parts] == [True, True, True]
    assert [bool(part.files) for part in parts] == [False, False, True]
    assert [part.quick_replies for part in parts] == [(), replies, ()]
    assert "".join(part.text for part in parts) == "你好。" * 400


def test_markdown_is_shown_plain(account):
    assert account.connector.render("**Bold** [shop](https://example.com)") == ("Bold shop (https://example.com)", "")


def test_a_template_goes_outside_the_window_and_has_an_id(account, outside):
    outside.answer(
        {
            "template_list": [
                {
                    "template_id": "iPk5sOIt5X_flOVKn5GrTFpncEYTojx6ddbt8WYoV5s",
                    "title": "订单通知",
                    "deputy_industry": "IT",
                    "content": "{{first.DATA}}\n订单：{{ keyword1.DATA }}\n{{first.DATA}}",
                },
                {"title": "no id"},
                "odd",
            ]
        }
    )
    (template,) = account.connector.templates()
    assert (template.name, template.parameters) == ("订单通知 · iPk5sO", ["first", "keyword1"])
    assert template.body == "{{first}}\n订单：{{keyword1}}\n{{first}}"
    ok(outside, msgid=200228332)
    use = TemplateUse(template, {"first": "您好", "keyword1": "A-1"})
    assert account.connector.send(outbound(CAROL, "", template=use)) == Receipt(external_id="200228332")
    assert outside.last.url.endswith("/cgi-bin/message/template/send")
    assert outside.last.json == {
        "touser": "oOPENID",
        "template_id": "iPk5sOIt5X_flOVKn5GrTFpncEYTojx6ddbt8WYoV5s",
        "data": {"first": {"value": "您好"}, "keyword1": {"value": "A-1"}},
    }


def test_the_customer_sees_that_somebody_writes(account, outside):
    ok(outside)
    account.connector.show_typing(CAROL, Window())
    assert outside.last.url.endswith("/cgi-bin/message/custom/typing")
    assert outside.last.method == "POST"
    assert outside.last.json == {"touser": "oOPENID", "command": "Typing"}


# ── The token ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_first_token_is_asked_for_once_and_kept_for_every_process(outside, db):
    account = connect()
    outside.answer({"access_token": "token-2", "expires_in": 7200})
    ok(outside)
    account.connector.send(outbound(CAROL))
    assert outside.calls[0].url == "https://api.weixin.qq.com/cgi-bin/stable_token"
    assert outside.calls[0].json == {
        "grant_type": "client_credential",
        "appid": APPID,
        "secret": "app-secret-0123456789",
        "force_refresh": False,
    }
    kept = Channel.objects.get(pk=account.pk).secrets
    assert (kept["access_token"], kept["access_token_of"], kept["token"]) == ("token-2", APPID, "wx_token")
    # A channel that was loaded before, in another thread, does not ask again; nor does another process.
    for other in (account, Channel.objects.get(pk=account.pk)):
        ok(outside)
        other.connector.send(outbound(CAROL))
    assert [call.options.get("params") for call in outside.calls[1:]] == [{"access_token": "token-2"}] * 3


@pytest.mark.parametrize("kept", [granted(minutes=3), granted(appid="wx_of_before")])
def test_a_token_that_ends_soon_or_was_another_accounts_is_replaced(outside, db, kept):
    account = connect(**kept)
    outside.answer({"access_token": "token-2", "expires_in": 7200})
    ok(outside)
    account.connector.send(outbound(CAROL))
    assert outside.last.options["params"] == {"access_token": "token-2"}


def test_a_token_lasts_as_long_as_wechat_says(outside, db):
    account = connect()
    for value, seconds in (("brief", 200), ("token-2", None)):
        outside.answer({"access_token": value} | ({"expires_in": seconds} if seconds else {}))
        ok(outside)
        account.connector.send(outbound(CAROL))
    ok(outside)
    account.connector.send(outbound(CAROL))
    assert [call.options.get("params", {}).get("access_token") for call in outside.calls] == [
        *(None, "brief"),
        *(None, "token-2"),
        "token-2",
    ]


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_refused_token_is_replaced_and_the_message_sent_once_more(account, outside, code):
    outside.answer({"errcode": code, "errmsg": "invalid credential"})
    outside.answer({"access_token": "token-2", "expires_in": 7200})
    ok(outside)
    account.connector.send(outbound(CAROL))
    assert [call.options.get("params", {}).get("access_token") for call in outside.calls] == [
        "token-1",
        None,
        "token-2",
    ]


def test_a_refused_token_that_comes_again_is_replaced_by_force(account, outside):
    outside.answer({"errcode": 40001, "errmsg": "invalid credential"})
    outside.answer({"access_token": "token-1", "expires_in": 3000})
    outside.answer({"access_token": "token-3", "expires_in": 7200})
    ok(outside)
    account.connector.send(outbound(CAROL))
    assert [call.json.get("force_refresh") for call in outside.calls[1:3]] == [False, True]


def test_a_token_refused_twice_pauses_the_channel(account, outside):
    outside.answer({"errcode": 40001, "errmsg": "invalid credential"})
    outside.answer({"access_token": "token-2", "expires_in": 7200})
    outside.answer({"errcode": 40001, "errmsg": "invalid credential"})
    with pytest.raises(AccountFailure) as caught:
        account.connector.send(outbound(CAROL))
    assert caught.value.code == "40001"


@pytest.mark.parametrize(
    ("said", "error"),
    [({"errcode": 40125, "errmsg": "invalid appsecret"}, AccountFailure), ({}, TemporaryFailure)],
)
def test_no_token_is_no_sending(outside, db, said, error):
    outside.answer(said)
    with pytest.raises(error):
        connect().connector.send(outbound(CAROL))
    assert len(outside.calls) == 1


def test_a_break_while_asking_for_a_token_is_a_delay(outside, db):
    outside.fail(UnknownOutcome("broken", code="link"))
    with pytest.raises(TemporaryFailure):
        connect().connector.check()


# ── Refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("code", sorted(set(PROBLEMS) - {"40001", "40014", "42001"}))
def test_each_known_code_says_what_to_do(account, outside, code):
    outside.answer({"errcode": int(code), "errmsg": "no"})
    problem = PROBLEMS[code]
    with pytest.raises((PermanentFailure, TemporaryFailure)) as caught:
        account.connector.send(outbound(CAROL))
    assert (caught.value.code, caught.value.trouble) == (code, problem.trouble)
    assert problem.advice or problem.trouble in (Trouble.TRANSIENT, Trouble.RATE)


@pytest.mark.parametrize(
    ("code", "trouble"), [(45015, Trouble.WINDOW), (45047, Trouble.WINDOW), (40003, Trouble.RECIPIENT)]
)
def test_what_will_not_change_by_itself_is_not_tried_again(account, outside, code, trouble):
    outside.answer({"errcode": code, "errmsg": "no"})
    with pytest.raises(PermanentFailure) as caught:
        account.connector.send(outbound(CAROL))
    assert caught.value.trouble == trouble
    assert caught.value.is_unreachable == (code == 40003)


def test_an_unknown_code_is_hoped_for_once(account, outside):
    outside.answer({"errcode": 99999, "errmsg": "what"})
    with pytest.raises(TemporaryFailure) as caught:
        account.connector.send(outbound(CAROL))
    assert caught.value.most_tries == 2


# ── Asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_handle_becomes_bytes(account, outside):
    outside.answer(
        b"\xff\xd8jpeg", content_type="image/jpeg; x=1", content_disposition='attachment; filename="p%20q.jpg"'
    )
    fetched = account.connector.fetch(RemoteFile("image.jpg", "image/jpeg", reference="media-1"))
    assert (fetched.content, fetched.content_type, fetched.name) == (b"\xff\xd8jpeg", "image/jpeg", "p q.jpg")
    assert outside.last.options["params"] == {"access_token": "token-1", "media_id": "media-1"}


def test_a_handle_that_has_ended_is_an_error(account, outside):
    outside.answer({"errcode": 40007, "errmsg": "invalid media_id"}, content_type="text/plain")
    with pytest.raises(PermanentFailure):
        account.connector.fetch(RemoteFile("image.jpg", "image/jpeg", reference="media-1"))


def test_a_profile_ties_the_same_person_of_the_companys_accounts_together(account, outside):
    outside.answer({"subscribe": 1, "openid": "oOPENID", "language": "zh_CN", "unionid": "union-1", "remark": "VIP 李"})
    told = account.connector.profile(CAROL)
    assert (told.name, told.language, outside.last.method) == ("VIP 李", "zh-CN", "GET")
    assert list(told.proven) == [Address("wechat_union", "union-1", is_verified=True)]
    outside.answer({"subscribe": 0, "openid": "oOPENID", "nickname": "李", "remark": "VIP 李"})
    told = account.connector.profile(CAROL)
    assert (told.name, list(told.proven)) == ("李", [])


def test_checking_asks_the_provider(account, outside):
    outside.answer({"ip_list": ["127.0.0.1"]})
    account.connector.check()
    assert outside.last.url == "https://api.weixin.qq.com/cgi-bin/getcallbackip"


def test_a_simulator_takes_the_providers_place(outside, db):
    ok(outside)
    connect({"endpoints": {"api": "http://127.0.0.1:9/wx/"}}, **granted()).connector.send(outbound(CAROL))
    assert outside.last.url == "http://127.0.0.1:9/wx/cgi-bin/message/custom/send"


def test_what_it_can_do_is_the_references(account):
    can = account.connector.capabilities
    assert (can.max_text, can.text_unit, can.reply_window, can.sends_per_turn) == (
        2048,
        "bytes",
        timedelta(hours=48),
        5,
    )
