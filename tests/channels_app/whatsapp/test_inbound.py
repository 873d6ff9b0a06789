"""What WhatsApp delivers, one payload file for each row of the reference's tables."""

from datetime import UTC, datetime

import pytest
from pywa.types.message import Message as PywaMessage

from channels_app.connectors.meta.problems import WHATSAPP
from channels_app.contract import (
    Address,
    Choice,
    ConsentUpdate,
    ContactCard,
    ContactUpdate,
    DeliveryState,
    DeliveryUpdate,
    FileRole,
    InboundMessage,
    Location,
    MessageDeleted,
    MessageEdited,
    Reaction,
    Trouble,
    WindowUpdate,
)
from tests.channels_app.meta.samples import parsed

USER = "KR.13491208655302741918"
MINJI = Address("whatsapp", USER, raw=USER, name="Kim Minji", is_verified=True, is_local=True)
NAMELESS = Address("whatsapp", USER, raw=USER, is_verified=True, is_local=True)
PHONE = Address("phone", "+821012345678", raw="821012345678", is_verified=True)
THEN = datetime.fromtimestamp(1780000000, UTC)
KEY = "d" * 32


def read(name):
    return parsed("whatsapp", name)


def message(name):
    [found] = [item for item in read(name) if isinstance(item, InboundMessage)]
    return found


def test_a_text_comes_after_who_wrote_it():
    who, said = read("text")
    assert who == ContactUpdate(NAMELESS, name="Kim Minji", facts={"username": "@minji"}, proven=[PHONE])
    assert (said.external_id, said.sender, said.text, said.sent_at) == ("wamid.IN1", MINJI, "주문 어디쯤 왔나요?", THEN)
    assert (said.opens_window, said.is_echo, said.quoted_id) == (True, False, "")
    assert (said.notices, said.details) == ([], {})


def test_somebody_without_a_business_scoped_id_is_known_by_their_number():
    who, said = read("text_number_only")
    assert said.sender.value == "821012345678"
    assert (who.address.value, who.proven) == ("821012345678", [PHONE])


def test_somebody_who_hides_their_number_is_known_by_their_id():
    who, said = read("text_username_only")
    assert (said.sender.value, said.sender.name) == (USER, "Kim Minji")
    assert who.proven == []


def test_a_quote_names_the_quoted_message():
    assert message("text_quoted").quoted_id == "wamid.QUOTED"


def test_a_forwarded_message_quotes_nothing():
    said = message("text_forwarded")
    assert (said.quoted_id, said.details) == ("", {"forwarded": True})


def test_where_a_message_came_from_is_kept():
    assert message("text_product").details == {"product": "SKU-7"}
    referral = message("text_from_ad").details["referral"]
    assert (referral["headline"], referral["source_id"], referral["ctwa_clid"]) == ("Sale", "120", "Aff")


@pytest.mark.parametrize(
    ("name", "text", "file", "content_type", "reference", "role"),
    [
        ("image", "Broken", "image.jpg", "image/jpeg", "1003", FileRole.FILE),
        ("video", "", "video.mp4", "video/mp4", "1004", FileRole.FILE),
        ("audio", "", "audio.mp3", "audio/mpeg", "1005", FileRole.FILE),
        ("voice", "", "audio.ogg", "audio/ogg", "1006", FileRole.VOICE),
        ("document", "The bill", "bill 5월.pdf", "application/pdf", "1007", FileRole.FILE),
        ("sticker", "", "sticker.webp", "image/webp", "1008", FileRole.STICKER),
    ],
)
def test_a_file_is_named_by_its_id(name, text, file, content_type, reference, role):
    said = message(name)
    [found] = said.files
    assert (said.text, said.notices) == (text, [])
    assert (found.name, found.content_type, found.reference, found.role) == (file, content_type, reference, role)
    # The address in the web hook needs our token and ends after five minutes.
    assert found.url == ""


def test_a_place():
    assert message("location").location == Location(37.5665, 126.978, name="City Hall", address="110 Sejong-daero")


def test_a_contact_card():
    assert message("contacts").cards == [ContactCard("Lee Jun", ["+82 10-9999-8888"], ["jun@example.com"])]


def test_a_reaction_and_its_end():
    [put] = [item for item in read("reaction") if isinstance(item, Reaction)]
    assert (put.target_id, put.sender, put.emoji, put.is_removed, put.opens_window) == (
        "wamid.OUT1",
        MINJI,
        "👍",
        False,
        True,
    )
    [taken] = [item for item in read("reaction_removed") if isinstance(item, Reaction)]
    assert (taken.emoji, taken.is_removed) == ("", True)


@pytest.mark.parametrize(
    ("name", "choice", "quoted"),
    [
        ("button_reply", Choice("yes", "Yes, please"), "wamid.OUT1"),
        ("list_reply", Choice("row-2", "Refund"), "wamid.OUT1"),
        ("button", Choice("TRACK", "Track it"), "wamid.TPL"),
    ],
)
def test_a_touch_says_its_title(name, choice, quoted):
    said = message(name)
    assert (said.choice, said.text, said.quoted_id) == (choice, choice.title, quoted)


def test_a_form_brings_its_answers():
    said = message("flow")
    assert (said.text, said.details["form"]) == ("Sent", {"size": '"M"', "count": "2"})


def test_a_basket_is_written_out():
    said = message("order")
    assert said.text == "Please wrap it\n2 × SKU-1 (19900 KRW)\n1 × SKU-2 (4.5 USD)"
    assert said.details == {"catalogue": "cat-1"}


def test_a_new_number_belongs_to_the_same_person():
    [update] = read("system_number")
    assert update.address.value == "821012345678"
    assert [(one.kind, one.value) for one in update.proven] == [
        ("phone", "+821077776666"),
        ("whatsapp", "821077776666"),
    ]


def test_a_new_id_belongs_to_the_same_person():
    [update] = read("system_user_id")
    assert update.address.value == "KR.OLD"
    assert [(one.kind, one.value, one.is_local) for one in update.proven] == [("whatsapp", "KR.NEW", True)]


@pytest.mark.parametrize(("name", "text"), [("edit", "Where is order 77?"), ("edit_caption", "Very broken")])
def test_an_edit_names_the_first_version(name, text):
    assert MessageEdited("wamid.IN1", text, at=THEN) in read(name)
    assert not any(isinstance(item, InboundMessage) for item in read(name))


def test_a_message_taken_back():
    assert MessageDeleted("wamid.IN1", at=THEN) in read("revoke")


@pytest.mark.parametrize(
    ("name", "inner"), [("unsupported", "poll"), ("too_large", "video"), ("unknown_type", "hologram")]
)
def test_what_cannot_be_shown_still_comes_in(name, inner):
    said = message(name)
    assert (said.text, said.notices, said.details) == ("", ["unsupported"], {"type": inner})


def test_somebody_in_a_group_is_another_address():
    said = message("group")
    assert (said.sender.value, said.thread_id) == (f"GROUP1:{USER}", "GROUP1")
    alone, there = [item for item in read("group") if isinstance(item, ContactUpdate)]
    assert (alone.address.value, there.address.value) == (USER, f"GROUP1:{USER}")
    assert there.proven == [PHONE]


def test_another_number_of_the_same_account_is_not_ours():
    assert read("other_number") == []


def test_stop_is_a_message_and_a_refusal():
    _who, said, refusal = read("stop")
    assert said.text == " 수신 거부! "
    assert refusal == ConsentUpdate(said.sender, False, words=" 수신 거부! ", source="message", at=THEN)


def test_an_ordinary_message_says_nothing_of_consent():
    assert not any(isinstance(item, ConsentUpdate) for item in read("text"))


# ── Statuses ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("sent", DeliveryState.SENT),
        ("delivered", DeliveryState.DELIVERED),
        ("read", DeliveryState.READ),
        ("played", DeliveryState.READ),
    ],
)
def test_a_status_brings_our_key_back(name, state):
    at = datetime.fromtimestamp(1780000100, UTC)
    assert read(f"status_{name}") == [DeliveryUpdate(state, external_id="wamid.OUT1", delivery_key=KEY, at=at)]


def test_a_failure_says_what_to_do():
    [update] = read("status_failed")
    assert (update.state, update.external_id, update.delivery_key) == (DeliveryState.FAILED, "wamid.OUT1", KEY)
    assert (update.code, update.detail) == ("131047", "Re-engagement message, in detail.")
    assert (update.trouble, update.advice) == (Trouble.WINDOW, WHATSAPP["131047"].advice)
    assert not update.is_unreachable


def test_somebody_who_wants_no_marketing_is_asked_no_more():
    failed, refusal = read("status_opted_out")
    assert failed.trouble is Trouble.RECIPIENT
    assert (refusal.address, refusal.is_granted, refusal.purpose) == (NAMELESS, False, "marketing")


def test_errors_of_the_account_alone_say_nothing_of_a_message():
    assert read("account_errors") == []


# ── The rest ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_was_typed_in_the_business_app_is_an_echo():
    [said] = read("echo")
    assert (said.is_echo, said.external_id, said.text) == (True, "wamid.APP1", "Typed on my phone")
    assert [one.value for one in said.to] == ["821012345678"]
    assert (said.sender.value, said.sender.is_verified, said.opens_window) == ("15550783881", False, False)


def test_what_was_taken_back_in_the_business_app():
    [gone] = read("echo_revoke")
    assert gone.external_id == "wamid.APP1"


@pytest.mark.parametrize(("name", "is_granted", "value"), [("stop", False, USER), ("resume", True, "821012345678")])
def test_a_preference_is_consent(name, is_granted, value):
    [update] = read(f"preference_{name}")
    assert (update.is_granted, update.purpose, update.source) == (is_granted, "marketing", "provider")
    assert update.address.value == value


def test_a_call_opens_the_window():
    [update] = read("call")
    assert isinstance(update, WindowUpdate)
    assert (update.address.value, update.at) == ("821012345678", datetime.fromtimestamp(1780000400, UTC))


def test_news_of_templates_says_nothing_of_customers():
    assert read("template_status") == []


def test_every_update_of_a_batch_is_read():
    found = read("batch")
    assert [item.external_id for item in found if isinstance(item, InboundMessage)] == [
        "wamid.B1",
        "wamid.B2",
        "wamid.B3",
    ]
    assert [item.state for item in found if isinstance(item, DeliveryUpdate)] == ["sent", "read"]
    assert [item.name for item in found if isinstance(item, ContactUpdate)] == ["Kim Minji", "Dave"]


def test_pywa_reads_the_same_of_our_payload_files():
    """The files are not a mirror of our own reader."""
    import json

    from pywa import WhatsApp

    from tests.channels_app.meta.samples import NUMBER, path

    client = WhatsApp(phone_id=NUMBER, token="t", filter_updates=False)
    for name in ("text", "image", "video", "voice", "document", "sticker", "location", "contacts", "reaction", "order"):
        theirs = PywaMessage.from_update(client, json.loads(path("whatsapp", name).read_bytes()))
        ours = [item for item in read(name) if isinstance(item, InboundMessage)]
        assert (theirs.id, theirs.from_user.bsuid, theirs.timestamp) == ("wamid.IN1", USER, THEN)
        if ours:
            assert ours[0].external_id == theirs.id
            assert ours[0].text.splitlines()[:1] == [*filter(None, [theirs.text or theirs.caption or _words(theirs)])]


def _words(theirs):
    return theirs.order.text if theirs.order else ""
