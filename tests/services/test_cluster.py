"""Two page servers, two socket servers and two workers are one desk, on each choice of engines."""

import os
import re
import subprocess
import sys

import httpx
import pytest

from tests.processes import ROOT, daphne, eventually, free_port
from tests.wire import Wire


def cookie(client):
    return f"sessionid={client.cookies['sessionid']}"


def test_every_web_process_is_ready(cluster):
    for process in [*cluster.pages, *cluster.sockets]:
        answer = httpx.get(f"{process.url}/readyz", timeout=10)
        assert answer.status_code == 200, answer.text
        assert {part: answer.json()[part] for part in ("database", "broker", "bus")} == dict.fromkeys(
            ("database", "broker", "bus"), "ok"
        )


def test_a_message_through_either_page_server_reaches_agents_at_both_socket_servers(cluster, number):
    client = cluster.signed_in()
    wires = [Wire(process.port, "/ws/desk/", cookie(client)) for process in cluster.sockets]
    try:
        for wire in wires:
            wire.send(type="watch", topic="inbox-all")
            wire.hears(type="watching")
        for page in (0, 1):
            assert cluster.post(f"door {page}", "Hello", f"{number}-{page}", page) == 200
            sql = "SELECT conversation_id FROM conversations_message WHERE external_id = %s"
            ((conversation,),) = cluster.sql(sql, f"{number}-{page}")
            for wire in wires:
                wire.hears(topic="inbox-all", conversation=conversation, seconds=2)
    finally:
        for wire in wires:
            wire.__exit__()


def test_a_repeated_request_is_stored_once_whichever_server_takes_it(cluster, number):
    assert [cluster.post("door 3", "Once", number, page) for page in (0, 1, 0)] == [200, 200, 200]
    assert cluster.sql("SELECT count(*) FROM conversations_message WHERE external_id = %s", number) == [(1,)]


def test_a_session_holds_at_both_page_servers_and_its_end_closes_sockets(cluster):
    client = cluster.signed_in()
    other = httpx.Client(base_url=cluster.pages[1].url, cookies={"sessionid": client.cookies["sessionid"]})
    assert other.get("/inbox/mine/").status_code == 200
    with Wire(cluster.sockets[1].port, "/ws/desk/", cookie(client)) as wire:
        wire.send(type="ping")
        wire.hears(type="pong")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("/accounts/logout/").text)[1]
        client.post("/accounts/logout/", data={"csrfmiddlewaretoken": token})
        assert wire.is_closed_with() == 4401


def test_answers_leave_once_each_by_whichever_worker(cluster, number):
    cluster.post("door 4", "Please answer", number)
    ((conversation,),) = cluster.sql("SELECT conversation_id FROM conversations_message WHERE external_id = %s", number)
    client = cluster.signed_in(page=1)
    headers = {"X-CSRFToken": client.cookies["csrftoken"], "Referer": cluster.pages[1].url}
    route = route_key(client, conversation)
    for n in range(12):
        answer = client.post(
            f"/conversations/{conversation}/replies/",
            data={"text": f"{number} answer {n}", "route": route},
            headers=headers,
        )
        assert answer.status_code == 200, answer.text[:500]
    mine = eventually(lambda: all_sent(cluster, number, 12), 90)
    assert len(mine) == len(set(mine)) == 12
    sql = (
        "SELECT DISTINCT d.state FROM conversations_delivery d JOIN conversations_message m ON m.id = d.message_id"
        " WHERE m.conversation_id = %s"
    )
    eventually(lambda: cluster.sql(sql, conversation) == [("sent",)], 30)


def all_sent(cluster, number, count):
    mine = [text for text in cluster.sent() if text.startswith(number)]
    return mine if len(mine) >= count else None


def route_key(client, conversation):
    page = client.get(f"/conversations/{conversation}/").text
    field = re.search(r'<(?:input|option|button)[^>]*name="route"[^>]*>', page)
    assert field, "the composer offers no route"
    return re.search(r'value="([^"]+)"', field[0])[1]


def test_a_worker_lost_in_the_middle_does_not_stop_the_rest(cluster, number):
    cluster.workers[0].kill()
    try:
        cluster.post("door 5", "Still there?", number)
        ((conversation,),) = cluster.sql(
            "SELECT conversation_id FROM conversations_message WHERE external_id = %s", number
        )
        client = cluster.signed_in()
        headers = {"X-CSRFToken": client.cookies["csrftoken"], "Referer": cluster.pages[0].url}
        form = {"text": f"{number} yes", "route": route_key(client, conversation)}
        assert client.post(f"/conversations/{conversation}/replies/", data=form, headers=headers).status_code == 200
        eventually(lambda: all_sent(cluster, number, 1), 90)
    finally:
        cluster.workers[0].start()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("REDIS_URL", "http://localhost", "REDIS_URL must start with"),
        ("BROKER_URL", "kafka://x", "BROKER_URL must start with"),
    ],
)
def test_an_engine_nobody_speaks_ends_the_process_at_start(cluster, name, value, said):
    env = {**os.environ, **cluster.env, name: value}
    ended = subprocess.run(daphne(free_port()), cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert said in ended.stderr


def test_a_bus_that_is_away_makes_the_process_unready_and_fails_the_check(cluster):
    env = {**os.environ, **cluster.env, "REDIS_URL": "redis://127.0.0.1:1/0"}
    command = [sys.executable, "manage.py", "check", "--database", "default"]
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert "Live updates do not work" in ended.stderr
