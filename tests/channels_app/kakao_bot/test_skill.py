"""A skill's request: who may ask, what the customer reads at once, what the desk keeps. kakao-chatbot reads along."""

import json
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kakao_chatbot.input import Payload
from kakao_chatbot.response import KakaoResponse, QuickReply
from kakao_chatbot.response.components import SimpleTextComponent

from channels_app.connectors.kakao_bot import skill
from channels_app.connectors.kakao_bot.forms import KakaoBotForm
from channels_app.contract import Address, Choice, ContactUpdate, InboundMessage, Rejected, RemoteFile
from channels_app.contract import QuickReply as Reply
from tests.channels_app.kakao_bot.conftest import CALLBACK, CAROL, PAYLOADS, bot, payload
from tests.channels_app.outside import connector, envelope, hook

NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))


def read(name, **config):
    kept = envelope(payload(name))
    return kept, list(bot(**config).parse(kept))


def message(name, **config):
    found = read(name, **config)[1][0]
    assert isinstance(found, InboundMessage)
    return found


def answered(said, **config):
    return json.loads(bot(**config).acknowledge(envelope(said)).content)


# ── The door ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_request_with_the_skills_key_is_let_in():
    bot().authenticate(hook(b"{}", x_skill_key="skill-key-0123456789"))
    bot(header_name="X-Own").authenticate(hook(b"{}", x_own="skill-key-0123456789"))
    rotated = bot(secrets={"skill_key": "new", "skill_key_previous": "skill-key-0123456789"})
    rotated.authenticate(hook(b"{}", x_skill_key="skill-key-0123456789"))


@pytest.mark.parametrize(
    "headers", [{}, {"x_skill_key": ""}, {"x_skill_key": "other"}, {"x_own": "skill-key-0123456789"}]
)
def test_a_request_without_it_is_refused(headers):
    with pytest.raises(Rejected):
        bot().authenticate(hook(b"{}", **headers))
    with pytest.raises(Rejected):
        connector("kakao_bot").authenticate(hook(b"{}", **headers))


# ── The answer at once ───────────────────────────────────────────────────────────────────────────────────────────────
def test_where_the_block_has_a_callback_another_answer_is_promised():
    assert answered(payload("callback")) == {"version": "2.0", "useCallback": True, "data": {"text": "잠시만요."}}


@pytest.mark.parametrize(("name", "config"), [("utterance", {}), ("callback", {"uses_callback": False})])
def test_otherwise_the_customer_reads_that_somebody_will_answer(name, config):
    said = answered(payload(name), **config)
    assert said == KakaoResponse([SimpleTextComponent("곧 답변드릴게요.")]).get_dict()


@pytest.mark.parametrize(
    ("config", "button"),
    [
        ({"handover_by": "operator"}, {"label": "상담원 연결", "action": "operator"}),
        (
            {"handover_by": "link", "link": "https://pf.kakao.com/_xoAbcd/chat"},
            {"label": "상담원 연결", "action": "webLink", "webLinkUrl": "https://pf.kakao.com/_xoAbcd/chat"},
        ),
    ],
)
def test_a_button_leads_on_to_a_person(config, button):
    said = answered(payload("utterance"), button="상담원 연결", **config)
    card = {"textCard": {"title": "곧 답변드릴게요.", "buttons": [button]}}
    assert said == {"version": "2.0", "template": {"outputs": [card]}}
    assert "textCard" not in json.dumps(answered(payload("utterance"), button="", **config))


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b'{"userRequest": {"callbackUrl": {}}}'])
def test_a_broken_request_is_answered_all_the_same(body):
    assert answered(body)["template"]["outputs"]


# ── What is kept ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", NAMES)
def test_the_payloads_are_such_as_kakao_chatbot_reads(name):
    read_there = Payload.from_dict(payload(name))
    assert read_there.user_id == CAROL.value
    assert read_there.utterance == payload(name)["userRequest"]["utterance"]


def test_an_utterance_is_a_message():
    kept, (found,) = read("utterance")
    assert (found.text, found.sender, found.sent_at, found.language) == (
        "환불하고 싶어요",
        CAROL,
        kept.received_at,
        "ko",
    )
    assert (found.opens_window, dict(found.handles)) == (False, {})


def test_a_callback_opens_the_window_for_less_than_its_minute():
    kept, (found,) = read("callback")
    ((handle, end),) = found.handles.items()
    assert (found.opens_window, handle) == (True, f"callback:{CALLBACK}")
    assert datetime.fromisoformat(end) - kept.received_at == timedelta(seconds=55)


def test_a_callback_that_the_admin_does_not_want_opens_nothing():
    found = message("callback", uses_callback=False)
    assert (found.opens_window, dict(found.handles)) == (False, {})


def test_who_says_the_same_twice_has_said_two_things_but_reading_again_gives_one():
    first, second = envelope(payload("utterance")), envelope(payload("utterance"))
    second.received_at = first.received_at + timedelta(seconds=1)
    ids = [bot().parse(kept)[0].external_id for kept in (first, second, first)]
    assert ids[0] == ids[2] != ids[1]
    assert bot().dedup_key(first) == ids[0]
    assert bot().dedup_key(envelope(b"\xff")) == ""


@pytest.mark.parametrize("name", ["known_person", "known_person_snake"])
def test_the_same_person_is_known_at_the_channels_consultations(name):
    _kept, (_message, contact) = read(name)
    assert isinstance(contact, ContactUpdate)
    known = [Address("kakao_channel_user", "_xoAbcd/Uk3yAbC", is_verified=True)]
    if name == "known_person":
        known.append(Address("kakao_app_user", "_xoAbcd/987654321", is_verified=True))
    assert (contact.address, list(contact.proven)) == (CAROL, known)
    assert len(read(name, public_id="")[1]) == 1


def test_a_touched_quick_reply_is_a_choice():
    assert message("touched").choice == Choice("agent-1", "상담원")


def test_pictures_come_as_kakaos_addresses():
    picture = message("picture")
    url = "http://dn-m.talk.kakao.com/talkm/x/y/i_9.jpg"
    assert (picture.text, list(picture.files)) == ("", [RemoteFile("picture-1.jpg", "image/jpeg", url=url)])
    secure = message("secure_image")
    assert [file.url for file in secure.files] == [f"https://secure.kakaocdn.net/a/{n}.jpg" for n in (1, 2)]
    assert secure.text == "사진"


def test_a_link_that_somebody_passes_on_stays_a_link():
    assert (message("link").text, list(message("link").files)) == ("https://pf.kakao.com/_xoAbcd 여기요", [])


def test_a_composed_answer_is_such_as_kakao_chatbot_makes():
    ours = skill.answer([{"simpleText": {"text": "?"}}], [Reply("yes", "네")])
    theirs = KakaoResponse([SimpleTextComponent("?")], [QuickReply("네", "message", "네", extra={"choice": "yes"})])
    assert ours == theirs.get_dict()


def leaves(said, path=()):
    for key, value in said.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_or_odd_part_breaks_nothing(name):
    for path in leaves(payload(name)):
        for odd in (None, 5, "x", [], {}, [None], -1, True, "http://[", "List("):
            said = inner = payload(name)
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = odd
            bot().parse(envelope(said))
            answered(said)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["userRequest", "user", "id", "action", "utterance"]), inner)
    ),
)


@given(JSON)
def test_no_json_of_any_kind_raises(said):
    account, kept = bot(), envelope(said)
    account.parse(kept)
    account.dedup_key(kept)
    account.acknowledge(kept)


# ── Settings ─────────────────────────────────────────────────────────────────────────────────────────────────────────
GOOD = {"header_name": "X-Skill-Key", "skill_key": "0123456789abcdef", "answer_text": "곧 답변드릴게요."}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"handover_by": "link", "link": "pf.kakao.com/_xoAbcd/chat", "button": "상담"},
        {"event_blocks": "answered = 답변: {{answer}}\n", "bot_id": "5f0c1b2a3d"},
    ],
)
def test_what_an_admin_enters_is_taken(more):
    form = KakaoBotForm(GOOD | more)
    assert form.is_valid(), form.errors


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"header_name": "X Skill"}, "header_name"),
        ({"skill_key": "short"}, "skill_key"),
        ({"handover_by": "link", "button": "상담"}, "link"),
        ({"handover_by": "operator", "button": ""}, "button"),
        ({"event_blocks": "answered"}, "event_blocks"),
        ({"event_blocks": "a = b"}, "bot_id"),
    ],
)
def test_what_cannot_be_right_is_refused_at_its_field(more, field):
    assert list(KakaoBotForm(GOOD | more).errors) == [field]


def test_every_field_stands_in_a_group_and_every_secret_goes_to_the_vault():
    assert sorted(name for _title, _when, names in KakaoBotForm.groups for name in names) == sorted(
        KakaoBotForm.base_fields
    )
    assert type(bot()).secret_fields == {"skill_key", "rest_key"}
