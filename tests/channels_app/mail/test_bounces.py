"""Bounces in every dialect, and people who only talk about them."""

import base64

import pytest

from channels_app.mail.bounce_words import is_bounce_subject, refined_status, status_in
from channels_app.mail.mime import read_tree
from channels_app.mail.model import Outcome, RecipientReport, ReportKind
from tests.channels_app.mail.letters import letter, multipart, parsed

DAEMON = {"from_": "MAILER-DAEMON@mx.example", "return_path": "<>"}


def report_of(*parts: str, report_type: str = "delivery-status", **headers: str):
    content_type, body = multipart(*parts, kind="report")
    return parsed(body, content_type=f"{content_type}; report-type={report_type}", **headers).report


def status(fields: str) -> str:
    return f"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n{fields}\r\n"


NOTICE = "Content-Type: text/plain\r\n\r\nYour mail came back."

ACTIONS = [
    ("failed", Outcome.FAILED),
    ("Failed (host unreachable)", Outcome.FAILED),
    ("error", Outcome.FAILED),
    ("delayed", Outcome.DELAYED),
    ("delivered", Outcome.DELIVERED),
    ("expanded", Outcome.DELIVERED),
    ("relayed", Outcome.RELAYED),
]


@pytest.mark.parametrize(("action", "outcome"), ACTIONS)
def test_the_action_of_a_report_decides(action, outcome):
    report = report_of(NOTICE, status(f"Final-Recipient: rfc822; c@x.example\r\nAction: {action}\r\nStatus: 5.1.1"))
    assert [one.outcome for one in report.recipients] == [outcome]
    assert report.found_by == "rfc3464"


RECIPIENTS = [
    ("Final-Recipient: rfc822; C@X.example", "c@x.example"),
    ("Final-Recipient: rfc822;<c@x.example>", "c@x.example"),
    ("Final-Recipient: <c@x.example>", "c@x.example"),
    ("Final-Recipient: rfc822; moved@y.example\r\nOriginal-Recipient: rfc822; c@x.example", "c@x.example"),
    ("Final-Recipient: utf-8; 사람@x.example", "사람@x.example"),
    ("Final-Recipient: rfc822; c+40x.example", "c@x.example"),
    ("Final-Recipient: rfc822; c+tag@x.example", "c+tag@x.example"),
]


@pytest.mark.parametrize(("field", "address"), RECIPIENTS)
def test_the_recipient_is_the_one_we_wrote_to(field, address):
    report = report_of(NOTICE, status(f"{field}\r\nAction: failed\r\nStatus: 5.0.0"))
    assert [one.address for one in report.recipients] == [address]


def test_one_recipient_is_told_of_once_and_at_worst():
    blocks = [
        f"Final-Recipient: rfc822; c@x.example\r\nAction: {action}\r\nStatus: {code}"
        for action, code in (("delayed", "4.4.1"), ("failed", "5.1.1"))
    ]
    report = report_of(NOTICE, status("\r\n\r\n".join(blocks)))
    assert [(one.outcome, one.status) for one in report.recipients] == [(Outcome.FAILED, "5.1.1")]


def test_a_status_part_in_base64_is_read():
    fields = base64.encodebytes(
        b"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; c@x.example\nAction: failed\nStatus: 5.1.1\n"
    ).decode()
    part = f"Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n{fields}"
    assert report_of(NOTICE, part).recipients[0].address == "c@x.example"


@pytest.mark.parametrize(
    ("stated", "words", "found"),
    [
        ("5.1.1", "550 5.2.2 whatever", "5.1.1"),
        ("5.0.0", "550 5.2.2 Mailbox full", "5.2.2"),
        ("5.0.0", "550 user unknown", "5.1.1"),
        ("", "552 over quota", "5.2.2"),
        ("4.0.0", "mailbox full", "4.2.2"),
        ("5.0.0", "존재하지 않는 사용자입니다", "5.1.1"),
        ("5.0.0", "받는 사람의 편지함이 가득 찼습니다", "5.2.2"),
        ("5.0.0", "宛先のメールボックスが見つかりません", "5.1.1"),
        ("5.0.0", "该用户不存在，收件人不存在", "5.1.1"),
        ("5.0.0", "对方邮箱已满", "5.2.2"),
        ("5.0.0", "Empfänger unbekannt: unbekannter Benutzer", "5.1.1"),
        ("5.0.0", "domain not found: nxdomain", "5.1.2"),
        ("5.0.0", "554 message rejected as spam", "5.7.1"),
        ("5.0.0", "message size exceeds maximum", "5.3.4"),
        ("5.0.0", "nobody knows why", "5.0.0"),
        ("2.0.0", "user unknown", "2.0.0"),
    ],
)
def test_a_general_code_is_made_precise_by_words(stated, words, found):
    assert refined_status(stated, words) == found


def test_codes_are_found_and_other_numbers_are_not():
    assert status_in("550-5.1.1 The email account") == "5.1.1"
    assert status_in("server said: 554 no") == "5.0.0"
    assert status_in("host mx[192.0.2.5.1.1]") == ""
    assert status_in("order 5501 of 2024") == ""


def test_what_is_permanent_and_what_is_a_bad_address():
    def one(outcome, code):
        return RecipientReport("c@x.example", outcome, code)

    assert one(Outcome.FAILED, "5.1.1").is_bad_address
    assert one(Outcome.FAILED, "5.2.2").is_permanent
    assert not one(Outcome.FAILED, "5.2.2").is_bad_address
    assert not one(Outcome.FAILED, "5.7.1").is_bad_address
    assert not one(Outcome.FAILED, "4.4.7").is_permanent
    assert not one(Outcome.DELAYED, "5.1.1").is_permanent


def test_a_known_program_without_standard_parts_is_read_behind_the_gate():
    exim = (
        "This message was created automatically by mail delivery software.\n\n"
        "A message that you sent could not be delivered to one or more of its recipients.\n\n"
        "  gone@x.example\n    SMTP error: 550 5.1.1 unknown user\n"
    )
    report = parsed(exim, subject="Mail delivery failed", x_failed_recipients="gone@x.example", **DAEMON).report
    assert (report.found_by, report.recipients[0].address, report.recipients[0].status) == (
        "header",
        "gone@x.example",
        "5.1.1",
    )


WORDS = [
    (
        "메일 발송 실패",
        "hong@x.example 로 보낸 메일이 반송되었습니다.\n사유: 존재하지 않는 계정입니다.",
        "hong@x.example",
        "5.1.1",
    ),
    (
        "配信不能通知",
        "taro@x.example\nへのメールは配信できませんでした。ユーザーが見つかりません",
        "taro@x.example",
        "5.1.1",
    ),
    ("系统退信", "收件人 wang@x.example 的邮箱已满", "wang@x.example", "5.2.2"),
    ("Unzustellbar: Anfrage", "An max@x.example: Empfänger unbekannt", "max@x.example", ""),
    ("Échec de remise", "La boîte aux lettres de luc@x.example est pleine", "luc@x.example", ""),
    ("Возврат письма", "Ящик ivan@x.example: пользователь не найден", "ivan@x.example", "5.1.1"),
]


@pytest.mark.parametrize(("subject", "body", "address", "code"), WORDS)
def test_words_of_many_languages_tell_a_bounce_of_a_daemon(subject, body, address, code):
    report = parsed(f"{body}\n", subject=subject, **DAEMON).report
    assert [one.address for one in report.recipients] == [address]
    assert report.recipients[0].outcome is Outcome.FAILED
    assert report.recipients[0].status.startswith(code)
    assert report.found_by in ("words", "flufl")


@pytest.mark.parametrize(("subject", "body", "address", "code"), WORDS)
def test_the_same_words_of_a_person_are_a_message(subject, body, address, code):
    assert is_bounce_subject(subject)
    assert parsed(f"{body}\n", subject=subject).report is None


def test_a_delay_in_words_is_no_failure():
    body = "Your message to slow@x.example has not yet been delivered. Delivery attempts will continue to be made for 4 days.\n"
    report = parsed(body, subject="Warning: message delayed 24 hours", **DAEMON).report
    assert [(one.address, one.outcome) for one in report.recipients] == [("slow@x.example", Outcome.DELAYED)]


def test_an_absence_note_from_a_null_sender_is_no_bounce():
    body = "I am out of the office until Monday. In urgent cases write to erin@x.example.\n"
    mail = parsed(
        body, subject="Out of office", from_="dave@x.example", return_path="<>", auto_submitted="auto-replied"
    )
    assert mail.report is None
    assert mail.automatic is not None


def test_a_postmaster_who_writes_himself_is_a_person():
    sender = {"from_": "Pat <postmaster@small.example>"}
    assert parsed("Could you call me about erin@x.example?\n", subject="Question", **sender).report is None
    assert parsed("erin@x.example: user unknown\n", subject="Re: Undeliverable: Question", **sender).report is None
    assert parsed("erin@x.example: user unknown\n", subject="Undeliverable: Question", **sender).report is not None


def test_a_status_part_in_a_persons_mail_is_a_file():
    content_type, body = multipart(
        NOTICE, status("Final-Recipient: rfc822; c@x.example\r\nAction: failed\r\nStatus: 5.1.1")
    )
    assert parsed(body, content_type=content_type).report is None
    assert parsed(body, content_type=content_type, **DAEMON).report is not None


def test_a_report_without_anything_in_it_is_only_automatic():
    content_type, body = multipart(NOTICE, kind="report")
    mail = parsed(body, content_type=content_type)
    assert mail.report is None
    assert mail.automatic.kind == "report"


def disposition(said: str):
    fields = f"Final-Recipient: rfc822; c@x.example\r\nOriginal-Message-ID: <o@x>\r\nDisposition: {said}\r\n"
    return report_of(
        NOTICE,
        f"Content-Type: message/disposition-notification\r\n\r\n{fields}",
        report_type="disposition-notification",
    )


def test_read_receipts_tell_reading_from_deleting():
    assert disposition("manual-action/MDN-sent-manually; displayed").recipients[0].outcome is Outcome.READ
    assert disposition("manual-action/MDN-sent-manually; displayed").kind is ReportKind.READING
    assert disposition("manual-action/MDN-sent-manually; deleted").recipients[0].outcome is Outcome.DELETED
    assert disposition("automatic-action/MDN-sent-automatically; deleted").recipients[0].outcome is Outcome.FAILED
    assert disposition("manual-action/MDN-sent-manually; processed") is None
    assert disposition("automatic-action/MDN-sent-automatically; displayed").message_id == "o@x"


def test_feedback_that_is_no_complaint_is_not_taken_for_one():
    def feedback(kind):
        part = (
            f"Content-Type: message/feedback-report\r\n\r\nFeedback-Type: {kind}\r\nOriginal-Rcpt-To: c@x.example\r\n"
        )
        return report_of(NOTICE, part, report_type="feedback-report")

    assert feedback("abuse").recipients[0].outcome is Outcome.COMPLAINED
    assert feedback("auth-failure") is None
    assert feedback("not-spam") is None


def test_the_original_is_traced_through_headers_text_or_references():
    part = status("Final-Recipient: rfc822; c@x.example\r\nAction: failed\r\nStatus: 5.1.1")
    original = "Message-ID: <o@x>\r\nX-Ieum-Delivery: d-1\r\nSubject: =?utf-8?B?7JWI64WV?=\r\n"
    returned = f"Content-Type: text/rfc822-headers\r\n\r\n{original}"
    report = report_of(NOTICE, part, returned, in_reply_to="<wrong@x>")
    assert (report.message_id, report.delivery, report.subject) == ("o@x", "d-1", "안녕")
    assert report_of(NOTICE, part, in_reply_to="<o@x>").message_id == "o@x"
    assert report_of(NOTICE, part, references="<first@x> <o@x>").message_id == "o@x"
    quoted = "Content-Type: text/plain\r\n\r\nReturned:\r\n> Message-ID: <o@x>\r\n> X-Ieum-Delivery: d-1\r\n"
    assert (report_of(quoted, part).message_id, report_of(quoted, part).delivery) == ("o@x", "d-1")


def test_a_broken_program_of_the_library_is_no_failure_of_ours(monkeypatch):
    def breaks(message):
        raise KeyError("broken rule")

    monkeypatch.setattr("channels_app.mail.bounces.all_failures", breaks)
    body = "c@x.example: user unknown\n"
    assert parsed(body, subject="Undelivered mail", **DAEMON).report.found_by == "words"
    assert read_tree(letter(body)).content_type == "text/plain"


def test_a_block_without_a_recipient_tells_nothing():
    assert report_of(NOTICE, status("Action: failed\r\nStatus: 5.1.1")) is None
    assert report_of(NOTICE, status("Final-Recipient: rfc822; c@x.example\r\nAction: unheard-of")) is None


def test_the_code_stands_anywhere_in_the_notice():
    body = "The following address failed:\n\n  gone@x.example\n\n" + "filler\n" * 20 + "Reason: 5.1.1\n"
    report = parsed(body, subject="Undelivered mail", x_failed_recipients="gone@x.example", **DAEMON).report
    assert report.recipients[0].status == "5.1.1"


def test_the_addressee_of_the_returned_mail_is_the_last_resort():
    returned = "Content-Type: message/rfc822\r\n\r\nTo: Gone <gone@x.example>\r\nMessage-ID: <o@x>\r\n\r\nhello"
    content_type, body = multipart("Content-Type: text/plain\r\n\r\nIt came back.", returned)
    mail = parsed(body, content_type=content_type, subject="Undelivered mail", **DAEMON)
    assert [one.address for one in mail.report.recipients] == ["gone@x.example"]
    assert mail.report.message_id == "o@x"
    assert parsed(body, content_type=content_type, subject="Hello", **DAEMON).report is None


def test_addresses_of_the_system_itself_are_no_recipients():
    body = "postmaster@mx.example could not deliver to gone@x.example: user unknown\n"
    report = parsed(body, subject="Undelivered mail", **DAEMON).report
    assert [one.address for one in report.recipients] == ["gone@x.example"]


def test_an_office_mailbox_is_believed_only_for_a_known_dialect():
    notice = (
        "------ Failed Recipients ------\n\n<gone@x.example>: mailbox unavailable\n-------- Returned Mail --------\n"
    )
    office = {"from_": "SMTP Mail Service <e500_smtp_mail@x.example>"}
    assert parsed(notice, subject="Returned mail: error", **office).report.found_by == "flufl"
    assert parsed("gone@x.example: user unknown\n", subject="Returned mail: error", **office).report is None
    assert parsed(notice, subject="My parcel", **office).report is None
    assert parsed(notice, subject="Returned mail: error").report is None


def test_a_complaint_without_a_name_is_about_the_one_we_wrote_to():
    part = "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"
    returned = "Content-Type: message/rfc822\r\n\r\nTo: c@x.example\r\nMessage-ID: <o@x>\r\n\r\nhello"
    report = report_of(NOTICE, part, returned, report_type="feedback-report")
    assert [one.address for one in report.recipients] == ["c@x.example"]


def test_a_bare_status_part_is_a_report():
    fields = "Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; c@x.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    assert parsed(fields, content_type="message/delivery-status").report.recipients[0].address == "c@x.example"


def test_the_to_line_of_a_quoted_mail_is_a_last_resort():
    body = "It came back.\n\n> To: Gone <gone@x.example>\n> Subject: hello\n> Message-ID: <o@x>\n"
    report = parsed(body, subject="Undelivered mail", **DAEMON).report
    assert [one.address for one in report.recipients] == ["gone@x.example"]
    assert (report.message_id, report.subject) == ("o@x", "hello")
