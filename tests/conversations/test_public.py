"""What everybody can read and what nobody else may read never stand in one episode."""

import pytest

from conversations.actions import delivery, replies
from conversations.models import Conversation, Delivery, Event, Message
from conversations.reach import routes_of
from conversations.refusal import Refused
from tests.postcard import Postcard

pytestmark = pytest.mark.django_db


@pytest.fixture
def comment(post) -> Message:
    """Carol said something below a post of ours."""
    return post("Carol", "Where is my parcel?", is_public=True, thread_id="post-1")


def test_public_words_open_a_public_conversation(comment):
    assert comment.is_public
    assert comment.conversation.is_public
    assert comment.placement == "public"


def test_public_words_never_join_an_open_private_conversation_but_name_it(post):
    private = post("Carol", "Hello").conversation
    comment = post("Carol", "Nobody answers me!", is_public=True)
    assert comment.conversation != private
    assert Event.objects.get(kind="suggested").data["other"] == private.pk


def test_private_words_never_join_an_open_public_conversation_but_name_it(comment, post):
    private = post("Carol", "My number is 5").conversation
    assert (private.is_public, Event.objects.get(kind="suggested").data["other"]) == (False, comment.conversation_id)
    assert post("Carol", "And my name is Carol").conversation == private


def test_public_words_go_on_below_the_same_post_only(comment, post):
    assert post("Carol", "Hello?", is_public=True, thread_id="post-1").conversation == comment.conversation
    assert post("Carol", "Nice", is_public=True, thread_id="post-2").conversation != comment.conversation


def test_same_thread_does_not_mix_what_is_public_with_what_is_not(comment, post):
    assert post("Carol", "Between us", thread_id="post-1").conversation != comment.conversation


def answer(comment: Message, by, **more) -> Message:
    way = routes_of(comment.conversation)[0]
    message = replies.reply(comment.conversation, by=by, text="We look", route=way, **more)
    delivery.deliver(message.deliveries.get().pk)
    return message


def test_answer_in_public_stands_below_what_was_said(comment, ada):
    assert answer(comment, ada).is_public
    [posted] = Postcard.posted
    assert (posted.is_public, posted.quoted_id, posted.thread_id) == (True, comment.external_id, "post-1")


def test_answer_can_go_to_the_customer_alone(comment, ada):
    assert not answer(comment, ada, is_public=False, in_reply_to=comment).is_public
    [posted] = Postcard.posted
    assert (posted.is_public, posted.quoted_id) == (False, comment.external_id)


def test_private_conversation_is_not_answered_in_public(carol, ada, route):
    with pytest.raises(Refused, match="private"):
        replies.reply(carol, by=ada, text="Hi", route=route(carol), is_public=True)
    assert not Delivery.objects.exists()


def test_answer_to_our_private_reply_does_not_lead_back_into_public(comment, ada, post):
    answer(comment, ada, is_public=False)
    quoted = Delivery.objects.get().external_id
    assert not post("Carol", "Thanks", quoted_id=quoted).conversation.is_public


def test_echo_of_a_public_answer_is_public(comment, tell):
    tell(
        {
            "id": "e1",
            "from": "Desk",
            "to": ["Carol"],
            "is_echo": True,
            "text": "Hi",
            "is_public": True,
            "thread_id": "post-1",
        }
    )
    assert Message.objects.get(external_id="e1").is_public
    assert Conversation.objects.count() == 1
