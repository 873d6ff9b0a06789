"""The simulator over HTTP: who may play, who may call, what faults do."""

import json

import pytest
from django.test import Client

from channels_app.simulator import models, runtime
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.faults import Faults
from channels_app.simulator.runtime import Dispatch
from channels_app.simulator.wire import Hook
from tests.channels_app.simulated import HUMAN

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def switched_on(settings):
    """The addresses are there only where the simulator is switched on when the program starts."""
    settings.SIMULATOR = True
    settings.ROOT_URLCONF = "tests.channels_app.simulator.urls"


@pytest.fixture
def account() -> models.Account:
    return models.Account.objects.get(channel=runtime.connect("telegram", "Telegram"))


@pytest.fixture
def carol(db) -> models.Person:
    return models.Person.objects.create(name="Carol", phone="+821055550001")


@pytest.fixture
def dispatched(monkeypatch) -> list[Dispatch]:
    """What would have been posted to the desk."""
    posts: list[Dispatch] = []
    monkeypatch.setattr(runtime, "dispatch", lambda account, found: posts.extend(found))
    return posts


def test_agents_play_and_strangers_are_asked_to_sign_in(as_bob, account, carol):
    assert as_bob.get(f"/simulator/{account.pk}/{carol.pk}/").status_code == 200
    assert Client().get(f"/simulator/{account.pk}/{carol.pk}/").status_code == 302


def test_nothing_is_there_where_the_simulator_is_switched_off(as_ada, account, carol, settings):
    settings.SIMULATOR = False
    assert as_ada.get(f"/simulator/{account.pk}/{carol.pk}/").status_code == 404
    assert Client().post(f"/simulator/api/{account.channel.token}/api/x").status_code == 404


def test_only_admins_connect_channels(as_bob, as_ada):
    assert as_bob.post("/simulator/channels/", {"kind": "telegram"}).status_code == 403
    assert as_ada.post("/simulator/channels/", {"kind": "telegram"}).status_code == 302
    assert models.Account.objects.count() == 1


def test_the_interface_answers_this_machine_alone(account):
    address = f"/simulator/api/{account.channel.token}/api/bot{account.keys['bot_token']}/getMe"
    assert Client().post(address).json()["ok"]
    assert Client(REMOTE_ADDR="203.0.113.9").post(address).status_code == 403


def test_the_log_names_secrets_without_showing_them(account):
    path = f"/simulator/api/{account.channel.token}/api/bot{account.keys['bot_token']}/getMe"
    Client(headers={"authorization": "Bearer s3cret"}).post(path)
    (entry,) = models.Exchange.objects.all()
    assert entry.headers["authorization"] == "…"
    assert entry.status == 200


def test_what_a_customer_does_is_kept_and_dispatched(as_bob, account, carol, dispatched):
    answer = as_bob.post(
        f"/simulator/{account.pk}/{carol.pk}/doings/", {"act": "text", "text": "Hello"}, HTTP_HX_REQUEST="1"
    )
    assert "Hello" in answer.content.decode()
    (post,) = dispatched
    assert json.loads(post.hook.body)["message"]["text"] == "Hello"


@pytest.mark.parametrize(
    "entered",
    [
        {"act": "text", "text": "  "},
        {"act": "call"},
        {"act": "unheard of"},
        {"act": "edit", "text": "x", "target": "nothing"},
    ],
)
def test_what_cannot_be_done_is_refused_with_words(as_bob, account, carol, dispatched, entered):
    answer = as_bob.post(f"/simulator/{account.pk}/{carol.pk}/doings/", entered, HTTP_HX_REQUEST="1")
    assert answer.status_code == 422
    assert "phone__wrong" in answer.content.decode()
    assert not dispatched


def test_faults_are_kept_and_refused_where_they_make_no_sense(as_bob, account):
    as_bob.post(f"/simulator/{account.pk}/faults/", {"duplicate": "on", "delay_seconds": "3"})
    account.refresh_from_db()
    assert Faults.of(account.faults) == Faults(duplicate=True, delay_seconds=3)
    assert as_bob.post(f"/simulator/{account.pk}/faults/", {"delay_seconds": "-1"}).status_code == 422


def test_faults_change_what_is_posted():
    message, receipt = Dispatch(Hook(b"1")), Dispatch(Hook(b"2"), is_receipt=True)
    assert runtime.after_faults([message, receipt], Faults(drop_receipts=True)) == [message]
    assert [one.hook.body for one in runtime.after_faults([message], Faults(duplicate=True))] == [b"1", b"1"]
    assert runtime.after_faults([message], Faults(delay_seconds=5))[0].after == 5
    first, second = runtime.after_faults([message, receipt], Faults(reorder=True))
    assert first.after > second.after


def test_a_connection_that_breaks_off_leaves_the_message_on_the_phone(account, carol, dispatched):
    runtime.play(account, HUMAN, Doing(Act.TEXT, "", text="Hi"))
    models.Account.objects.update(faults={"timeout_after_accept": True})
    address = runtime.provider_of(account).address_of(HUMAN)
    path = f"/simulator/api/{account.channel.token}/api/bot{account.keys['bot_token']}/sendMessage"
    answer = Client().post(path, {"chat_id": address, "text": "Hello"}, content_type="application/json")
    with pytest.raises(ConnectionAbortedError):
        b"".join(answer.streaming_content)
    assert [row.data["text"] for row in models.Message.objects.all()] == ["Hi", "Hello"]


def test_the_log_keeps_the_newest_alone(account, monkeypatch):
    monkeypatch.setattr(models, "KEPT_EXCHANGES", 3)
    for number in range(6):
        models.Exchange.objects.create(account=account, is_hook=True, method="POST", url=str(number))
    models.Exchange.objects.forget_old(account)
    assert [one.url for one in models.Exchange.objects.order_by("pk")] == ["3", "4", "5"]
