"""What an admin has decided about calls, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

DIGITS = "12345"
QUEUE, VOICEMAIL, CALL_BACK, HANG_UP = "queue", "voicemail", "callback", "hangup"
MORE_LANGUAGES = "languages"

Spoken = Mapping[str, str]


@dataclass(frozen=True)
class Option:
    """One entry of the menu: a key, its name in each language (also what one may say), where it leads."""

    key: str
    title: Spoken
    goes: str = QUEUE


@dataclass(frozen=True)
class Flow:
    """All that a caller meets. Texts by language; the main language stands in for one that is missing."""

    language: str = "en"
    languages: Sequence[str] = ()
    greeting: Spoken = field(default_factory=dict)
    closed: Spoken = field(default_factory=dict)
    closed_goes: str = VOICEMAIL
    options: Sequence[Option] = ()
    waiting: Spoken = field(default_factory=dict)
    music: str = ""
    longest_wait: int = 300
    ring_seconds: int = 20
    wait_goes: str = VOICEMAIL
    voicemail: Spoken = field(default_factory=dict)
    voicemail_seconds: int = 120
    records: bool = False

    def said(self, text: Spoken, language: str) -> str:
        """A text in a language, or in the main one."""
        return text.get(language) or text.get(self.language) or next(iter(text.values()), "")

    def speaks(self, language: str) -> str:
        """The language in which to go on with somebody who speaks this one; blank where it is none of ours."""
        base = language.partition("-")[0].lower()
        return base if base in (self.language, *self.languages) else ""


def flow_of(config: Mapping[str, Any]) -> Flow:
    """The flow that a channel's settings hold; whatever was not entered has a default that works."""
    language = config.get("language") or "en"
    more = [one for one in config.get("languages") or () if one != language]

    def spoken(name: str) -> Spoken:
        return spoken_of(config.get(name) or "", language)

    return Flow(
        language=language,
        languages=(language, *more) if more else (),
        greeting=spoken("greeting"),
        closed=spoken("closed"),
        closed_goes=config.get("closed_goes") or VOICEMAIL,
        options=tuple(_options(config, language)),
        waiting=spoken("waiting"),
        music=config.get("music") or "",
        longest_wait=60 * int(config.get("longest_wait") or 5),
        ring_seconds=int(config.get("ring_seconds") or 20),
        wait_goes=config.get("wait_goes") or VOICEMAIL,
        voicemail=spoken("voicemail"),
        voicemail_seconds=int(config.get("voicemail_seconds") or 120),
        records=bool(config.get("records")),
    )


def spoken_of(entered: str, language: str) -> Spoken:
    """What was typed as "Hello" and below it "ko: 안녕하세요": a text for each language, the main one's without a sign."""
    found: dict[str, list[str]] = {}
    current = language
    for line in entered.splitlines():
        code, colon, rest = line.partition(":")
        if colon and len(code.strip()) == 2 and code.strip().isascii() and code.strip().isalpha():
            current, line = code.strip().lower(), rest
        if line.strip():
            found.setdefault(current, []).append(line.strip())
    return {one: " ".join(lines) for one, lines in found.items()}


def _options(config: Mapping[str, Any], language: str) -> Sequence[Option]:
    named = [(key, spoken_of((config.get(f"option_{key}") or "").replace("|", "\n"), language)) for key in DIGITS]
    return [Option(key, title, config.get(f"option_{key}_goes") or QUEUE) for key, title in named if title]
