"""What a channel can do as a table in words, for its page in docs/channels/."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

from django.utils import translation

from channels_app import connectors
from channels_app.contract import Capabilities, Outside

END = "<!-- /limits -->"
# A page about something else than a kind of channel names the kind: <!-- limits webchat -->.
BLOCK = re.compile(rf"(<!-- limits(?: (\w+))? -->).*?{END}", re.DOTALL)
OUTSIDE = {
    Outside.NOTHING: "nothing can be sent",
    Outside.TEMPLATE: "approved templates only",
    Outside.PAID: "can be sent, but the provider charges for it",
}


def written_into(page: str, kind: str) -> str:
    """The page with its tables as the connectors' capabilities say now; `kind` is that of the page itself."""

    def block(found: re.Match[str]) -> str:
        connector = connectors.get(found[2] or kind)
        made = side_by_side(connector.variants) if connector.variants else table(connector.capabilities)
        return f"{found[1]}\n{made}\n{END}"

    with translation.override("en"):
        return BLOCK.sub(block, page)


def table(can: Capabilities) -> str:
    """The table in Markdown."""
    return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in _rows(can))])


def side_by_side(variants: Mapping[str, Capabilities]) -> str:
    """One column for each network that a channel may speak for."""
    columns = [list(_rows(can)) for can in variants.values()]
    head = ["| | " + " | ".join(variants) + " |", "| --- |" + " --- |" * len(variants)]
    rows = zip(*columns, strict=True)
    return "\n".join([*head, *(f"| {row[0][0]} | " + " | ".join(value for _name, value in row) + " |" for row in rows)])


def _rows(can: Capabilities) -> Iterator[tuple[str, str]]:
    yield "Text", _text(can)
    yield "Files out", _files(can)
    yield "When one may write", _window(can)
    yield "Begin a conversation", _yes(can.can_start)
    yield "Receipts", _listed({"delivered": can.sends_delivered, "read": can.sends_read})
    yield "Typing", _listed({"we see it": can.receives_typing, "they see it": can.shows_typing})
    yield "They see that we read", _yes(can.marks_read)
    yield "Quoting a message", _yes(can.quotes)
    yield "Our reactions", "any emoji" if can.reactions is None else " ".join(can.reactions) or "no"
    yield (
        "Quick replies",
        f"{can.quick_replies}, {can.quick_reply_title} characters each" if can.quick_replies else "no",
    )
    yield "Templates", _yes(can.has_templates or can.only_templates)
    yield "A repeated send is recognised", _yes(can.is_send_idempotent)
    yield "Opt-out words", "obeyed" if can.obeys_opt_out else "not used here"


def _text(can: Capabilities) -> str:
    if can.only_templates:
        return "approved templates only"
    if can.max_text is None:
        return "no limit"
    parts = f", longer ones in up to {can.most_parts} messages" if can.most_parts > 1 else ""
    caption = f"; {can.max_caption:,} beside a file" if can.max_caption is not None else ""
    return f"{can.max_text:,} {can.text_unit}{parts}{caption}"


def _files(can: Capabilities) -> str:
    limits = [f"{limit.prefix or 'any'} up to {_size(limit.max_bytes)}" for limit in can.media]
    how = ", fetched by the provider from a signed address" if can.fetches_files and limits else ""
    return "; ".join(limits) + how if limits else "no"


def _size(number: int) -> str:
    return f"{number / 1024**2:g} MB" if number >= 1024**2 else f"{number / 1024:g} KB"


def _window(can: Capabilities) -> str:
    said = []
    if can.needs_session:
        said.append("while the customer's session is open")
    if can.reply_window:
        said.append(f"{_span(can.reply_window)} after the customer's last action")
    if can.human_window:
        said.append(f"{_span(can.human_window)} for answers that a person writes")
    if can.sends_per_turn:
        said.append(f"{can.sends_per_turn} messages after each of the customer's")
    after = f"; then {OUTSIDE[can.outside_window]}" if said else ""
    return ", ".join(said) + after if said else "always"


def _span(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:g} hours" if hours <= 72 else f"{hours / 24:g} days"


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _listed(these: dict[str, bool]) -> str:
    return ", ".join(name for name, is_so in these.items() if is_so) or "none"
