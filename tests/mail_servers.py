"""Real mail servers for the services ring: private instances of Dovecot and Postfix on free ports."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.processes import Process, eventually, free_port, listens
from tests.servers import missing

PASSWORD = "correct-horse"
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


@dataclass(frozen=True)
class Dovecot:
    """IMAP with any user name and PASSWORD; LMTP delivers into INBOX. `folder` holds the mail, one Maildir a user."""

    host: str
    imap_port: int
    lmtp_port: int
    folder: Path
    password: str = PASSWORD

    def deliver(self, user: str, mail: bytes) -> None:
        """Put a mail into a user's INBOX as an MTA would, over LMTP."""
        with socket.create_connection((self.host, self.lmtp_port), timeout=10) as line:
            file = line.makefile("rb")
            file.readline()
            for command in ("LHLO test", "MAIL FROM:<>", f"RCPT TO:<{user}>", "DATA"):
                _say(line, file, command.encode())
            body = mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").replace(b"\r\n.", b"\r\n..")
            _say(line, file, body.removesuffix(b"\r\n") + b"\r\n.")


def _say(line: socket.socket, file, command: bytes) -> None:
    line.sendall(command + b"\r\n")
    while (answer := file.readline())[3:4] == b"-":
        pass
    assert answer[:1] in b"23", answer


@dataclass(frozen=True)
class SMTPServer:
    """Postfix: takes mail for anybody on `port`; every recipient's mail goes on to `dovecot`, where it can be read."""

    host: str
    port: int
    dovecot: Dovecot
    process: Process

    def log(self) -> str:
        return self.process.words()


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A private Dovecot."""
    program = shutil.which("dovecot", path=PATH)
    if program is None or os.geteuid() != 0:
        missing("no Dovecot, or not root (on Debian: apt-get install dovecot-imapd dovecot-lmtpd)")
    folder = _open_folder("dovecot")
    server = Dovecot("127.0.0.1", free_port(), free_port(), folder / "mail")
    server.folder.mkdir()
    owner = pwd.getpwnam("nobody")
    os.chown(server.folder, owner.pw_uid, owner.pw_gid)
    configuration = folder / "dovecot.conf"
    configuration.write_text(_dovecot_configuration(server, folder, owner))
    process = Process([program, "-F", "-c", str(configuration)], folder / "dovecot.log")
    process.start()
    eventually(lambda: _is_up(process, server.imap_port), 20)
    eventually(lambda: _is_up(process, server.lmtp_port), 20)
    yield server
    process.stop()
    shutil.rmtree(folder, ignore_errors=True)


def _dovecot_configuration(server: Dovecot, folder: Path, owner: pwd.struct_passwd) -> str:
    return f"""
protocols = imap lmtp
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_login_user = nobody
default_internal_user = nobody
default_internal_group = {_group(owner)}
first_valid_uid = 1
mail_location = maildir:{server.folder}/%u
mail_uid = {owner.pw_uid}
mail_gid = {owner.pw_gid}
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
# Where the kernel lends no inotify, IDLE looks this often.
mailbox_idle_check_interval = 1 secs
passdb {{
  driver = static
  args = password={server.password}
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={server.folder}/%u allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {server.imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service lmtp {{
  inet_listener lmtp {{
    port = {server.lmtp_port}
  }}
}}
"""


@pytest.fixture(scope="session")
def smtp_server(dovecot: Dovecot) -> Iterator[SMTPServer]:
    """A private Postfix in front of the private Dovecot."""
    program = shutil.which("postfix", path=PATH)
    if program is None or os.geteuid() != 0:
        missing("no Postfix, or not root (on Debian: apt-get install postfix)")
    folder = _open_folder("postfix")
    port = free_port()
    for name in ("conf", "spool", "data"):
        (folder / name).mkdir()
    os.chown(folder / "data", pwd.getpwnam("postfix").pw_uid, -1)
    (folder / "conf/main.cf").write_text(_postfix_main(dovecot, folder))
    (folder / "conf/master.cf").write_text(_postfix_master(port))
    subprocess.run([program, "-c", str(folder / "conf"), "set-permissions"], capture_output=True)
    process = Process([program, "-c", str(folder / "conf"), "start-fg"], folder / "postfix.log")
    process.start()
    eventually(lambda: _is_up(process, port), 20)
    yield SMTPServer("127.0.0.1", port, dovecot, process)
    subprocess.run([program, "-c", str(folder / "conf"), "stop"], capture_output=True)
    process.stop()
    shutil.rmtree(folder, ignore_errors=True)


def _postfix_main(dovecot: Dovecot, folder: Path) -> str:
    refusals = "{ nobody@gone.example = 550 5.1.1 No such user }, { later@busy.example = 450 4.2.1 Try later }"
    return f"""
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
maillog_file = /dev/stdout
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.desk.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
relay_domains = static:ok
default_transport = lmtp:inet:127.0.0.1:{dovecot.lmtp_port}
relay_transport = lmtp:inet:127.0.0.1:{dovecot.lmtp_port}
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{ {refusals} }}, permit
message_size_limit = 60000000
smtputf8_enable = yes
"""


def _postfix_master(port: int) -> str:
    services = [f"{port} inet n - n - - smtpd", "postlog unix-dgram n - n - 1 postlogd"]
    services += [f"{name} unix n - n - 0 {name}" for name in ("cleanup",)]
    services += [f"{name} unix - - n - 0 {name}" for name in ("bounce", "defer", "trace")]
    services[-2:] = [f"{name} unix - - n - 0 bounce" for name in ("defer", "trace")]
    services += [
        "pickup unix n - n 60 1 pickup",
        "qmgr unix n - n 300 1 qmgr",
        "rewrite unix - - n - - trivial-rewrite",
    ]
    services += ["verify unix - - n - 1 verify", "flush unix n - n 1000? 0 flush", "proxymap unix - - n - - proxymap"]
    services += [
        "smtp unix - - n - - smtp",
        "relay unix - - n - - smtp",
        "lmtp unix - - n - - lmtp",
        "error unix - - n - - error",
    ]
    services += ["retry unix - - n - - error", "discard unix - - n - - discard", "local unix - n n - - local"]
    services += ["virtual unix - n n - - virtual", "anvil unix - - n - 1 anvil", "scache unix - - n - 1 scache"]
    services += ["tlsmgr unix - - n 1000? 1 tlsmgr", "showq unix n - n - - showq", "proxywrite unix - - n - 1 proxymap"]
    return "\n".join(services) + "\n"


def _open_folder(name: str) -> Path:
    """A short-named folder that other accounts may pass through: pytest's own are closed to them."""
    folder = Path(subprocess.check_output(["mktemp", "-d", f"/tmp/ieum-{name}-XXXXXX"], text=True).strip())
    folder.chmod(0o755)
    return folder


def _group(owner: pwd.struct_passwd) -> str:
    import grp

    return grp.getgrgid(owner.pw_gid).gr_name


def _is_up(process: Process, port: int) -> bool:
    assert process.is_running(), process.words()
    return listens(port)
