"""The mail servers that other tests stand on do what those tests believe."""

import imaplib
import smtplib

import pytest

from tests.processes import eventually

MAIL = b"From: carol@mail.example\r\nTo: help@desk.example\r\nSubject: Hello\r\n\r\n.A line with a dot\r\n"


def inbox(dovecot, user):
    with imaplib.IMAP4(dovecot.host, dovecot.imap_port) as box:
        box.login(user, dovecot.password)
        box.select("INBOX")
        numbers = box.search(None, "ALL")[1][0].split()
        return [box.fetch(number.decode(), "(RFC822)")[1][0][1] for number in numbers]


def test_dovecot_keeps_what_lmtp_delivers(dovecot):
    dovecot.deliver("lmtp@desk.example", MAIL)
    (kept,) = inbox(dovecot, "lmtp@desk.example")
    assert kept.endswith(b".A line with a dot\r\n")


def test_dovecot_refuses_a_wrong_password(dovecot):
    with imaplib.IMAP4(dovecot.host, dovecot.imap_port) as box, pytest.raises(imaplib.IMAP4.error):
        box.login("lmtp@desk.example", "wrong")


def test_postfix_hands_mail_to_dovecot_and_knows_plus_addresses(smtp_server, dovecot):
    with smtplib.SMTP(smtp_server.host, smtp_server.port) as line:
        line.sendmail("carol@mail.example", ["smtp+token@desk.example"], MAIL)
    (kept,) = eventually(lambda: inbox(dovecot, "smtp@desk.example"))
    assert b"Subject: Hello" in kept


def test_postfix_refuses_for_ever_and_for_now(smtp_server):
    with smtplib.SMTP(smtp_server.host, smtp_server.port) as line:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            line.sendmail("desk@desk.example", ["nobody@gone.example"], MAIL)
        assert refused.value.recipients["nobody@gone.example"][0] == 550
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            line.sendmail("desk@desk.example", ["later@busy.example"], MAIL)
        assert refused.value.recipients["later@busy.example"][0] == 450
