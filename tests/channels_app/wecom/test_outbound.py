"""What WeCom's customer service sends: every shape, under an id of ours; the token, refusals, profiles, settings."""

import pytest

from channels_app.connectors.wecom.forms import WeComForm
from channels_app.connectors.wecom.outbound import message_id
from channels_app.connectors.wecom.problems import PROBLEMS
from channels_app.contract import (
    AccountFailure,
    Address,
    OutboundFile,
    PermanentFailure,
    QuickReply,
    RemoteFile,
    TemporaryFailure,
    Trouble,
    UnknownOutcome,
)
from channels_app.models import Channel
from tests.channels_app.outside import connector, outbound
from tests.channels_app.sealed import AES_KEY
from tests.channels_app.wecom.conftest import CORP_ID

CAROL = Address("wecom", "wkAJ2/wmAJ2", is_local=True)
KEY = "d" * 32
WHO = {"touser": "wmAJ2", "open_kfid": "wkAJ2", "msgid": KEY}


def ok(world, **said):
    world.answer({"errcode": 0, "errmsg": "ok", **said})


def file(content_type):
    return OutboundFile("a.bin", content_type, 3, read=lambda: b"abc")


def test_a_text_goes_out_under_our_own_id(company, outside):
    ok(outside, msgid=KEY)
    assert company.connector.send(outbound(CAROL, "你好")).external_id == KEY
    assert outside.last.url == "https://qyapi.weixin.qq.com/cgi-bin/kf/send_msg"
    assert outside.last.json == {**WHO, "msgtype": "text", "text": {"content": "你好"}}


def test_quick_replies_are_a_menu(company, outside):
    ok(outside)
    company.connector.send(outbound(CAROL, "满意吗？", quick_replies=[QuickReply("101", "满意")]))
    menu = {"head_content": "满意吗？", "list": [{"type": "click", "click": {"id": "101", "content": "满意"}}]}
    assert outside.last.json == {**WHO, "msgtype": "msgmenu", "msgmenu": menu}


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("image/png", "image"),
        ("image/jpeg", "image"),
        ("audio/amr", "voice"),
        ("video/mp4", "video"),
        ("image/gif", "file"),
        ("application/pdf", "file"),
    ],
)
def test_a_file_is_left_with_wecom_and_sent_by_its_handle(company, outside, content_type, kind):
    outside.answer({"errcode": 0, "type": kind, "media_id": "m-1"})
    ok(outside)
    company.connector.send(outbound(CAROL, "", files=[file(content_type)]))
    assert outside.calls[0].options["params"] == {"access_token": "token-1", "type": kind}
    assert outside.last.json == {**WHO, "msgtype": kind, kind: {"media_id": "m-1"}}


@pytest.mark.parametrize("words", ["msgid already exist", "duplicated msgid", "hint: repeated msgid"])
def test_a_message_that_is_already_there_counts_as_sent(company, outside, words):
    outside.answer({"errcode": 95099, "errmsg": words})
    assert company.connector.send(outbound(CAROL)).external_id == KEY


def test_parts_have_ids_that_wecom_takes_and_that_stay_the_same():
    long = f"{KEY}-1"
    assert message_id(KEY) == KEY
    assert len(message_id(long)) == 32
    assert message_id(long) == message_id(long) != message_id(f"{KEY}-2")


def test_a_break_while_sending_is_unknown(company, outside):
    outside.fail(UnknownOutcome("broken", code="link"))
    with pytest.raises(UnknownOutcome):
        company.connector.send(outbound(CAROL))


def test_above_a_menu_a_text_is_cut_shorter(company):
    replies = (QuickReply("1", "ok"),)
    plain = company.connector.parts(outbound(CAROL, "가" * 600))
    assert len(plain) == 1
    parts = company.connector.parts(outbound(CAROL, "가" * 600, quick_replies=replies))
    assert [len(part.text.encode()) <= 1024 for part in parts] == [True, True]
    assert [part.quick_replies for part in parts] == [(), replies]


@pytest.mark.parametrize("code", sorted(set(PROBLEMS) - {"40001", "40014", "42001"}))
def test_each_known_code_says_what_to_do(company, outside, code):
    outside.answer({"errcode": int(code), "errmsg": "no"})
    problem = PROBLEMS[code]
    with pytest.raises((PermanentFailure, TemporaryFailure)) as caught:
        company.connector.send(outbound(CAROL))
    assert (caught.value.code, caught.value.trouble) == (code, problem.trouble)
    assert problem.advice or problem.trouble in (Trouble.TRANSIENT, Trouble.RATE)


def test_a_refused_token_is_replaced_and_the_message_sent_once_more(company, outside):
    outside.answer({"errcode": 42001, "errmsg": "access_token expired"})
    outside.answer({"errcode": 0, "access_token": "token-2", "expires_in": 7200})
    ok(outside)
    company.connector.send(outbound(CAROL))
    renewal = outside.calls[1]
    assert (renewal.method, renewal.url) == ("GET", "https://qyapi.weixin.qq.com/cgi-bin/gettoken")
    assert renewal.options["params"] == {"corpid": CORP_ID, "corpsecret": "secret-0123456789"}
    assert outside.last.options["params"] == {"access_token": "token-2"}
    assert Channel.objects.get(pk=company.pk).secrets["access_token"] == "token-2"


def test_a_wrong_secret_pauses_the_channel(company, outside):
    outside.answer({"errcode": 42001, "errmsg": "access_token expired"})
    outside.answer({"errcode": 40001, "errmsg": "invalid credential"})
    with pytest.raises(AccountFailure):
        company.connector.send(outbound(CAROL))


def test_a_profile_has_name_picture_and_what_ties_a_person_together(company, outside):
    who = {"external_userid": "wmAJ2", "nickname": "张三", "avatar": "https://example.com/a.jpg", "unionid": "union-1"}
    ok(outside, customer_list=[who])
    told = company.connector.profile(CAROL)
    assert outside.last.json == {"external_userid_list": ["wmAJ2"]}
    assert (told.name, told.picture) == (
        "张三",
        RemoteFile("picture.jpg", "image/jpeg", url="https://example.com/a.jpg"),
    )
    # Neither of them can be written to, so both hold beyond the channel, under the company's own id.
    everywhere = Address("wecom_customer", f"{CORP_ID}/wmAJ2", is_verified=True)
    assert list(told.proven) == [everywhere, Address("wechat_union", "union-1", is_verified=True)]


def test_a_profile_that_is_not_given_still_ties_the_customers_addresses(company, outside):
    ok(outside, customer_list=[], invalid_external_userid=["wmAJ2"])
    told = company.connector.profile(CAROL)
    assert (told.name, told.picture, len(told.proven)) == ("", None, 1)


def test_a_handle_becomes_bytes(company, outside):
    outside.answer(
        b"%PDF", content_type="application/pdf", content_disposition="attachment; filename*=utf-8''%E8%B4%A6.pdf"
    )
    fetched = company.connector.fetch(RemoteFile("file", "application/octet-stream", reference="m-file"))
    assert (fetched.content, fetched.content_type, fetched.name) == (b"%PDF", "application/pdf", "账.pdf")


def test_checking_asks_for_the_customer_service_accounts(company, outside):
    ok(outside, account_list=[])
    company.connector.check()
    assert outside.last.url.endswith("/cgi-bin/kf/account/list")


GOOD = {"corp_id": "ww1234567890", "secret": "0123456789abcdef", "token": "abc", "aes_key": AES_KEY}


def test_what_the_console_shows_is_taken():
    assert WeComForm(GOOD).is_valid()


@pytest.mark.parametrize(
    ("field", "value"), [("corp_id", "1000002"), ("secret", "short"), ("aes_key", "x"), ("token", "")]
)
def test_what_cannot_be_right_is_refused_at_its_field(field, value):
    assert list(WeComForm(GOOD | {field: value}).errors) == [field]


def test_every_field_stands_in_a_group_and_every_secret_goes_to_the_vault():
    assert sorted(name for _title, _when, names in WeComForm.groups for name in names) == sorted(WeComForm.base_fields)
    assert type(connector("wecom")).secret_fields == {"secret", "token", "aes_key"}
