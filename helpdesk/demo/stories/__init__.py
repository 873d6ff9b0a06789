"""What customers of the demo write about, by language."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Story:
    """One matter. A turn is who speaks (c: customer, a: agent, n: note among agents) and what is said."""

    language: str
    topic: str
    team: str
    subject: str
    turns: list[tuple[str, str]]
    tags: list[str] = field(default_factory=list)


@cache
def by_language() -> dict[str, list[Story]]:
    """All stories, read once."""
    found: dict[str, list[Story]] = {}
    for path in sorted(FOLDER.glob("*.json")):
        for told in json.loads(path.read_text(encoding="utf-8")):
            story = _story(told, path.stem)
            found.setdefault(story.language, []).append(story)
    return found


def _story(told: dict[str, Any], language: str) -> Story:
    turns = [(who, text) for who, text in told.pop("turns")]
    return Story(language=told.pop("language", language), turns=turns, **told)
