"""Calls of the Graph API and what its refusals mean."""

import pytest

from channels_app.connectors.meta.graph import Graph
from channels_app.connectors.meta.problems import COMMON, DIRECT, WHATSAPP
from channels_app.contract import (
    AccountFailure,
    PermanentFailure,
    TemporaryFailure,
    Trouble,
    UnknownOutcome,
)

TOKEN = "EAAG-secret"
GRAPH = Graph("https://graph.facebook.com", "v24.0", TOKEN, WHATSAPP)


def refusal(code, subcode=None, message="no", **more):
    return {"error": {"message": message, "code": code, **({"error_subcode": subcode} if subcode else {}), **more}}


def refused(outside, body, status=400, problems=WHATSAPP, **headers):
    outside.answer(body, status, **headers)
    with pytest.raises(Exception) as caught:  # noqa: PT011
        Graph(GRAPH.base, GRAPH.version, TOKEN, problems).send("1/messages", {})
    return caught.value


def test_the_token_travels_in_a_header_alone(outside):
    outside.answer({"id": "1"})
    assert GRAPH.get("1", fields="id") == {"id": "1"}
    assert outside.last.url == "https://graph.facebook.com/v24.0/1"
    assert outside.last.options["params"] == {"fields": "id"}
    assert outside.last.headers == {"Authorization": f"Bearer {TOKEN}"}
    assert TOKEN not in repr(GRAPH)


def test_pages_are_read_to_the_end_at_our_own_host(outside):
    outside.answer(
        {"data": [{"id": "1"}], "paging": {"cursors": {"after": "A2"}, "next": "https://evil.example/?access_token=x"}}
    )
    outside.answer({"data": [{"id": "2"}], "paging": {"cursors": {"after": "A3"}}})
    assert [one["id"] for one in GRAPH.pages("1/edge", limit="1")] == ["1", "2"]
    assert [call.url for call in outside.calls] == ["https://graph.facebook.com/v24.0/1/edge"] * 2
    assert outside.last.options["params"] == {"limit": "1", "after": "A2"}


def test_pages_that_never_end_do_end(outside):
    for _page in range(60):
        outside.answer({"data": [{}], "paging": {"cursors": {"after": "A"}, "next": "https://x.example"}})
    assert len(list(GRAPH.pages("1/edge"))) == 50


@pytest.mark.parametrize(
    ("code", "problems", "failure", "trouble"),
    [
        *((code, WHATSAPP, AccountFailure, Trouble.AUTH) for code in (0, 3, 10, 190, 200, 299, 131005)),
        *((code, WHATSAPP, AccountFailure, Trouble.AUTH) for code in (368, 131031, 131042, 131045, 131037, 131063)),
        *((code, WHATSAPP, TemporaryFailure, Trouble.RATE) for code in (4, 80007, 130429, 131056, 133016, 131048)),
        *((code, WHATSAPP, TemporaryFailure, Trouble.TRANSIENT) for code in (1, 2, 131000, 131016, 133004, 131057)),
        (131047, WHATSAPP, PermanentFailure, Trouble.WINDOW),
        *(
            (code, WHATSAPP, PermanentFailure, Trouble.RECIPIENT)
            for code in (131026, 131021, 131030, 130472, 131050, 131062, 131049, 130497)
        ),
        *(
            (code, WHATSAPP, PermanentFailure, Trouble.PAYLOAD)
            for code in (100, 131008, 131009, 131051, 132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016)
        ),
        *((code, WHATSAPP, PermanentFailure, Trouble.PAYLOAD) for code in (131052, 131053, 33)),
        *((code, DIRECT, TemporaryFailure, Trouble.RATE) for code in (4, 613, 80006, 32)),
        *((code, DIRECT, TemporaryFailure, Trouble.TRANSIENT) for code in (1, 2, 1200)),
        *((code, DIRECT, AccountFailure, Trouble.AUTH) for code in (190, 200, 10)),
        (551, DIRECT, PermanentFailure, Trouble.RECIPIENT),
        (1545041, DIRECT, PermanentFailure, Trouble.WINDOW),
        (10900, DIRECT, PermanentFailure, Trouble.WINDOW),
    ],
)
def test_each_code_has_its_meaning(outside, code, problems, failure, trouble):
    found = refused(outside, refusal(code), problems=problems)
    assert (type(found), found.trouble, found.code) == (failure, trouble, str(code))
    assert found.advice or trouble is Trouble.TRANSIENT


@pytest.mark.parametrize(
    ("code", "subcode", "trouble"),
    [
        (10, 2018278, Trouble.WINDOW),
        (10, 2534022, Trouble.WINDOW),
        (100, 2018001, Trouble.RECIPIENT),
        (551, 1545041, Trouble.WINDOW),
        (100, 2534068, Trouble.PAYLOAD),
        (190, 463, Trouble.AUTH),
        (100, 4711, Trouble.PAYLOAD),
    ],
)
def test_a_subcode_says_more_than_its_code(outside, code, subcode, trouble):
    found = refused(outside, refusal(code, subcode), problems=DIRECT)
    assert (found.trouble, found.code) == (trouble, f"{code}/{subcode}")


def test_a_closed_window_is_known_by_its_words_too(outside):
    found = refused(
        outside, refusal(10, message="(#10) This message is sent outside of allowed window."), problems=DIRECT
    )
    assert found.trouble is Trouble.WINDOW


def test_somebody_who_is_gone_is_marked(outside):
    assert refused(outside, refusal(131026)).is_unreachable
    assert refused(outside, refusal(131050)).is_opt_out
    assert not refused(outside, refusal(131047)).is_unreachable


def test_the_details_are_told_rather_than_the_title(outside):
    found = refused(outside, refusal(100, message="(#100) Invalid", error_data={"details": "text is too long"}))
    assert str(found) == "text is too long"


def test_a_refusal_never_repeats_the_token(outside):
    found = refused(outside, refusal(190, message=f"Malformed access token {TOKEN}"), 401)
    assert TOKEN not in str(found)
    assert "Malformed access token" in str(found)


def test_an_unknown_code_is_hoped_for_once(outside):
    found = refused(outside, refusal(987654))
    assert (type(found), found.most_tries) == (TemporaryFailure, 2)


def test_an_unknown_code_that_will_pass_is_tried_again(outside):
    assert refused(outside, refusal(987654, is_transient=True)).most_tries is None
    assert refused(outside, refusal(987654), status=500).most_tries is None
    assert refused(outside, refusal(987654), status=429).trouble is Trouble.RATE


def test_the_time_until_meta_lets_us_in_again_is_kept(outside):
    usage = '{"1": [{"type": "messenger", "estimated_time_to_regain_access": 3}, {"type": "pages"}], "2": 7}'
    assert refused(outside, refusal(80006), x_business_use_case_usage=usage).retry_after == 180
    assert refused(outside, refusal(4), x_business_use_case_usage="[]", retry_after="9").retry_after == 9
    assert refused(outside, refusal(131056)).retry_after == 6


@pytest.mark.parametrize("status", [200, 502, 504])
def test_an_unreadable_answer_to_a_message_leaves_it_open(outside, status):
    assert type(refused(outside, b"<html>bad gateway</html>", status)) is UnknownOutcome


def test_a_server_error_without_words_leaves_it_open(outside):
    assert type(refused(outside, {}, 503)) is UnknownOutcome


def test_a_break_in_what_may_be_repeated_is_a_mere_delay(outside):
    for call in (
        lambda: GRAPH.post("1", {}),
        lambda: GRAPH.delete("1"),
        lambda: GRAPH.upload("1", {}, ("a", b"", "b")),
    ):
        outside.fail(UnknownOutcome("link", code="link"))
        with pytest.raises(TemporaryFailure):
            call()
    outside.fail(UnknownOutcome("link", code="link"))
    with pytest.raises(UnknownOutcome):
        GRAPH.send("1/messages", {})


@pytest.mark.parametrize(("status", "failure"), [(401, AccountFailure), (403, AccountFailure), (502, TemporaryFailure)])
def test_an_answer_without_words_is_judged_by_its_status(outside, status, failure):
    outside.answer(b"", status)
    with pytest.raises(failure):
        GRAPH.get("1")


def test_the_tables_agree_where_they_mean_the_same():
    assert set(COMMON) <= set(DIRECT)
    assert set(COMMON) <= set(WHATSAPP)
