"""What Instagram delivers, one payload file for each row of the reference's tables, comments and mentions."""

from datetime import UTC, datetime

import pytest

from channels_app.contract import (
    Address,
    Choice,
    ContactUpdate,
    DeliveryState,
    DeliveryUpdate,
    FileRole,
    InboundMessage,
    Knock,
    MessageDeleted,
    MessageEdited,
    Reaction,
    WindowUpdate,
)
from tests.channels_app.meta.samples import ACCOUNT, parsed

CAROL = Address("instagram", "IGSID", is_verified=True, is_local=True)
THEN = datetime.fromtimestamp(1780000000.123, UTC)
TOLD = datetime.fromtimestamp(1780000000, UTC)
CDN = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1&signature=x"
LOGINS = pytest.mark.parametrize("login", ["facebook", "instagram"])


def read(name, **config):
    return parsed("instagram", name, **config)


def only(name, **config):
    [found] = read(name, **config)
    return found


@LOGINS
def test_a_text_comes_by_either_login(login):
    said = only("text", login=login)
    assert (said.external_id, said.sender, said.text, said.sent_at) == ("aWdf1", CAROL, "hi", THEN)
    assert (said.opens_window, said.notices, said.details) == (True, [], {})


def test_a_quote_names_the_quoted_message():
    assert only("reply").quoted_id == "aWdf_prev"


def test_an_answer_to_a_story_brings_the_story():
    said = only("story_reply")
    assert [(one.url, one.role) for one in said.files] == [(CDN, FileRole.STORY)]
    assert (said.text, said.details, said.quoted_id) == ("Nice", {"story": "1799"}, "")


def test_a_mention_in_a_story_opens_the_window():
    said = only("story_mention")
    assert ([one.role for one in said.files], said.opens_window) == ([FileRole.STORY], True)


@pytest.mark.parametrize(
    ("kind", "name", "content_type", "role"),
    [
        ("image", "image.jpg", "image/jpeg", FileRole.FILE),
        ("video", "video.mp4", "video/mp4", FileRole.FILE),
        ("audio", "audio.m4a", "audio/mp4", FileRole.VOICE),
        ("file", "file.bin", "application/octet-stream", FileRole.FILE),
        ("share", "share.jpg", "image/jpeg", FileRole.FILE),
        ("ig_post", "ig_post.jpg", "image/jpeg", FileRole.FILE),
        ("ig_reel", "ig_reel.mp4", "video/mp4", FileRole.FILE),
        ("reel", "reel.mp4", "video/mp4", FileRole.FILE),
        ("ig_story", "ig_story.jpg", "image/jpeg", FileRole.STORY),
        ("story", "story.jpg", "image/jpeg", FileRole.STORY),
        ("media", "media.jpg", "image/jpeg", FileRole.FILE),
    ],
)
def test_every_kind_of_attachment(kind, name, content_type, role):
    [found] = only(f"attachment_{kind}").files
    assert (found.name, found.content_type, found.role, found.url) == (name, content_type, role, CDN)


def test_what_belongs_to_a_private_account_still_comes_in():
    assert only("share_private").notices == ["unsupported"]
    assert only("unsupported").notices == ["unsupported"]


def test_a_message_taken_back():
    assert only("deleted") == MessageDeleted("aWdf1", at=THEN)


def test_an_edit_counts_from_one():
    assert only("edit") == MessageEdited("aWdf1", "hello", at=THEN)
    assert read("edit_zero") == []


def test_what_was_typed_in_the_app_is_an_echo():
    said = only("echo")
    assert (said.is_echo, said.text, said.to, said.sender.value) == (True, "From the app", [CAROL], ACCOUNT)


def test_our_own_echo_has_no_key_and_is_passed_over():
    assert read("echo_own") == []
    assert only("echo_own", app_id="").is_echo


def test_a_touch_says_its_title():
    assert only("quick_reply").choice == Choice("PICK_GREEN", "Green")
    said = only("ice_breaker")
    assert (said.external_id, said.text, said.choice) == ("aWdf11", "Opening hours?", Choice("HOURS", "Opening hours?"))


def test_the_advertisement_is_kept():
    referral = only("from_ad").details["referral"]
    assert (referral["ref"], referral["ad_title"], referral["ad_id"]) == ("spring", "Spring", "77")


def test_a_reaction_and_its_end():
    assert only("reaction") == Reaction("aWdf_OUT", CAROL, emoji="❤️", at=THEN, opens_window=True)
    assert only("unreact") == Reaction("aWdf_OUT", CAROL, is_removed=True, at=THEN)


def test_reading_one_message_is_having_seen_those_above():
    assert read("seen") == [
        DeliveryUpdate(DeliveryState.READ, external_id="aWdf_OUT", at=THEN),
        DeliveryUpdate(DeliveryState.READ, address=CAROL, watermark=THEN, at=THEN),
    ]


def test_a_followed_link_opens_the_window():
    assert read("referral") == [ContactUpdate(CAROL, facts={"referral": "bio"}), WindowUpdate(CAROL, at=THEN)]


def test_another_account_is_not_ours():
    assert read("other_account") == []


# ── In public ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_comment_is_public_and_lets_us_answer_privately_once():
    said = only("comment")
    assert (said.external_id, said.text, said.sent_at, said.thread_id) == ("1801", "How much?", TOLD, "1789")
    assert (said.sender.value, said.sender.name) == ("IGSID", "@carol.k")
    assert (said.is_public, said.opens_window, said.quoted_id) == (True, False, "")
    assert said.handles == {"1801": "2026-06-04T20:26:40+00:00"}
    assert said.details == {"media": {"id": "1789", "media_product_type": "FEED"}}


def test_a_comment_that_is_no_text_still_comes_in():
    assert only("comment_empty").notices == ["unsupported"]
    assert (only("comment").notices, only("mentioned").notices) == ([], [])


def test_a_reply_names_the_comment_above():
    assert only("comment_reply").quoted_id == "1801"


def test_a_comment_on_a_live_broadcast_cannot_be_answered_later():
    assert only("comment_live").handles == {}


@pytest.mark.parametrize("name", ["comment_own", "mentioned_own"])
def test_our_own_words_are_no_message(name):
    assert read(name) == []


@pytest.mark.parametrize("name", ["comment", "mention_comment"])
def test_comments_stay_away_where_they_are_not_wanted(name):
    assert read(name, takes_comments=False) == []


def test_a_mention_has_to_be_asked_for():
    assert only("mention_comment") == Knock({"media_id": "1795", "comment_id": "1805"})
    assert only("mention_media") == Knock({"media_id": "1796"})


def test_a_mention_that_was_asked_for_is_a_message():
    said = only("mentioned")
    assert isinstance(said, InboundMessage)
    assert (said.external_id, said.thread_id) == ("mention:1795:1805", "mention:1795")
    assert (said.sender.value, said.sender.name, said.text) == ("@dave", "@dave", "@moment wow")
    assert (said.is_public, said.opens_window, said.handles) == (True, False, {})
    assert (said.sent_at, said.details) == (TOLD, {"url": "https://www.instagram.com/p/x/"})
