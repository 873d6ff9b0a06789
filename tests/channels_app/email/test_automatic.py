"""Machines and the desk: the greeting goes to people, once, and two auto-responders fall silent after one exchange."""

import pytest

from channels_app.mail.parse import parse_mail
from conversations.actions import delivery as delivering
from conversations.models import Conversation, Delivery, Intake, Message
from tests.channels_app.email.conftest import DESK, mail

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def greeting(mailbox):
    Intake.objects.update(greeting="We have your message")
    mailbox.refresh_from_db()


@pytest.fixture
def post(arrive):
    """Let a mail arrive and send whatever the desk then has to say."""

    def arrives(written):
        message = arrive(written)
        for delivery in Delivery.objects.filter(state="queued"):
            delivering.deliver(delivery.pk)
        return message

    return arrives


def test_a_first_mail_is_acknowledged_at_once_as_an_automatic_answer(post, server):
    question = post(mail(Message_ID="<q@mail.example>"))
    sent = parse_mail(server.taken[0][2])
    assert sent.text.startswith("We have your message")
    assert sent.in_reply_to == ("q@mail.example",)
    assert sent.headers.raw("Auto-Submitted") == "auto-replied"
    conversation = Conversation.objects.get(pk=question.conversation_id)
    assert conversation.waiting_since, "a machine's answer is no answer"


def test_a_second_mail_is_not_acknowledged_again(post, server):
    post(mail())
    post(mail(Subject="Another matter", Message_ID="<2@mail.example>"))
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.mail.example>"},
        {"X_Auto_Response_Suppress": "OOF"},
        {"Return_Path": "<>"},
    ],
)
def test_machines_and_those_who_want_none_are_not_acknowledged(post, server, headers):
    assert post(mail(**headers)) is not None
    assert server.taken == []


def test_a_no_reply_address_is_not_acknowledged(post, server):
    post(mail("Shop <no-reply@mail.example>"))
    assert server.taken == []


def test_a_forged_sender_is_not_acknowledged(post, server):
    from tests.channels_app.email.conftest import BORDER

    post(mail(Authentication_Results=f"{BORDER}; dmarc=fail header.from=mail.example"))
    assert server.taken == []


@pytest.mark.parametrize("confesses", [True, False])
def test_two_auto_responders_stop_after_one_exchange(post, server, confesses):
    """The other machine answers everything; it may even hide that it is one, and open a new subject each time."""
    headers = {"Auto_Submitted": "auto-replied"} if confesses else {}
    post(mail("Robot <robot@mail.example>", Message_ID="<0@mail.example>"))
    for number in range(1, 6):
        if len(server.taken) < number:
            break
        answer = f"Your ticket {number}"
        post(mail("Robot <robot@mail.example>", Subject=answer, Message_ID=f"<{number}@mail.example>", **headers))
    assert len(server.taken) == 1


def test_our_own_automatic_mail_that_comes_back_starts_nothing(post, server):
    post(mail())
    raw = server.taken[0][2]
    assert post(b"Received: from loop\r\n" + raw) is None
    assert (len(server.taken), Message.objects.filter(kind="inbound").count()) == (1, 1)


def test_no_greeting_no_answer(post, server, mailbox):
    Intake.objects.update(greeting="")
    mailbox.refresh_from_db()
    post(mail(To=DESK))
    assert server.taken == []
