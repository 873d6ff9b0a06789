"""Fetching to the end: every page, the cursor behind it, a token that ended, sessions held for the API."""

import pytest

from channels_app.contract import LeaseLost, TemporaryFailure, UnknownOutcome
from tests.channels_app.wecom.conftest import Jar, connect, payload

SYNC = "https://qyapi.weixin.qq.com/cgi-bin/kf/sync_msg"
HINT = {"open_kfid": "wkAJ2", "token": "ENC"}


def page(*names, more=0, cursor="c1"):
    return {"errcode": 0, "next_cursor": cursor, "has_more": more, "msg_list": [payload(name) for name in names]}


@pytest.fixture
def quiet(db):
    """A company whose sessions WeCom looks after itself."""
    return connect({"keeps_sessions": False})


def test_every_page_is_kept_and_the_cursor_stands_behind_the_last(quiet, outside):
    outside.answer(page("text", "image", more=1, cursor="c1"))
    outside.answer(page("voice", more=0, cursor="c2"))
    jar = Jar({"kf": {"wkAJ2": "c0", "wkOther": "z"}, "kept": 1})
    quiet.connector.drain(jar, HINT)
    assert [said["msgid"] for said, _cursor in jar.kept] == ["id_text", "id_image", "id_voice"]
    assert [call.url for call in outside.calls] == [SYNC, SYNC]
    assert outside.calls[0].json == {
        "cursor": "c0",
        "token": "ENC",
        "limit": 1000,
        "voice_format": 0,
        "open_kfid": "wkAJ2",
    }
    assert outside.calls[1].json["cursor"] == "c1"
    assert jar.cursor == {"kf": {"wkAJ2": "c2", "wkOther": "z"}, "kept": 1}


def test_within_a_page_the_cursor_waits_for_the_last_message(quiet, outside):
    outside.answer(page("text", "image", cursor="c1"))
    jar = Jar({"kf": {"wkAJ2": "c0"}})
    quiet.connector.drain(jar, HINT)
    assert [cursor["kf"]["wkAJ2"] for _said, cursor in jar.kept] == ["c0", "c1"]


def test_an_empty_page_moves_the_cursor_alone(quiet, outside):
    outside.answer(page(cursor="c9"))
    jar = Jar()
    quiet.connector.drain(jar, HINT)
    assert (jar.kept, jar.cursor) == ([], {"kf": {"wkAJ2": "c9"}})


def test_a_page_without_a_cursor_keeps_the_one_there_was(quiet, outside):
    outside.answer({"errcode": 0, "has_more": 0})
    jar = Jar({"kf": {"wkAJ2": "c0"}})
    quiet.connector.drain(jar, HINT)
    assert jar.cursor == {"kf": {"wkAJ2": "c0"}}


def test_a_token_that_has_ended_is_left_out(quiet, outside):
    outside.answer({"errcode": 95007, "errmsg": "invalid msg token"})
    outside.answer(page("text"))
    jar = Jar()
    quiet.connector.drain(jar, HINT)
    assert [call.json["token"] for call in outside.calls] == ["ENC", ""]
    assert len(jar.kept) == 1


def test_without_a_token_the_same_refusal_is_an_error(quiet, outside):
    outside.answer({"errcode": 95007, "errmsg": "invalid msg token"})
    with pytest.raises(TemporaryFailure):
        quiet.connector.drain(Jar(), {"open_kfid": "wkAJ2"})


def test_a_break_while_fetching_is_a_delay_and_what_was_kept_stays(quiet, outside):
    outside.answer(page("text", more=1))
    outside.fail(UnknownOutcome("broken", code="link"))
    jar = Jar()
    with pytest.raises(TemporaryFailure):
        quiet.connector.drain(jar, HINT)
    assert (len(jar.kept), jar.cursor) == (1, {"kf": {"wkAJ2": "c1"}})


def test_fetching_stops_where_the_inlet_closes(quiet, outside):
    outside.answer(page("text", more=1))
    with pytest.raises(LeaseLost):
        quiet.connector.drain(Jar(closes_after=1), HINT)
    assert len(outside.calls) == 1


def test_a_new_session_is_held_for_the_api(company, outside):
    outside.answer(page("text", "image", "echo"))
    outside.answer({"errcode": 0, "service_state": 0})
    outside.answer({"errcode": 0})
    company.connector.drain(Jar(), HINT)
    who = {"open_kfid": "wkAJ2", "external_userid": "wmAJ2"}
    assert [call.url.rpartition("/kf/")[2] for call in outside.calls[1:]] == [
        "service_state/get",
        "service_state/trans",
    ]
    assert [call.json for call in outside.calls[1:]] == [who, {**who, "service_state": 1}]


@pytest.mark.parametrize("state", [1, 2, 3, 4, None])
def test_a_session_that_is_held_taken_or_ended_is_left_alone(company, outside, state):
    outside.answer(page("text"))
    outside.answer({"errcode": 0, "service_state": state})
    company.connector.drain(Jar(), HINT)
    assert len(outside.calls) == 2


def test_what_was_read_is_no_less_kept_where_sessions_cannot_be_held(company, outside):
    outside.answer(page("text"))
    outside.answer({"errcode": 95014, "errmsg": "no"})
    jar = Jar()
    company.connector.drain(jar, HINT)
    assert len(jar.kept) == 1


def test_our_own_and_the_companys_messages_hold_no_session(company, outside):
    outside.answer(page("echo", "msg_send_fail"))
    company.connector.drain(Jar(), HINT)
    assert len(outside.calls) == 1
