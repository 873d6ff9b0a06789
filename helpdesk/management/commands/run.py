"""`make run`: a complete desk on this machine."""

import os
import secrets
import socket
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from agents.models import User
from helpdesk.demo import cast

FIRST_ADMIN = "admin@localhost"


class Command(BaseCommand):
    """Prepare the database and the files, then become the supervisor of a web and a worker process."""

    help = "Run the desk: web and worker, with the embedded database unless DATABASE_URL is set."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = os.environ.get("HOST", "127.0.0.1"), settings.PORT
        refuse_busy_port(host, port)
        self._step("Bringing the database up to date …")
        call_command("migrate", interactive=False, verbosity=0)
        if collected_before(newest_file()):
            self._step("Collecting static files …")
            call_command("collectstatic", interactive=False, verbosity=0)
        self._fill_demo()
        self._step("Starting …")
        become_supervisor(port, who_can_sign_in())

    def _fill_demo(self) -> None:
        if settings.DEMO and "seed_demo" in get_commands() and not User.objects.exists():
            self._step("Filling in the sample shop …")
            call_command("seed_demo")

    def _step(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def refuse_busy_port(host: str, port: int) -> None:
    """Raise CommandError with a way out when something listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise CommandError(f"Port {port} needs root. Choose one above 1023: make run PORT=8001") from error
        except OSError as error:
            raise CommandError(
                f"Port {port} is taken by another program. Choose another: make run PORT=8001"
            ) from error


def newest_file() -> float:
    """Return when a static file was last changed, as a time stamp."""
    times = [0.0]
    for finder in get_finders():
        for path, storage in finder.list([]):
            times.append(os.stat(storage.path(path)).st_mtime)
    return max(times)


def collected_before(moment: float) -> bool:
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    return not manifest.exists() or manifest.stat().st_mtime < moment


def who_can_sign_in() -> str:
    """Return the lines about log-ins that are shown once the desk answers."""
    if not User.objects.exists():
        return first_admin()
    if not settings.DEMO:
        return ""
    there = set(User.objects.values_list("email", flat=True))
    log_ins = [(name, f"{name}@{cast.DOMAIN}") for name in cast.LOG_INS]
    lines = [f"  {name:<11} {email:<28} {cast.PASSWORD}" for name, email in log_ins if email in there]
    lines += ["", f"  Sample shop  {settings.PUBLIC_URL}{reverse('shop')}"]
    lines += [f"  Shop's mail  {settings.PUBLIC_URL}{reverse('shop_mail')}"]
    lines += [f"  Simulator    {settings.PUBLIC_URL}{reverse('simulator:index')}"] if settings.SIMULATOR else []
    return "\n".join(lines)


def first_admin() -> str:
    """Let somebody in: with a database of its own only this machine's people see what is printed here."""
    if settings.DATABASE_URL:
        return "  Nobody can sign in yet. Make the first admin:  .venv/bin/python manage.py createsuperuser"
    password = secrets.token_urlsafe(9)
    User.objects.create_superuser(FIRST_ADMIN, password, name="Admin")
    return f"  admin       {FIRST_ADMIN:<28} {password}\n  Shown this once: change it under your name, at Password."


def become_supervisor(port: int, logins: str) -> None:
    """Replace this process: the supervisor needs neither Django nor its memory."""
    environment = {**os.environ, "PORT": str(port), "IEUM_LOGINS": logins}
    if not settings.DATABASE_URL:
        environment["IEUM_EMBEDDED_DATA"] = str((Path(settings.VAR_DIR) / "postgres").resolve())
    sys.stdout.flush()
    os.chdir(settings.BASE_DIR)
    os.execve(sys.executable, [sys.executable, "-m", "helpdesk.supervisor"], environment)
