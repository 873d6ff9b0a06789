"""One customer, six channels, one conversation: she goes on wherever she is, and the desk answers where she is."""

import pytest

from channels_app.models import Channel
from channels_app.simulator.doings import Act, Card
from channels_app.simulator.people import CAST
from conversations.actions import joining, moving, visiting
from conversations.models import Delivery, Intake, Message, Visitor
from customers.models import Customer

pytestmark = pytest.mark.django_db

HANEUL = CAST[0]


def answered(line, conversation, text, by) -> Delivery:
    """An agent's answer by the way that the composer offers first, sent; what the phone shows of it is checked."""
    sent = line.answers(conversation, text, by)
    assert sent.state in (Delivery.State.SENT, Delivery.State.DELIVERED), sent.detail
    assert line.phone(HANEUL)[-1].text == text
    return sent


def test_one_customer_goes_over_six_channels_in_one_conversation(line, ada, bob):
    whatsapp, sms, telegram, kakao, line_app = (
        line(kind) for kind in ("whatsapp", "twilio", "telegram", "kakao", "line")
    )

    # 1. She begins on WhatsApp, which vouches for her number.
    first = whatsapp.says("My parcel says delivered, but it is not here", HANEUL)
    conversation = first.conversation
    asked = answered(whatsapp, conversation, "I am asking the courier. Which address?", bob)
    whatsapp.reports()
    whatsapp.plays(Act.READ, HANEUL)
    asked.refresh_from_db()
    assert asked.state == Delivery.State.READ

    # 2. No internet on the train: a text message from the same number.
    second = sms.says("Mapo-gu, building 103", HANEUL)
    assert second.conversation == conversation
    answered(sms, conversation, "Thank you. He will be there before four.", bob)

    # 3. At home on Telegram, where nobody knows her until she shares her own number.
    telegram.plays(Act.CONTACT, HANEUL, card=Card(HANEUL.name, HANEUL.phone))
    third = telegram.says("It is me again. He has not come.", HANEUL)
    assert third.conversation == conversation
    answered(telegram, conversation, "I have just called him: ten minutes.", bob)

    # 4. KakaoTalk, where she agrees to give her number to the shop.
    kakao.plays(Act.CONSENT, HANEUL)
    fourth = kakao.says("아직이에요", HANEUL)
    assert fourth.conversation == conversation
    answered(kakao, conversation, "지금 1층에 도착했대요.", bob)

    # 5. The shop's own site, where she is signed in: the shop vouches for the same number.
    chat = Channel.objects.create(kind="webchat", name="Chat", config={"origins": ["https://shop.example"]})
    Intake.objects.create(channel=chat)
    visitor = Visitor.objects.create(
        channel=chat,
        subject="shop-1",
        origin="https://shop.example",
        name=HANEUL.name,
        proven=[{"kind": "phone", "value": HANEUL.phone}],
    )
    fifth = visiting.speak(visitor, client_id="c0ffee00-0000-4000-8000-000000000001", text="He rang!")
    assert fifth is not None
    assert fifth.conversation == conversation

    # 6. LINE tells nothing of her: an agent recognises her, and joins the two.
    sixth = line_app.says("Thank you, it is here 🎁", HANEUL)
    assert sixth.conversation != conversation
    joining.merge_customers(sixth.conversation.customer, into=conversation.customer, by=ada)
    moving.merge(sixth.conversation, into=conversation, by=ada)
    assert line_app.says("Have a nice evening!", HANEUL).conversation == conversation
    answered(line_app, conversation, "You too!", bob)

    assert Customer.objects.current().count() == 1
    said = Message.objects.exclude(channel=None)
    assert set(said.values_list("conversation", flat=True)) == {conversation.pk}
    ways = set(said.values_list("channel__kind", flat=True))
    assert ways == {"whatsapp", "twilio", "telegram", "kakao", "webchat", "line"}
