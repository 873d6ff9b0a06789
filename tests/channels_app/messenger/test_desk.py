"""From a comment below a post to a private conversation, through the desk."""

import pytest
from django.utils import timezone

from channels_app.models import Channel
from channels_app.signatures import hmac_hex
from conversations.actions import delivery, replies
from conversations.models import Message
from conversations.reach import routes_of
from tests.channels_app.meta.samples import ACCOUNTS, PAGE, SECRETS, path

pytestmark = pytest.mark.django_db
GRAPH = "https://graph.facebook.com/v24.0"


@pytest.fixture
def shop(db):
    config = {**ACCOUNTS["messenger"], "has_human_agent": True}
    return Channel.objects.create(kind="messenger", name="Page", token="shop-hook", config=config, secrets=SECRETS)


@pytest.fixture
def comment(shop, client):
    """Carol's comment of just now: a private reply can only be sent for seven days."""
    return received(client, fresh("comment")).conversation


def fresh(name):
    """A payload file as if Meta had sent it at this moment."""
    now = int(timezone.now().timestamp())
    return path("messenger", name).read_bytes().replace(b"1780000000", str(now).encode())


def received(client, body):
    signature = f"sha256={hmac_hex(SECRETS['app_secret'], body)}"
    answer = client.post(
        "/hooks/shop-hook/", body, content_type="application/json", headers={"X-Hub-Signature-256": signature}
    )
    assert answer.status_code == 200
    return Message.objects.latest("pk")


def answered(conversation, ada, text, **more):
    message = replies.reply(conversation, by=ada, text=text, route=routes_of(conversation)[0], **more)
    delivery.deliver(message.deliveries.get().pk)
    return message.deliveries.get()


def test_a_comment_is_answered_where_it_stands(comment, ada, outside):
    outside.answer({"id": "777_999"})
    sent = answered(comment, ada, "20 euro")
    assert (sent.state, sent.external_id) == ("sent", "777_999")
    assert (outside.last.url, outside.last.json) == (f"{GRAPH}/777_888/comments", {"message": "20 euro"})


def test_it_is_answered_privately_once(comment, ada, outside):
    outside.answer({"recipient_id": "PSID", "message_id": "m_P"})
    assert answered(comment, ada, "Between us", is_public=False).state == "sent"
    assert (outside.last.url, outside.last.json["recipient"]) == (f"{GRAPH}/{PAGE}/messages", {"comment_id": "777_888"})
    # Nothing else lets us write until Carol does.
    again = answered(comment, ada, "And another thing", is_public=False)
    assert (again.state, again.code) == ("failed", "window")
    assert len(outside.calls) == 1


def test_after_a_week_it_can_still_be_answered_in_public(shop, client, ada, outside):
    old = received(client, path("messenger", "comment").read_bytes()).conversation
    refused = answered(old, ada, "Between us", is_public=False)
    assert (refused.state, outside.calls) == ("failed", [])
    outside.answer({"id": "777_999"})
    assert answered(old, ada, "20 euro").state == "sent"


def test_an_echo_that_overtakes_the_answer_is_the_same_message(shop, client, ada, outside):
    talk = received(client, fresh("text")).conversation
    message = replies.reply(talk, by=ada, text="Ours", route=routes_of(talk)[0])
    key = message.deliveries.get().key.hex
    received(client, fresh("echo_own").replace(b"d" * 32, key.encode()))
    outside.answer({"recipient_id": "PSID", "message_id": "m_O"})
    delivery.deliver(message.deliveries.get().pk)
    assert Message.objects.filter(conversation=talk, kind="outbound").count() == 1
    assert message.deliveries.get().external_id == "m_O"


def test_somebody_who_was_gone_and_writes_again_can_be_answered(shop, client, ada, outside):
    talk = received(client, fresh("text")).conversation
    outside.answer({"error": {"code": 551, "message": "This person isn't available right now."}}, 400)
    assert answered(talk, ada, "Hello?").state == "failed"
    assert not routes_of(talk)[0].is_usable
    received(client, fresh("reply"))
    outside.answer({"recipient_id": "PSID", "message_id": "m_OUT"})
    assert answered(talk, ada, "Welcome back").state == "sent"
