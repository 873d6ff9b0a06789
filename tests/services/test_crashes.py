"""Killed at the worst moments: what came in is stored once, what goes out leaves at most once, doubt goes to a person."""

import shutil
import subprocess
import threading
import time
from pathlib import Path

import httpx
import pytest

from helpdesk import embedded, embedded_programs
from tests.processes import WebProcess, WorkerProcess, daphne, eventually
from tests.services.conftest import Cluster, _manage, stage

pytestmark = pytest.mark.crash


def open_folder():
    """A folder that the database's own account may pass through."""
    folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/ieum-crash-XXXXXX"], text=True).strip())
    folder.chmod(0o755)
    return folder


def environment(folder):
    return {
        "DJANGO_SETTINGS_MODULE": "tests.server_settings",
        "DATABASE_URL": "",
        "TEST_DATABASE": "",
        "BROKER_URL": "",
        "REDIS_URL": "",
        "VAR_DIR": str(folder / "var"),
        "MEDIA_ROOT": str(folder / "media"),
        "DEMO": "0",
        "LOG_JSON": "0",
        "LOG_LEVEL": "INFO",
    }


@pytest.fixture(scope="module")
def migrated():
    """The files of a database that has all tables: copied for each test, which is quicker than making them."""
    folder = open_folder()
    _manage(environment(folder), "migrate", "-v", "0")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def desk(migrated):
    """One web process and one worker, not started yet, on a PostgreSQL of their own that may be restarted."""
    folder = open_folder()
    subprocess.run(["cp", "-a", str(migrated / "var"), str(folder)], check=True)
    data = folder / "var/postgres"
    database = embedded.database(data)
    env = environment(folder)
    web, worker = WebProcess(daphne, folder / "web.log", env), WorkerProcess(folder / "worker.log", env)
    link = f"host={database['HOST']} user={database['USER']} dbname={database['NAME']}"
    desk = Cluster([web], [], [worker], folder, link, env)
    yield desk
    for process in desk.processes():
        process.stop()
    embedded.stop(data)
    shutil.rmtree(folder, ignore_errors=True)


def open_desk(desk, **config):
    """Found the desk with a courier of that temper, let a customer write, start the worker."""
    for name, value in stage(desk.env, "found", folder=str(desk.folder), **config).items():
        setattr(desk, name, value)
    desk.pages[0].start()
    assert desk.post("door 1", "Where is my parcel?", "first") == 200
    desk.workers[0].start()


def end_leases(desk):
    """Let the time pass after which a claim counts as abandoned."""
    desk.sql("UPDATE conversations_delivery SET leased_until = now() - interval '1 second' WHERE state = 'sending'")
    desk.sql("UPDATE dramatiq.worker SET heartbeat_at = now() - interval '1 hour'")


def states(desk):
    return [state for (state,) in desk.sql("SELECT state FROM conversations_delivery ORDER BY id")]


def files(desk, kind):
    return list(desk.folder.glob(f"{kind}-*"))


@pytest.mark.parametrize(("temper", "moment", "left"), [("before_send", "trying", 0), ("after_send", "sent", 1)])
def test_a_worker_killed_around_the_send_leaves_it_to_a_person(desk, temper, moment, left):
    open_desk(desk, **{temper: 3})
    stage(desk.env, "answer", count=1)
    eventually(lambda: files(desk, moment))
    desk.workers[0].kill()
    assert len(files(desk, "sent")) == left
    end_leases(desk)
    desk.workers[0].start()
    eventually(lambda: states(desk) == ["unknown"], 30)
    time.sleep(4)
    assert len(files(desk, "sent")) == left
    assert len(files(desk, "trying")) == 1
    assert desk.sql("SELECT undelivered FROM conversations_conversation") == [(1,)]


def test_what_a_killed_worker_had_only_queued_is_sent_once_by_the_next(desk):
    open_desk(desk, before_send=1)
    stage(desk.env, "answer", count=12)
    eventually(lambda: files(desk, "trying"))
    desk.workers[0].kill()
    end_leases(desk)
    desk.workers[0].start()
    eventually(lambda: set(states(desk)) <= {"sent", "unknown"}, 60)
    texts = [path.read_text() for path in files(desk, "sent")]
    assert len(texts) == len(set(texts))
    assert len(texts) == states(desk).count("sent")
    assert states(desk).count("unknown") <= 4


def test_a_lost_wake_up_is_made_good_by_the_sweep(desk):
    open_desk(desk)
    stage({**desk.env, "BROKER_URL": "stub://"}, "answer", count=1)
    eventually(lambda: states(desk) == ["sent"], 20)
    assert len(files(desk, "sent")) == 1


class Customers:
    """Ten customers who write at once and, like a provider, repeat what was not acknowledged."""

    def __init__(self, desk, each=12):
        self.desk, self.each = desk, each
        self.acknowledged: list[str] = []
        self.threads = [threading.Thread(target=self._write, args=(n,)) for n in range(10)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def finish(self):
        for thread in self.threads:
            thread.join(120)
        assert len(self.acknowledged) == 10 * self.each

    def _write(self, customer):
        for n in range(self.each):
            card = {"id": f"c{customer}-{n}", "sender": f"door {customer}", "text": f"Message {n}"}
            until = time.monotonic() + 100
            while not self._delivers(card) and time.monotonic() < until:
                time.sleep(0.2)
            self.acknowledged.append(card["id"])

    def _delivers(self, card):
        try:
            url = f"{self.desk.pages[0].url}/hooks/{self.desk.token}/"
            return httpx.post(url, json=card, timeout=10).status_code == 200
        except httpx.HTTPError:
            return False


def assert_all_stored_once(desk, customers):
    """Everything acknowledged is there once, and the customer's messages are in one conversation."""
    desk.sql("UPDATE channels_app_envelope SET next_attempt_at = now() WHERE state <> 'processed'")
    eventually(lambda: desk.sql("SELECT count(*) FROM channels_app_envelope WHERE state <> 'processed'") == [(0,)], 60)
    stored = [
        number
        for (number,) in desk.sql("SELECT external_id FROM conversations_message WHERE external_id LIKE 'c%%-%%'")
    ]
    assert sorted(stored) == sorted(customers.acknowledged)
    sql = "SELECT count(DISTINCT conversation_id) FROM conversations_message WHERE external_id LIKE %s"
    for customer in range(10):
        assert desk.sql(sql, f"c{customer}-%") == [(1,)]


def test_a_web_process_killed_in_the_middle_of_requests_loses_and_doubles_nothing(desk):
    open_desk(desk, before_parse=0.05)
    customers = Customers(desk)
    customers.start()
    for _ in range(3):
        count = len(customers.acknowledged)
        eventually(lambda count=count: len(customers.acknowledged) > count + 8, 60)
        desk.pages[0].kill()
        desk.pages[0].start()
    customers.finish()
    assert_all_stored_once(desk, customers)


def test_a_database_that_crashes_under_load_loses_and_doubles_nothing(desk):
    open_desk(desk)
    customers = Customers(desk, each=40)
    customers.start()
    data = Path(desk.env["VAR_DIR"]) / "postgres"
    for _ in range(2):
        count = len(customers.acknowledged)
        eventually(lambda count=count: len(customers.acknowledged) > count + 20, 60)
        stage(desk.env, "answer", count=3)
        log = str(data.with_suffix(".log"))
        embedded_programs.run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "-l", log, "restart", data=data)
    customers.finish()
    end_leases(desk)
    eventually(lambda: set(states(desk)) <= {"sent", "unknown"}, 90)
    assert_all_stored_once(desk, customers)
    texts = [path.read_text() for path in files(desk, "sent")]
    assert len(texts) == len(set(texts))
    assert states(desk).count("sent") <= len(texts) <= len(states(desk)) == 6
    assert desk.pages[0].is_running()
    assert desk.workers[0].is_running()
    eventually(lambda: httpx.get(f"{desk.pages[0].url}/readyz", timeout=60).status_code == 200, 60)
