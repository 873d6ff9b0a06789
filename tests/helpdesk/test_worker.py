"""A worker process: finishes what it is sending when it is told to stop, and keeps its loops going."""

import signal
import threading

import pytest

from agents.models import Team, User
from channels_app import connectors
from channels_app.models import Channel
from conversations.actions import inbound, replies
from conversations.models import Conversation, Delivery, Intake
from conversations.reach import routes_of
from helpdesk import loops
from tests.processes import WorkerProcess, eventually
from tests.servers import server_environment


@pytest.fixture
def waiting_reply(transactional_db, monkeypatch, tmp_path):
    """A reply that takes two seconds to send, queued but not sent."""
    monkeypatch.setitem(connectors.REGISTRY, "courier", "tests.courier.Courier")
    team = Team.objects.create(name="Couriers", colour=3)
    channel = Channel.objects.create(kind="courier", name="C", config={"folder": str(tmp_path), "before_send": 2})
    Intake.objects.create(channel=channel, team=team)
    inbound.accept(channel, b'{"id": "1", "sender": "door", "text": "Hello"}', headers={})
    agent = User.objects.create_user("kim@desk.example", "x", name="Kim")
    conversation = Conversation.objects.get(last_channel=channel)
    replies.reply(conversation, by=agent, text="Answer", route=routes_of(conversation)[0])
    return Delivery.objects.get()


def test_a_worker_told_to_stop_finishes_the_send_under_way(waiting_reply, tmp_path):
    worker = WorkerProcess(tmp_path / "worker.log", server_environment(tmp_path))
    worker.start()
    eventually(lambda: list(tmp_path.glob("trying-*")))
    process = worker.popen
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0, worker.words()
    waiting_reply.refresh_from_db()
    assert waiting_reply.state == Delivery.State.SENT
    assert [path.read_text() for path in tmp_path.glob("sent-*")] == ["Answer"]


def test_a_loop_that_fails_is_logged_and_started_again(caplog, monkeypatch):
    monkeypatch.setattr(loops, "PAUSE_SECONDS", 0)
    stopping = threading.Event()
    calls = []

    def loop(event):
        calls.append(event)
        if len(calls) == 2:
            stopping.set()
        raise ValueError("no mailbox today")

    loops.keep_going(loop, stopping)
    assert calls == [stopping, stopping]
    assert caplog.text.count("worker.loop_failed") == 2
