"""Reading JSON that is not what it should be."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_app.connectors import tolerant

ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(ODD)
def test_no_type_is_too_odd(value):
    data = {"a": value}
    assert isinstance(tolerant.text(data, "a"), str)
    assert isinstance(tolerant.obj(data, "a", "b"), dict)
    assert isinstance(tolerant.items(data, "a", "b"), list)
    assert isinstance(tolerant.strings(data, "a"), list)
    assert isinstance(tolerant.whole(data, "a"), int)
    for read in (tolerant.at, tolerant.iso):
        assert read(data, "a") is None or read(data, "a").tzinfo is not None


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"7", b"null"])
def test_only_an_object_holds_anything(body):
    assert tolerant.load(body) == {}


def test_what_is_no_json_is_said():
    with pytest.raises(ValueError, match="Expecting"):
        tolerant.load(b"{")


def test_a_path_leads_to_what_is_there():
    data = {"a": {"b": [{"c": 1}, 2, {"c": "x"}]}, "n": "3.5", "is": True, "ids": ["1", 2]}
    assert [tolerant.text(one, "c") for one in tolerant.items(data, "a", "b")] == ["1", "x"]
    assert tolerant.number(data, "n") == 3.5
    assert tolerant.flag(data, "is")
    assert not tolerant.flag({"is": 1}, "is")
    assert tolerant.strings(data, "ids") == ["1"]


def test_true_is_no_number_and_a_sum_of_bytes_is_never_negative():
    assert tolerant.text({"a": True}, "a") == ""
    assert tolerant.number({"a": True}, "a") is None
    assert tolerant.whole({"a": -1}, "a") == 0


def test_what_cannot_be_stored_is_left_out():
    assert tolerant.text({"a": "x\0\ud800y"}, "a") == "x?y"


def test_an_id_of_64_bits_keeps_its_last_digit():
    assert tolerant.text({"a": 5098034272017990001}, "a") == "5098034272017990001"


def test_times_come_in_three_units():
    then = datetime(2026, 5, 28, 20, 26, 40, tzinfo=UTC)
    assert tolerant.at({"t": 1780000000}, "t") == then
    assert tolerant.at({"t": 1780000000000}, "t", per_second=1000) == then
    assert tolerant.iso({"t": "2026-05-28T20:26:40Z"}, "t") == then
    assert tolerant.iso({"t": "2026-05-28T20:26:40"}, "t") == then
    assert tolerant.at({"t": 1e300}, "t") is None
