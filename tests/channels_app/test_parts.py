"""A text in several messages: nothing is lost, each fits, and no sign is torn."""

from dataclasses import replace
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_app.contract import (
    Address,
    Capabilities,
    OutboundFile,
    OutboundMessage,
    QuickReply,
    Template,
    TemplateUse,
    TextUnit,
)
from channels_app.contract.lengths import is_gsm, length
from channels_app.contract.parts import parts_of, split

UNITS = list(TextUnit)
# Signs of several code points: a family, a flag, a skin tone, a keycap, jamo, combining marks, Thai, Devanagari.
SIGNS = ["a", "가", "👨‍👩‍👧", "🇰🇷", "👍🏽", "1️⃣", "각", "é", "กำ", "कि", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "😀"]


def can(limit: int, unit: TextUnit = TextUnit.CODE_POINTS, **more) -> Capabilities:
    return Capabilities(max_text=limit, text_unit=unit, most_parts=100, **more)


def bare(text: str) -> str:
    return "".join(text.split())


# ── Property ───────────────────────────────────────────────────────────────────────────────────────────────────────
@given(st.text(max_size=400), st.sampled_from(UNITS), st.integers(min_value=8, max_value=60))
def test_nothing_is_lost_but_white_space_and_each_piece_fits(text, unit, limit):
    limit = 1 if unit is TextUnit.GSM_SEGMENTS else limit
    pieces = split(text, can(limit, unit))
    assert bare("".join(pieces)) == bare(text)
    assert all(length(piece, unit) <= limit for piece in pieces)
    assert all(piece and piece == piece.strip() for piece in pieces)


@given(st.lists(st.sampled_from(SIGNS), max_size=80), st.integers(min_value=8, max_value=30))
def test_no_sign_is_torn(signs, limit):
    whole = set(accumulate(len(sign) for sign in signs)) | {0}
    cuts = set(accumulate(len(piece) for piece in split("".join(signs), can(limit))))
    assert cuts <= whole


@given(st.text(alphabet="ab .\n", max_size=200), st.integers(min_value=1, max_value=9))
def test_text_that_fits_goes_as_it_is(text, limit):
    pieces = split(text, can(limit))
    assert (pieces == [text.strip()]) == (0 < len(text.strip()) <= limit)


# ── Where it is cut ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("first paragraph\n\nsecond one here", 25, ["first paragraph", "second one here"]),
        ("a line of it\nand another line", 20, ["a line of it", "and another line"]),
        ("One sentence. Another one.", 18, ["One sentence.", "Another one."]),
        ("그렇습니다。다음문장입니다。", 10, ["그렇습니다。", "다음문장입니다。"]),
        ("some words only", 11, ["some words", "only"]),
        ("it costs 3.14 at shop.example.com/a", 26, ["it costs 3.14 at", "shop.example.com/a"]),
        ("x" * 10, 4, ["xxxx", "xxxx", "xx"]),
        ("  \n ", 4, []),
    ],
)
def test_it_is_cut_where_a_reader_would_pause(text, limit, pieces):
    assert split(text, can(limit)) == pieces


def test_sign_longer_than_a_part_is_cut_rather_than_sent_for_ever():
    assert "".join(split("👨‍👩‍👧‍👦" * 2, can(3))) == "👨‍👩‍👧‍👦" * 2


# ── Units ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "points", "utf16", "octets", "segments"),
    [
        ("", 0, 0, 0, 0),
        ("abc", 3, 3, 3, 1),
        ("가나", 2, 2, 6, 1),
        ("😀", 1, 2, 4, 1),
        ("a" * 160, 160, 160, 160, 1),
        ("a" * 161, 161, 161, 161, 2),
        ("a" * 307, 307, 307, 307, 3),
        ("€" * 80, 80, 80, 240, 1),
        ("€" * 81, 81, 81, 243, 2),
        ("가" * 70, 70, 70, 210, 1),
        ("가" * 71, 71, 71, 213, 2),
        ("가" * 135, 135, 135, 405, 3),
    ],
)
def test_length_is_counted_in_the_providers_unit(text, points, utf16, octets, segments):
    units = (TextUnit.CODE_POINTS, TextUnit.UTF16, TextUnit.BYTES, TextUnit.GSM_SEGMENTS)
    assert [length(text, unit) for unit in units] == [points, utf16, octets, segments]


@pytest.mark.parametrize(
    ("text", "fits"), [("Hello {€}", True), ("`", False), ("안녕", False), ("ÄÖÜ à", True), ("á", False)]
)
def test_what_seven_bits_can_say(text, fits):
    assert is_gsm(text) == fits


# ── Messages ───────────────────────────────────────────────────────────────────────────────────────────────────────
def file(name: str) -> OutboundFile:
    return OutboundFile(name, "image/png", 3, lambda: b"png")


def message(text: str = "", *names: str, **more) -> OutboundMessage:
    return OutboundMessage("k", Address("street", "a"), text, files=[file(name) for name in names], **more)


def shape(parts) -> list[tuple[str, list[str]]]:
    return [(part.text, [one.name for one in part.files]) for part in parts]


def test_texts_come_first_then_files_as_many_as_go_together():
    parts = parts_of(message("one two", "a", "b", "c"), can(4, files_per_part=2))
    assert shape(parts) == [("one", []), ("two", []), ("", ["a", "b"]), ("", ["c"])]


def test_short_text_stands_beside_the_first_file_where_the_channel_has_captions():
    captions = can(20, max_caption=5)
    assert shape(parts_of(message("Hi", "a", "b"), captions)) == [("Hi", ["a"]), ("", ["b"])]
    assert shape(parts_of(message("Hi there", "a"), captions)) == [("Hi there", []), ("", ["a"])]


def test_quote_goes_with_the_first_and_quick_replies_with_the_last():
    said = message("one two", "a", quoted_id="q", quick_replies=[QuickReply("y", "Yes")], html="<b>one two</b>")
    parts = parts_of(said, can(4))
    assert [part.quoted_id for part in parts] == ["q", "", ""]
    assert [len(part.quick_replies) for part in parts] == [0, 0, 1]
    assert not any(part.html for part in parts)
    [whole] = parts_of(replace(said, files=()), can(10))
    assert whole.html == "<b>one two</b>"


def test_each_part_has_a_key_of_its_own_and_the_first_the_messages():
    assert [part.delivery_key for part in parts_of(message("one two six"), can(4))] == ["k", "k-1", "k-2"]


def test_what_is_taken_whole_is_never_cut():
    said = message("longer than that", "a")
    assert parts_of(said, Capabilities(takes_whole=True, max_text=3)) == [said]
    used = TemplateUse(Template("hello", "en", "Hello there"))
    assert len(parts_of(message("Hello there", template=used), can(3))) == 1


def test_empty_message_is_one_part():
    assert len(parts_of(message(), can(3))) == 1
