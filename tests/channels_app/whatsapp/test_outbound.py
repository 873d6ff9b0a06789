"""What WhatsApp is handed, as JSON."""

import pytest
from django.utils import translation

from channels_app.contract import (
    Address,
    PermanentFailure,
    QuickReply,
    TemporaryFailure,
    UnknownOutcome,
    Window,
)
from tests.channels_app.meta.samples import NUMBER, account
from tests.channels_app.meta.things import file
from tests.channels_app.outside import outbound

PHONE = Address("phone", "+821012345678")
BSUID = Address("whatsapp", "KR.134", is_local=True)
URL = f"https://graph.facebook.com/v24.0/{NUMBER}/messages"
ACCEPTED = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "+821012345678", "wa_id": "821012345678"}],
    "messages": [{"id": "wamid.OUT1"}],
}
KEY = {"biz_opaque_callback_data": "d" * 32}
TO = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": "+821012345678"}


@pytest.fixture
def number():
    return account("whatsapp")


def sent(number, outside, message):
    outside.answer(ACCEPTED)
    receipt = number.send(message)
    assert (outside.last.method, outside.last.url, receipt.external_id) == ("POST", URL, "wamid.OUT1")
    return outside.last.json


def test_a_text(number, outside):
    assert sent(number, outside, outbound(PHONE, "Shipped today")) == {
        **TO,
        "type": "text",
        "text": {"body": "Shipped today", "preview_url": False},
        **KEY,
    }
    assert outside.last.headers == {"Authorization": "Bearer EAAG-an-access-token-of-some-length"}


def test_a_link_is_previewed(number, outside):
    assert sent(number, outside, outbound(PHONE, "See https://shop.example"))["text"]["preview_url"]


@pytest.mark.parametrize(
    ("address", "named"),
    [
        (Address("whatsapp", "821012345678", is_local=True), {"recipient_type": "individual", "to": "+821012345678"}),
        (BSUID, {"recipient_type": "individual", "recipient": "KR.134"}),
        (Address("whatsapp", "GROUP1:KR.134", is_local=True), {"recipient_type": "group", "to": "GROUP1"}),
    ],
)
def test_whom_a_message_goes_to(number, outside, address, named):
    body = sent(number, outside, outbound(address))
    assert {name: body[name] for name in ("recipient_type", "to", "recipient") if name in body} == named


def test_an_answer_quotes_what_it_answers(number, outside):
    body = sent(number, outside, outbound(PHONE, quoted_id="wamid.IN1"))
    assert body["context"] == {"message_id": "wamid.IN1"}


@pytest.mark.parametrize(
    ("name", "content_type", "kind", "more"),
    [
        ("a.jpg", "image/jpeg", "image", {"caption": "Look"}),
        ("a.mp4", "video/mp4", "video", {"caption": "Look"}),
        ("bill.pdf", "application/pdf", "document", {"caption": "Look", "filename": "bill.pdf"}),
        ("a.ogg", "audio/ogg", "audio", {}),
        ("a.webp", "image/webp", "sticker", {}),
    ],
)
def test_a_file_is_left_first_and_then_named(number, outside, name, content_type, kind, more):
    outside.answer({"id": "9001"})
    body = sent(number, outside, outbound(PHONE, "Look", files=[file(name, content_type, b"the bytes")]))
    upload = outside.calls[0]
    assert upload.url == f"https://graph.facebook.com/v24.0/{NUMBER}/media"
    assert upload.form == {"messaging_product": "whatsapp", "type": content_type}
    assert upload.options["files"] == {"file": (name, b"the bytes", content_type)}
    assert (body["type"], body[kind]) == (kind, {"id": "9001", **more})


def test_an_upload_that_breaks_is_tried_again(number, outside):
    outside.fail(UnknownOutcome("link"))
    with pytest.raises(TemporaryFailure):
        number.send(outbound(PHONE, "", files=[file("a.jpg", "image/jpeg")]))
    outside.fail(UnknownOutcome("link"))
    with pytest.raises(UnknownOutcome):
        number.send(outbound(PHONE))


def replies(count, title="Choice"):
    return [QuickReply(f"id-{n}", f"{title} {n}") for n in range(1, count + 1)]


def test_up_to_three_choices_are_buttons(number, outside):
    body = sent(number, outside, outbound(PHONE, "Which?", quick_replies=replies(3, "A title that is too long")))
    assert body["type"] == "interactive"
    assert body["interactive"]["type"] == "button"
    assert body["interactive"]["body"] == {"text": "Which?"}
    assert body["interactive"]["action"]["buttons"][0] == {
        "type": "reply",
        "reply": {"id": "id-1", "title": "A title that is too "},
    }


@pytest.mark.parametrize(("count", "text"), [(4, "Which?"), (2, "x" * 1025)])
def test_more_choices_or_a_longer_text_are_a_list(number, outside, count, text):
    with translation.override("en"):
        body = sent(number, outside, outbound(PHONE, text, quick_replies=replies(count), language="ko"))
    found = body["interactive"]
    assert (found["type"], found["body"]["text"], found["action"]["button"]) == ("list", text, "선택하기")
    assert found["action"]["sections"] == [
        {"rows": [{"id": f"id-{n}", "title": f"Choice {n}"} for n in range(1, count + 1)]}
    ]


def test_choices_need_words(number):
    with pytest.raises(PermanentFailure):
        number.send(outbound(PHONE, "", quick_replies=replies(2)))


# ── Parts ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def shapes(number, message):
    return [
        (part.text[:9], [one.name for one in part.files], len(part.quick_replies)) for part in number.parts(message)
    ]


def test_words_stand_beside_the_first_picture(number):
    message = outbound(PHONE, "Look", files=[file("a.jpg", "image/jpeg"), file("b.jpg", "image/jpeg")])
    assert shapes(number, message) == [("Look", ["a.jpg"], 0), ("", ["b.jpg"], 0)]


@pytest.mark.parametrize("content_type", ["audio/ogg", "image/webp"])
def test_words_stand_before_sounds_and_stickers(number, content_type):
    message = outbound(PHONE, "Listen", files=[file("a", content_type)])
    assert shapes(number, message) == [("Listen", [], 0), ("", ["a"], 0)]


def test_choices_stand_under_the_words_after_the_files(number):
    message = outbound(
        PHONE, "Which?", files=[file("a.jpg", "image/jpeg")], quick_replies=replies(2), quoted_id="wamid.1"
    )
    assert shapes(number, message) == [("", ["a.jpg"], 0), ("Which?", [], 2)]
    first, last = number.parts(message)
    assert (first.quoted_id, last.quoted_id) == ("wamid.1", "")
    assert first.delivery_key != last.delivery_key


def test_a_long_text_is_cut_at_4096_signs(number):
    assert [len(part.text) for part in number.parts(outbound(PHONE, "가" * 5000))] == [4096, 904]


# ── What is no message ───────────────────────────────────────────────────────────────────────────────────────────────
def test_a_reaction_and_its_end(number, outside):
    for emoji in ("👍", ""):
        outside.answer(ACCEPTED)
        number.react(BSUID, "wamid.IN1", emoji)
        assert outside.last.json == {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "recipient": "KR.134",
            "type": "reaction",
            "reaction": {"message_id": "wamid.IN1", "emoji": emoji},
        }


def test_reading_and_typing(number, outside):
    seen = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.IN1"}
    outside.answer({"success": True})
    number.mark_read(PHONE, Window(), last_id="wamid.IN1")
    assert outside.last.json == seen
    outside.answer({"success": True})
    number.show_typing(PHONE, Window(), last_id="wamid.IN1")
    assert outside.last.json == {**seen, "typing_indicator": {"type": "text"}}


def test_typing_needs_a_message_to_stand_under(number, outside):
    number.show_typing(PHONE, Window())
    assert outside.calls == []


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**bold** and *soft*", "*bold* and _soft_"),
        ("~~gone~~ `code`", "~gone~ `code`"),
        ("[Shop](https://shop.example)", "Shop (https://shop.example)"),
        ("plain", "plain"),
    ],
)
def test_marks_are_whatsapps_own(number, written, shown):
    assert number.render(written) == (shown, "")


@pytest.mark.parametrize(("raw", "value"), [("010-1234-5678", "+821012345678"), ("+49 30 901820", "+4930901820")])
def test_a_typed_number_is_a_telephone_number(number, raw, value):
    address = number.address_of(raw)
    assert (address.kind, address.value, address.is_local) == ("phone", value, False)
    assert "phone" in number.capabilities.reaches


def test_what_is_no_number_is_refused(number):
    with pytest.raises(ValueError, match="carol"):
        number.address_of("carol")


def test_what_was_reached_is_kept(number, outside):
    outside.answer({**ACCEPTED, "messages": [{"id": "wamid.T", "message_status": "held_for_quality_assessment"}]})
    receipt = number.send(outbound(PHONE))
    assert receipt.details == {"wa_id": "821012345678", "status": "held_for_quality_assessment"}
