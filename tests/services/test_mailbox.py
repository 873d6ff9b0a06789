"""A mailbox on a real Dovecot is read without loss or doubles, whatever happens; answers go out by a real Postfix."""

import imaplib
import threading
import time
from email.message import EmailMessage

import pytest
from django.db import connection

from channels_app.contract import AccountFailure, LeaseLost, PermanentFailure
from channels_app.models import Channel, Envelope
from conversations import polling
from conversations.actions import delivery as delivering
from conversations.actions import inbound, replies
from conversations.models import Delivery, Intake, Message
from conversations.polling import AccountInlet, watch_accounts
from conversations.reach import routes_of
from tests.processes import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def mail(number, sender="carol@mail.example", text="", **headers):
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "help@desk.example", f"Question {number}"
    made["Message-ID"] = f"<{number}.{time.time_ns()}@mail.example>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text or f"text {number}")
    return made.as_bytes()


@pytest.fixture
def user(request):
    """A mailbox of this test's own."""
    return f"{abs(hash(request.node.name)) % 10**9}@desk.example"


@pytest.fixture
def mailbox(dovecot, smtp_server, user, support):
    channel = Channel.objects.create(
        kind="email",
        name="Mail",
        secrets={"imap_password": dovecot.password},
        config={
            "address": user,
            "incoming": "imap",
            "imap_host": dovecot.host,
            "imap_port": dovecot.imap_port,
            "imap_security": "plain",
            "smtp_host": smtp_server.host,
            "smtp_port": smtp_server.port,
            "smtp_security": "plain",
            "import_days": 1,
        },
    )
    Intake.objects.create(channel=channel, team=support)
    return channel


class Worker:
    """A worker's watching thread."""

    def __init__(self):
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        watch_accounts(self.stopping)
        connection.close()

    def stop(self):
        self.stopping.set()
        self.thread.join(30)
        assert not self.thread.is_alive()


@pytest.fixture
def worker(monkeypatch):
    monkeypatch.setattr(polling, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(polling, "RENEW_SECONDS", 0.5)
    monkeypatch.setattr(polling, "FIRST_WAIT_SECONDS", 0.2)
    monkeypatch.setattr("channels_app.connectors.email.imap.IDLE_STEP_SECONDS", 0.3)
    started = []

    def start():
        started.append(Worker())
        return started[-1]

    yield start
    for one in started:
        one.stop()


def numbers():
    return sorted(int(text.split()[1]) for text in Message.objects.values_list("text", flat=True))


def read_once(channel):
    """Read what is there, in this thread."""
    assert channel.take_lease("me", 60)
    inlet = AccountInlet(channel.pk, "me", threading.Event())
    from channels_app.connectors.email import imap
    from channels_app.connectors.email.accounts import MailAccount

    with imap.mailbox(inlet.channel) as client:
        imap.catch_up(client, MailAccount.of(inlet.channel), inlet)
    return inlet


def test_mail_that_was_there_and_mail_that_comes_is_read(mailbox, dovecot, user, worker):
    dovecot.deliver(user, mail(1))
    worker()
    eventually(lambda: numbers() == [1], 40)
    mailbox.refresh_from_db()
    began = time.monotonic()
    dovecot.deliver(user, mail(2))
    eventually(lambda: numbers() == [1, 2], 40)
    assert time.monotonic() - began < 40, "IDLE tells at once, not the timer of a minute"
    mailbox.refresh_from_db()
    assert (mailbox.state, mailbox.waiting, mailbox.last_error) == ("ok", 0, "")
    assert mailbox.cursor["uid"] == 2


def test_mail_that_comes_while_others_are_read_is_not_left_to_the_timer(mailbox, dovecot, user, worker, monkeypatch):
    from channels_app.connectors.email import imap

    read, came = imap._read, []

    def reading(client, batch, validity, inlet):
        if not came:
            came.append(dovecot.deliver(user, mail(2)))
        read(client, batch, validity, inlet)
        client.noop()  # the server tells of it here, and never again

    monkeypatch.setattr(imap, "_read", reading)
    dovecot.deliver(user, mail(1))
    worker()
    eventually(lambda: numbers() == [1, 2], 60)


def test_numbers_of_deleted_mail_do_not_hold_anything_up(mailbox, dovecot, user):
    dovecot.deliver(user, mail(1))
    read_once(mailbox)
    for number in (2, 3):
        dovecot.deliver(user, mail(number))
    with imaplib.IMAP4(dovecot.host, dovecot.imap_port) as box:
        box.login(user, dovecot.password)
        box.select("INBOX")
        box.store("2:3", "+FLAGS", "(\\Deleted)")
        box.expunge()
    mailbox.refresh_from_db()
    read_once(mailbox)
    mailbox.refresh_from_db()
    assert (numbers(), mailbox.cursor["uid"]) == ([1], 3)


def test_flags_are_left_alone_and_do_not_matter(mailbox, dovecot, user):
    dovecot.deliver(user, mail(1))
    dovecot.deliver(user, mail(2))
    with imaplib.IMAP4(dovecot.host, dovecot.imap_port) as box:
        box.login(user, dovecot.password)
        box.select("INBOX")
        box.store("1", "+FLAGS", "(\\Seen)")
    read_once(mailbox)
    assert numbers() == [1, 2]
    with imaplib.IMAP4(dovecot.host, dovecot.imap_port) as box:
        box.login(user, dovecot.password)
        box.select("INBOX")
        assert box.search(None, "UNSEEN")[1] == [b"2"]


def test_many_workers_read_a_mailbox_once(mailbox, dovecot, user, worker):
    workers = [worker() for _ in range(3)]
    for number in range(20):
        dovecot.deliver(user, mail(number))
    eventually(lambda: numbers() == list(range(20)), 60)
    mailbox.refresh_from_db()
    holder = mailbox.lease_holder
    assert holder
    for one in workers:
        one.stop()
    assert Envelope.objects.count() == 20


def test_another_worker_goes_on_where_one_stopped(mailbox, dovecot, user, worker):
    first = worker()
    dovecot.deliver(user, mail(1))
    eventually(lambda: numbers() == [1], 40)
    first.stop()
    dovecot.deliver(user, mail(2))
    worker()
    eventually(lambda: numbers() == [1, 2], 40)
    assert Envelope.objects.count() == 2


def test_a_worker_whose_lease_was_taken_writes_nothing_more(mailbox, dovecot, user):
    dovecot.deliver(user, mail(1))
    inlet = read_once(mailbox)
    Channel.objects.update(lease_holder="other")
    with pytest.raises(LeaseLost):
        inlet.keep(mail(2), cursor={"uid": 2}, headers={})
    mailbox.refresh_from_db()
    assert (Envelope.objects.count(), mailbox.cursor["uid"]) == (1, 1)


def test_a_crash_between_two_mails_repeats_and_loses_nothing(mailbox, dovecot, user, monkeypatch):
    for number in range(5):
        dovecot.deliver(user, mail(number))
    kept = inbound.keep
    count = 0

    def dying(*args, **options):
        nonlocal count
        count += 1
        result = kept(*args, **options)
        if count == 3:
            raise SystemExit("killed before the commit")
        return result

    monkeypatch.setattr(inbound, "keep", dying)
    with pytest.raises(SystemExit):
        read_once(mailbox)
    assert numbers() == [0, 1]
    monkeypatch.setattr(inbound, "keep", kept)
    mailbox.refresh_from_db()
    read_once(mailbox)
    assert numbers() == [0, 1, 2, 3, 4]


def test_one_poison_mail_does_not_stop_the_next(mailbox, dovecot, user, monkeypatch):
    for number in range(3):
        dovecot.deliver(user, mail(number))
    take = inbound.take

    def choking(channel, item, envelope=None):
        if item.text.startswith("text 1"):
            raise ValueError("poison")
        take(channel, item, envelope)

    monkeypatch.setattr(inbound, "take", choking)
    read_once(mailbox)
    assert numbers() == [0, 2]
    assert Envelope.objects.get(state="quarantined").error.endswith("ValueError: poison\n")


def test_when_the_numbers_become_void_nothing_is_read_twice(mailbox, dovecot, user):
    dovecot.deliver(user, mail(1))
    read_once(mailbox)
    mailbox.refresh_from_db()
    mailbox.cursor["validity"] -= 1
    mailbox.lease_holder, mailbox.leased_until = "", None
    mailbox.save()
    dovecot.deliver(user, mail(2))
    read_once(mailbox)
    assert numbers() == [1, 2]
    assert Envelope.objects.count() == 2


def test_a_new_mailbox_begins_with_mail_that_comes(mailbox, dovecot, user):
    mailbox.config["import_days"] = 0
    mailbox.save()
    dovecot.deliver(user, mail(1))
    read_once(mailbox)
    assert numbers() == []
    dovecot.deliver(user, mail(2))
    mailbox.refresh_from_db()
    read_once(mailbox)
    assert numbers() == [2]


def test_batches_are_bounded_and_oldest_first(mailbox, dovecot, user, monkeypatch):
    monkeypatch.setattr("channels_app.connectors.email.imap.BATCH_MESSAGES", 3)
    for number in range(7):
        dovecot.deliver(user, mail(number))
    read_once(mailbox)
    assert [text.split()[1] for text in Message.objects.order_by("id").values_list("text", flat=True)] == list(
        "0123456"
    )


def test_a_mailbox_of_years_is_looked_at_piece_by_piece(mailbox, dovecot, user, monkeypatch, worker):
    monkeypatch.setattr("channels_app.connectors.email.imap.LOOKED_AT", 2)
    for number in range(7):
        dovecot.deliver(user, mail(number))
    read_once(mailbox)
    mailbox.refresh_from_db()
    assert (numbers(), mailbox.waiting) == ([0, 1], 5)
    Channel.objects.update(lease_holder="", leased_until=None)
    worker()
    eventually(lambda: numbers() == list(range(7)), 60)
    eventually(lambda: Channel.objects.get().waiting == 0, 40)


def test_a_wrong_password_shows_on_the_channel_and_a_right_one_heals_it(mailbox, dovecot, user, worker):
    mailbox.secrets = {"imap_password": "wrong"}
    mailbox.save()
    with pytest.raises(AccountFailure):
        mailbox.connector.check()
    worker()
    eventually(lambda: Channel.objects.get().state == "failing", 60)
    assert Channel.objects.get().last_error
    dovecot.deliver(user, mail(1))
    Channel.objects.get().keep_secrets(imap_password=dovecot.password)
    Channel.objects.update(lease_holder="", leased_until=None)
    eventually(lambda: numbers() == [1], 60)
    eventually(lambda: Channel.objects.get().state == "ok", 60)


def test_a_folder_that_is_not_there_is_said_to_be_missing(mailbox):
    mailbox.config["imap_folder"] = "Nowhere"
    with pytest.raises(PermanentFailure) as caught:
        mailbox.connector.check()
    assert caught.value.code == "folder"


def test_lag_shows_while_nobody_reads(mailbox):
    Channel.objects.update(created_at="2026-01-01T00:00Z", state="ok")
    mailbox.refresh_from_db()
    assert mailbox.lag is not None
    assert mailbox.health == "delayed"
    read_once(mailbox)
    mailbox.refresh_from_db()
    assert (mailbox.lag, mailbox.health) == (None, "ok")


def test_question_answer_and_answer_again_over_real_servers(mailbox, dovecot, user, bob):
    customer = f"c{user}"
    dovecot.deliver(user, mail(1, sender=customer))
    read_once(mailbox)
    question = Message.objects.get()
    reply = replies.reply(
        question.conversation, by=bob, text="It comes **today**", route=routes_of(question.conversation)[0]
    )
    Delivery.objects.update(not_before="2020-01-01T00:00Z")
    delivering.deliver(reply.deliveries.get().pk)
    assert reply.deliveries.get().state == "sent"
    with imaplib.IMAP4(dovecot.host, dovecot.imap_port) as box:
        box.login(customer, dovecot.password)
        eventually(lambda: box.select("INBOX")[1] != [b"0"], 40)
        raw = box.fetch("1", "(RFC822)")[1][0][1]
    from channels_app.mail.parse import parse_mail

    answer = parse_mail(raw)
    assert answer.in_reply_to == (question.external_id,)
    token_address = answer.reply_to[0].address
    dovecot.deliver(
        token_address, mail(2, sender=customer, To_=token_address).replace(b"help@desk.example", token_address.encode())
    )
    mailbox.refresh_from_db()
    read_once(mailbox)
    thanks = Message.objects.get(text="text 2")
    assert (thanks.conversation, thanks.placement) == (question.conversation, "reply_token")
