"""Every sign of a machine, and nothing that only looks like one."""

import pytest

from channels_app.mail.model import AutomaticKind
from tests.channels_app.mail.letters import parsed

SIGNS = [
    ({"auto_submitted": "auto-replied"}, AutomaticKind.REPLY),
    ({"auto_submitted": "auto-replied (zimbra; vacation)"}, AutomaticKind.REPLY),
    ({"auto_submitted": 'auto-replied; owner-email="x"'}, AutomaticKind.REPLY),
    ({"auto_submitted": "AUTO-GENERATED"}, AutomaticKind.NOTICE),
    ({"auto_submitted": "auto-notified"}, AutomaticKind.NOTICE),
    ({"precedence": "auto_reply"}, AutomaticKind.REPLY),
    ({"precedence": "bulk"}, AutomaticKind.BULK),
    ({"precedence": "list"}, AutomaticKind.BULK),
    ({"precedence": "junk"}, AutomaticKind.BULK),
    ({"precedence": "bulk", "subject": "Out of Office: holiday"}, AutomaticKind.REPLY),
    ({"x_autoreply": "yes"}, AutomaticKind.REPLY),
    ({"x_autorespond": "re: hello"}, AutomaticKind.REPLY),
    ({"x_auto_reply": "1"}, AutomaticKind.REPLY),
    ({"x_ms_exchange_inbox_rules_loop": "erin@hanbit.example"}, AutomaticKind.REPLY),
    ({"x_loop": "help@other.example"}, AutomaticKind.LOOP),
    ({"x_ieum_loop": "desk-1"}, AutomaticKind.LOOP),
    ({"x_ieum_loop": "desk-1", "auto_submitted": "auto-replied"}, AutomaticKind.LOOP),
    ({"list_id": "<news.shop.example>"}, AutomaticKind.BULK),
    ({"list_unsubscribe": "<https://shop.example/u>"}, AutomaticKind.BULK),
    ({"feedback_id": "1:2:3:shop"}, AutomaticKind.BULK),
    ({"return_path": "<>"}, AutomaticKind.REPORT),
    ({"return_path": "< >"}, AutomaticKind.REPORT),
    ({"return_path": "<>", "subject": "부재중 자동응답입니다"}, AutomaticKind.REPLY),
    ({"from_": "MAILER-DAEMON@mx.example"}, AutomaticKind.REPORT),
    ({"from_": "Mail Delivery Subsystem <mailer-daemon@mx.example>"}, AutomaticKind.REPORT),
    ({"from_": "MAILER-DAEMON"}, AutomaticKind.REPORT),
    ({"from_": "MAILER-DAEMON@mx.example (Mail Delivery System)"}, AutomaticKind.REPORT),
    ({"x_failed_recipients": "gone@x.example"}, AutomaticKind.REPORT),
    ({"x_auto_response_suppress": "All", "subject": "자동 회신: 문의"}, AutomaticKind.REPLY),
    ({"from_": "no-reply@x.example", "subject": "Automatic reply: order"}, AutomaticKind.REPLY),
]


@pytest.mark.parametrize(("headers", "kind"), SIGNS)
def test_a_machine_is_recognised_by_its_header(headers, kind):
    mail = parsed(**headers)
    assert mail.automatic.kind is kind
    assert mail.automatic.evidence
    assert mail.wants_no_auto_reply


PEOPLE = [
    {},
    {"auto_submitted": "no"},
    {"precedence": "normal"},
    {"precedence": "first-class"},
    {"x_autoreply": "no"},
    {"subject": "Out of office next week, please ship earlier"},
    {"subject": "자동 회신이 계속 와요"},
    {"subject": "Automatic reply to my mail is broken"},
    {"subject": "Undelivered Mail Returned to Sender"},
    {"return_path": "<carol@naver.example>"},
    {"from_": "Postmaster Pat <postmaster@small.example>"},
    {"from_": '"MAILER-DAEMON" <carol@naver.example>'},
    {"from_": "Bounce House Rental <info@bounce.example>"},
    {"x_auto_response_suppress": "All"},
    {"x_mailer": "Autoresponder Pro"},
]


@pytest.mark.parametrize("headers", PEOPLE)
def test_a_person_stays_a_person(headers):
    assert parsed(**headers).automatic is None


@pytest.mark.parametrize(
    ("headers", "is_silent"),
    [
        ({"x_auto_response_suppress": "All"}, True),
        ({"x_auto_response_suppress": "DR, oof"}, True),
        ({"x_auto_response_suppress": "AutoReply"}, True),
        ({"x_auto_response_suppress": "DR, NDR, RN"}, False),
        ({"x_auto_response_suppress": "None"}, False),
        ({"from_": "no-reply@x.example"}, True),
        ({"from_": "donotreply@x.example"}, True),
        ({"from_": "orders-noreply@x.example"}, True),
        ({"from_": "norbert.reply@x.example"}, False),
        ({}, False),
    ],
)
def test_who_asks_for_silence_gets_it(headers, is_silent):
    assert parsed(**headers).wants_no_auto_reply is is_silent
