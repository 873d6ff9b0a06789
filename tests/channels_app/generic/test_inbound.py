"""What events of the customer's system become; every row of the reference's list has its payload."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_app import contract
from channels_app.connectors.generic import schema
from channels_app.contract import Address, Choice, DeliveryState, Location, PermanentFailure, RemoteFile
from tests.channels_app.generic.conftest import PAYLOADS, payload
from tests.channels_app.outside import connector, envelope

AT = datetime(2026, 11, 21, 10, 0, 0, 123000, UTC)
CAROL = Address("generic", "ext-user-7", is_local=True)
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))


def read(event, **config):
    return list(connector("generic", **config).parse(envelope(event)))


def one(name, **config):
    found = read(payload(name), **config)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("name", NAMES)
def test_every_example_holds_by_its_schema(name):
    assert schema.complaints(payload(name)) == []
    assert read(payload(name))


def test_every_kind_of_event_has_an_example():
    assert {payload(name)["type"] for name in NAMES} == set(schema.types())


def test_a_message_brings_all_that_was_told():
    news, message = read(payload("message_created"))
    assert (message.external_id, message.text, message.subject) == ("ext-msg-1", "Hi", "Order 58214")
    assert (message.thread_id, message.quoted_id, message.language) == ("ext-conv-9", "ext-msg-0", "en")
    assert message.sent_at == datetime(2026, 11, 21, 9, 59, 58, tzinfo=UTC)
    assert message.files == [
        RemoteFile(
            "x.pdf",
            "application/pdf",
            url="https://files.shop.example/x.pdf",
            reference="sha256:" + "a" * 64,
            size=123,
        )
    ]
    assert (news.name, news.facts) == ("Carol", {"plan": "gold", "orders": 3})
    assert message.sender == news.address


def test_addresses_are_claims_until_the_admin_trusts_the_system():
    reached = (Address("email", "carol@home.example"), Address("phone", "+447700900001"))
    news, message = read(payload("message_created"))
    assert (news.claims, news.proven, message.sender.is_verified) == (reached, (), False)
    news, message = read(payload("message_created"), trusts_identities=True)
    assert (news.claims, news.proven, message.sender.is_verified) == ((), reached, True)


def test_a_bare_message_says_nothing_of_its_sender():
    message = one("message_created_bare")
    assert (message.sender, message.text, message.sent_at) == (CAROL, "Hi", None)


def test_a_place_a_choice_and_a_file_that_was_left():
    assert one("message_created_location").location == Location(37.5665, 126.978, "City hall")
    chosen = one("message_created_choice")
    assert (chosen.choice, chosen.text) == (Choice("track", "Track my parcel"), "Track my parcel")
    assert one("message_created_upload").uploads == ["7f2c1d9e-8a34-5b6c-9d01-2e3f4a5b6c7d"]


def test_what_a_colleague_or_a_bot_said_elsewhere_is_an_echo():
    said = one("message_created_by_agent")
    assert (said.is_echo, said.to, said.sender.name, said.is_automatic) == (True, [CAROL], "Night shift", False)
    assert one("message_created_by_bot").is_automatic
    assert not one("message_created_bare").is_echo


def test_a_public_message_is_marked():
    assert one("message_created_public").is_public
    assert not one("message_created_bare").is_public


def test_changes_of_a_message():
    at = datetime(2026, 11, 21, 10, 1, tzinfo=UTC)
    assert one("message_updated") == contract.MessageEdited("ext-msg-1", "Hi there", at=at)
    assert one("message_deleted") == contract.MessageDeleted("ext-msg-1", at=AT)


def test_receipts():
    at = datetime(2026, 11, 21, 10, 2, tzinfo=UTC)
    assert one("message_status_read") == contract.DeliveryUpdate(DeliveryState.READ, external_id="ext-123", at=at)
    failed = one("message_status_failed")
    assert (failed.state, failed.code, failed.is_unreachable) == (DeliveryState.FAILED, "gone", True)
    assert failed.detail == "The account was closed"


def test_reactions_and_typing():
    assert one("reaction_added") == contract.Reaction("ext-123", CAROL, "👍", at=AT)
    assert one("reaction_removed") == contract.Reaction("ext-123", CAROL, is_removed=True, at=AT)
    assert one("typing_started") == contract.TypingUpdate(CAROL, is_typing=True)
    assert one("typing_stopped") == contract.TypingUpdate(CAROL, is_typing=False)


def test_news_of_a_contact_and_of_what_they_allow():
    news, consent = read(payload("contact_updated"))
    assert (news.name, news.is_blocked) == ("Carol Kim", False)
    assert (consent.is_granted, consent.purpose, consent.words) == (False, "marketing", "No more news, please")


def test_a_closed_conversation_closes_the_window():
    assert one("conversation_closed") == contract.WindowUpdate(CAROL, is_open=False, at=AT)


def test_an_unknown_kind_gives_nothing():
    assert read({"type": "invoice.paid", "data": {"id": "1"}}) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_read_without_harm(anything):
    read(json.dumps(anything).encode())
    schema.complaints(anything)


@given(st.sampled_from(NAMES), st.data())
def test_an_event_that_lacks_or_bends_a_part_is_read_without_harm(name, data):
    event = payload(name)
    place = event
    while isinstance(place, dict) and place:
        key = data.draw(st.sampled_from(sorted(place)))
        inner = place[key]
        if not isinstance(inner, dict) or data.draw(st.booleans()):
            place[key] = data.draw(JSON)
            break
        place = inner
    read(json.dumps(event).encode())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "invoice.paid"}, "type"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"data": {}}, "data"),
        ({"data": {"id": "1", "contact": {}, "content": {"text": "x"}}}, "data.contact"),
        ({"data": {"id": "", "contact": {"id": "7"}, "content": {"text": "x"}}}, "data.id"),
        ({"data": {"id": 1, "contact": {"id": "7"}, "content": {"text": "x"}}}, "data.id"),
        (
            {"data": {"id": "1", "contact": {"id": "7", "phone": "0201"}, "content": {"text": "x"}}},
            "data.contact.phone",
        ),
        ({"data": {"id": "1", "contact": {"id": "7"}, "content": {}}}, "data.content"),
        ({"data": {"id": "1", "contact": {"id": "7"}, "content": {"text": ""}}}, "data.content"),
        ({"data": {"id": "1", "contact": {"id": "7"}, "content": {"attachments": [{}]}}}, "data.content.attachments.0"),
    ],
)
def test_complaints_say_where(change, field):
    found = schema.complaints(payload("message_created_bare") | change)
    assert field in {one["field"] for one in found}
    assert all(one["message"] for one in found)


def test_a_complaint_says_what_is_meant_where_several_things_could_stand():
    event = {"type": "message.created", "data": {"id": "1", "contact": {"id": "7"}, "content": {}}}
    assert schema.complaints(event)[0]["message"].startswith("At least one of text, attachments")


def test_a_fetched_file_is_compared_with_its_digest(outside):
    made, content = connector("generic"), b"hello"
    digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    outside.answer(content, content_type="text/plain")
    file = RemoteFile("a.txt", "text/plain", url="https://files.shop.example/a", reference=f"sha256:{digest}")
    assert made.fetch(file) == contract.FetchedFile(content, "text/plain")
    assert (outside.last.method, outside.last.url) == ("GET", "https://files.shop.example/a")
    assert "headers" not in outside.last.options
    outside.answer(b"something else")
    with pytest.raises(PermanentFailure):
        made.fetch(file)
