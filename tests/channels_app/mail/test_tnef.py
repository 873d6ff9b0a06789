"""Outlook's winmail.dat, whole and broken, and the RTF inside."""

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_app.mail.mime import read_tree
from channels_app.mail.model import Defect
from channels_app.mail.rtf import body_of_rtf, decompress
from channels_app.mail.tnef import read_tnef
from tests.channels_app.mail.letters import multipart, parsed, raw

_PARTS = read_tree(raw("outlook_winmail")).walk()
WINMAIL = next(part.content() for part in _PARTS if part.content_type == "application/ms-tnef")


def test_files_and_text_come_out():
    found = read_tnef(WINMAIL)
    assert found.is_whole
    assert [(file.name, file.content[:4]) for file in found.files] == [
        ("계약서 최종.docx", b"DOCX"),
        ("photo.png", b"\x89PNG"),
    ]
    assert "안녕하세요 <b>Erin</b>" in found.html
    assert found.subject == "견적"


def test_other_bytes_are_no_winmail():
    assert read_tnef(b"") is None
    assert read_tnef(b"PK\x03\x04 something") is None


def test_what_came_before_a_break_is_kept_and_the_parcel_too():
    found = read_tnef(WINMAIL[:-60])
    assert not found.is_whole
    assert found.files[0].name == "계약서 최종.docx"
    content_type, body = multipart("Content-Type: text/plain\r\n\r\nmine")
    head = b"--edge\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n\r\n"
    part = head + WINMAIL[:-60] + b"\r\n--edge--"
    mail = parsed(body.encode().replace(b"--edge--", part), content_type=content_type)
    assert mail.text == "mine"
    assert mail.defects == (Defect.UNREADABLE,)
    assert ("winmail.dat", "unreadable") in [(kept.name, kept.note) for kept in mail.attachments]


@given(st.binary(max_size=400))
def test_any_bytes_behind_the_signature_are_survived(content):
    read_tnef(struct.pack("<IH", 0x223E9F78, 1) + content)
    body_of_rtf(struct.pack("<IIII", len(content), 4000, 0x75465A4C, 0) + content)


@given(st.integers(0, len(WINMAIL) - 1), st.integers(0, 255))
def test_any_changed_byte_is_survived(at, byte):
    read_tnef(WINMAIL[:at] + bytes([byte]) + WINMAIL[at + 1 :])


# The example of [MS-OXRTFCP] 3.1.1 and 3.1.2: text compressed with references into the dictionary.
SIMPLE = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)
CROSSING = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


def test_compressed_rtf_reads_as_the_specification_says():
    assert decompress(SIMPLE) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert decompress(CROSSING) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"
    assert body_of_rtf(SIMPLE) == ("hello world", "")


def stored(rtf: bytes) -> bytes:
    return struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (rb"{\rtf1\ansi plain\par next}", "plain\nnext"),
        (rb"{\rtf1\ansi\ansicpg949 \'be\'c8\'b3\'e7}", "안녕"),
        (rb"{\rtf1\uc1 \u-13960?\u47784?}", "쥸모"),
        (rb"{\rtf1 {\fonttbl{\f0 Arial;}}{\*\generator X;}seen \{braces\}}", "seen {braces}"),
        (rb"{\rtf1 unclosed {\b bold", "unclosed bold"),
    ],
)
def test_rtf_reads_as_text(rtf, text):
    assert body_of_rtf(stored(rtf))[0] == text


def test_bytes_that_are_no_rtf_give_nothing():
    assert body_of_rtf(b"") == ("", "")
    assert body_of_rtf(stored(b"not rtf")) == ("", "")
    assert decompress(b"x" * 40) == b""


def attribute(level: int, name: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, 6, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def prop(kind: int, name: int, value: bytes) -> bytes:
    return struct.pack("<HHII", kind, name, 1, len(value)) + value + b"\0" * (-len(value) % 4)


def packed(*properties: bytes) -> bytes:
    return struct.pack("<I", len(properties)) + b"".join(properties)


def winmail(*attributes: bytes) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


def test_plain_bodies_and_old_names_follow_the_code_page():
    codepage = attribute(1, 0x9007, struct.pack("<II", 949, 0))
    message = attribute(1, 0x9003, packed(prop(0x1E, 0x1000, "본문".encode("cp949") + b"\0")))
    files = (
        attribute(2, 0x9002, b"")
        + attribute(2, 0x8010, "첨부.txt".encode("cp949") + b"\0")
        + attribute(2, 0x800F, b"data")
    )
    found = read_tnef(winmail(codepage, message, files))
    assert (found.text, [(file.name, file.content) for file in found.files]) == ("본문", [("첨부.txt", b"data")])


def test_html_properties_of_every_kind_are_passed():
    message = packed(
        struct.pack("<HHi", 3, 0x0017, 1),
        struct.pack("<HHII", 0x0014, 0x8001, 0, 0)[:4] + b"\0" * 16 + struct.pack("<II", 0, 7) + b"\0" * 8,
        struct.pack("<HHII", 0x101E, 0x0E04, 2, 2) + b"a\0\0\0" + struct.pack("<I", 2) + b"b\0\0\0",
        prop(0x102, 0x1013, b"<p>html</p>"),
    )
    found = read_tnef(winmail(attribute(1, 0x9003, message)))
    assert (found.html, found.is_whole) == ("<p>html</p>", True)


def test_nameless_files_and_embedded_objects_are_kept():
    properties = packed(prop(0x0D, 0x3701, b"\0" * 16 + b"OLE data"), prop(0x1F, 0x3712, "<cid@x>".encode("utf-16-le")))
    files = attribute(2, 0x9002, b"") + attribute(2, 0x9005, properties)
    (file,) = read_tnef(winmail(files)).files
    assert (file.name, file.content, file.content_id) == ("file-1.bin", b"OLE data", "cid@x")


def test_text_of_the_mail_wins_over_that_of_the_parcel():
    def mail(text: str):
        part = base64.encodebytes(winmail(attribute(1, 0x800C, b"inside\0"))).decode()
        head = "Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        content_type, body = multipart(f"Content-Type: text/plain\r\n\r\n{text}", head + part)
        return parsed(body, content_type=content_type)

    assert mail("outside").text == "outside"
    assert mail(" ").text == "inside"
