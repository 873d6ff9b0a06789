"""Mail over real sockets: in by the desk's own door, out by SMTP, and back again."""

import smtplib
import time

import pytest
from django.db import connection

from channels_app.connectors.email.listener import Door
from channels_app.mail.parse import parse_mail
from channels_app.models import Channel, Envelope
from conversations.actions import delivery as delivering
from conversations.actions import replies
from conversations.models import Delivery, Message
from conversations.reach import routes_of
from tests.channels_app.email.conftest import DESK, mail, opened

pytestmark = pytest.mark.django_db(transaction=True)


def wait_for(condition, seconds=10):
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come")


def answer(conversation, by, text="We look into it", **options):
    message = replies.reply(conversation, by=by, text=text, route=routes_of(conversation)[0], **options)
    Delivery.objects.update(not_before="2020-01-01T00:00Z")
    for row in message.deliveries.all():
        delivering.deliver(row.pk)
    return message


def test_mail_through_the_door_is_kept_and_placed(door):
    door.send(mail(text="Where is it?").as_bytes())
    message = wait_for(Message.objects.first)
    assert (message.text, message.identity.value, message.conversation.subject) == (
        "Where is it?",
        "carol@mail.example",
        "My parcel",
    )
    assert bytes(Envelope.objects.get().body).startswith(
        b"Return-Path: <carol@mail.example>\r\nDelivered-To: help@moment.example"
    )


def test_the_whole_round_trip_stays_in_one_conversation(door, server, bob):
    door.send(mail(Message_ID="<first@mail.example>").as_bytes())
    question = wait_for(Message.objects.first)
    reply = answer(question.conversation, bob)
    sender, recipients, raw = server.taken[0]
    sent = parse_mail(raw)
    assert (sender, recipients) == (DESK, ["carol@mail.example"])
    assert (sent.in_reply_to, sent.subject) == (("first@mail.example",), "Re: My parcel")
    assert sent.message_id == reply.deliveries.get().external_id
    back = mail(To=sent.reply_to[0].address, Subject="Re: My parcel", text="Thanks")
    door.send(back.as_bytes(), sent.reply_to[0].address)
    thanks = wait_for(Message.objects.filter(text="Thanks").first)
    assert (thanks.conversation, thanks.placement) == (question.conversation, "reply_token")


def test_an_answer_without_the_token_comes_back_by_its_references(door, server, bob):
    door.send(mail().as_bytes())
    question = wait_for(Message.objects.first)
    answer(question.conversation, bob)
    sent = parse_mail(server.taken[0][2])
    door.send(mail(In_Reply_To=f"<{sent.message_id}>", Subject="Re: My parcel", text="Thanks").as_bytes())
    thanks = wait_for(Message.objects.filter(text="Thanks").first)
    assert (thanks.conversation, thanks.placement) == (question.conversation, "reference")


def test_mail_for_nobody_is_refused(door):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        door.send(mail().as_bytes(), "stranger@moment.example")
    assert caught.value.recipients["stranger@moment.example"][0] == 550
    assert not Envelope.objects.exists()


def test_the_same_mail_twice_is_one_message(door):
    raw = mail(Message_ID="<once@mail.example>").as_bytes()
    door.send(raw)
    door.send(raw)
    wait_for(Message.objects.first)
    assert Envelope.objects.count() == 1
    door.send(raw.replace(b"Hello", b"Hello "))
    wait_for(lambda: Envelope.objects.filter(state="processed").count() == 2)
    assert Message.objects.count() == 1


def test_a_mail_with_endless_lines_is_taken(door):
    raw = mail().as_bytes().replace(b"Hello", b"x" * 300_000)
    door.send(raw)
    assert len(wait_for(Message.objects.first).text) == 300_000


def test_mail_is_turned_away_for_later_while_the_vault_is_away(door):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE channels_app_envelope RENAME TO away")
    try:
        with pytest.raises(smtplib.SMTPDataError) as caught:
            door.send(mail().as_bytes())
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO channels_app_envelope")
    assert caught.value.smtp_code == 451
    door.send(mail().as_bytes())
    wait_for(Message.objects.first)


def test_each_recipient_gets_one_mail_that_names_them_all(door, server, bob):
    door.send(mail(Cc="Dave <dave@mail.example>").as_bytes())
    question = wait_for(Message.objects.first)
    answer(question.conversation, bob, cc=["dave@mail.example"], bcc=["boss@desk.example"])
    assert sorted(recipients[0] for _, recipients, _ in server.taken) == [
        "boss@desk.example",
        "carol@mail.example",
        "dave@mail.example",
    ]
    for _, _, raw in server.taken:
        sent = parse_mail(raw)
        assert [one.address for one in sent.to] == ["carol@mail.example"]
        assert [one.address for one in sent.cc] == ["dave@mail.example"]
    assert len({parse_mail(raw).message_id for _, _, raw in server.taken}) == 3


def test_lmtp_answers_once_for_each_recipient(mailbox):
    Channel.objects.create(kind="email", name="Sales", config={"address": "sales@moment.example"})
    with opened(Door(port=0, is_lmtp=True)) as port, smtplib.LMTP("127.0.0.1", port, timeout=10) as client:
        client.ehlo()
        client.mail("carol@mail.example")
        codes = [client.rcpt(address)[0] for address in (DESK, "sales@moment.example", "nobody@moment.example")]
        assert codes == [250, 250, 550]
        client.docmd("DATA")
        client.send(mail().as_bytes().replace(b"\n", b"\r\n") + b"\r\n.\r\n")
        assert [client.getreply()[0], client.getreply()[0]] == [250, 250]
        assert client.noop()[0] == 250
    wait_for(lambda: Message.objects.count() == 2)
    assert set(Message.objects.values_list("channel__name", flat=True)) == {"Mail", "Sales"}
