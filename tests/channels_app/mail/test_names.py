"""File names: safe anywhere, never empty, and types only mended where nothing was said."""

import pytest

from channels_app.mail.names import LONGEST, better_type, made_name, safe_name
from tests.channels_app.mail.letters import multipart, parsed


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\carol\\보고서.hwp", "보고서.hwp"),
        ("a\x00b\nc.txt", "abc.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ('we"ird:<name>|?*.txt', "we_ird__name____.txt"),
        ("  .hidden. ", "hidden"),
        ("...", ""),
        ("", ""),
        ("/", ""),
        ("\uc548\u0000\ub155", "안녕"),
        ("\u110b\u1161\u11ab.pdf", "안.pdf"),
    ],
)
def test_a_name_is_made_safe(name, safe):
    assert safe_name(name) == safe


def test_a_long_name_keeps_its_extension():
    assert safe_name("가" * 300 + ".xlsx") == "가" * (LONGEST - 5) + ".xlsx"
    assert safe_name("a" * 300) == "a" * LONGEST
    assert safe_name("a" * 100 + "." + "b" * 100) == ("a" * 100 + "." + "b" * 100)[:LONGEST]


def test_a_nameless_part_is_named_by_its_title_or_kind():
    assert made_name("message/rfc822", 1, "주문/확인") == "주문_확인.eml"
    assert made_name("message/rfc822", 1, "t" * 300) == "t" * (LONGEST - 4) + ".eml"
    assert made_name("image/png", 2) == "image-2.png"
    assert made_name("application/x-unheard-of", 3) == "file-3.bin"


@pytest.mark.parametrize(
    ("stated", "name", "better"),
    [
        ("application/octet-stream", "photo.JPG", "image/jpeg"),
        ("", "a.pdf", "application/pdf"),
        ("", "noextension", "application/octet-stream"),
        ("application/octet-stream", "page.html", "application/octet-stream"),
        ("application/octet-stream", "drawing.svg", "application/octet-stream"),
        ("text/plain", "photo.jpg", "text/plain"),
    ],
)
def test_a_type_is_mended_only_where_nothing_was_said(stated, name, better):
    assert better_type(stated, name) == better


def test_the_name_is_taken_from_where_there_is_one():
    def named(*headers: str) -> str:
        head = "\r\n".join(headers)
        content_type, body = multipart(f"{head}\r\n\r\nx")
        return parsed(body, content_type=content_type).attachments[0].name

    assert (
        named("Content-Type: image/png; name=type.png", "Content-Disposition: attachment; filename=disposition.png")
        == "disposition.png"
    )
    assert named("Content-Type: image/png; name=type.png", "Content-Disposition: attachment") == "type.png"
    assert named("Content-Type: image/png", "Content-Description: described.png") == "described.png"
    assert named("Content-Type: image/png", "Content-Description: A picture of it") == "image-1.png"
