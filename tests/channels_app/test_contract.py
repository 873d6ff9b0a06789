"""Every connector against its simulated provider: what all channels have in common, told once."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels_app import connectors
from channels_app.contract.lengths import length
from channels_app.models import Envelope
from channels_app.simulator import providers
from channels_app.simulator.doings import Act, Role
from channels_app.simulator.people import CAST
from channels_app.simulator.world import FAILED, READ
from conversations.models import Attachment, Delivery, Message, Reaction
from conversations.reach import routes_of
from tests.channels_app.simulated import CARD, FILES, PLACE

pytestmark = pytest.mark.django_db

# No provider stands behind these: the desk speaks to mail servers and browsers, or only gives out links.
OWN = {"email", "webchat", "video"}
KINDS = [kind for kind in providers.REGISTRY if kind in connectors.REGISTRY]
# Where the customer writes and the desk reads it from web hooks, or from what they announce.
TALKING = [
    kind for kind in KINDS if Act.TEXT in providers.get(kind).acts and Act.TEXT not in providers.get(kind).pulled
]


def kinds_with(act: Act) -> list[str]:
    return [kind for kind in TALKING if act in providers.get(kind).acts]


def inbound(line) -> list[Message]:
    return list(Message.objects.filter(channel=line.channel, kind=Message.Kind.INBOUND).order_by("pk"))


def test_every_channel_of_a_provider_is_simulated():
    ours = {kind for kind in connectors.REGISTRY if not connectors.get(kind).__module__.startswith("tests.")}
    assert ours - OWN <= set(providers.REGISTRY)
    assert len(KINDS) > 10


@pytest.mark.parametrize("kind", KINDS)
def test_provider_accepts_the_address_that_the_desk_verifies(kind, line):
    challenge = line(kind).provider.challenge()
    if challenge is None:
        pytest.skip("this provider asks nothing beforehand")
    one = line(kind)
    challenge = one.provider.challenge()
    answer = one.deliver(challenge.hook)
    assert challenge.is_met(answer.status_code, answer.content)
    assert not one.envelopes() or not inbound(one)


# ── What customers do ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("kind", TALKING)
def test_what_a_customer_says_arrives_with_who_and_when(kind, line):
    one = line(kind)
    said = one.says("안녕하세요 👋\nWhere is my parcel?")
    assert said.text == "안녕하세요 👋\nWhere is my parcel?"
    assert said.identity.value
    assert said.identity.is_verified or not one.provider.is_signed
    assert abs((said.sent_at - said.created_at).total_seconds()) < 5
    assert said.external_id
    assert one.channel.connector.capabilities.reaches >= {said.identity.kind}


@pytest.mark.parametrize("kind", TALKING)
def test_two_customers_stay_two(kind, line):
    one = line(kind)
    mine, theirs = one.says("I", CAST[0]), one.says("You", CAST[1])
    assert mine.identity != theirs.identity
    assert mine.conversation != theirs.conversation


ROLES = [(kind, role) for kind in kinds_with(Act.MEDIA) for role in sorted(providers.get(kind).roles)]


@pytest.mark.parametrize(("kind", "role"), ROLES)
def test_files_of_customers_come_in_with_their_bytes(kind, role, line):
    one, sent = line(kind), FILES[Role(role)]
    one.plays(Act.MEDIA, upload=sent)
    if role == Role.STICKER and not one.provider.gives_stickers:
        assert inbound(one)
        return
    (file,) = one.fetch()
    assert not file.fetch_error, file.fetch_error
    assert file.file.read() == sent.content
    assert file.size == len(sent.content)
    if role == Role.VOICE:
        assert file.role == Attachment.Role.VOICE
    if role == Role.STICKER:
        assert file.role == Attachment.Role.STICKER


@pytest.mark.parametrize("kind", kinds_with(Act.LOCATION))
def test_places_arrive_as_places(kind, line):
    one = line(kind)
    one.plays(Act.LOCATION, place=PLACE)
    found = [item.location for item in one.understood() if getattr(item, "location", None)]
    assert [(place.latitude, place.longitude) for place in found] == [(PLACE.latitude, PLACE.longitude)]
    assert inbound(one)


@pytest.mark.parametrize("kind", kinds_with(Act.CONTACT))
def test_contact_cards_arrive(kind, line):
    one = line(kind)
    one.plays(Act.CONTACT, card=CARD)
    cards = [card for item in one.understood() for card in getattr(item, "cards", ())]
    files = one.fetch()
    assert [card.phones for card in cards] == [[CARD.phone]] or [file.content_type for file in files] == ["text/vcard"]


@pytest.mark.parametrize("kind", kinds_with(Act.REACT))
def test_reactions_are_put_on_and_taken_away(kind, line, ada):
    one = line(kind)
    asked = one.says()
    one.answers(asked.conversation, "On its way", ada)
    target = one.phone()[-1].id
    one.plays(Act.REACT, target=target, emoji="👍")
    assert Reaction.objects.get().emoji == "👍"
    one.plays(Act.REACT, target=target, emoji="")
    assert Reaction.objects.get().emoji == ""


QUOTING = [kind for kind in TALKING if providers.get(kind).quotes]


@pytest.mark.parametrize("kind", QUOTING)
def test_a_quoted_answer_names_what_it_answers(kind, line, ada):
    one = line(kind)
    sent = one.answers(one.says().conversation, "Which colour?", ada)
    one.says("The red one", target=one.phone()[-1].id)
    named = [
        item.quoted_id or item.thread_id for item in one.understood() if getattr(item, "text", "") == "The red one"
    ]
    assert named
    assert named[0] in (sent.external_id, one.phone()[-1].id)


@pytest.mark.parametrize("kind", kinds_with(Act.EDIT))
def test_what_a_customer_changes_is_changed(kind, line):
    one = line(kind)
    said = one.says("I want two")
    target = next(bubble.id for bubble in one.world.thread(one.address()) if bubble.is_theirs)
    one.plays(Act.EDIT, target=target, text="I want three")
    said.refresh_from_db()
    assert said.text == "I want three"
    assert len(inbound(one)) == 1


@pytest.mark.parametrize("kind", kinds_with(Act.DELETE))
def test_what_a_customer_takes_back_is_gone(kind, line):
    one = line(kind)
    said = one.says("My number is 010-1234-5678")
    target = next(bubble.id for bubble in one.world.thread(one.address()) if bubble.is_theirs)
    one.plays(Act.DELETE, target=target)
    said.refresh_from_db()
    assert said.deleted_at
    assert "1234" not in said.text


@pytest.mark.parametrize("kind", kinds_with(Act.BLOCK))
def test_who_blocks_the_desk_is_out_of_reach_until_they_are_back(kind, line):
    one = line(kind)
    said = one.says()
    one.plays(Act.BLOCK)
    assert not routes_of(said.conversation)[0].is_usable
    one.plays(Act.UNBLOCK)
    assert routes_of(said.conversation)[0].is_usable


@pytest.mark.parametrize("kind", kinds_with(Act.ODD))
def test_what_nobody_knows_yet_is_kept_and_makes_no_noise(kind, line):
    one = line(kind)
    one.plays(Act.ODD)
    assert [envelope.error for envelope in one.envelopes()] == [""] * len(one.envelopes())
    assert {status for _hook, status in one.posted} == ({200} if kind != "generic" else {422})


CALLED = [kind for kind in KINDS if Act.CALL in providers.get(kind).acts]


@pytest.mark.parametrize("kind", CALLED)
def test_a_call_is_answered_by_the_desk_and_kept_as_a_call(kind, line):
    one = line(kind)
    one.plays(Act.CALL)
    spoken = [bubble.text for bubble in one.phone()]
    assert any(spoken), "the caller hears nothing"
    (call,) = inbound(one)
    assert call.details["call"] == "phone"
    one.plays(Act.PRESS, text="1")
    one.plays(Act.HANG_UP)
    assert all(status < 300 for _hook, status in one.posted)
    assert not Envelope.objects.exclude(error="").exists()
    assert len(inbound(one)) == 1


# ── Whom the desk believes ───────────────────────────────────────────────────────────────────────────────────────────
SIGNED = [kind for kind in KINDS if providers.get(kind).is_signed and Act.TEXT in providers.get(kind).acts]


@pytest.mark.parametrize("kind", SIGNED)
def test_who_does_not_know_the_secret_is_turned_away(kind, line):
    one = line(kind)
    genuine = one.provider.anything({"type": "ping"})
    forger = type(one.provider)(replace(one.account, keys={**one.account.keys, **one.provider.new_keys()}), one.world)
    forger.world.notes.pop("webhook", None)
    assert one.deliver(forger.anything({"type": "ping"})).status_code in (401, 403)
    bare = replace(genuine, headers={}, query="")
    if bare != genuine:
        assert one.deliver(bare).status_code in (401, 403)
    assert not one.envelopes()


ROTATING = [(kind, name) for kind in SIGNED for name in sorted(connectors.get(kind).rotating_secrets)]


@pytest.mark.parametrize(("kind", "name"), ROTATING)
def test_the_secret_before_stays_valid_until_it_is_dropped(kind, name, line):
    one = line(kind)
    stored = one.channel.secrets
    if not stored.get(name):
        pytest.skip("this account has no such secret")
    fresh = one.provider.new_keys()
    other = next(
        (fresh[key] for key, value in one.account.keys.items() if value == stored[name]), f"{stored[name][:-1]}A"
    )
    one.channel.secrets = {**stored, name: other, f"{name}_previous": stored[name]}
    one.channel.save()
    assert one.says("still me").text == "still me"
    one.channel.secrets = {**stored, name: other}
    one.channel.save()
    one.plays(Act.TEXT, text="me again")
    if not name.startswith("outgoing"):
        assert "me again" not in [message.text for message in inbound(one)]


# ── Careless delivery ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("kind", [kind for kind in TALKING if providers.get(kind).redelivers])
def test_what_is_delivered_twice_and_out_of_order_is_there_once(kind, line):
    one = line(kind)
    hooks = [hook for number in range(4) for hook in one.provider.hooks(one.doing(Act.TEXT, text=f"Line {number}"))]
    one.post([*reversed(hooks), *hooks])
    assert sorted(message.text for message in inbound(one)) == [f"Line {number}" for number in range(4)]


@pytest.mark.parametrize("kind", [kind for kind in TALKING if providers.get(kind).batches])
def test_every_event_of_a_batch_is_taken(kind, line):
    one = line(kind)
    events = [
        event
        for number, human in enumerate(CAST[:3])
        for event in one.provider.events(one.doing(Act.TEXT, human, text=f"Line {number}"))
    ]
    (hook,) = one.provider.pack(events)
    one.post([hook])
    assert sorted(message.text for message in inbound(one)) == ["Line 0", "Line 1", "Line 2"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


def bent(body: object, values: list[object]) -> object:
    """A genuine body in which some of the leaves and branches are something else."""
    draw = iter(values)
    state = {"count": 0}

    def walk(node: object) -> object:
        state["count"] += 1
        if state["count"] % 5 == 0:
            return next(draw, None)
        if isinstance(node, dict):
            return {key: walk(value) for key, value in node.items()}
        return [walk(one) for one in node] if isinstance(node, list) else node

    return walk(body)


FUZZED = [kind for kind in KINDS if connectors.get(kind).capabilities.is_voice is False]


@pytest.mark.parametrize("kind", FUZZED)
def test_any_json_at_the_door_is_kept_and_breaks_nothing(kind, line):
    one = line(kind)
    genuine = [json.loads(hook.body) for hook in genuine_hooks(one) if hook.body[:1] in b"{["]

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(JSON, st.lists(JSON, max_size=8), st.booleans())
    def survives(free: object, values: list[object], is_free: bool) -> None:
        body = free if is_free or not genuine else bent(genuine[len(values) % len(genuine)], values)
        hook = one.provider.anything(body)
        answer = one.deliver(hook)
        assert answer.status_code < 500
        assert is_kept(one, hook) or answer.status_code >= 400 or answer.content
        assert not Envelope.objects.exclude(error="").exists(), Envelope.objects.exclude(error="").last().error

    survives()


def is_kept(one, hook) -> bool:
    """Whether the vault has this very request, or one that the provider calls the same."""
    said = {"body": hook.body, "path": hook.path, "query": hook.query, "content_type": hook.content_type}
    key = one.channel.connector.dedup_key(Envelope(headers=dict(hook.headers), **said))
    kept = Envelope.objects.filter(channel=one.channel)
    return kept.filter(body=hook.body).exists() or bool(key and kept.filter(dedup_key=key[:200]).exists())


def genuine_hooks(one):
    acts = [act for act in sorted(one.provider.acts) if act in (Act.TEXT, Act.LOCATION, Act.CONTACT, Act.OPEN)]
    return [hook for act in acts for hook in one.provider.hooks(one.doing(act, text="Hi", place=PLACE, card=CARD))]


# ── What the desk sends ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("kind", TALKING)
def test_an_answer_reaches_the_phone_and_has_the_providers_id(kind, line, ada):
    one = line(kind)
    sent = one.answers(one.says().conversation, "It arrives **today**.", ada)
    assert sent.state == Delivery.State.SENT, sent.detail
    (bubble,) = one.phone()
    assert "today" in bubble.text
    assert "**" not in bubble.text


@pytest.mark.parametrize("kind", TALKING)
def test_a_long_answer_goes_out_in_parts_that_the_provider_takes(kind, line, ada):
    one = line(kind)
    can = one.channel.connector.capabilities
    if not can.max_text or can.most_parts < 2:
        pytest.skip("one message at most")
    words = "단어🙂"
    while length(words, can.text_unit) <= can.max_text:
        words += "".join(f" 단어{number}🙂" for number in range(40))
    sent = one.answers(one.says().conversation, words, ada)
    assert sent.state == Delivery.State.SENT, sent.detail
    bubbles = one.phone()
    assert len(bubbles) > 1
    assert "".join("".join(bubble.text.split()) for bubble in bubbles) == "".join(words.split())


@pytest.mark.parametrize("kind", TALKING)
def test_receipts_raise_the_delivery(kind, line, ada):
    one = line(kind)
    sent = one.answers(one.says().conversation, "On its way", ada)
    one.reports()
    one.reports()
    sent.refresh_from_db()
    reached = one.provider.fate(one.phone()[-1])
    assert sent.state == (reached[-1] if reached else "sent")
    if READ in one.provider.reports:
        one.plays(Act.READ)
        sent.refresh_from_db()
        assert sent.state == Delivery.State.READ
    assert not Envelope.objects.exclude(error="").exists()


# ── Faults ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def answered_under(one, ada, **faults) -> Delivery:
    asked = one.says()
    one.suffer(**faults)
    return one.answers(asked.conversation, "On its way", ada)


@pytest.mark.parametrize("fault", ["too_many_requests", "server_error"])
@pytest.mark.parametrize("kind", TALKING)
def test_what_the_provider_cannot_take_now_is_tried_again(kind, fault, line, ada):
    one = line(kind)
    if one.provider.answers_in_hook:
        pytest.skip("no interface is called")
    sent = answered_under(one, ada, **{fault: True})
    assert sent.state == Delivery.State.QUEUED
    one.suffer()
    sent = one.send(sent.message)
    assert sent.state == Delivery.State.SENT
    assert len(one.phone()) == 1


@pytest.mark.parametrize("kind", TALKING)
def test_an_expired_token_pauses_the_channel(kind, line, ada):
    one = line(kind)
    if one.provider.answers_in_hook:
        pytest.skip("no interface is called")
    sent = answered_under(one, ada, expired_token=True)
    one.channel.refresh_from_db()
    assert one.channel.state == "paused"
    assert sent.state == Delivery.State.QUEUED


@pytest.mark.parametrize("kind", TALKING)
def test_a_lost_answer_is_never_sent_twice(kind, line, ada):
    one = line(kind)
    if one.provider.answers_in_hook:
        pytest.skip("no interface is called")
    sent = answered_under(one, ada, timeout_after_accept=True)
    # Sent: the connector could find out by itself.
    assert sent.state in (Delivery.State.UNKNOWN, Delivery.State.QUEUED, Delivery.State.SENT)
    one.suffer()
    if sent.state == Delivery.State.QUEUED:
        assert one.send(sent.message).state == Delivery.State.SENT
    assert len(one.phone()) == 1


WINDOWED = [kind for kind in TALKING if providers.get(kind).window or providers.get(kind).needs_session]


@pytest.mark.parametrize("kind", WINDOWED)
def test_a_closed_window_is_a_failure_that_says_so(kind, line, ada):
    one = line(kind)
    sent = answered_under(one, ada, closed_window=True)
    one.reports()
    sent.refresh_from_db()
    assert sent.state == Delivery.State.FAILED
    assert sent.trouble == "window"
    assert sent.advice


@pytest.mark.parametrize("kind", TALKING)
def test_what_cannot_be_delivered_fails_and_says_why(kind, line, ada):
    one = line(kind)
    if not one.provider.bounces_at_once and FAILED not in one.provider.reports:
        pytest.skip("this provider never tells")
    sent = answered_under(one, ada, bounce=True)
    one.reports()
    sent.refresh_from_db()
    assert sent.state == Delivery.State.FAILED
    assert sent.code or sent.detail
