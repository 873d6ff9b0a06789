"""What a visitor left unread follows by another channel, once."""

from datetime import timedelta

import pytest

from channels_app import connectors
from channels_app.contract import Capabilities, OutboundMessage, Receipt
from channels_app.models import Channel
from conversations.actions import delivery, joining, replies
from conversations.actions.following import follow_up_due
from conversations.models import Attachment, Conversation, Delivery, Message, Rung
from conversations.reach import routes_of
from conversations.tokens import conversation_of
from customers.actions import identify
from tests.conversations.test_webchat_talk import PNG, put
from tests.conversations.webchat import host_token
from tests.postcard import Postcard


class Telegraph(Postcard):
    """Reaches e-mail addresses and may bring what was left unread elsewhere."""

    kind = "telegraph"
    capabilities = Capabilities(takes_whole=True, identity_kind="email", can_start=True, carries_follow_ups=True)

    def send(self, message: OutboundMessage) -> Receipt:
        return super().send(message)


@pytest.fixture
def telegraph(db, monkeypatch) -> Channel:
    monkeypatch.setitem(connectors.REGISTRY, "telegraph", "tests.conversations.test_following.Telegraph")
    connectors.get.cache_clear()
    return Channel.objects.create(kind="telegraph", name="Telegraph")


def answered(panel, by, *texts) -> Conversation:
    """The visitor wrote, an agent answered in so many messages, and the panel has pulled none of them."""
    conversation = Conversation.objects.get()
    route = next(route for route in routes_of(conversation) if route.channel == panel.channel)
    for text in texts:
        message = replies.reply(conversation, by=by, text=text, route=route)
        delivery.deliver(message.deliveries.get().pk)
    return conversation


def pass_minutes(minutes: int) -> None:
    for row in Delivery.objects.exclude(sent_at=None):
        Delivery.objects.filter(pk=row.pk).update(sent_at=row.sent_at - timedelta(minutes=minutes))


def follow_up() -> list[OutboundMessage]:
    """Let the sweep run and a worker send what it queued."""
    follow_up_due()
    for pk in delivery.due():
        delivery.deliver(pk)
    return Postcard.posted


def give_address(panel, address="carol@example.com") -> None:
    panel.enter()
    assert panel.post("prechat/", {"email": address}).status_code == 200


def test_an_unread_answer_follows_to_the_address_the_visitor_gave(panel, telegraph, bob):
    give_address(panel)
    panel.say("Where is my parcel?")
    conversation = answered(panel, bob, "It is on its way.", "It comes tomorrow.")
    assert follow_up() == []
    pass_minutes(4)
    [sent] = follow_up()
    assert sent.recipient.value == "carol@example.com"
    assert "It is on its way." in sent.text
    assert "It comes tomorrow." in sent.text
    assert conversation_of(sent.reply_token) == conversation.pk
    assert conversation.messages.filter(kind="outbound").count() == 3


def test_the_agent_sees_that_it_was_sent_on(panel, telegraph, bob, client):
    client.force_login(bob)
    give_address(panel)
    panel.say("Hello")
    conversation = answered(panel, bob, "Good day")
    mark = "sent on, because it was unread"
    assert mark not in client.get(f"/conversations/{conversation.pk}/").content.decode()
    pass_minutes(4)
    follow_up()
    assert mark in client.get(f"/conversations/{conversation.pk}/").content.decode()


def test_it_follows_once(panel, telegraph, bob):
    give_address(panel)
    panel.say("Hello")
    answered(panel, bob, "Good day")
    pass_minutes(4)
    assert len(follow_up()) == 1
    pass_minutes(60)
    assert len(follow_up()) == 1


def test_what_was_read_does_not_follow(panel, telegraph, bob):
    give_address(panel)
    panel.say("Hello")
    answered(panel, bob, "Good day")
    newest = panel.get("messages/").json()["messages"][-1]
    panel.post("read/", {"up_to": newest["id"]})
    pass_minutes(4)
    assert follow_up() == []


def test_what_the_panel_has_but_nobody_read_follows(panel, telegraph, bob):
    give_address(panel)
    panel.say("Hello")
    answered(panel, bob, "Good day")
    assert panel.texts() == ["Hello", "Good day"]
    pass_minutes(4)
    assert len(follow_up()) == 1


def test_without_an_address_nothing_follows_and_a_later_address_gets_no_old_answer(panel, telegraph, bob):
    panel.say("Hello")
    answered(panel, bob, "Good day")
    pass_minutes(4)
    assert follow_up() == []
    give_address(panel)
    assert follow_up() == []


def test_a_proven_address_comes_before_a_claimed_one(panel, shop, telegraph, bob):
    panel.enter(jwt=host_token(shop, email="proven@example.com"))
    panel.post("prechat/", {"email": "claimed@example.com"})
    panel.say("Hello")
    answered(panel, bob, "Good day")
    pass_minutes(4)
    [sent] = follow_up()
    assert sent.recipient.value == "proven@example.com"


def test_an_address_known_to_be_dead_is_not_written_to(panel, shop, telegraph, bob):
    panel.enter(jwt=host_token(shop, email="carol@example.com"))
    panel.say("Hello")
    identify("email", "carol@example.com").customer.identities.filter(kind="email").update(unreachable_reason="bounced")
    answered(panel, bob, "Good day")
    pass_minutes(4)
    assert follow_up() == []


def test_the_panel_does_not_show_the_answer_a_second_time(panel, shop, telegraph, bob):
    panel.enter(jwt=host_token(shop, email="carol@example.com"))
    panel.say("Hello")
    answered(panel, bob, "Good day")
    pass_minutes(4)
    assert len(follow_up()) == 1
    assert panel.texts() == ["Hello", "Good day"]


def test_files_go_along(panel, telegraph, bob):
    give_address(panel)
    panel.say("Hello")
    conversation = answered(panel, bob, "Here is the label")
    put(panel)
    Attachment.objects.update(message=conversation.messages.get(text="Here is the label"))
    pass_minutes(4)
    [sent] = follow_up()
    assert [(file.name, file.read()) for file in sent.files] == [("photo.png", PNG)]


def test_the_answer_to_what_followed_comes_into_the_same_conversation(panel, telegraph, bob, post):
    give_address(panel)
    panel.say("Hello")
    conversation = answered(panel, bob, "Good day")
    pass_minutes(4)
    [sent] = follow_up()
    reply = post("carol@example.com", "Thank you", to=telegraph, reply_token=sent.reply_token)
    assert reply.conversation == conversation
    assert reply.placement == Message.Placement.REPLY_TOKEN


def test_an_automatic_answer_does_not_follow(panel, telegraph, bob):
    give_address(panel)
    panel.say("Hello")
    answered(panel, bob, "Good day")
    Message.objects.filter(kind="outbound").update(is_automatic=True)
    pass_minutes(4)
    assert follow_up() == []


def test_once_merged_the_claim_is_no_longer_needed(panel, telegraph, bob, ada):
    give_address(panel)
    panel.say("Hello")
    conversation = answered(panel, bob, "Good day")
    joining.accept_claim(conversation.customer.claims.get(), by=ada)
    pass_minutes(4)
    [sent] = follow_up()
    assert sent.recipient.value == "carol@example.com"


def test_what_is_days_old_is_left_alone(panel, telegraph, bob):
    give_address(panel)
    panel.say("Hello")
    answered(panel, bob, "Good day")
    pass_minutes(3 * 24 * 60)
    assert follow_up() == []


def planned(conversation: Conversation, through: Channel, state: str) -> Rung:
    """A plan by which the agent's last answer goes on."""
    identity = identify("email", "dave@example.com")
    last = conversation.messages.filter(kind="outbound").last()
    return Rung.objects.create(
        message=last, number=1, channel=through, identity=identity, after_minutes=600, state=state
    )


@pytest.mark.parametrize(("state", "follows"), [("waiting", False), ("sent", False), ("skipped", True)])
def test_an_answer_with_a_plan_is_left_to_its_plan(panel, telegraph, bob, state, follows):
    give_address(panel)
    panel.say("Hello")
    planned(answered(panel, bob, "Good day"), telegraph, state)
    pass_minutes(4)
    assert bool(follow_up()) is follows


def test_what_was_read_on_another_channel_does_not_follow(panel, telegraph, bob):
    give_address(panel)
    panel.say("Hello")
    last = answered(panel, bob, "Good day").messages.filter(kind="outbound").last()
    Delivery.objects.create(message=last, channel=telegraph, address="7", state="read")
    pass_minutes(4)
    assert follow_up() == []


def test_what_was_read_before_its_copy_could_be_sent_is_not_sent(panel, telegraph, bob):
    give_address(panel)
    panel.say("Hello")
    answered(panel, bob, "Good day", "And welcome")
    pass_minutes(4)
    follow_up_due()
    first, newest = (one["id"] for one in panel.get("messages/").json()["messages"][-2:])
    panel.post("read/", {"up_to": first})
    copy = Delivery.objects.get(channel=telegraph)
    assert not delivery._is_needless(copy), "the second answer is still unread"
    panel.post("read/", {"up_to": newest})
    delivery.deliver(copy.pk)
    copy.refresh_from_db()
    assert (copy.state, Postcard.posted) == ("cancelled", [])
