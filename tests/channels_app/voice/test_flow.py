"""The way of a caller through a flow, without any provider and without a database."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_app.contract import Address
from channels_app.voice.flow import Flow, Option, flow_of, spoken_of
from channels_app.voice.forms import FlowForm
from channels_app.voice.steps import (
    TURNS,
    Ask,
    Go,
    HangUp,
    Heard,
    Ring,
    Say,
    Step,
    TakeMessage,
    asks_for_call_back,
    next_actions,
    step_at,
)

CAROL = Address("phone", "+447700900001")


@dataclass
class Desk:
    """What the desk would say."""

    open: bool = True
    free: list[str] = field(default_factory=list)
    place: int = 1
    time: timedelta = timedelta()
    speaks: str = ""

    def is_open(self):
        return self.open

    def phones(self, call_id):
        return self.free

    def position(self, call_id):
        return self.place

    def waited(self, call_id):
        return self.time

    def language(self, address):
        return self.speaks

    def customer_number(self, key):
        return ""


OPTIONS = (
    Option("1", {"en": "Delivery", "ko": "배송"}, "queue"),
    Option("2", {"en": "Returns", "ko": "반품"}, "voicemail"),
    Option("3", {"en": "A call back"}, "callback"),
)


def walk(flow, step=None, desk=None, **heard):
    return next_actions(flow, step or Step(), Heard(CAROL, "CA1", **heard), desk or Desk())


def words(actions):
    return " ".join(action.text for action in actions if isinstance(action, Say | Ask))


def test_a_caller_is_greeted_and_agents_are_rung():
    actions = walk(Flow(greeting={"en": "Welcome"}), desk=Desk(free=["+1", "+2"]))
    assert [type(action) for action in actions] == [Say, Say, Ring]
    assert actions[0] == Say("Welcome", "en")
    assert actions[2].numbers == ["+1", "+2"]


def test_outside_hours_a_message_is_taken():
    actions = walk(Flow(closed={"en": "We are closed"}), desk=Desk(open=False, free=["+1"]))
    assert "We are closed" in words(actions)
    assert isinstance(actions[-1], TakeMessage)


@pytest.mark.parametrize(("goes", "last"), [("hangup", HangUp), ("callback", Go), ("voicemail", TakeMessage)])
def test_what_happens_when_closed_is_chosen(goes, last):
    assert isinstance(walk(Flow(closed_goes=goes), desk=Desk(open=False))[-1], last)


def test_the_menu_names_its_keys_and_listens_for_its_words():
    ask = walk(Flow(options=OPTIONS))[-1]
    assert "For Delivery, press 1." in ask.text
    assert ask.hints == ["Delivery", "Returns", "A call back"]
    assert ask.to == Step("menu", "en", 0)


@pytest.mark.parametrize(
    ("heard", "kind"),
    [
        ({"digits": "2"}, TakeMessage),
        ({"speech": "I want to ask about returns, please."}, TakeMessage),
        ({"digits": "3"}, Go),
        ({"digits": "1"}, Ring),
    ],
)
def test_a_key_or_a_word_leads_on(heard, kind):
    assert isinstance(walk(Flow(options=OPTIONS), Step("menu", "en"), Desk(free=["+1"]), **heard)[-1], kind)


def test_words_are_understood_in_the_callers_language():
    actions = walk(
        Flow(language="en", languages=("en", "ko"), options=OPTIONS), Step("menu", "ko"), speech="반품 할래요"
    )
    assert isinstance(actions[-1], TakeMessage)
    assert actions[-1].language == "ko"


def test_whoever_says_nothing_three_times_is_connected():
    flow = Flow(options=OPTIONS)
    again = walk(flow, Step("menu", "en", 0), digits="9")
    assert again[0].text == "Sorry, I did not understand."
    assert again[-1].to == Step("menu", "en", 1)
    assert isinstance(walk(flow, Step("menu", "en", 2), Desk(free=["+1"]))[-1], Ring)


def test_a_stranger_chooses_the_language_and_a_known_customer_need_not():
    flow = Flow(language="ko", languages=("ko", "en"), options=OPTIONS)
    actions = walk(flow)
    assert actions == [
        Say("한국어는 1번을 눌러 주세요.", "ko"),
        Ask("For English, press 2.", "en", Step("language", "", 0)),
    ]
    assert walk(flow, desk=Desk(speaks="en-GB"))[0].language == "en"
    assert walk(flow, Step("language"), digits="2")[0].language == "en"
    assert walk(flow, Step("language", "", 0), digits="7")[-1].to == Step("language", "", 1)
    assert walk(flow, Step("language", "", 2))[0].language == "ko"


def test_agents_are_rung_in_turn():
    first, second = (walk(Flow(), Step("queue", "en", n), Desk(free=["+1", "+2"]))[-1] for n in (0, 1))
    assert first.numbers == ["+1", "+2"]
    assert second.numbers == ["+2", "+1"]


def test_a_caller_who_waits_hears_the_place_and_may_leave():
    hold = walk(Flow(music="https://a/m.mp3"), desk=Desk(place=3))[-1]
    assert isinstance(hold, Ask)
    assert "You are number 3 in the queue." in hold.text
    assert hold.music == "https://a/m.mp3"
    assert hold.to == Step("held", "en", 0)
    assert isinstance(walk(Flow(), Step("held", "en", 0), digits="2")[-1], TakeMessage)
    assert "call you back" in words(walk(Flow(), Step("held", "en", 0), digits="1"))
    assert walk(Flow(), Step("held", "en", 0))[-1].to == Step("held", "en", 1)


def test_a_wish_to_be_called_back_is_known_by_its_request():
    heard = Heard(CAROL, "CA1", digits="1")
    assert asks_for_call_back(Step("held", "en"), heard)
    assert asks_for_call_back(Step("callback", "en"), Heard(CAROL, "CA1"))
    assert not asks_for_call_back(Step("menu", "en"), heard)
    assert not asks_for_call_back(Step("held", "en"), Heard(CAROL, "CA1", digits="1", is_withheld=True))


def test_whoever_hides_the_number_leaves_a_message():
    assert isinstance(walk(Flow(), Step("held", "en"), digits="1", is_withheld=True)[-1], TakeMessage)
    hidden = walk(Flow(closed_goes="callback"), desk=Desk(open=False), is_withheld=True)
    assert isinstance(hidden[-1], TakeMessage)


def test_nobody_waits_for_ever():
    actions = walk(Flow(longest_wait=60), Step("held", "en", 4), Desk(free=["+1"], time=timedelta(seconds=61)))
    assert isinstance(actions[-1], TakeMessage)
    end = walk(Flow(longest_wait=60, wait_goes="queue"), Step("held", "en", 4), Desk(time=timedelta(seconds=61)))
    assert end[-1] == HangUp()


def test_after_a_call_it_is_over():
    assert walk(Flow(), Step("rung", "en"), was_answered=True) == [HangUp()]
    assert isinstance(walk(Flow(), Step("rung", "en"))[-1], Ask)


def test_callers_are_told_that_calls_are_recorded():
    assert "may be recorded" in words(walk(Flow(records=True)))
    assert "may be recorded" not in words(walk(Flow()))


def test_the_same_place_gives_the_same_answer():
    flow, step = Flow(options=OPTIONS), Step("menu", "en", 1)
    assert walk(flow, step, digits="9") == walk(flow, step, digits="9")


@given(st.sampled_from(list(TURNS)), st.text(max_size=5), st.integers(0, 9), st.text(max_size=5))
def test_every_place_answers_whatever_was_heard(name, language, tries, digits):
    assert walk(Flow(options=OPTIONS), Step(name, language, tries), digits=digits, speech=digits)


@pytest.mark.parametrize("step", [Step("menu", "ko", 2), Step("language", "", 1)])
def test_a_place_travels_in_an_address(step):
    assert step_at(step.path) == step


@given(st.text())
def test_any_address_is_a_place(path):
    assert isinstance(step_at(path), Step)


def test_texts_are_typed_language_by_language():
    assert spoken_of("Hello\nthere\nko: 안녕하세요\n반가워요", "en") == {
        "en": "Hello there",
        "ko": "안녕하세요 반가워요",
    }
    assert spoken_of("Hours: 9 to 6", "en") == {"en": "Hours: 9 to 6"}


def test_settings_become_a_flow():
    form = FlowForm(
        {
            "language": "ko",
            "languages": ["ko", "en"],
            "greeting": "어서 오세요\nen: Welcome",
            "option_1": "배송 | en: Delivery",
            "option_1_goes": "callback",
            "option_3": "반품",
            "longest_wait": "2",
            "records": "on",
        }
    )
    assert form.is_valid(), form.errors
    flow = flow_of(form.cleaned_data)
    assert flow.said(flow.greeting, "en") == "Welcome"
    assert flow.said(flow.greeting, "ja") == "어서 오세요"
    assert flow.options[0].title == {"ko": "배송", "en": "Delivery"}
    assert [(option.key, option.goes) for option in flow.options] == [("1", "callback"), ("3", "queue")]
    assert (flow.longest_wait, flow.ring_seconds, flow.records, flow.languages) == (120, 20, True, ("ko", "en"))


def test_without_settings_there_is_a_flow_that_works():
    assert isinstance(walk(flow_of({}), desk=Desk(free=["+1"]))[-1], Ring)
