"""The supervisor: restarts what dies, gives up on what cannot live, leaves nothing behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from helpdesk import supervisor

ROOT = Path(__file__).resolve().parents[2]


def supervise(*programs, folder):
    """Start a supervisor of `python -c` programs; each may use `folder`."""
    lines = ", ".join(f"Program({name!r}, [sys.executable, '-c', {code!r}])" for name, code in programs)
    main = f"""
        import sys
        from helpdesk import supervisor
        from helpdesk.supervisor import Program
        supervisor.FIRST_PAUSE_SECONDS = 0.05
        supervisor.STOP_SECONDS = 2
        sys.exit(supervisor.Supervisor([{lines}]).run())
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(main)],
        cwd=ROOT,
        env={**os.environ, "FOLDER": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for(condition, seconds=15):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


NOTES_ITS_PID = (
    "import os, time; open(os.environ['FOLDER'] + '/pids', 'a').write(f'{os.getpid()}\\n');"
    " print('hello', flush=True); time.sleep(60)"
)


def pids(folder):
    file = folder / "pids"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def test_prefixes_what_a_program_prints(tmp_path):
    started = supervise(("web", NOTES_ITS_PID), folder=tmp_path)
    assert started.stdout.readline() == "web    | hello\n"
    started.terminate()
    started.wait(10)


def test_restarts_a_program_that_was_killed(tmp_path):
    started = supervise(("web", NOTES_ITS_PID), folder=tmp_path)
    wait_for(lambda: pids(tmp_path))
    os.kill(pids(tmp_path)[0], signal.SIGKILL)
    wait_for(lambda: len(pids(tmp_path)) == 2)
    started.terminate()
    assert started.wait(10) == 0
    assert not any(psutil.pid_exists(pid) for pid in pids(tmp_path))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_program(tmp_path, number):
    started = supervise(("web", NOTES_ITS_PID), ("worker", NOTES_ITS_PID), folder=tmp_path)
    wait_for(lambda: len(pids(tmp_path)) == 2)
    started.send_signal(number)
    assert started.wait(10) == 0
    assert not any(psutil.pid_exists(pid) for pid in pids(tmp_path))


def test_a_program_deaf_to_the_signal_is_killed(tmp_path):
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + NOTES_ITS_PID
    started = supervise(("web", deaf), folder=tmp_path)
    wait_for(lambda: pids(tmp_path))
    started.terminate()
    assert started.wait(10) == 0
    assert not psutil.pid_exists(pids(tmp_path)[0])


def test_gives_up_on_a_program_that_cannot_start(tmp_path):
    started = supervise(("web", "raise SystemExit('no such setting')"), ("worker", NOTES_ITS_PID), folder=tmp_path)
    output, _ = started.communicate(timeout=30)
    assert started.returncode == 1
    assert "web    | no such setting" in output
    assert "`web` ended 5 times in a row" in output
    assert not any(psutil.pid_exists(pid) for pid in pids(tmp_path))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_programs_do_not_outlive_a_killed_supervisor(tmp_path):
    started = supervise(("web", NOTES_ITS_PID), folder=tmp_path)
    wait_for(lambda: pids(tmp_path))
    started.kill()
    started.wait()
    wait_for(lambda: not psutil.pid_exists(pids(tmp_path)[0]))


def test_needs_no_django(tmp_path):
    code = "import sys, helpdesk.supervisor; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_restarts_slow_down_up_to_a_limit_and_are_quick_again_after_health():
    program = supervisor.Program("web", [])
    pauses = []
    for _ in range(8):
        program.started_at = time.monotonic()
        pauses.append(program.pause)
        program._plan_restart(1)
    assert pauses == [0.5, 1, 2, 4, 8, 10, 10, 10]
    program.started_at = time.monotonic() - supervisor.HEALTHY_SECONDS - 1
    program._plan_restart(1)
    assert program.pause == 1
    assert program.failures == 1
