"""A mailbox of the desk, mail as programs write it, and mail servers on this machine."""

import smtplib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import format_datetime
from types import SimpleNamespace

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone

from agents.models import Team
from channels_app.connectors.email.accounts import MailAccount
from channels_app.connectors.email.listener import Door
from channels_app.models import Channel
from conversations.actions import inbound
from conversations.models import Intake, Message
from helpdesk import mail_door

DESK = "help@moment.example"
BORDER = "mx.moment.example"


@pytest.fixture
def account() -> MailAccount:
    return MailAccount(address=DESK, from_name="Moment", authserv_id=BORDER)


def mail(sender: str = "Carol <carol@mail.example>", **headers: str) -> EmailMessage:
    """A mail to the desk; keyword arguments are headers (`In_Reply_To=…`), `text` its body."""
    made = EmailMessage()
    text = headers.pop("text", "Hello")
    made["From"] = sender
    made["To"] = headers.pop("To", DESK)
    made["Subject"] = headers.pop("Subject", "My parcel")
    made["Date"] = headers.pop("Date", format_datetime(timezone.now()))
    made["Message-ID"] = headers.pop("Message_ID", f"<{timezone.now().timestamp()}@mail.example>")
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


class Server:
    """A mail server of somebody else's: it keeps what it takes, and says what it is told to say."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.says: dict[str, str] = {}
        self.signs_in = {"help@moment.example": "s3cret"}

    async def handle_MAIL(self, server, session, envelope, address, options):
        if "MAIL" in self.says:
            return self.says["MAIL"]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if "RCPT" in self.says:
            return self.says["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.says.get("DATA") == "silence":
            self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
            server.transport.abort()
            return "250 OK"
        if "DATA" in self.says:
            return self.says["DATA"]
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return "250 2.0.0 Queued"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def server() -> Iterator[Server]:
    handler = Server()
    handler.port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    yield handler
    controller.stop()


@pytest.fixture
def mailbox(support: Team, server: Server) -> Channel:
    """The desk's mail channel; what it sends goes to `server`."""
    channel = Channel.objects.create(
        kind="email",
        name="Mail",
        config={
            "address": DESK,
            "from_name": "Moment",
            "authserv_id": BORDER,
            "incoming": "handed",
            "smtp_host": "127.0.0.1",
            "smtp_port": server.port,
            "smtp_security": "plain",
        },
    )
    Intake.objects.create(channel=channel, team=support)
    return channel


@pytest.fixture
def arrive(mailbox: Channel) -> Callable[..., Message | None]:
    """Let a mail arrive; the message as it was stored, or None where none was made."""

    def receive(written: EmailMessage | bytes) -> Message | None:
        raw = written if isinstance(written, bytes) else written.as_bytes()
        envelope = inbound.accept(mailbox, raw, headers={})
        envelope.refresh_from_db()
        assert not envelope.error, envelope.error
        return Message.objects.filter(envelope=envelope).first()

    return receive


@pytest.fixture
def door(mailbox: Channel) -> Iterator[SimpleNamespace]:
    """The desk's own mail door, open on a free port."""
    with opened(Door(port=0)) as port:
        yield SimpleNamespace(port=port, send=lambda *a, **k: send(port, *a, **k))


@contextmanager
def opened(door: Door) -> Iterator[int]:
    stopping, ready, found = threading.Event(), threading.Event(), []

    def note(port: int) -> None:
        found.append(port)
        ready.set()

    thread = threading.Thread(target=mail_door.serve, args=(door, stopping, note))
    thread.start()
    assert ready.wait(10)
    try:
        yield found[0]
    finally:
        stopping.set()
        thread.join(20)


def send(port: int, raw: bytes, *recipients: str, sender: str = "carol@mail.example") -> dict:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        return client.sendmail(sender, recipients or [DESK], raw)
