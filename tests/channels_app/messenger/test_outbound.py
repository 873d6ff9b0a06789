"""What Messenger is handed, as JSON, and when it may be."""

import pytest

from channels_app.contract import Address, PermanentFailure, QuickReply, Trouble, UnknownOutcome, Window
from tests.channels_app.meta.samples import PAGE, account
from tests.channels_app.meta.things import acted, file
from tests.channels_app.outside import outbound

CAROL = Address("messenger", "PSID", is_local=True)
GRAPH = "https://graph.facebook.com/v24.0"
URL = f"{GRAPH}/{PAGE}/messages"
KEY = "d" * 32
COMMENT = {"777_888": "2999-01-01T00:00:00+00:00"}


@pytest.fixture
def shop():
    return account("messenger", has_human_agent=True)


def sent(shop, outside, message):
    outside.answer({"recipient_id": "PSID", "message_id": "m_OUT"})
    receipt = shop.send(message)
    assert (outside.last.method, outside.last.url, receipt.external_id) == ("POST", URL, "m_OUT")
    return outside.last.json


def test_a_text(shop, outside):
    assert sent(shop, outside, outbound(CAROL, "Hi", window=acted(hours=1))) == {
        "recipient": {"id": "PSID"},
        "messaging_type": "RESPONSE",
        "message": {"text": "Hi", "metadata": KEY},
    }


def test_an_answer_quotes_what_it_answers(shop, outside):
    assert sent(shop, outside, outbound(CAROL, quoted_id="m_AG5"))["reply_to"] == {"mid": "m_AG5"}


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("image/png", "image"),
        ("audio/mpeg", "audio"),
        ("video/mp4", "video"),
        ("application/pdf", "file"),
        ("text/csv", "file"),
    ],
)
def test_meta_fetches_files_from_our_address(shop, outside, content_type, kind):
    body = sent(shop, outside, outbound(CAROL, "", files=[file("a", content_type)]))
    assert body["message"]["attachment"] == {"type": kind, "payload": {"url": "https://desk.example.com/f/a"}}
    assert "text" not in body["message"]
    assert shop.capabilities.fetches_files


def test_words_and_files_go_in_messages_of_their_own(shop):
    message = outbound(CAROL, "Look", files=[file("a", "image/png"), file("b", "image/png")], quoted_id="m_1")
    assert [(part.text, len(part.files), part.quoted_id) for part in shop.parts(message)] == [
        ("Look", 0, "m_1"),
        ("", 1, ""),
        ("", 1, ""),
    ]


def test_a_long_text_is_cut_at_2000_signs(shop):
    assert [len(part.text) for part in shop.parts(outbound(CAROL, "가" * 2100))] == [2000, 100]


def test_thirteen_quick_replies_at_most(shop, outside):
    replies = [QuickReply(f"id-{n}", f"A choice with a number {n}") for n in range(20)]
    found = sent(shop, outside, outbound(CAROL, "Which?", quick_replies=replies))["message"]["quick_replies"]
    assert len(found) == 13
    assert found[0] == {"content_type": "text", "title": "A choice with a numb", "payload": "id-0"}


# ── The window ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_person_may_answer_for_seven_days(shop, outside):
    body = sent(shop, outside, outbound(CAROL, window=acted(hours=25)))
    assert (body["messaging_type"], body["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
    assert "tag" not in sent(shop, outside, outbound(CAROL, window=acted(hours=23)))
    assert shop.capabilities.human_window.days == 7


@pytest.mark.parametrize(
    ("config", "more"),
    [
        ({"has_human_agent": True}, {"window": acted(hours=25), "is_automatic": True}),
        ({"has_human_agent": True}, {"window": acted(days=7, hours=1)}),
        ({}, {"window": acted(hours=25)}),
    ],
)
def test_nobody_else_and_not_longer(outside, config, more):
    with pytest.raises(PermanentFailure) as caught:
        account("messenger", **config).send(outbound(CAROL, **more))
    assert (caught.value.trouble, outside.calls) == (Trouble.WINDOW, [])


def test_without_the_tag_there_is_no_longer_window():
    assert account("messenger").capabilities.human_window is None


def test_a_machine_may_answer_in_time(shop, outside):
    assert (
        sent(shop, outside, outbound(CAROL, window=acted(hours=23), is_automatic=True))["messaging_type"] == "RESPONSE"
    )


# ── Comments ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def commented(shop, outside, message):
    outside.answer({"id": "777_999"})
    receipt = shop.send(message)
    assert receipt.external_id == "777_999"
    return outside.last


def test_a_public_answer_stands_under_the_comment(shop, outside):
    asked = commented(shop, outside, outbound(CAROL, "20 euro", is_public=True, quoted_id="777_888"))
    assert (asked.url, asked.json) == (f"{GRAPH}/777_888/comments", {"message": "20 euro"})


def test_without_a_comment_it_stands_under_the_post(shop, outside):
    asked = commented(shop, outside, outbound(CAROL, "20 euro", is_public=True, thread_id=f"{PAGE}_777"))
    assert asked.url == f"{GRAPH}/{PAGE}_777/comments"


def test_a_visitors_post_is_answered_below_it(shop, outside):
    asked = commented(shop, outside, outbound(CAROL, "Thank you", is_public=True, quoted_id=f"post:{PAGE}_999"))
    assert asked.url == f"{GRAPH}/{PAGE}_999/comments"


def test_a_picture_goes_beside_the_words(shop, outside):
    message = outbound(CAROL, "Here", is_public=True, quoted_id="777_888", files=[file("a", "image/png")])
    [part] = shop.parts(message)
    asked = commented(shop, outside, part)
    assert asked.json == {"message": "Here", "attachment_url": "https://desk.example.com/f/a"}


def test_other_files_cannot_be_shown_in_public(shop, outside):
    with pytest.raises(PermanentFailure):
        shop.send(outbound(CAROL, "", is_public=True, quoted_id="777_888", files=[file("a", "application/pdf")]))
    assert outside.calls == []


def test_a_public_answer_may_be_longer_and_every_part_answers(shop):
    assert len(shop.parts(outbound(CAROL, "x" * 8000, is_public=True, quoted_id="777_888"))) == 1
    files = [file("a", "image/png"), file("b", "image/png")]
    parts = shop.parts(outbound(CAROL, "Both", is_public=True, quoted_id="777_888", files=files))
    assert [part.quoted_id for part in parts] == ["777_888", "777_888"]


def test_a_public_answer_has_no_window(shop, outside):
    commented(shop, outside, outbound(CAROL, is_public=True, quoted_id="777_888", window=acted(days=30)))


@pytest.mark.parametrize(
    ("quoted", "recipient"),
    [
        ("777_888", {"comment_id": "777_888"}),
        (f"post:{PAGE}_999", {"post_id": f"{PAGE}_999"}),
        ("a-comment", {"comment_id": "a-comment"}),
    ],
)
def test_a_comment_can_be_answered_privately(shop, outside, quoted, recipient):
    outside.answer({"message_id": "m_P"})
    handles = dict.fromkeys(["777_888", f"post:{PAGE}_999", "a-comment"], "2999-01-01T00:00:00+00:00")
    receipt = shop.send(outbound(CAROL, "In private", quoted_id=quoted, window=Window(handles=handles)))
    assert outside.last.json == {"recipient": recipient, "message": {"text": "In private", "metadata": KEY}}
    assert receipt.handles == {name: until for name, until in handles.items() if name != quoted}


def test_a_comment_whose_handle_was_lost_is_still_answered_privately(shop, outside):
    assert sent(shop, outside, outbound(CAROL, quoted_id="777_888"))["recipient"] == {"comment_id": "777_888"}


def test_a_comment_is_a_better_way_than_an_old_window(shop, outside):
    window = Window(acted_at=acted(hours=25).acted_at, handles=COMMENT)
    assert sent(shop, outside, outbound(CAROL, window=window))["recipient"] == {"comment_id": "777_888"}


def test_before_anybody_wrote_privately_the_comment_is_the_way(shop, outside):
    body = sent(shop, outside, outbound(CAROL, window=Window(handles=COMMENT)))
    assert body["recipient"] == {"comment_id": "777_888"}


@pytest.mark.parametrize(
    "window",
    [
        Window(handles={"777_888": "2020-01-01T00:00:00+00:00"}),
        Window(acted_at=acted(hours=1).acted_at, handles=COMMENT),
    ],
)
def test_afterwards_it_is_an_ordinary_message(shop, outside, window):
    body = sent(shop, outside, outbound(CAROL, window=window))
    assert body["recipient"] == {"id": "PSID"}


def test_an_ordinary_message_spends_no_handle(shop, outside):
    outside.answer({"message_id": "m_OUT"})
    assert shop.send(outbound(CAROL, window=acted(hours=1))).handles is None


# ── What is no message ───────────────────────────────────────────────────────────────────────────────────────────────
def test_typing_reading_and_reacting(shop, outside):
    for call, body in [
        (lambda: shop.show_typing(CAROL, Window()), {"sender_action": "typing_on"}),
        (lambda: shop.mark_read(CAROL, Window(), last_id="m_1"), {"sender_action": "mark_seen"}),
        (
            lambda: shop.react(CAROL, "m_1", "🎉"),
            {"sender_action": "react", "payload": {"message_id": "m_1", "reaction": "🎉"}},
        ),
        (lambda: shop.react(CAROL, "m_1", ""), {"sender_action": "unreact", "payload": {"message_id": "m_1"}}),
    ]:
        outside.answer({"recipient_id": "PSID"})
        call()
        assert (outside.last.url, outside.last.json) == (URL, {"recipient": {"id": "PSID"}, **body})


def test_a_comment_is_liked_in_public(shop, outside):
    for emoji, method in (("👍", "POST"), ("", "DELETE")):
        outside.answer({"success": True})
        shop.react(CAROL, "777_888", emoji, is_public=True)
        assert (outside.last.method, outside.last.url) == (method, f"{GRAPH}/777_888/likes")


def test_a_break_leaves_a_message_open_but_not_a_sign(shop, outside):
    outside.fail(UnknownOutcome("link"))
    with pytest.raises(UnknownOutcome):
        shop.send(outbound(CAROL))


def test_marks_are_written_out(shop):
    assert shop.render("**bold** [Shop](https://shop.example)") == ("bold Shop (https://shop.example)", "")
