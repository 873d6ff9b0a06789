"""What becomes of a mail that arrives: whose it is, where it belongs, what it says of mail we sent."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels_app.models import Envelope
from conversations import tokens
from conversations.actions import delivery as delivering
from conversations.actions import replies
from conversations.models import Conversation, Delivery, Message
from conversations.reach import routes_of
from customers.models import Identity, IdentityClaim
from tests.channels_app.email.conftest import BORDER, DESK, mail

pytestmark = pytest.mark.django_db

PASS = f"{BORDER}; dmarc=pass header.from=mail.example"
FAIL = f"{BORDER}; dmarc=fail header.from=mail.example"


@pytest.fixture
def answered(arrive, bob):
    """Carol wrote, Bob answered: the delivery."""
    question = arrive(mail(Message_ID="<q@mail.example>"))
    message = replies.reply(question.conversation, by=bob, text="We look", route=routes_of(question.conversation)[0])
    Delivery.objects.update(not_before="2020-01-01T00:00Z")
    delivering.deliver(message.deliveries.get().pk)
    return message.deliveries.get()


def bounce(about: str, *, status="5.1.1", action="failed", returned="") -> bytes:
    return f"""Return-Path: <>
From: MAILER-DAEMON@mx.mail.example
To: {DESK}
Subject: Undelivered Mail Returned to Sender
Message-ID: <b-{status}-{action}@mx.mail.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I am sorry.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.mail.example

Final-Recipient: rfc822; carol@mail.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user

--B
Content-Type: text/rfc822-headers

{returned or f"Message-ID: <{about}>"}
Subject: Re: My parcel

--B--
""".replace("\n", "\r\n").encode()


def test_a_bounce_fails_its_delivery_and_marks_the_address(answered, arrive):
    assert arrive(bounce(answered.external_id)) is None
    answered.refresh_from_db()
    assert (answered.state, answered.code, answered.needs_attention) == ("failed", "5.1.1", True)
    assert "no such user" in answered.detail
    assert answered.advice
    assert answered.identity.unreachable_reason
    assert Message.objects.count() == 2


def test_a_full_mailbox_fails_without_marking_the_address(answered, arrive):
    arrive(bounce(answered.external_id, status="5.2.2"))
    answered.refresh_from_db()
    assert (answered.state, answered.identity.unreachable_reason) == ("failed", "")


def test_a_bounce_is_known_by_our_header_where_the_id_was_rewritten(answered, arrive):
    arrive(bounce("", returned=f"Message-ID: <rewritten@relay.example>\nX-Ieum-Delivery: {answered.key.hex}"))
    answered.refresh_from_db()
    assert answered.state == "failed"


def test_a_bounce_is_known_by_the_address_it_came_back_to(answered, arrive, mailbox):
    mailbox.config["reply_address"] = "r-{token}@replies.moment.example"
    mailbox.save()
    raw = bounce("", returned="X-Nothing: here")
    arrive(b"Delivered-To: r-b-" + answered.key.hex.encode() + b"@replies.moment.example\r\n" + raw)
    answered.refresh_from_db()
    assert answered.state == "failed"


def test_a_delay_is_no_failure_and_no_message(answered, arrive):
    assert arrive(bounce(answered.external_id, action="delayed", status="4.4.1")) is None
    answered.refresh_from_db()
    assert answered.state == "sent"


def test_a_bounce_of_somebody_elses_mail_is_still_shown(arrive):
    message = arrive(bounce("", returned="Subject: x"))
    assert message.is_automatic
    assert message.conversation.waiting_since is None


def test_a_read_receipt_reads_the_delivery(answered, arrive):
    raw = f"""From: carol@mail.example
To: {DESK}
Subject: Read: My parcel
Message-ID: <mdn@mail.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="B"

--B
Content-Type: text/plain

Read.
--B
Content-Type: message/disposition-notification

Final-Recipient: rfc822; carol@mail.example
Original-Message-ID: <{answered.external_id}>
Disposition: manual-action/MDN-sent-manually; displayed

--B--
"""
    assert arrive(raw.replace("\n", "\r\n").encode()) is None
    answered.refresh_from_db()
    assert answered.state == "read"


def test_a_forged_sender_is_kept_apart(arrive):
    real = arrive(mail(Authentication_Results=PASS))
    forged = arrive(mail(Authentication_Results=FAIL, Subject="Change my address", To=DESK))
    assert real.identity.is_verified
    assert forged.placement == "suspect"
    assert forged.conversation != real.conversation
    assert forged.conversation.customer != real.conversation.customer
    assert IdentityClaim.objects.get().customer == forged.conversation.customer


def test_a_forged_sender_gets_nowhere_even_with_the_token(arrive):
    real = arrive(mail(Authentication_Results=PASS))
    token = tokens.reply_token(real.conversation_id)
    forged = arrive(mail(Authentication_Results=FAIL, To=f"help+{token}@moment.example"))
    assert forged.conversation != real.conversation


def test_a_verdict_that_somebody_else_wrote_counts_for_nothing(arrive):
    message = arrive(mail(Authentication_Results="mx.evil.example; dmarc=pass header.from=mail.example"))
    assert not message.identity.is_verified
    assert message.placement == "new"


def test_a_guessed_token_or_a_number_in_the_subject_opens_nothing(arrive):
    carols = arrive(mail()).conversation
    token = tokens.reply_token(carols.pk)
    guessed = token[:-1] + ("b" if token.endswith("a") else "a")
    other = arrive(mail("Dave <dave@mail.example>", To=f"help+{guessed}@moment.example", Subject=f"Re: [#{carols.pk}]"))
    assert other.conversation != carols


def test_a_reference_of_a_stranger_opens_nothing(arrive):
    carols = arrive(mail(Message_ID="<seen-by-all@list.example>")).conversation
    other = arrive(mail("Dave <dave@mail.example>", In_Reply_To="<seen-by-all@list.example>", Subject="Re: My parcel"))
    assert other.conversation != carols


def test_a_colleague_in_copy_who_answers_with_the_token_joins(arrive):
    carols = arrive(mail()).conversation
    token = tokens.reply_token(carols.pk)
    other = arrive(mail("Dave <dave@mail.example>", To=f"HELP+{token.upper()}@moment.example", Subject="Re: My parcel"))
    assert (other.conversation, other.placement) == (carols, "reply_token")


def test_our_own_mail_that_comes_back_is_dropped(answered, arrive, server):
    raw = server.taken[0][2]
    assert arrive(b"Received: from list\r\n" + raw) is None
    assert Message.objects.count() == 2


def test_an_answer_from_the_mailbox_itself_stands_as_ours(answered, arrive):
    arrive(
        mail(
            f"Moment <{DESK}>",
            To="Carol <carol@mail.example>",
            Cc=DESK,
            In_Reply_To="<q@mail.example>",
            Authentication_Results=f"{BORDER}; dmarc=pass header.from=moment.example",
            text="It is on its way",
        )
    )
    echo = Message.objects.get(text="It is on its way")
    assert (echo.kind, echo.conversation, echo.placement) == ("outbound", answered.message.conversation, "reference")
    assert echo.deliveries.get().state == "sent"


def test_a_forged_answer_in_our_name_does_not_stand_as_ours(answered, arrive):
    arrive(
        mail(f"Moment <{DESK}>", To="carol@mail.example", Cc=DESK, In_Reply_To="<q@mail.example>", text="Send money")
    )
    forged = Message.objects.get(text="Send money")
    assert (forged.kind, forged.placement) == ("inbound", "suspect")


def test_an_agent_who_answers_from_their_own_address_is_the_author(answered, arrive, bob):
    sender = f"Bob <{bob.email}>"
    verified = {"Authentication_Results": f"{BORDER}; dmarc=pass header.from=desk.example"}
    arrive(mail(sender, To="carol@mail.example", Cc=DESK, In_Reply_To="<q@mail.example>", text="By phone", **verified))
    arrive(mail(sender, In_Reply_To="<q@mail.example>", text="Careful with her", **verified))
    said, noted = Message.objects.get(text="By phone"), Message.objects.get(text="Careful with her")
    assert (said.kind, said.author, said.conversation) == ("outbound", bob, answered.message.conversation)
    assert (noted.kind, noted.author, noted.conversation) == ("note", bob, answered.message.conversation)
    assert not noted.deliveries.exists()


def test_a_form_that_writes_as_ourselves_is_its_visitors_unproven_word(arrive):
    arrive(mail("Carol <carol@mail.example>"))
    message = arrive(mail(f"Shop <{DESK}>", Reply_To="Carol <carol@mail.example>", text="From the form"))
    assert (message.identity.value, message.placement) == ("carol@mail.example", "suspect")
    (way,) = [way for way in routes_of(message.conversation) if way.is_usable]
    assert (way.identity, way.channel) == (message.identity, message.channel)


def test_automatic_mail_makes_nobody_wait_and_reopens_nothing(arrive, bob):
    from conversations.actions import state

    question = arrive(mail())
    state.resolve(question.conversation, by=bob)
    note = arrive(mail(Auto_Submitted="auto-replied", Subject="Automatic reply: My parcel", text="I am away"))
    question.conversation.refresh_from_db()
    assert note.is_automatic
    assert question.conversation.status == "resolved"


def test_a_list_mail_is_a_persons_all_the_same(arrive):
    message = arrive(mail(List_Id="<support.moment.example>", Precedence="list"))
    assert not message.is_automatic
    assert message.conversation.waiting_since


@pytest.mark.parametrize("date", ["Mon, 1 Jan 2099 00:00:00 +0000", "Thu, 1 Jan 1970 00:00:00 +0000", "tomorrow", ""])
def test_an_impossible_date_becomes_the_time_of_arrival(arrive, date):
    written = mail()
    del written["Date"]
    written["Date"] = date
    message = arrive(written)
    assert abs(message.sent_at - timezone.now()) < timedelta(minutes=1)


def test_a_late_mail_stands_where_it_was_written(arrive):
    message = arrive(mail(Date="Sat, 21 Nov 2026 01:00:00 +0000"))
    assert message.sent_at < message.created_at


def test_quoted_history_is_folded_not_lost(arrive):
    text = "Thanks!\n\nOn Mon, 1 Jan 2026 at 10:00, Moment <help@moment.example> wrote:\n> We look into it\n"
    message = arrive(mail(text=text))
    assert message.text.strip() == "Thanks!"
    assert "We look into it" in message.quoted_text


def test_html_is_cleaned_and_remote_pictures_wait(arrive):
    written = mail()
    written.add_alternative(
        '<p onclick="x()">Hi<script>alert(1)</script><img src="https://t.example/p.png"></p>', subtype="html"
    )
    message = arrive(written)
    assert "script" not in message.html
    assert "onclick" not in message.html
    assert ' src="https' not in message.html


def test_pictures_and_files_come_with_it(arrive):
    written = mail()
    written.add_alternative('<p>See <img src="cid:pic1"></p>', subtype="html")
    written.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<pic1>", filename="p.png")
    written.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="영수증.pdf")
    message = arrive(written)
    files = {file.name: file for file in message.attachments.all()}
    assert files["p.png"].is_inline
    assert files["p.png"].content_id == "pic1"
    assert files["영수증.pdf"].file.read() == b"%PDF"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"From: \r\n\r\n",
        b"Subject: only\r\n\r\nbody",
        b"From: x\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n--a\r\n",
        b"From: a@b.example\r\nContent-Type: text/plain; charset=DEFAULT_CHARSET\r\n\r\n\xb0\xa1\xb3\xaa\xb4\xd9",
        b"From: a@b.example\r\nMessage-ID: <" + b"x" * 3000 + b"@y>\r\n\r\nlong id",
    ],
)
def test_whatever_the_bytes_are_a_message_is_made_of_them(arrive, raw):
    assert arrive(raw) is not None
    assert not Envelope.objects.filter(state="quarantined").exists()


def test_an_id_used_twice_for_different_mail_loses_neither(arrive):
    first = arrive(mail(Message_ID="<same@mail.example>", text="one"))
    other = arrive(mail("Dave <dave@mail.example>", Message_ID="<same@mail.example>", text="two"))
    again = mail("Dave <dave@mail.example>", Message_ID="<same@mail.example>", text="two", X_Again="1")
    assert arrive(again) is None
    assert (first.text.strip(), other.text.strip(), Message.objects.count()) == ("one", "two", 2)


def test_a_mail_without_a_sender_still_has_a_place(arrive):
    arrive(b"Subject: Who am I\r\n\r\nnobody")
    assert Identity.objects.get().value == "unknown-sender@mail.invalid"
    assert Conversation.objects.get().subject == "Who am I"
