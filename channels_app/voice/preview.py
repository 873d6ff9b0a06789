"""A flow in sentences, so that an admin reads what callers will meet."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from channels_app.voice.flow import CALL_BACK, HANG_UP, QUEUE, VOICEMAIL, Flow
from channels_app.voice.steps import MOST_TRIES


def describe(flow: Flow) -> list[str]:
    """What happens, one sentence after the other, in the reader's language."""
    return list(_sentences(flow))


def _sentences(flow: Flow) -> Iterator[str]:
    if flow.languages:
        names = ", ".join(get_language_info(one)["name_local"] for one in flow.languages)
        yield _("Callers whose language is not known choose between %(names)s.") % {"names": names}
    yield _("They hear: “%(text)s”") % {"text": flow.said(flow.greeting, flow.language) or _("Thank you for calling.")}
    closed = flow.said(flow.closed, flow.language) or _("Nobody is here at this time.")
    yield _("Outside business hours they hear “%(text)s”; then the desk %(goes)s.") % {
        "text": closed,
        "goes": _then(flow.closed_goes),
    }
    if flow.records:
        yield _("They are told that the call may be recorded.")
    for option in flow.options:
        title = flow.said(option.title, flow.language)
        yield _("Key %(key)s, or “%(title)s”: the desk %(goes)s.") % {
            "key": option.key,
            "title": title,
            "goes": _then(option.goes),
        }
    if flow.options:
        yield _("Whoever chooses nothing %(count)s times is passed on to the agents.") % {"count": MOST_TRIES}
    yield from _queue(flow)


def _queue(flow: Flow) -> Iterator[str]:
    yield _("Agents who are available and have a telephone in their settings are rung for %(seconds)s seconds.") % {
        "seconds": flow.ring_seconds
    }
    yield _("While all are busy, callers hear their place, may press 1 to be called back or 2 to leave a message.")
    yield _("After %(minutes)s minutes the desk %(goes)s.") % {
        "minutes": flow.longest_wait // 60,
        "goes": _then(flow.wait_goes),
    }


def _then(goes: str) -> str:
    return {
        QUEUE: _("rings the agents"),
        VOICEMAIL: _("takes a message"),
        CALL_BACK: _("notes a call-back"),
        HANG_UP: _("hangs up"),
    }.get(goes, goes)
