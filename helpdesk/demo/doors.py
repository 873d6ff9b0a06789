"""How customers of the demo reach the desk: by the same doors as anybody."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime

from django.conf import settings
from django.utils import timezone

from channels_app.contract import DeliveryState, DeliveryUpdate
from channels_app.models import Channel
from channels_app.simulator.models import Account
from conversations.actions import inbound, receipts, visiting
from conversations.models import Delivery, Intake, Message, Visitor
from helpdesk import mail_door
from helpdesk.demo import phones
from helpdesk.demo.cast import DESK_ADDRESS, Person
from helpdesk.demo.chat import chat_config, chat_secrets
from helpdesk.demo.phones import Phones

SHOP = settings.PUBLIC_URL
# The widget of the sample shop is found at /w/moment/.
SHOP_TOKEN = "moment"  # noqa: S105


@dataclass(frozen=True)
class Doors:
    """The shop's channels: its chat, its mailbox, and where nothing real is needed, its messengers."""

    chat: Channel
    mail: Channel
    phones: Phones

    @property
    def desk_address(self) -> str:
        return str(self.mail.config["address"])


@dataclass
class Guest:
    """A customer at the doors: their address, and their browser if they chat."""

    person: Person
    visitor: Visitor | None = None

    def write(self, doors: Doors, text: str, *, subject: str = "", answers: Message | None = None) -> Message:
        """Send an e-mail to the desk, as an answer to one of its mails where there is one."""
        raw = _mail(doors, self.person, text, subject, answers)
        number = f"demo-{uuid.uuid4().hex}"
        inbound.accept(doors.mail, raw, headers={}, content_type="message/rfc822", dedup_key=number)
        return Message.objects.get(envelope__dedup_key=number, channel=doors.mail)

    def chat(self, doors: Doors, text: str) -> Message:
        """Say something in the shop's chat; the shop vouches for who it is."""
        self.visitor = self.visitor or _visitor(doors.chat, self.person)
        message = visiting.speak(self.visitor, client_id=str(uuid.uuid4()), text=text)
        if message is None:
            raise RuntimeError("the demo's own message was not understood")
        return message

    def text(self, doors: Doors, account: Account, text: str, *, with_picture: bool = False) -> Message:
        """Write by the messenger on their phone; the shop vouches for whose it is."""
        message = phones.say(account, self.person, text, with_picture=with_picture)
        phones.introduce(message, self.person)
        message.refresh_from_db()
        return message


def _mail(doors: Doors, person: Person, text: str, subject: str, answers: Message | None) -> bytes:
    mail = EmailMessage()
    mail["From"] = f"{person.name} <{person.email}>"
    mail["To"] = doors.desk_address
    mail["Date"] = format_datetime(timezone.now())
    mail["Message-ID"] = f"<{uuid.uuid4().hex}@customer.example>"
    mail["Subject"] = f"Re: {subject}" if answers else subject
    if answers:
        mail["In-Reply-To"] = mail["References"] = (
            f"<{answers.deliveries.values_list('external_id', flat=True).first()}>"
        )
        quoted = "\n".join(f"> {line}" for line in answers.text.splitlines())
        text = f"{text}\n\n{_attribution(person)}\n{quoted}\n"
    mail.set_content(text)
    return mail.as_bytes()


def _attribution(person: Person) -> str:
    day = timezone.localtime()
    if person.language == "ko":
        return f"{day:%Y년 %m월 %d일} 모먼트스토어 <help@moment.example>님이 작성:"
    return f"On {day:%a, %b %d, %Y}, Moment Store <help@moment.example> wrote:"


def _visitor(channel: Channel, person: Person) -> Visitor:
    """A browser in which the person is signed in at the shop."""
    proven = [{"kind": "email", "value": person.email}]
    visitor, _new = Visitor.objects.get_or_create(
        channel=channel,
        subject=f"shop-{person.number}",
        defaults={"origin": SHOP, "name": person.name, "language": person.language, "proven": proven},
    )
    return visitor


def carried_out(message: Message, state: DeliveryState) -> None:
    """Let the provider report what became of a message that was sent while nobody watched."""
    for delivery in message.deliveries.all():
        Delivery.objects.filter(pk=delivery.pk, external_id="").update(
            external_id=f"{delivery.key.hex}.ieum@moment.example", sent_at=timezone.now()
        )
        receipts.raise_state(delivery.pk, DeliveryState.SENT)
        update = DeliveryUpdate(
            state,
            code="5.1.1" if state == DeliveryState.FAILED else "",
            detail="550 5.1.1 mailbox unknown" if state == DeliveryState.FAILED else "",
        )
        if state != DeliveryState.SENT:
            receipts.raise_state(delivery.pk, state, update=update)


def found_doors() -> Doors | None:
    """The demo's channels, unless somebody has removed them or switched them off."""
    chat = Channel.objects.enabled().filter(token=SHOP_TOKEN).select_related("intake").first()
    mail = Channel.objects.enabled().filter(config__address=DESK_ADDRESS).select_related("intake").first()
    return Doors(chat, mail, Phones.found()) if chat and mail else None


def open_doors() -> Doors:
    """The channels with what the desk has decided about them."""
    chat = Channel.objects.create(
        kind="webchat",
        name="웹 채팅",
        token=SHOP_TOKEN,
        state=Channel.State.OK,
        config=chat_config(),
        secrets=chat_secrets(),
    )
    mail = Channel.objects.create(
        kind="email", name="help@moment.example", state=Channel.State.OK, config=mail_account()
    )
    Intake.objects.create(channel=chat, reply_within_minutes=30, hours={})
    Intake.objects.create(channel=mail, reply_within_minutes=240)
    if settings.SIMULATOR:
        phones.connect_messengers()
    return Doors(chat, mail, Phones.found())


def mail_account() -> dict[str, object]:
    """The shop's mailbox: the desk's own mail door takes its mail, and carries what it sends to the customers' mailboxes."""
    door = mail_door.address()
    return {
        "address": "help@moment.example",
        "from_name": "모먼트스토어",
        "incoming": "handed",
        "outgoing": "smtp",
        "smtp_host": door.host,
        "smtp_port": door.port,
        "smtp_security": "plain",
        "follows_door": True,
    }
