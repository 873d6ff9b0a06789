"""Dictionaries of Apple's interface as the contract has them; shapes of interactive replies are one open implementation's."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from channels_app.connectors.tolerant import Json, items, obj, text, whole
from channels_app.contract import (
    A_FILE,
    Address,
    Choice,
    Inbound,
    InboundMessage,
    Reaction,
    RemoteFile,
    TypingUpdate,
    WindowUpdate,
)

KIND = "apple"
TAPBACKS = {
    "liked": "👍",
    "loved": "❤️",
    "disliked": "👎",
    "laughed at": "😂",
    "emphasized": "‼️",
    "emphasised": "‼️",
    "questioned": "❓",
}
REMOVED = {"like": "👍", "heart": "❤️", "dislike": "👎", "laugh": "😂", "exclamation": "‼️", "question mark": "❓"}
WHAT = r"(?:(?:an?|the) (?P<file>image|photo|video|movie|attachment|file|audio message)|[“\"«](?P<words>.+)[”\"»])"
TAPBACK = re.compile(rf"(?P<verb>{'|'.join(TAPBACKS)}) {WHAT}", re.IGNORECASE | re.DOTALL)
REACTED = re.compile(rf"reacted (?P<emoji>\S{{1,16}}) to {WHAT}", re.IGNORECASE | re.DOTALL)
TAKEN_BACK = re.compile(rf"removed an? (?P<what>{'|'.join(REMOVED)}) from {WHAT}", re.IGNORECASE | re.DOTALL)


def read(said: Json, headers: Mapping[str, str]) -> Iterator[Inbound]:
    """What a dictionary says; one of a kind that we do not know says nothing."""
    sender = text(said, "sourceId") or headers.get("source-id", "")
    if not sender:
        return
    address = Address(KIND, sender, is_local=True, is_verified=True)
    match text(said, "type"):
        case "text":
            yield _reaction(said, address) or _message(said, address, headers, text=_words(said), files=_files(said))
        case "interactive":
            yield _reply(said, address, headers)
        case "typing_start" | "typing_end" as kind:
            yield TypingUpdate(address, is_typing=kind == "typing_start")
        case "close":
            yield WindowUpdate(address, is_open=False)


def _message(said: Json, sender: Address, headers: Mapping[str, str], **content: Any) -> InboundMessage:
    about = {name: text(said, name) for name in ("group", "intent") if text(said, name)}
    if device := headers.get("device-agent", ""):
        about["device"] = device[:80]
    content.setdefault("external_id", text(said, "id") or headers.get("id", ""))
    return InboundMessage(
        sender=sender,
        quoted_id=text(said, "replyToMessageId"),
        language=text(said, "locale").replace("_", "-"),
        handles=capabilities(headers),
        details={"apple": about} if about else {},
        **content,
    )


def capabilities(headers: Mapping[str, str]) -> dict[str, str]:
    """What the customer's device can show, kept until it says otherwise: one handle that names them all."""
    named = sorted({one.strip().upper() for one in headers.get("capability-list", "").split(",")} - {""})
    return dict.fromkeys(named[:10], "")


def _words(said: Json) -> str:
    return text(said, "body").replace(A_FILE, "").strip()


def _files(said: Json) -> list[RemoteFile]:
    return [
        RemoteFile(
            text(one, "name"),
            text(one, "mimeType"),
            url=text(one, "url"),
            reference=_reference(one),
            size=whole(one, "size"),
        )
        for one in items(said, "attachments")
        if text(one, "url")
    ]


def _reference(file: Json) -> str:
    """Beside its address, what a file is fetched by."""
    names = ("owner", "key", "signature", "signature-base64")
    return json.dumps({name: text(file, name) for name in names if text(file, name)}, separators=(",", ":"))


# ── Tapbacks ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _reaction(said: Json, sender: Address) -> Reaction | None:
    """Older devices put a reaction into words, and name the message by its own words."""
    words = _words(said)
    if items(said, "attachments"):
        return None
    if found := TAPBACK.fullmatch(words):
        return Reaction("", sender, TAPBACKS[found["verb"].lower()], quoted_text=_quoted(found))
    if found := REACTED.fullmatch(words):
        return Reaction("", sender, found["emoji"], quoted_text=_quoted(found))
    if found := TAKEN_BACK.fullmatch(words):
        emoji = REMOVED[found["what"].lower()]
        return Reaction("", sender, emoji, is_removed=True, quoted_text=_quoted(found))
    return None


def _quoted(found: re.Match[str]) -> str:
    return A_FILE if found["file"] else found["words"]


# ── Interactive replies ──────────────────────────────────────────────────────────────────────────────────────────────
def _reply(said: Json, sender: Address, headers: Mapping[str, str]) -> InboundMessage:
    data = obj(said, "interactiveData", "data")
    title = text(data, "replyMessage", "title") or _archived_title(said) or _reference_title(said)
    choice = _choice(data, title)
    words = _form(data) or (choice.title if choice else "") or title
    notices = [] if words or choice else ["unsupported"]
    return _message(said, sender, headers, text=words, choice=choice, notices=notices, external_id=_id(said, headers))


def _choice(data: Json, title: str) -> Choice | None:
    """What was touched: a quick reply, rows of a list, a time."""
    quick = obj(data, "quick-reply")
    if chosen := text(quick, "selectedIdentifier") or text(quick, "selectedIndex"):
        return Choice(chosen, _quick_title(quick) or title)
    rows = [row for section in items(data, "listPicker", "sections") for row in items(section, "items")]
    if rows:
        return Choice(
            text(rows[0], "identifier"), ", ".join(filter(None, (text(row, "title") for row in rows))) or title
        )
    slots = items(data, "event", "timeslots")
    if slots:
        return Choice(text(slots[0], "identifier"), title or text(slots[0], "startTime"))
    return None


def _quick_title(quick: Json) -> str:
    offered, index = items(quick, "items"), whole(quick, "selectedIndex")
    return text(offered[index], "title") if index < len(offered) else ""


def _form(data: Json) -> str:
    """What was filled in on a form: each question with its answers."""
    pages = items(data, "dynamic", "selections")
    lines = []
    for page in pages:
        answers = ", ".join(text(one, "value") or text(one, "title") for one in items(page, "items"))
        lines.append(f"{text(page, 'title')}: {answers}" if text(page, "title") else answers)
    return "\n".join(filter(None, lines))


def _reference_title(said: Json) -> str:
    """What stayed of data that could not be fetched in time."""
    return text(said, "interactiveDataRef", "title")


def _archived_title(said: Json) -> str:
    """Some replies come as an archive of objects with the reply in the query of an address among them."""
    found = obj(said, "interactiveData").get("$objects")
    for one in found if isinstance(found, list) else []:
        if isinstance(one, str) and "replyMessage=" in one:
            return text(_decoded(one), "title")
    return ""


def _decoded(address: str) -> Json:
    try:
        packed = parse_qs(urlsplit(address).query)["replyMessage"][0]
        found = json.loads(base64.b64decode(packed.replace(" ", "+") + "=="))
    except (ValueError, KeyError, binascii.Error):
        return {}
    return found if isinstance(found, dict) else {}


def _id(said: Json, headers: Mapping[str, str]) -> str:
    """One answer may come twice under two ids: what names it is its question and what was answered."""
    session = text(said, "interactiveData", "sessionIdentifier")
    own = text(said, "id") or headers.get("id", "")
    if not session:
        return own
    data = obj(said, "interactiveData", "data")
    content = json.dumps(data, sort_keys=True, ensure_ascii=False).encode("utf-8", "replace")
    return f"{session[:200]}:{hashlib.sha256(content).hexdigest()[:24]}"
