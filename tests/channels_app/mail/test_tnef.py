"""Outlook's winmail.dat, whole and broken, and the RTF inside."""

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
