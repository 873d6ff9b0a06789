"""What Messenger delivers, one payload file for each row of the reference's tables, and comments on the Page."""

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
    Location,
    MessageDeleted,
    MessageEdited,
    Reaction,
    WindowUpdate,
)
from tests.channels_app.meta.samples import PAGE, parsed

CAROL = Address("messenger", "PSID", is_verified=True, is_local=True)
THEN = datetime.fromtimestamp(1780000000.1, UTC)
MARK = datetime.fromtimestamp(1780000000.05, UTC)
KEY = "d" * 32


def read(name, **config):
    return parsed("messenger", name, **config)


def only(name):
    [found] = read(name)
    return found


def test_a_text():
    said = only("text")
    assert (said.external_id, said.sender, said.text, said.sent_at) == ("m_AG5", CAROL, "안녕하세요", THEN)
    assert (said.opens_window, said.is_echo, said.is_public) == (True, False, False)
    assert (said.notices, said.details, said.to) == ([], {}, [])


def test_a_quote_names_the_quoted_message():
    assert only("reply").quoted_id == "m_prev"


def test_a_quick_reply_is_a_choice():
    said = only("quick_reply")
    assert (said.text, said.choice) == ("Green", Choice("PICK_GREEN", "Green"))


def test_the_advertisement_is_kept():
    assert only("from_ad").details["referral"] == {
        "ad_title": "Spring",
        "photo_url": "https://scontent.xx.fbcdn.net/p.jpg",
        "ref": "spring",
        "source": "ADS",
        "type": "OPEN_THREAD",
        "ad_id": "77",
    }


@pytest.mark.parametrize(
    ("name", "file", "content_type", "role"),
    [
        ("image", "photo.png", "image/png", FileRole.FILE),
        ("sticker", "like.png", "image/png", FileRole.STICKER),
        ("audio", "audioclip-1.mp4", "audio/mp4", FileRole.VOICE),
        ("video", "v.mp4", "video/mp4", FileRole.FILE),
        ("file", "bill.pdf", "application/pdf", FileRole.FILE),
    ],
)
def test_a_file_is_fetched_by_its_address(name, file, content_type, role):
    said = only(name)
    [found] = said.files
    assert (found.name, found.content_type, found.role) == (file, content_type, role)
    assert found.url.startswith("https://")
    assert (said.text, said.notices) == ("", [])


def test_several_pictures_come_with_their_words():
    said = only("images")
    assert ([one.name for one in said.files], said.text) == (["a.jpg", "b.jpg"], "both")


def test_a_shared_link_is_no_file():
    said = only("reel")
    assert (said.text, said.files) == ("Our reel\nhttps://www.facebook.com/reel/123", [])
    said = only("fallback")
    assert said.text == "see https://shop.example/a\nA lamp"


def test_a_share_without_anything_still_comes_in():
    assert only("fallback_bare").notices == ["unsupported"]


def test_a_place_of_the_past():
    said = only("location")
    assert (said.location, said.text) == (Location(37.5, 127.0, name="Carol's place"), "")


def test_what_was_typed_in_the_pages_inbox_is_an_echo():
    said = only("echo_inbox")
    assert (said.is_echo, said.text, said.to, said.echo_key) == (True, "From the inbox", [CAROL], "")
    assert (said.sender.value, said.opens_window) == (PAGE, False)


def test_our_own_echo_brings_our_key_back():
    said = only("echo_own")
    assert (said.is_echo, said.external_id, said.echo_key) == (True, "m_O", KEY)


def test_a_template_that_another_tool_sent_shows_its_words():
    assert only("template").text == "Pick one"


@pytest.mark.parametrize(("name", "emoji", "is_removed"), [("reaction", "❤️", False), ("reaction_named", "😆", False)])
def test_a_reaction(name, emoji, is_removed):
    assert only(name) == Reaction("m_OUT", CAROL, emoji=emoji, is_removed=is_removed, at=THEN, opens_window=True)


def test_a_reaction_taken_back():
    assert only("unreact") == Reaction("m_OUT", CAROL, is_removed=True, at=THEN)


def test_an_edit():
    assert only("edit") == MessageEdited("m_AG5", "Hello again", at=THEN)


def test_a_postback_says_its_title():
    said = only("postback")
    assert (said.external_id, said.text, said.choice) == ("m_PB", "Get Started", Choice("START", "Get Started"))
    assert said.details["referral"]["ref"] == "qr-7"


def test_a_postback_without_an_id_gets_one_of_its_own():
    assert only("postback_bare").external_id == "postback:PSID:1780000000100"


def test_a_delivery_names_messages_and_all_before():
    assert read("delivery") == [
        DeliveryUpdate(DeliveryState.DELIVERED, external_id="m_OUT", at=THEN),
        DeliveryUpdate(DeliveryState.DELIVERED, address=CAROL, watermark=MARK, at=THEN),
    ]
    assert read("delivery_bare") == [DeliveryUpdate(DeliveryState.DELIVERED, address=CAROL, watermark=MARK, at=THEN)]


def test_reading_names_all_before():
    mark = datetime.fromtimestamp(1780000000.06, UTC)
    assert read("read") == [DeliveryUpdate(DeliveryState.READ, address=CAROL, watermark=mark, at=THEN)]


def test_a_followed_link_opens_the_window():
    update, opened = read("referral")
    assert update == ContactUpdate(CAROL, facts={"referral": "shop-window"})
    assert opened == WindowUpdate(CAROL, at=THEN)


@pytest.mark.parametrize("name", ["handover", "optin", "other_page"])
def test_what_does_not_concern_a_customer_of_ours_says_nothing(name):
    assert read(name) == []


def test_what_another_app_answers_is_still_listened_to():
    said = only("standby")
    assert (said.text, said.details) == ("to the bot", {"standby": True})


def test_every_event_of_every_entry_is_read():
    assert [item.external_id for item in read("batch")] == ["m_1", "m_2", "m_3"]


# ── In public ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_comment_is_public_and_lets_us_answer_privately_once():
    said = only("comment")
    assert (said.external_id, said.text, said.sender.name) == ("777_888", "How much is it?", "Carol Kim")
    assert (said.sender.kind, said.sender.value, said.thread_id, said.quoted_id) == (
        "messenger",
        "PSID",
        f"{PAGE}_777",
        "",
    )
    assert (said.is_public, said.opens_window) == (True, False)
    assert said.handles == {"777_888": "2026-06-04T20:26:40+00:00"}
    assert said.details == {"url": "https://www.facebook.com/x/posts/777"}


def test_a_reply_names_the_comment_above():
    assert only("comment_reply").quoted_id == "777_888"


def test_a_picture_as_a_comment():
    said = only("comment_photo")
    assert ([one.url for one in said.files], said.notices) == (["https://scontent.xx.fbcdn.net/c.jpg"], [])


def test_a_film_as_a_comment():
    [found] = only("comment_video").files
    assert (found.content_type, found.name) == ("video/mp4", "comment.mp4")


def test_a_comment_of_nobody_is_no_message():
    assert read("comment_nobody") == []


def test_a_comment_edited_or_removed():
    assert only("comment_edited") == MessageEdited("777_888", "How much is the blue one?")
    assert only("comment_removed") == MessageDeleted("777_888")


def test_a_visitors_post():
    said = only("post_visitor")
    assert (said.external_id, said.thread_id) == (f"post:{PAGE}_999", f"{PAGE}_999")
    assert (said.text, said.is_public, list(said.handles)) == ("Lovely shop", True, [f"post:{PAGE}_999"])


def test_a_mention_elsewhere():
    said = only("mention")
    assert (said.external_id, said.sender.name, said.text) == ("666_1", "Carol Kim", "Moment, look")


@pytest.mark.parametrize("name", ["comment_own", "post_own", "comment_hidden", "like"])
def test_what_we_did_ourselves_or_nobody_said_is_no_message(name):
    assert read(name) == []


@pytest.mark.parametrize("name", ["comment", "post_visitor", "mention"])
def test_comments_stay_away_where_they_are_not_wanted(name):
    assert isinstance(only(name), InboundMessage)
    assert read(name, takes_comments=False) == []
