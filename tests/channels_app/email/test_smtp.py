"""Every answer of a mail server becomes the right error of the contract."""

import base64
import re

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from channels_app.connectors.email import EmailConnector, oauth, smtp
from channels_app.contract import (
    AccountFailure,
    Address,
    OutboundFile,
    OutboundMessage,
    PermanentFailure,
    TemporaryFailure,
    UnknownOutcome,
)
from channels_app.mail.parse import parse_mail
from tests.channels_app.email.conftest import DESK, Server, free_port

pytestmark = pytest.mark.django_db

CAROL = Address("email", "carol@mail.example", name="Carol")
KEY = "0123456789abcdef0123456789abcdef"


def message(**fields):
    return OutboundMessage(
        **{"delivery_key": KEY, "recipient": CAROL, "text": "Hello", "subject": "My parcel", **fields}
    )


@pytest.fixture
def connector(mailbox) -> EmailConnector:
    return mailbox.connector


@pytest.mark.parametrize(
    ("stage", "answer", "failure"),
    [
        ("RCPT", "450 4.2.1 greylisted", TemporaryFailure),
        ("RCPT", "421 4.7.0 too many connections", TemporaryFailure),
        ("RCPT", "550 5.1.1 no such user", PermanentFailure),
        ("RCPT", "552 5.2.2 mailbox full", PermanentFailure),
        ("MAIL", "550 5.7.60 not allowed to send as this", PermanentFailure),
        ("DATA", "451 4.3.0 try later", TemporaryFailure),
        ("DATA", "554 5.7.1 looks like spam", PermanentFailure),
        ("DATA", "552 5.3.4 message too large", PermanentFailure),
        ("MAIL", "530 5.7.0 sign in first", AccountFailure),
    ],
)
def test_answers_become_failures(connector, server, stage, answer, failure):
    server.says[stage] = answer
    with pytest.raises(failure) as caught:
        connector.send(message())
    assert type(caught.value) is failure
    assert caught.value.code == answer.rpartition(" ")[0].split(" ")[0] + " " + answer.split(" ")[1]
    assert server.taken == []


def test_only_an_unknown_address_counts_as_unreachable(connector, server):
    for answer, is_unreachable in (
        ("550 5.1.1 no such user", True),
        ("552 5.2.2 full", False),
        ("554 5.7.1 spam", False),
    ):
        server.says["RCPT"] = answer
        with pytest.raises(PermanentFailure) as caught:
            connector.send(message())
        assert caught.value.is_unreachable is is_unreachable
        assert str(caught.value.advice)


def test_a_connection_that_breaks_after_the_mail_leaves_the_outcome_unknown(connector, server):
    server.says["DATA"] = "silence"
    with pytest.raises(UnknownOutcome):
        connector.send(message())
    assert len(server.taken) == 1


def test_a_server_that_is_not_there_is_tried_again(mailbox):
    mailbox.config["smtp_port"] = free_port()
    with pytest.raises(TemporaryFailure):
        mailbox.connector.send(message())


def test_dots_and_bare_line_ends_survive_the_wire(connector, server):
    connector.send(message(text=".hidden\n..twice\n.\nend"))
    assert parse_mail(server.taken[0][2]).text.startswith(".hidden\n..twice\n.\nend")


def test_a_mail_carries_what_threads_it(connector, server):
    receipt = connector.send(
        message(
            in_reply_to="q@mail.example",
            references=["a@x.example", "q@mail.example"],
            reply_token="4k2-abc",
            author_name="하늘",
            signature="모먼트 드림",
            quoted_history="> earlier",
        )
    )
    raw = server.taken[0][2]
    sent = parse_mail(raw)
    assert sent.message_id == receipt.external_id == f"{KEY}.ieum@moment.example"
    assert (sent.in_reply_to, sent.references) == (("q@mail.example",), ("a@x.example", "q@mail.example"))
    assert sent.reply_to[0].address == "help+4k2-abc@moment.example"
    assert sent.from_.name == "하늘 · Moment"
    assert sent.subject == "Re: My parcel"
    assert sent.text.index("Hello") < sent.text.index("모먼트 드림") < sent.text.index("> earlier")
    assert sent.automatic is None
    assert raw.isascii()


def test_an_automatic_mail_says_so(connector, server):
    connector.send(message(is_automatic=True))
    sent = parse_mail(server.taken[0][2])
    assert sent.automatic is not None
    assert sent.headers.raw("Auto-Submitted") == "auto-replied"


def test_a_second_try_is_the_same_mail_to_whoever_dedups(connector, server):
    server.says["DATA"] = "silence"
    with pytest.raises(UnknownOutcome):
        connector.send(message())
    server.says.clear()
    connector.send(message())
    first, second = (parse_mail(raw).message_id for _, _, raw in server.taken)
    assert first == second


def test_no_value_can_add_a_header(connector, server):
    connector.send(message(subject="Hi\r\nBcc: eve@evil.example", author_name="A\r\nX-Evil: 1"))
    sent = parse_mail(server.taken[0][2])
    assert "Bcc" not in sent.headers
    assert "X-Evil" not in sent.headers


def test_files_too_large_for_mail_are_refused_before_anything_is_sent(connector, server):
    huge = OutboundFile("film.mp4", "video/mp4", 40 * 1024 * 1024, read=lambda: b"")
    with pytest.raises(PermanentFailure):
        connector.send(message(files=[huge]))
    assert server.taken == []


def test_an_address_that_is_ours_or_none_cannot_be_written_to(connector):
    assert connector.address_of(" Carol@Mail.Example ").value == "carol@mail.example"
    for raw in ("carol", "carol@", "carol@localhost", DESK, f"help+x@{DESK.partition('@')[2]}"):
        with pytest.raises(ValueError, match=re.escape(raw)):
            connector.address_of(raw)


class Guarded(Server):
    def __init__(self):
        super().__init__()
        self.offered = []

    def sign_in(self, server, session, envelope, mechanism, data):
        self.offered.append((mechanism, data.login, data.password))
        return AuthResult(success=data.password == b"s3cret", handled=False)

    async def auth_XOAUTH2(self, server, args):
        self.offered.append(("XOAUTH2", base64.b64decode(args[1])))
        if b"Bearer good" in self.offered[-1][1]:
            return AuthResult(success=True, auth_data="ok")
        await server.challenge_auth("eyJzdGF0dXMiOiI0MDEifQ==", encode_to_b64=False)
        return AuthResult(success=False, handled=False)


@pytest.fixture
def guarded():
    handler = Guarded()
    handler.port = free_port()
    controller = Controller(
        handler,
        hostname="127.0.0.1",
        port=handler.port,
        authenticator=handler.sign_in,
        auth_require_tls=False,
        auth_required=True,
    )
    controller.start()
    yield handler
    controller.stop()


def test_a_password_opens_the_server_and_a_wrong_one_pauses_the_account(mailbox, guarded):
    mailbox.config["smtp_port"] = guarded.port
    mailbox.secrets = {"smtp_password": "s3cret"}
    mailbox.connector.send(message())
    assert len(guarded.taken) == 1
    mailbox.secrets = {"smtp_password": "wrong"}
    with pytest.raises(AccountFailure):
        mailbox.connector.send(message())
    with pytest.raises(AccountFailure):
        smtp.check(mailbox)


def test_xoauth2_speaks_its_words_and_survives_a_refusal(mailbox, guarded, monkeypatch):
    mailbox.config |= {"smtp_port": guarded.port, "sign_in": "google"}
    monkeypatch.setattr(oauth, "access_token", lambda account: "good")
    mailbox.connector.send(message())
    assert guarded.offered[-1] == ("XOAUTH2", b"user=help@moment.example\x01auth=Bearer good\x01\x01")
    monkeypatch.setattr(oauth, "access_token", lambda account: "stale")
    with pytest.raises(AccountFailure):
        mailbox.connector.send(message())


def test_an_admins_test_message_takes_the_way_of_answers(client, ada, mailbox, server):
    client.force_login(ada)
    client.post(f"/channels/{mailbox.pk}/test/")
    assert server.taken[0][1] == [ada.email]
    assert parse_mail(server.taken[0][2]).automatic is not None


def test_a_check_turns_a_paused_account_on_again(client, ada, mailbox):
    mailbox.state = "paused"
    mailbox.save()
    client.force_login(ada)
    client.post(f"/settings/channels/{mailbox.pk}/check/")
    mailbox.refresh_from_db()
    assert mailbox.state == "ok"
