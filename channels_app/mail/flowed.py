"""Text with `format=flowed` (RFC 3676): soft line breaks joined, quote marks and signature line kept."""

from __future__ import annotations

import re

_QUOTE = re.compile(r">*")


def unflow(text: str, *, drop_space: bool = False) -> str:
    """Join lines that end in a space with the next of the same quote depth; with DelSp that space goes too."""
    out: list[str] = []
    depth_before = -1
    is_open = False
    for line in text.split("\n"):
        depth = len(_QUOTE.match(line)[0])  # type: ignore[index]
        body = line[depth:].removeprefix(" ")
        is_flowing = body.endswith(" ") and body != "-- "
        kept = body[:-1] if is_flowing and drop_space else body
        if is_open and depth == depth_before and body != "-- ":
            out[-1] += kept
        else:
            out.append(f"{'>' * depth}{' ' if depth else ''}{kept}")
        is_open, depth_before = is_flowing, depth
    return "\n".join(out)
