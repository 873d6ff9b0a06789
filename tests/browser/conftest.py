"""How the browser is started: the machine's own, pointed at the running desk."""

import uuid
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.utils import format_datetime, formataddr

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Page

from agents.models import User
from channels_app.contract import Address, InboundMessage
from channels_app.models import Channel
from conversations.actions import inbound, receiving, state
from conversations.models import Conversation, Intake, Message
from tests.processes import WebProcess, eventually
from tests.servers import browser_path, missing


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict:
    """What pytest-playwright starts: the machine's own browser, which also works where none can be downloaded."""
    path = browser_path()
    if path is None:
        missing("no Chromium or Chrome (on Debian: apt-get install chromium; elsewhere set CHROMIUM to its path)")
    return {"executable_path": path, "args": ["--no-sandbox", "--disable-dev-shm-usage"]}


@pytest.fixture(scope="session")
def browser_context_args(desk_process: WebProcess) -> dict:
    """`page.goto("/inbox/")` goes to the running desk, for an agent in Seoul."""
    return {"base_url": desk_process.url, "locale": "ko-KR", "timezone_id": "Asia/Seoul"}


@pytest.fixture
def live_desk(live_desk: WebProcess, request: pytest.FixtureRequest) -> Iterator[WebProcess]:
    """The running desk; before its rows are wiped nobody asks it for anything any more, or the two would deadlock."""
    yield live_desk
    if browser := request.node.funcargs.get("browser"):
        for page in [page for context in browser.contexts for page in context.pages]:
            page.close()
    eventually(is_idle)


def is_idle() -> bool:
    """Whether no other connection works on the test's database, nor did a moment ago: between two queries it rests too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
            " AND (state <> 'idle' OR state_change > clock_timestamp() - interval '150 ms')"
        )
        return cursor.fetchone() == (0,)


@pytest.fixture
def base_url(live_desk: WebProcess) -> str:
    """Where the running desk is; here, because a plugin has a fixture of that name too."""
    return live_desk.url


@pytest.fixture
def chat(support) -> Channel:
    """A web chat whose conversations go to the support team."""
    channel = Channel.objects.create(kind="webchat", name="Web chat", config={"origins": ["http://localhost"]})
    Intake.objects.create(channel=channel, team=support, reply_within_minutes=60)
    return channel


@pytest.fixture
def mail(support) -> Channel:
    """A mailbox to which somebody else hands the letters."""
    config = {"address": "help@shop.example", "incoming": "handed", "authserv_id": "mx.shop.example"}
    channel = Channel.objects.create(kind="email", name="Mailbox", config=config)
    Intake.objects.create(channel=channel, team=support)
    return channel


@pytest.fixture
def write(live_desk, chat) -> Callable[..., Message]:
    """Let a visitor write: `write("Hello", "carol")`."""

    def say(text: str, visitor: str = "carol", **more: object) -> Message:
        sender = Address("webchat", visitor, is_local=True, name=str(more.pop("name", visitor.title())))
        said = InboundMessage(uuid.uuid4().hex, sender, text, sent_at=timezone.now(), **more)
        return receiving.receive_message(chat, said)

    return say


@pytest.fixture
def letter(live_desk, mail) -> Callable[..., Message]:
    """Let a customer write a letter, as bytes: `letter("Hello", subject="My order", html="<p>Hello</p>", to=message)`."""

    def say(
        text: str,
        sender: str = "carol@home.example",
        *,
        name: str = "Carol",
        subject: str = "My order",
        html: str = "",
        to: Message | None = None,
    ) -> Message:
        made = EmailMessage()
        made["Message-ID"] = f"<{uuid.uuid4().hex}@home.example>"
        made["From"] = formataddr((name, sender))
        made["To"], made["Subject"], made["Date"] = "help@shop.example", subject, format_datetime(timezone.now())
        made["Authentication-Results"] = f"mx.shop.example; dmarc=pass header.from={sender.partition('@')[2]}"
        if to:
            made["In-Reply-To"] = to.external_id if to.external_id.startswith("<") else f"<{to.external_id}>"
        made.set_content(text)
        if html:
            made.add_alternative(html, subtype="html")
        envelope = inbound.accept(mail, made.as_bytes(), headers={})
        envelope.refresh_from_db()
        assert not envelope.error, envelope.error
        return Message.objects.filter(channel=mail, kind=Message.Kind.INBOUND).latest("pk")

    return say


@pytest.fixture
def desk(page: Page, sign_in, bob) -> Page:
    """Bob's browser."""
    sign_in(page.context, bob)
    return page


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains of: policy violations, script errors, files that are not there."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


@pytest.fixture
def waiting(write, bob) -> Callable[[int], list[Conversation]]:
    """`waiting(5)`: so many customers wrote and bob looks after them; the newest first, as his list shows them."""

    def line(number: int, to: User = bob) -> list[Conversation]:
        people = [f"customer {n}" for n in range(number)]
        conversations = [write(f"Question of {one}", one).conversation for one in people]
        return [state.assign(one, to=to, by=to) for one in conversations][::-1]

    return line
