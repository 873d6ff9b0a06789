"""Web origins, and which of them may show a widget."""

from __future__ import annotations

import re
from urllib.parse import urlsplit


def is_origin(text: str) -> bool:
    """Whether a text is a web origin: scheme, host and perhaps a port, nothing else."""
    try:
        parts = urlsplit(text)
        return bool(
            parts.scheme in ("http", "https") and parts.hostname and text == f"{parts.scheme}://{parts.netloc}"
        ) and not re.search(r"[\s;,'\"@*\\]", parts.netloc)
    except ValueError:
        return False


def matches(origin: str, pattern: str) -> bool:
    """A pattern is an origin, or one whose host begins with `*.` and stands for every subdomain."""
    scheme, _sep, host = pattern.partition("://*.")
    return origin == pattern or bool(host and origin.startswith(f"{scheme}://") and origin.endswith(f".{host}"))
