"""Calls for templates."""

from __future__ import annotations

from typing import Any

from django import template

from conversations.models import Call
from conversations.stream import calls
from conversations.switchboard import voice_channel

register = template.Library()

register.filter("call_headline", calls.headline)
register.filter("call_facts", calls.facts)
register.filter("call_symbol", calls.symbol)
register.filter("call_advice", calls.advice)


@register.filter
def tone(call: Call) -> str:
    """The class by which a call is coloured: live, bad (somebody has to act) or none."""
    if call.is_live:
        return "live"
    return "bad" if call.state in (Call.State.MISSED, Call.State.FAILED, Call.State.REQUESTED) or call.is_owed else ""


@register.simple_tag
def can_call(contacts: Any) -> bool:
    """Whether the desk has a telephone for a customer with a number among these contacts."""
    return any(one.is_masked for one in contacts) and voice_channel() is not None
