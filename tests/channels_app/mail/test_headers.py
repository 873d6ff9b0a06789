"""Headers as they come: encoded words in every state of repair, parameters, repetition."""

import base64

import pytest

from channels_app.mail.headers import Headers, parameters
from channels_app.mail.parse import message_ids
from channels_app.mail.words import decode_text, lenient_base64


def word(text: str, charset: str = "utf-8") -> str:
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="


CASES = [
    (word("안녕"), "안녕"),
    (f"Re: {word('안녕')} [118]", "Re: 안녕 [118]"),
    (f"{word('안')} {word('녕')}", "안녕"),
    (f"{word('안')}\r\n {word('녕')}", "안녕"),
    (f"{word('안')}{word('녕')}", "안녕"),
    (f"{word('안')} x {word('녕')}", "안 x 녕"),
    ("=?utf-8?Q?caf=C3=A9_au_lait?=", "café au lait"),
    ("=?utf-8?q?caf=c3=a9 au lait?=", "café au lait"),
    ("=?UTF-8*ko?B?7JWI?=", "안"),
    ("=?utf-8?B?7JWI64WV?", "=?utf-8?B?7JWI64WV?"),
    ("=?utf-8?B?7JWI64W?=", "안\ufffd"),
    ("=?utf-8?B?7JWI 64WV?=", "안녕"),
    ("=?euc-kr?B?vsiz5w==?=", "안녕"),
    ("=?euc-kr?B?vsg=?= =?euc-kr?B?s+c=?=", "안녕"),
    (f"{word('한', 'euc-kr')} {word('中', 'gb2312')}", "한中"),
    ("=?nonsense?Q?plain?=", "plain"),
    ("plain  text\r\n\tfolded", "plain text folded"),
    ("안녕".encode("cp949").decode("ascii", "surrogateescape"), "안녕"),
    ("안녕".encode().decode("ascii", "surrogateescape"), "안녕"),
    ("件名".encode("iso2022_jp").decode(), "件名"),
    ("a\x00b", "a b"),
]


@pytest.mark.parametrize(("raw", "text"), CASES)
def test_encoded_words_are_read_in_any_state(raw, text):
    assert decode_text(raw) == text


PARAMETERS = [
    ('attachment; filename="a b.pdf"', "a b.pdf"),
    ("attachment; filename=a b (1).pdf; size=3", "a b (1).pdf"),
    ("attachment; filename*=utf-8'ko'%EC%95%88%EB%85%95.pdf", "안녕.pdf"),
    ("attachment; filename=fallback.pdf; filename*=utf-8''%EC%95%88.pdf", "안.pdf"),
    ("attachment; filename*0*=utf-8''%EC%95; filename*1*=%88.pdf", "안.pdf"),
    ('attachment; filename*1="b.pdf"; filename*0="a"', "ab.pdf"),
    (f'attachment; filename*0="{word("안녕")[:12]}"; filename*1="{word("안녕")[12:]}"', "안녕"),
    ("attachment; filename*=EUC-KR''%BE%C8", "안"),
    (f'attachment; filename="{word("보고서.hwp", "euc-kr")}"', "보고서.hwp"),
    ('attachment; filename="a\\"b;c.pdf"', 'a"b;c.pdf'),
    ('attachment; filename="C:\\dir\\file.pdf"', "C:\\dir\\file.pdf"),
    ('attachment; filename="never closed.pdf', "never closed.pdf"),
    ("attachment; filename*=%EC%95%88.pdf", "안.pdf"),
    ("attachment; filename*x=1; filename=ok.pdf", "ok.pdf"),
]


@pytest.mark.parametrize(("raw", "name"), PARAMETERS)
def test_parameters_are_read_in_any_state(raw, name):
    assert parameters(raw)["filename"] == name


def test_names_are_looked_up_without_regard_to_case():
    headers = Headers([("SUBJECT", "one"), ("Subject", "two")])
    assert headers.text("subject") == "one"
    assert headers.count("Subject") == 2
    assert "Date" not in headers
    assert headers.raw("Date") == ""


def test_a_value_is_bare_of_parameters_and_comments():
    headers = Headers([("Auto-Submitted", "Auto-Replied (zimbra; vacation)"), ("Content-Type", "TEXT/html; charset=x")])
    assert headers.value("auto-submitted") == "auto-replied"
    assert headers.value("content-type") == "text/html"


def test_message_ids_come_without_brackets_each_once_in_order():
    assert message_ids("<a@x>\r\n <b@y><a@x> (comment)") == ("a@x", "b@y")
    assert message_ids("bare@x") == ("bare@x",)
    assert message_ids("<>") == ()
    assert message_ids("Your message of Monday") == ()


@pytest.mark.parametrize(
    ("data", "content"), [(b"QUI", b"AB"), (b"QQ==QQ==", b"AA"), (b"Q U*I=", b"AB"), (b"Q", b""), (b"", b"")]
)
def test_base64_gives_what_can_be_read(data, content):
    assert lenient_base64(data) == content
