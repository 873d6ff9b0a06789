"""What Instagram is handed, as JSON, and when it may be."""

import hashlib
import json

import pytest

from channels_app.contract import Address, PermanentFailure, QuickReply, Window
from tests.channels_app.meta.samples import ACCOUNT, PAGE, SECRETS, account
from tests.channels_app.meta.things import acted, file
from tests.channels_app.outside import outbound

CAROL = Address("instagram", "IGSID", is_local=True)
GRAPHS = {"facebook": "https://graph.facebook.com/v24.0", "instagram": "https://graph.instagram.com/v24.0"}
SENDERS = {"facebook": PAGE, "instagram": ACCOUNT}
# What is noted of the token: that it lives for long, so that no test renews it by the way.
DIGEST = hashlib.sha256(SECRETS["access_token"].encode()).hexdigest()[:16]
FRESH = "2999-01-01T00:00:00+00:00"


@pytest.fixture(params=["facebook", "instagram"])
def login(request):
    return request.param


@pytest.fixture
def shop(login):
    found = account("instagram", login=login, has_human_agent=True)
    found.account.secrets = {**found.account.secrets, "token_state": json.dumps({"of": DIGEST, "ends_at": FRESH})}
    return found


def sent(shop, outside, message):
    outside.answer({"recipient_id": "IGSID", "message_id": "aWdf_OUT"})
    assert shop.send(message).external_id == "aWdf_OUT"
    return outside.last.json


def test_a_text_goes_to_the_host_of_the_login(shop, outside, login):
    body = sent(shop, outside, outbound(CAROL, "Hello", window=acted(hours=1)))
    assert body == {"recipient": {"id": "IGSID"}, "message": {"text": "Hello"}}
    assert outside.last.url == f"{GRAPHS[login]}/{SENDERS[login]}/messages"
    assert outside.last.headers == {"Authorization": "Bearer EAAG-an-access-token-of-some-length"}


def test_an_answer_quotes_what_it_answers(shop, outside):
    assert sent(shop, outside, outbound(CAROL, quoted_id="aWdf1"))["reply_to"] == {"mid": "aWdf1"}


def test_a_file_is_fetched_from_our_address(shop, outside):
    body = sent(shop, outside, outbound(CAROL, "", files=[file("a.mp4", "video/mp4")]))
    assert body["message"] == {"attachment": {"type": "video", "payload": {"url": "https://desk.example.com/f/a.mp4"}}}


def test_quick_replies(shop, outside):
    body = sent(shop, outside, outbound(CAROL, "Which?", quick_replies=[QuickReply("a", "A")]))
    assert body["message"]["quick_replies"] == [{"content_type": "text", "title": "A", "payload": "a"}]


def test_a_text_is_cut_at_a_thousand_bytes(shop):
    parts = shop.parts(outbound(CAROL, "가" * 400))
    assert [len(part.text.encode()) for part in parts] == [999, 201]


def test_a_person_may_answer_for_seven_days(shop, outside):
    body = sent(shop, outside, outbound(CAROL, window=acted(days=2)))
    assert (body["messaging_type"], body["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
    with pytest.raises(PermanentFailure):
        shop.send(outbound(CAROL, window=acted(days=2), is_automatic=True))


def test_a_heart_and_its_end(shop, outside):
    outside.answer({})
    shop.react(CAROL, "aWdf1", "❤️")
    assert outside.last.json["payload"] == {"message_id": "aWdf1", "reaction": "❤️"}
    assert shop.capabilities.reactions == ("❤️",)


def test_comments_cannot_be_liked(shop, outside):
    with pytest.raises(PermanentFailure):
        shop.react(CAROL, "1801", "❤️", is_public=True)
    assert outside.calls == []


# ── Comments ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("named", "path", "body"),
    [
        ({"quoted_id": "1801"}, "1801/replies", {"message": "20 euro"}),
        ({"thread_id": "1789"}, "1789/comments", {"message": "20 euro"}),
        (
            {"quoted_id": "mention:1795:1805"},
            f"{ACCOUNT}/mentions",
            {"message": "20 euro", "media_id": "1795", "comment_id": "1805"},
        ),
        ({"thread_id": "mention:1796"}, f"{ACCOUNT}/mentions", {"message": "20 euro", "media_id": "1796"}),
    ],
)
def test_a_public_answer_stands_where_it_was_asked(shop, outside, login, named, path, body):
    outside.answer({"id": "1900"})
    assert shop.send(outbound(CAROL, "20 euro", is_public=True, **named)).external_id == "1900"
    assert (outside.last.url, outside.last.json) == (f"{GRAPHS[login]}/{path}", body)


def test_a_public_answer_is_words_alone(shop, outside):
    with pytest.raises(PermanentFailure):
        shop.send(outbound(CAROL, "", is_public=True, quoted_id="1801", files=[file("a.png", "image/png")]))
    assert outside.calls == []


def test_a_comment_is_answered_privately_once(shop, outside):
    outside.answer({"recipient_id": "IGSID", "message_id": "aWdf_P"})
    receipt = shop.send(outbound(CAROL, "In private", quoted_id="1801", window=Window(handles={"1801": FRESH})))
    assert outside.last.json == {"recipient": {"comment_id": "1801"}, "message": {"text": "In private"}}
    assert receipt.handles == {}
