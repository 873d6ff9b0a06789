"""The certificate of the mail door, read again when it was renewed."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass, field
from pathlib import Path

logger = logging.getLogger(__name__)


@dataclass
class Certificate:
    """A chain and its private key, both in PEM files that something else renews."""

    chain: Path
    key: Path
    _context: ssl.SSLContext | None = field(default=None, init=False, repr=False)
    _seen: tuple[int, int] = field(default=(0, 0), init=False, repr=False)

    def context(self) -> ssl.SSLContext:
        """What a new connection is encrypted with. Raises OSError where there is nothing readable to begin with."""
        try:
            seen = (self.chain.stat().st_mtime_ns, self.key.stat().st_mtime_ns)
            if seen != self._seen:
                self._context, self._seen = self._read(), seen
        except OSError as error:
            # In the middle of a renewal the old pair still serves.
            if self._context is None:
                raise OSError(f"certificate {self.chain}, key {self.key}: {error}") from error
            logger.warning("mail_door.certificate_unreadable", extra={"error": str(error)})
        assert self._context is not None
        return self._context

    def _read(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.chain, self.key)
        return context
