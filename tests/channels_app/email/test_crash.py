"""The mail door killed at the worst moments, and the pipe while the database is away: no mail is lost, none is doubled."""

import os
import smtplib
import subprocess
import sys
import threading
import time

import pytest
from django.db import connection

from channels_app.models import Envelope
from conversations import tasks
from conversations.models import Message
from tests.channels_app.email.conftest import DESK, mail
from tests.processes import ROOT, Process, eventually, free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.crash]


def environment(**more):
    name = connection.settings_dict["NAME"]
    return {"DJANGO_SETTINGS_MODULE": "tests.server_settings", "TEST_DATABASE": name, "DEMO": "0", **more}


def is_open(port):
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=2):
            return True
    except (OSError, smtplib.SMTPException):
        return False


def hand_over(port, mails, stopping):
    """As mail servers do: what was not acknowledged is sent again, until it is."""
    for raw in mails:
        while not stopping.is_set():
            try:
                with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
                    client.sendmail("carol@mail.example", [DESK], raw)
                break
            except (OSError, smtplib.SMTPException):
                time.sleep(0.1)


def test_a_door_killed_again_and_again_loses_and_doubles_nothing(mailbox, tmp_path):
    port, stopping = free_port(), threading.Event()
    door = Process(
        [sys.executable, "manage.py", "mail_listener", "--port", str(port)], tmp_path / "door.log", environment()
    )
    mails = [mail(Message_ID=f"<{number}@mail.example>", text=f"number {number}").as_bytes() for number in range(120)]
    senders = [threading.Thread(target=hand_over, args=(port, mails[one::3], stopping)) for one in range(3)]
    door.start()
    eventually(lambda: is_open(port), 30)
    for sender in senders:
        sender.start()
    try:
        for share in (20, 60):
            eventually(lambda share=share: Envelope.objects.count() >= share, 60)
            door.kill()
            door.start()
        for sender in senders:
            sender.join(90)
        assert not any(sender.is_alive() for sender in senders)
    finally:
        stopping.set()
        door.stop()
    Envelope.objects.exclude(state="processed").update(next_attempt_at="2020-01-01T00:00Z")
    tasks.sweep_envelopes.fn()
    assert sorted(Message.objects.values_list("external_id", flat=True)) == sorted(
        f"{n}@mail.example" for n in range(120)
    )
    assert not Envelope.objects.exclude(state="processed").exists()


def receive(raw, *arguments, **more):
    command = [sys.executable, "manage.py", "receive_mail", *arguments]
    env = {**os.environ, **environment(**more)}
    return subprocess.run(command, input=raw, env=env, cwd=ROOT, capture_output=True)


def test_a_mail_from_a_pipe_is_kept_and_placed(mailbox):
    done = receive(mail().as_bytes(), "--recipient", DESK, "--sender", "carol@mail.example")
    assert done.returncode == 0, done.stderr
    assert Message.objects.get().identity.value == "carol@mail.example"


def test_a_mail_for_nobody_is_an_unknown_user(mailbox):
    assert receive(mail().as_bytes(), "--recipient", "stranger@x.example").returncode == os.EX_NOUSER
    assert not Envelope.objects.exists()


def test_while_the_database_is_away_the_mail_server_is_asked_to_try_again(mailbox):
    away = f"postgres://postgres@127.0.0.1:{free_port()}/nothing"
    done = receive(mail().as_bytes(), "--recipient", DESK, DATABASE_URL=away, TEST_DATABASE="")
    assert done.returncode == os.EX_TEMPFAIL, done.stderr
