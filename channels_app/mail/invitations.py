"""One line on a calendar invitation: what, when, where. The file itself stays an attachment."""

from __future__ import annotations

import re

from channels_app.mail.charsets import decode

_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r"^([A-Z-]+)((?:;[^:\r\n]*)?):([^\r\n]*)", re.MULTILINE)
_ZONE = re.compile(r"TZID=\"?([^\";:]+)")
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?")


def summary_of(content: bytes, charset: str = "") -> str:
    """`Cancelled: Planning · 2024-05-02 10:00–2024-05-02 11:00 (Asia/Seoul) · Room 3`; "" if there is no event in it."""
    text = _FOLD.sub("", decode(content[:200_000], charset).text)
    event = text.partition("BEGIN:VEVENT")[2].partition("END:VEVENT")[0]
    if not event:
        return ""
    fields = {
        match[1]: (match[2], match[3]) for match in reversed(list(_LINE.finditer(event.partition("BEGIN:VALARM")[0])))
    }
    when = "–".join(filter(None, (_time(fields.get("DTSTART")), _time(fields.get("DTEND")))))
    zone = _zone(fields.get("DTSTART"))
    title = _text(fields.get("SUMMARY"))
    parts = (title, f"{when} ({zone})" if when and zone else when, _text(fields.get("LOCATION")))
    line = " · ".join(part for part in parts if part)[:300]
    return f"Cancelled: {line}" if _is_cancelled(text, fields) else line


def _is_cancelled(text: str, fields: dict[str, tuple[str, str]]) -> bool:
    return "\nMETHOD:CANCEL" in text or fields.get("STATUS", ("", ""))[1].strip() == "CANCELLED"


def _text(field: tuple[str, str] | None) -> str:
    value = field[1] if field else ""
    return re.sub(r"\\([,;\\])", r"\1", re.sub(r"\\[nN]", " ", value)).strip()


def _time(field: tuple[str, str] | None) -> str:
    match = _TIME.match(field[1].strip()) if field else None
    if not match:
        return ""
    day = f"{match[1]}-{match[2]}-{match[3]}"
    return f"{day} {match[4]}:{match[5]}" if match[4] else day


def _zone(field: tuple[str, str] | None) -> str:
    if field is None:
        return ""
    if field[1].strip().endswith("Z"):
        return "UTC"
    match = _ZONE.search(field[0])
    return match[1] if match else ""
