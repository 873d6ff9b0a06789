"""What we send: read back by our own reader and by the stdlib's, and nothing slips into a header."""

import email
import re
import unicodedata
from datetime import UTC, datetime
from email import policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_app.mail.compose import OutgoingFile, OutgoingMail, capped, compose, make_message_id
from channels_app.mail.model import AutomaticKind, MailAddress
from channels_app.mail.parse import parse_mail

HELP = MailAddress("help@moments.example", "모먼트스토어 고객센터")
CAROL = MailAddress("Carol.Kim@naver.example", "김캐롤")


def outgoing(**changes) -> OutgoingMail:
    plain = {"from_": HELP, "to": [CAROL], "subject": "Re: 주문 118", "text": "안녕하세요\n곧 보내드릴게요.\n"}
    return OutgoingMail(**(plain | changes))


def back(**changes):
    return parse_mail(compose(outgoing(**changes)))


def stdlib(**changes):
    return email.message_from_bytes(compose(outgoing(**changes)), policy=policy.default)


def test_a_reply_comes_back_as_it_was_written():
    mail = back(
        cc=[MailAddress("dave@x.example", 'Lee, Dave "D"')],
        reply_to=[MailAddress("help+abc@moments.example")],
        message_id="m1@moments.example",
        in_reply_to="b2@mail.gmail.com",
        references=["a1@moments.example", "b2@mail.gmail.com"],
        date=datetime(2024, 5, 13, 1, 2, 3, tzinfo=UTC),
        html="<p>안녕하세요<br>곧 보내드릴게요.</p>",
    )
    assert (mail.subject, str(mail.from_)) == ("Re: 주문 118", "모먼트스토어 고객센터 <help@moments.example>")
    assert [str(address) for address in (*mail.to, *mail.cc, *mail.reply_to)] == [
        "김캐롤 <Carol.Kim@naver.example>",
        'Lee, Dave "D" <dave@x.example>',
        "help+abc@moments.example",
    ]
    assert (mail.message_id, mail.in_reply_to) == ("m1@moments.example", ("b2@mail.gmail.com",))
    assert mail.references == ("a1@moments.example", "b2@mail.gmail.com")
    assert mail.date == datetime(2024, 5, 13, 1, 2, 3, tzinfo=UTC)
    assert mail.text == "안녕하세요\n곧 보내드릴게요."
    assert mail.html.strip() == "<p>안녕하세요<br>곧 보내드릴게요.</p>"
    assert (mail.automatic, mail.defects, mail.wants_no_auto_reply) == (None, (), False)


def test_the_stdlib_reads_the_same():
    message = stdlib(cc=[MailAddress("d@x.example", "Lee, Dave")])
    assert message["Subject"] == "Re: 주문 118"
    assert message["To"].addresses[0].display_name == "김캐롤"
    assert message["Cc"].addresses[0].display_name == "Lee, Dave"
    assert message.get_content().replace("\r\n", "\n") == "안녕하세요\n곧 보내드릴게요.\n"
    assert not message.defects


def test_files_and_pictures_find_their_places():
    files = [
        OutgoingFile("견적서 (최종) v2 — 모먼트스토어 고객센터 제출용.pdf", "application/pdf", b"%PDF", ""),
        OutgoingFile("logo.png", "image/png", b"PNG", "logo@desk"),
        OutgoingFile('we"ird;name.txt', "text/plain", b"x"),
    ]
    mail = back(html='<p>x</p><img src="cid:logo@desk">', files=files)
    assert [(part.name, part.content, part.is_inline) for part in mail.attachments] == [
        ("logo.png", b"PNG", True),
        ("견적서 (최종) v2 — 모먼트스토어 고객센터 제출용.pdf", b"%PDF", False),
        ("we_ird;name.txt", b"x", False),
    ]
    names = [
        part.get_filename()
        for part in stdlib(html="<img src='cid:logo@desk'>", files=files).walk()
        if part.get_filename()
    ]
    assert names == [mail.attachments[0].name, mail.attachments[1].name, mail.attachments[2].name]


def test_a_picture_without_html_is_an_ordinary_file():
    message = stdlib(files=[OutgoingFile("logo.png", "image/png", b"PNG", "logo@desk")])
    assert message.get_content_type() == "multipart/mixed"
    assert [part.get_content_disposition() for part in message.iter_attachments()] == ["attachment"]


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed", "not a type", "text/html\r\nX-Evil: 1", ""])
def test_a_type_that_cannot_be_sent_becomes_bytes(kind):
    mail = back(files=[OutgoingFile("f.bin", kind, b"x")])
    assert [(part.content_type, part.content) for part in mail.attachments] == [("application/octet-stream", b"x")]


EVIL = "x\r\nBcc: evil@x.example\r\n\r\nbody"


def test_no_value_can_add_a_header_or_a_body():
    raw = compose(
        outgoing(
            subject=EVIL,
            from_=MailAddress("help@moments.example", EVIL),
            to=[MailAddress("c@x.example", EVIL)],
            message_id=EVIL,
            references=[EVIL, "ok@x.example"],
            delivery=EVIL,
            headers=[("X-Note", EVIL)],
            files=[OutgoingFile(EVIL, "text/plain", b"", EVIL)],
            automatic="auto-replied",
            instance=EVIL,
        )
    )
    message = email.message_from_bytes(raw, policy=policy.default)
    assert "Bcc" not in message
    assert all("Bcc" not in part for part in message.walk())
    assert parse_mail(raw).text == "안녕하세요\n곧 보내드릴게요."
    assert len(parse_mail(raw).attachments) == 1
    assert parse_mail(raw).references == ("ok@x.example",)


@pytest.mark.parametrize("name", ["Bad Name", "Bad\nName", "Bad:", "", "한글"])
def test_a_header_of_no_name_is_refused(name):
    with pytest.raises(ValueError, match="not a header name"):
        compose(outgoing(headers=[(name, "x")]))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a b@x.example",
        "a@x.example, b@y.example",
        "a@x.example\r\nBcc: b@y",
        "사람@x.example",
        "<a@x.example>",
        "a;b@x.example",
    ],
)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(ValueError, match="mail address"):
        compose(outgoing(to=[MailAddress(address)]))


def test_a_domain_in_any_script_is_written_in_ascii():
    assert b"<c@xn--mnchen-3ya.example>" in compose(outgoing(to=[MailAddress("c@münchen.example", "C")]))


def test_references_keep_the_first_and_the_last_twenty():
    ids = [f"m{number}@x.example" for number in range(500)]
    assert capped(ids) == ["m0@x.example", *ids[-20:]]
    assert capped(ids[:21]) == ids[:21]
    assert capped(["<a@x>", "a@x", "b@x"]) == ["a@x", "b@x"]
    assert back(references=ids).references == ("m0@x.example", *ids[-20:])


def test_an_id_longer_than_a_line_is_neither_cut_nor_encoded():
    long = "x" * 200 + "@mail.example"
    mail = back(in_reply_to=long, references=[long, "b@x"])
    assert mail.in_reply_to == (long,)
    assert mail.references == (long, "b@x")


def test_only_automatic_mail_says_so():
    plain = compose(outgoing()).lower()
    for header in (b"auto-submitted", b"x-auto-response-suppress", b"precedence", b"x-ieum-loop"):
        assert header not in plain
    reply = back(automatic="auto-replied", instance="desk-1")
    assert reply.automatic.kind is AutomaticKind.LOOP
    assert reply.headers.value("Auto-Submitted") == "auto-replied"
    assert reply.headers.value("Precedence") == "auto_reply"
    assert back(automatic="auto-generated").headers.value("Precedence") == "bulk"
    with pytest.raises(ValueError, match="Auto-Submitted"):
        compose(outgoing(automatic="yes"))


def test_two_of_our_machines_stop_after_one_exchange():
    answer = back(automatic="auto-replied")
    assert answer.wants_no_auto_reply


def test_our_ids_are_new_each_time():
    assert make_message_id("x.example") != make_message_id("x.example")
    assert re.fullmatch(r"[0-9a-f]{32}@moments\.example", back().message_id)


TEXT = st.text(st.characters(codec="utf-8"), max_size=300)


@given(subject=TEXT, name=TEXT, text=TEXT, file_name=TEXT)
def test_every_line_is_ascii_and_short_and_every_word_comes_back(subject, name, text, file_name):
    raw = compose(
        outgoing(
            subject=subject,
            from_=MailAddress("h@x.example", name),
            text=text,
            files=[OutgoingFile(file_name, "a/b", b"1")],
        )
    )
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) < 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    mail = parse_mail(raw)
    words = " ".join(re.sub(r"[\x00-\x20\x7f\x85\u2028\u2029]+", " ", subject).split())
    assert " ".join(mail.subject.split()) == " ".join(unicodedata.normalize("NFC", words).split())
    assert mail.from_.address == "h@x.example"
    assert mail.attachments[-1].content == b"1"


def test_a_long_subject_is_folded_between_words():
    subject = "A very long subject that goes on and on until no line of any mail program could ever hold it whole"
    raw = compose(outgoing(subject=subject))
    assert max(len(line) for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n")) <= 78
    assert parse_mail(raw).subject == subject
    lines = raw.split(b"\r\nSubject: ")[1].split(b"\r\n")
    assert len(lines[0]) > 40
    assert lines[1].startswith(b" ")


def test_a_word_longer_than_a_line_and_what_looks_encoded_come_back():
    for subject in ("x" * 500, "=?utf-8?Q?not_encoded?=", "", "  spaced  out  "):
        assert back(subject=subject).subject == " ".join(subject.split())


def test_long_lines_of_text_are_not_sent_as_they_are():
    mail = back(text="word " * 1000)
    assert mail.text.split() == ["word"] * 1000


def test_plain_values_are_sent_plain():
    raw = compose(outgoing(subject="Your order 118", from_=MailAddress("h@x.example", "Help Desk"), text="Hello\n"))
    assert b"Subject: Your order 118\r\n" in raw
    assert b"From: Help Desk <h@x.example>\r\n" in raw
    assert b"Content-Transfer-Encoding: 7bit\r\n\r\nHello\r\n" in raw
