"""The flow in sentences."""

from django.utils import translation

from channels_app.voice.flow import Flow, Option
from channels_app.voice.preview import describe


def test_every_part_of_a_flow_is_told():
    flow = Flow(
        languages=("en", "ko"),
        greeting={"en": "Welcome"},
        closed={"en": "Closed"},
        closed_goes="callback",
        options=(Option("2", {"en": "Returns"}, "voicemail"),),
        ring_seconds=15,
        longest_wait=180,
        wait_goes="hangup",
        records=True,
    )
    with translation.override("en"):
        told = "\n".join(describe(flow))
    for words in (
        "choose between English, 한국어",
        "They hear: “Welcome”",
        "hear “Closed”; then the desk notes a call-back",
        "may be recorded",
        "Key 2, or “Returns”: the desk takes a message",
        "for 15 seconds",
        "After 3 minutes the desk hangs up",
    ):
        assert words in told


def test_what_is_not_set_up_is_not_told():
    with translation.override("en"):
        told = "\n".join(describe(Flow()))
    assert "Key" not in told
    assert "recorded" not in told
    assert "choose between" not in told
