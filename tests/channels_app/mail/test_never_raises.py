"""No bytes may raise, hang, or bring in what the database cannot hold."""

import base64
import random
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels_app.mail.html import clean_html
from channels_app.mail.model import Mail
from channels_app.mail.parse import parse_mail
from tests.channels_app.mail.letters import CORPUS, letter, multipart

SEEDS = [path.read_bytes() for path in sorted(CORPUS.glob("*.eml"))]
SPLINTERS = [
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"--",
        b";",
        b'"',
        b"=",
        b"<",
        b">",
        b"@",
        b",",
        b"\x00",
        b"\xff",
        b"\x1b$B",
        b"\xed\xa0\x80",
    ),
    *(
        b"=?utf-8?B?",
        b"=?x?Q?",
        b"?=",
        b"filename*0*=",
        b"charset=",
        b"charset*=",
        b"utf-7",
        b"utf-16",
        b"hz",
        b"iso-2022-kr",
    ),
    *(
        b"Content-Type: ",
        b"multipart/mixed; boundary=",
        b"multipart/report; report-type=delivery-status",
        b"message/rfc822",
    ),
    *(
        b"base64",
        b"x-uuencode",
        b"begin 644 x\n",
        b"\x78\x9f\x3e\x22",
        b"BEGIN:VEVENT",
        b"application/ms-tnef",
        b"Action: failed",
    ),
]


def strings(mail: Mail) -> Iterator[str]:
    yield from (
        mail.subject,
        mail.text,
        mail.html,
        mail.message_id,
        mail.language,
        mail.charset,
        mail.list_id,
        mail.return_path or "",
    )
    yield from (*mail.references, *mail.in_reply_to, *mail.delivered_to, *mail.defects)
    for address in (mail.from_, mail.sender, *mail.to, *mail.cc, *mail.reply_to):
        yield str(address)
    for part in mail.attachments:
        yield from (part.name, part.content_type, part.content_id, part.note, part.summary)
    for name, value in mail.headers:
        yield from (name, value)
    if mail.automatic:
        yield mail.automatic.evidence
    if mail.report:
        yield from (mail.report.message_id, mail.report.envelope_id, mail.report.delivery, mail.report.subject)
        for one in mail.report.recipients:
            yield from (one.address, one.status, one.diagnostic)


def check(raw: bytes) -> None:
    mail = parse_mail(raw)
    clean_html(mail.html)
    for text in strings(mail):
        assert "\0" not in text
        text.encode("utf-8")
    assert all(part.name and "/" not in part.name for part in mail.attachments)
    assert mail.date is None or mail.date.utcoffset().total_seconds() == 0


def broken(raw: bytes, chance: random.Random) -> bytes:
    data = bytearray(raw)
    for _ in range(chance.randint(1, 25)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            data[at:at] = chance.choice(SPLINTERS)
        elif kind == 1:
            del data[at : at + chance.randint(1, 60)]
        elif kind == 2:
            data[at : at + 1] = chance.randbytes(chance.randint(1, 3))
        else:
            start = chance.randrange(len(data) + 1)
            data[at:at] = data[start : start + chance.randint(1, 300)]
    return bytes(data)


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_mail(raw):
    check(raw)


@given(
    st.binary(max_size=300),
    st.sampled_from(
        [
            "text/plain",
            "text/html",
            "multipart/mixed; boundary=x",
            "application/ms-tnef",
            "message/rfc822",
            "text/calendar",
        ]
    ),
    st.sampled_from(["", "base64", "quoted-printable", "x-uuencode", "8bit"]),
    st.sampled_from(["", "utf-7", "utf-16", "iso-2022-kr", "hz", "euc-kr", "DEFAULT_CHARSET", "\x00"]),
)
def test_any_content_under_any_label_is_a_mail(content, kind, encoding, charset):
    check(letter(content, content_type=f"{kind}; charset={charset}", content_transfer_encoding=encoding))


@given(st.text(max_size=200))
def test_any_text_may_stand_in_any_header(text):
    line = text.replace("\n", "\n ").replace("\r", "")
    for name in (
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "References",
        "Content-Type",
        "Authentication-Results",
        "List-Id",
    ):
        check(f"{name}: {line}\n\nx".encode("utf-8", "surrogatepass"))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32))
def test_a_broken_corpus_is_survived(seed):
    chance = random.Random(seed)
    for raw in SEEDS:
        check(broken(raw, chance))


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_mail_cut_anywhere_is_survived(cut):
    for raw in SEEDS:
        check(raw[: len(raw) * cut // 20])


def seconds(raw: bytes) -> float:
    start = time.process_time()
    check(raw)
    return time.process_time() - start


def test_fifty_megabytes_are_read_within_seconds():
    content = random.Random(1).randbytes(37_000_000)
    packed = base64.encodebytes(content).decode()
    content_type, body = multipart(
        "Content-Type: text/plain\r\n\r\nsee file",
        f"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{packed}",
    )
    raw = letter(body, content_type=content_type)
    assert len(raw) > 49_000_000
    assert seconds(raw) < 8
    assert parse_mail(raw).attachments[0].content == content


SLOW = {
    "addresses": letter(to=", ".join(f'"Person, {number}" <p{number}@x.example>' for number in range(20_000))),
    "open quotes": letter(to='"' * 100_000, subject='"' * 100_000),
    "open comments": letter(to="(" * 100_000, from_="(\\" * 50_000),
    "angles": letter(to="<" * 100_000, from_="a@b<" * 20_000),
    "encoded words": letter(subject="=?utf-8?Q?a?= " * 20_000),
    "words without end": letter(subject="=?a?Q?x" * 20_000),
    "one long word": letter(
        from_="a" * 300_000, to="a" * 300_000, in_reply_to="a" * 300_000, content_type="a" * 300_000
    ),
    "ats": letter(from_="a@" * 100_000, to="@" * 100_000, references="a@" * 100_000, return_path="a@" * 100_000),
    "begun words": letter(subject="=?utf-8?Q?" * 20_000),
    "references": letter(references="<a@x> " * 50_000),
    "parameters": letter(content_type="text/plain" + "; a=b" * 30_000),
    "open parameters": letter(content_disposition='attachment; filename="' + '\\"; a' * 30_000),
    "headers": letter(**{f"x_{number}": "y" for number in range(20_000)}),
    "received spf": letter(authentication_results="x; " + "(" * 50_000),
    "lines": letter("\n" * 2_000_000),
    "digits": letter("5.1.1 " * 100_000, from_="MAILER-DAEMON@x.example", return_path="<>", subject="failure notice"),
    "addresses in a bounce": letter(
        "a@x.example 550 unknown user\n" * 30_000,
        from_="MAILER-DAEMON@x.example",
        return_path="<>",
        subject="failure notice",
    ),
    "tags": letter("<a b" * 100_000, content_type="text/html"),
    "meta": letter("<meta " * 100_000, content_type="text/html"),
    "base64 junk": letter("=A" * 500_000, content_transfer_encoding="base64"),
    "uu": letter("begin 644 x\n" * 50_000, content_transfer_encoding="x-uuencode"),
    "calendar": letter("BEGIN:VEVENT\n" + "A;" * 100_000, content_type="text/calendar"),
    "korean": letter("안녕하세요 " * 100_000, content_type="text/plain; charset=euc-kr"),
    "high bytes": letter(bytes(range(128, 256)) * 4000),
}


@pytest.mark.parametrize("name", SLOW)
def test_no_shape_of_mail_takes_long(name):
    assert seconds(SLOW[name]) < 4
