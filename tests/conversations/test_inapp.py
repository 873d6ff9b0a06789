"""The chat's doors as an app uses them: who comes in without a frame of ours, what scripts elsewhere read, the stream."""

import json
from pathlib import Path

import pytest
import time_machine
import yaml
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from channels_app.models import Channel
from conversations.consumers import stream as streaming
from conversations.consumers.desk import say_typing
from conversations.models import Conversation, Visitor
from helpdesk.asgi import application
from tests.conversations.test_desk_socket import at_the_desk as at_the_desk
from tests.conversations.test_desk_socket import change
from tests.conversations.test_webchat_talk import answer
from tests.conversations.webchat import ORIGIN, Panel, host_token

# The loader, and pages: what they are is for their readers to see.
FOR_PEOPLE = {"/w.js", *(f"/w/{{token}}/{page}" for page in ("", "contact/", "look.css", "call/"))}
DOCUMENT = Path(__file__).resolve().parents[2] / "docs/openapi/inapp.yaml"


@pytest.fixture
def app_chat(shop) -> Channel:
    shop.config["allows_apps"] = True
    shop.save()
    return shop


class App(Panel):
    """A native app: no frame, no ticket, no origin unless a test says so."""

    site = ""

    def enter(self, **sent):
        given = self.post("session/", {"visitor": self.visitor, "language": "en", **sent})
        assert given.status_code == 200, given.content
        self.session, self.visitor = given.json()["session"], given.json()["visitor"]
        return given.json()

    @property
    def headers(self):
        return super().headers | ({"Origin": self.site} if self.site else {})


@pytest.fixture
def app(app_chat) -> App:
    return App(app_chat)


def test_an_app_comes_in_where_the_admin_allows_it(app, shop):
    assert app.enter()["identity"] == "anonymous"
    assert Visitor.objects.get().origin == "app"
    shop.config["allows_apps"] = False
    shop.save()
    assert App(shop).post("session/", {}).status_code == 403


def test_an_app_comes_again_as_the_same_person(app, app_chat):
    app.say("Hello")
    again = App(app_chat, visitor=app.visitor)
    assert [message["text"] for message in again.enter()["messages"]] == ["Hello"]
    assert App(app_chat, visitor="made up").enter()["messages"] == []


def test_an_apps_visitor_is_not_the_browsers(app, app_chat):
    """A token that a site's page keeps opens nothing elsewhere, and the other way round."""
    app.say("Hello")
    assert Panel(app_chat, visitor=app.visitor).enter()["messages"] == []


def test_a_person_whom_the_apps_server_vouches_for_is_the_same_on_every_device(app, app_chat):
    assert app.enter(jwt=host_token(app_chat))["identity"] == "verified"
    app.post("messages/", {"client_id": "5f0c2f0e-4a8e-4c57-9b7e-0d8f4e7f9a11", "text": "From the phone"})
    other = App(app_chat)
    assert [one["text"] for one in other.enter(jwt=host_token(app_chat))["messages"]] == ["From the phone"]


def test_messages_files_and_history_by_cursor(app):
    app.enter()
    token = app.post("files/", {"file": SimpleUploadedFile("list.txt", b"milk")}).json()["token"]
    app.say("First", files=[token])
    cursor = app.get("messages/").json()["cursor"]
    last = app.say("Second")["message"]["id"]
    assert app.texts(after=cursor) == ["Second"]
    [before] = app.get("messages/", before=last).json()["messages"]
    assert before["text"] == "First"
    assert b"".join(app.client.get(before["files"][0]["url"]).streaming_content) == b"milk"


# ── Scripts on other sites ───────────────────────────────────────────────────────────────────────────────────────────
def preflight(channel, origin, path="messages/"):
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return Client().options(f"/w/{channel.token}/{path}", headers=headers)


def test_a_script_on_an_allowed_site_may_talk_and_read_the_answers(app):
    app.site = ORIGIN
    app.enter()
    assert Visitor.objects.get().origin == ORIGIN
    for given in (app.get("messages/"), app.post("typing/", {})):
        assert given.status_code == 200
        assert given["Access-Control-Allow-Origin"] == ORIGIN
        assert "Origin" in given["Vary"]
        assert "Access-Control-Allow-Credentials" not in given


@pytest.mark.parametrize("path", ["session/", "messages/", "files/", "read/", "prechat/"])
def test_its_browser_is_told_so_beforehand(app_chat, path):
    given = preflight(app_chat, ORIGIN, path)
    assert given.status_code == 204
    assert given["Access-Control-Allow-Origin"] == ORIGIN
    assert given["Access-Control-Allow-Headers"] == "Authorization, Content-Type"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://shop.example.com"])
def test_a_script_anywhere_else_may_not(app, app_chat, origin):
    assert "Access-Control-Allow-Origin" not in preflight(app_chat, origin)
    app.site = origin
    given = app.post("session/", {})
    assert given.status_code == 403
    assert "Access-Control-Allow-Origin" not in given


def test_without_the_permission_for_apps_no_other_site_reads_anything(panel, shop):
    panel.enter()
    given = panel.client.get(panel.url("messages/"), headers=panel.headers | {"Origin": ORIGIN})
    assert given.status_code == 200
    assert "Access-Control-Allow-Origin" not in given
    assert "Access-Control-Allow-Origin" not in preflight(shop, ORIGIN)


# ── The stream ───────────────────────────────────────────────────────────────────────────────────────────────────────
class Stream:
    """A request for server-sent events, straight at the server's door."""

    def __init__(self, session: str, *, origin: str = "", method: str = "GET"):
        headers = [(b"host", b"testserver"), (b"authorization", f"Bearer {session}".encode())]
        headers += [(b"origin", origin.encode())] if origin else []
        scope = {"type": "http", "method": method, "path": "/ws/webchat/stream/", "headers": headers}
        self.line = ApplicationCommunicator(application, scope)

    async def __aenter__(self):
        await self.line.send_input({"type": "http.request"})
        start = await self.line.receive_output(3)
        self.status, self.headers = start["status"], {k.decode(): v.decode() for k, v in start["headers"]}
        return self

    async def __aexit__(self, *failure):
        await self.line.send_input({"type": "http.disconnect"})
        await self.line.wait(3)

    async def hears(self) -> tuple[str, dict]:
        while True:
            body = (await self.line.receive_output(4))["body"].decode()
            if body.startswith("event: "):
                event, data = body.strip().split("\n")
                return event.removeprefix("event: "), json.loads(data.removeprefix("data: "))

    async def hears_nothing(self) -> bool:
        return await self.line.receive_nothing(0.3)


@pytest.fixture
def spoken(app) -> Conversation:
    app.say("Hello")
    return Conversation.objects.get()


async def settled(stream: Stream) -> None:
    """Wait for `ready` and past the look that the hub asks for when its own line has come up."""
    assert await stream.hears() == ("ready", {})
    while not await stream.hears_nothing():
        await stream.line.receive_output(1)


def test_an_answer_is_heard_and_typing_too(app, spoken, bob, at_the_desk):
    async def scenario():
        async with Stream(app.session) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            await settled(stream)
            await change(answer)(spoken, bob, "Good day")
            assert await stream.hears() == ("pull", {})
            while not await stream.hears_nothing():
                await stream.line.receive_output(1)
            await sync_to_async(say_typing)(bob.pk, "Bob", spoken.topic, to_customer=True)
            assert await stream.hears() == ("typing", {"name": ""})

    at_the_desk(scenario)
    assert "Good day" in app.texts()


def test_anothers_answer_is_not_heard(app, app_chat, spoken, bob, at_the_desk):
    other = App(app_chat)
    other.say("Hello too")

    async def scenario():
        async with Stream(other.session) as stream, Stream(app.session) as own:
            await settled(stream)
            await settled(own)
            await change(answer)(spoken, bob, "Good day")
            assert await own.hears() == ("pull", {})
            assert await stream.hears_nothing()

    at_the_desk(scenario)


def test_a_stream_that_was_opened_before_the_first_message_hears_the_answer(app, bob, at_the_desk, monkeypatch):
    monkeypatch.setattr(streaming, "LOOK_SECONDS", 0.05)
    app.enter()

    async def scenario():
        async with Stream(app.session) as stream:
            assert await stream.hears() == ("ready", {})
            assert await stream.hears_nothing()
            await change(app.say)("Hello")
            assert await stream.hears() == ("pull", {})
            while not await stream.hears_nothing():
                await stream.line.receive_output(1)
            conversation = await sync_to_async(Conversation.objects.get)()
            await change(answer)(conversation, bob, "Good day")
            assert await stream.hears() == ("pull", {})

    at_the_desk(scenario)


def test_an_idle_line_is_kept_open(app, spoken, at_the_desk, monkeypatch):
    monkeypatch.setattr(streaming, "KEEP_ALIVE_SECONDS", 0.1)

    async def scenario():
        async with Stream(app.session) as stream:
            bodies = [(await stream.line.receive_output(2))["body"] for _time in range(4)]
            assert b":\n\n" in bodies

    at_the_desk(scenario)


def test_a_stream_ends_with_its_session(app, spoken, at_the_desk, monkeypatch):
    monkeypatch.setattr(streaming, "SESSION_SECONDS", 0)

    async def scenario():
        async with Stream(app.session) as stream:
            while (await stream.line.receive_output(2)).get("more_body"):
                pass

    at_the_desk(scenario)


@pytest.mark.parametrize("session", ["", "made-up"])
def test_without_a_session_there_is_no_stream(app, session, at_the_desk):
    async def scenario():
        async with Stream(session) as stream:
            assert stream.status == 401

    at_the_desk(scenario)


def test_a_session_that_has_ended_gives_no_stream(app, spoken, at_the_desk):
    async def scenario():
        with time_machine.travel("2126-01-01", tick=True):
            async with Stream(app.session) as stream:
                assert stream.status == 401

    at_the_desk(scenario)


def test_the_stream_of_a_switched_off_chat_is_closed(app, spoken, at_the_desk):
    Channel.objects.update(is_enabled=False)

    async def scenario():
        async with Stream(app.session) as stream:
            assert stream.status == 401

    at_the_desk(scenario)


def test_only_scripts_of_allowed_sites_may_read_the_stream(app, spoken, at_the_desk):
    async def scenario():
        async with Stream(app.session, origin=ORIGIN) as own:
            assert own.headers["access-control-allow-origin"] == ORIGIN
        async with Stream(app.session, origin="https://evil.example") as other:
            assert "access-control-allow-origin" not in other.headers
        async with Stream("", method="OPTIONS") as asked:
            assert (asked.status, asked.headers["access-control-allow-headers"]) == (204, "authorization")

    at_the_desk(scenario)


# ── The document ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def document():
    return yaml.safe_load(DOCUMENT.read_text())


def check(document, path: str, method: str, response) -> None:
    """The answer is one that the document names, with a body of the named schema."""
    named = document["paths"][path][method]["responses"].get(str(response.status_code))
    assert named, f"{path} answers {response.status_code}"
    if "$ref" in named:
        named = document["components"]["responses"][named["$ref"].rpartition("/")[2]]
    schema = named["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": document["components"]}).validate(response.json())


def test_the_document_is_valid_openapi(document):
    validate(document)


def test_every_door_answers_as_documented(app, app_chat, document, bob):
    base = "/w/{token}/"
    check(document, base + "session/", "post", app.post("session/", {}))
    app.enter()
    said = app.post("messages/", {"client_id": "5f0c2f0e-4a8e-4c57-9b7e-0d8f4e7f9a11", "text": "Hi"})
    check(document, base + "messages/", "post", said)
    answer(Conversation.objects.get(), bob, "Good day")
    news = app.get("messages/")
    check(document, base + "messages/", "get", news)
    assert [one["kind"] for one in news.json()["messages"]] == ["in", "out"]
    check(document, base + "messages/", "get", app.get("messages/", before=news.json()["messages"][1]["id"]))
    check(document, base + "messages/", "post", app.post("messages/", {"client_id": "x"}))
    check(document, base + "files/", "post", app.post("files/", {"file": SimpleUploadedFile("a.txt", b"x")}))
    check(document, base + "files/", "post", app.post("files/", {}))
    check(document, base + "read/", "post", app.post("read/", {"up_to": news.json()["messages"][1]["id"]}))
    check(document, base + "typing/", "post", app.post("typing/", {}))
    check(document, base + "page/", "post", app.post("page/", {"url": "https://shop.example.com/cart"}))
    check(document, base + "prechat/", "post", app.post("prechat/", {"email": "carol@home.example"}))
    check(document, base + "prechat/", "post", app.post("prechat/", {"email": "carol"}))
    app.session = ""
    check(document, base + "messages/", "get", app.get("messages/"))
    app_chat.config["allows_apps"] = False
    app_chat.save()
    check(document, base + "session/", "post", app.post("session/", {}))


def test_the_document_names_every_door(document):
    from conversations.urls.webchat import urlpatterns

    doors = {f"/{one.pattern}".replace("<str:", "{").replace(">", "}") for one in urlpatterns}
    assert doors - FOR_PEOPLE == set(document["paths"]) - {"/ws/webchat/stream/"}
