"""Discord's gateway as a bot hears it."""

import json

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.testing import WebsocketCommunicator

from channels_app.simulator import models, runtime
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.gateway import serve
from tests.channels_app.simulated import HUMAN

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(settings) -> models.Account:
    settings.SIMULATOR = True
    channel = runtime.connect("discord", "Discord")
    return models.Account.objects.select_related("channel").get(channel=channel)


def socket(account, client="127.0.0.1"):
    talk = WebsocketCommunicator(serve, f"/simulator/api/{account.channel.token}/gateway/")
    talk.scope["client"] = [client, 5000]
    return talk


async def heard(talk):
    return json.loads(await talk.receive_from(5))


async def greeted(talk, account, token=None):
    await talk.connect()
    assert (await heard(talk))["op"] == 10
    await talk.send_to(json.dumps({"op": 2, "d": {"token": token or account.keys["bot_token"], "intents": 0}}))


def test_messages_are_heard_by_who_knows_the_token(account):
    async def story():
        talk = socket(account)
        await greeted(talk, account)
        assert (await heard(talk))["t"] == "READY"
        await sync_to_async(runtime.play)(account, HUMAN, Doing(Act.TEXT, "", text="Hello"))
        said = await heard(talk)
        assert (said["t"], said["d"]["content"]) == ("MESSAGE_CREATE", "Hello")
        await talk.send_to(json.dumps({"op": 1, "d": said["s"]}))
        assert (await heard(talk))["op"] == 11
        await talk.disconnect()
        return said["s"]

    async_to_sync(story)()


def test_a_session_goes_on_where_it_broke(account):
    async def story():
        for text in ("one", "two"):
            await sync_to_async(runtime.play)(account, HUMAN, Doing(Act.TEXT, "", text=text))
        await sync_to_async(account.refresh_from_db)(fields=["notes"])
        first = account.notes["gateway"][0]["s"]
        talk = socket(account)
        await talk.connect()
        await heard(talk)
        resume = {"token": account.keys["bot_token"], "session_id": "s", "seq": first}
        await talk.send_to(json.dumps({"op": 6, "d": resume}))
        assert (await heard(talk))["t"] == "RESUMED"
        assert (await heard(talk))["d"]["content"] == "two"
        await talk.disconnect()

    async_to_sync(story)()


def test_strangers_are_turned_away(account):
    async def story():
        talk = socket(account)
        await greeted(talk, account, token="other")
        assert (await talk.receive_output(5)) == {"type": "websocket.close", "code": 4004}
        is_open, _code = await socket(account, client="203.0.113.9").connect()
        assert not is_open

    async_to_sync(story)()
