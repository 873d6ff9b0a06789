"""Secrets that an installation makes for itself once and keeps in a file only it can read."""

import os
import secrets
from pathlib import Path


def kept_in(path: Path) -> str:
    """Return the secret kept in `path`, made on first use (43 URL-safe characters, 256 bits)."""
    if not path.exists():
        _make(path)
    return path.read_text().strip()


def _make(path: Path) -> None:
    """Write a whole file aside, then link it into place: of two processes that start at once, one wins."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
