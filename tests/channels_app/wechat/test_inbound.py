"""What followers send, and what they do; each kind of the reference has its payload."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_app.contract import (
    Address,
    Choice,
    ContactUpdate,
    DeliveryState,
    DeliveryUpdate,
    FileRole,
    InboundMessage,
    Location,
    RemoteFile,
    Trouble,
)
from tests.channels_app.outside import connector, envelope
from tests.channels_app.sealed import AES_KEY, TOKEN, body, seal
from tests.channels_app.wechat.conftest import APPID, PAYLOADS, payload

CAROL = Address("wechat", "oOPENID", is_verified=True, is_local=True)
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.xml"))


def read(raw, **config):
    return list(connector("wechat", secrets={"token": TOKEN}, appid=APPID, **config).parse(envelope(raw)))


def message(name, **config):
    (found,) = read(payload(name), **config)
    assert isinstance(found, InboundMessage)
    return found


def test_a_text_comes_in_with_its_sender_and_time():
    text = message("text")
    assert (text.external_id, text.text, text.sender) == ("22876340532172986", "你好", CAROL)
    assert text.sent_at.timestamp() == 1780000000
    assert text.opens_window
    assert text.choice is None


def test_a_touched_menu_line_is_a_choice():
    assert message("text_menu").choice == Choice("101", "满意")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("image", RemoteFile("image.jpg", "image/jpeg", reference="media-1")),
        ("voice", RemoteFile("voice.amr", "audio/amr", reference="media-2", role=FileRole.VOICE)),
        ("video", RemoteFile("video.mp4", "video/mp4", reference="media-3")),
        ("shortvideo", RemoteFile("shortvideo.mp4", "video/mp4", reference="media-4")),
    ],
)
def test_media_come_as_handles(name, file):
    assert list(message(name).files) == [file]


@pytest.mark.parametrize(
    ("form", "name", "content_type"),
    [("speex", "voice.speex", "audio/speex"), ("MP3", "voice.mp3", "audio/mpeg"), ("", "voice.amr", "audio/amr")],
)
def test_a_recording_has_the_form_that_it_names(form, name, content_type):
    ((found,),) = [one.files for one in read(payload("voice").replace(b"<![CDATA[amr]]>", form.encode()))]
    assert (found.name, found.content_type) == (name, content_type)


@pytest.mark.parametrize("lost", [b"23.134521", b"113.358803"])
def test_half_a_place_is_none(lost):
    (found,) = read(payload("location").replace(lost, b"?"))
    assert (found.location, found.notices) == (None, ["unsupported"])


def test_recognised_speech_is_the_text_beside_the_recording():
    found = message("voice_recognised")
    assert (found.text, len(found.files)) == ("包裹在哪里", 1)


def test_a_location_is_a_place():
    assert message("location").location == Location(23.134521, 113.358803, name="广州")


def test_a_link_is_its_words_and_its_address():
    assert message("link").text == "公众平台官网链接\n说明\nhttps://example.com/a"


def test_a_mini_programs_card_gives_its_title_and_says_that_there_is_more():
    card = message("miniprogrampage")
    assert (card.text, card.notices) == ("订单", ["unsupported"])
    assert card.details == {"mini_program": "wxapp1", "page": "pages/order?id=1"}


def test_a_file_that_wechat_does_not_hand_out_is_named():
    assert (message("file").text, message("file").notices) == ("账单.pdf", ["unsupported"])


def test_a_kind_of_the_future_is_not_lost():
    assert (message("future").text, message("future").notices) == ("", ["unsupported"])


def test_who_unfollows_is_gone_and_who_follows_again_is_back():
    assert read(payload("unsubscribe")) == [ContactUpdate(CAROL, is_blocked=True, only_known=True)]
    assert read(payload("subscribe")) == [ContactUpdate(CAROL, is_blocked=False, only_known=True)]


@pytest.mark.parametrize("name", ["scan", "location_report", "view", "click"])
def test_events_that_say_nothing_to_a_desk_give_nothing(name):
    assert read(payload(name)) == []


def test_a_menu_button_that_the_desk_wants_to_hear_of_begins_a_conversation():
    found = message("click", menu_keys="other = x\ncontact = Talk to us")
    assert (found.text, found.choice) == ("Talk to us", Choice("contact", "Talk to us"))
    # It would let us answer for a minute alone.
    assert not found.opens_window


@pytest.mark.parametrize(
    ("name", "state", "detail", "trouble"),
    [
        ("template_sent", DeliveryState.DELIVERED, "", Trouble.PAYLOAD),
        ("template_blocked", DeliveryState.FAILED, "failed:user block", Trouble.RECIPIENT),
    ],
)
def test_templates_have_receipts(name, state, detail, trouble):
    (receipt,) = read(payload(name))
    assert isinstance(receipt, DeliveryUpdate)
    assert (receipt.state, receipt.external_id, receipt.detail, receipt.trouble) == (
        state,
        "200163836",
        detail,
        trouble,
    )


def test_a_sealed_body_is_read_with_the_key_that_was_before():
    account = connector("wechat", secrets={"aes_key": AES_KEY[::-1], "aes_key_previous": AES_KEY}, appid=APPID)
    (found,) = account.parse(envelope(body(seal(payload("text").decode(), APPID))))
    assert found.text == "你好"


def test_a_sealed_body_that_no_key_opens_goes_to_quarantine():
    account = connector("wechat", secrets={"aes_key": AES_KEY}, appid="wx0000000000")
    with pytest.raises(ValueError, match="no key"):
        account.parse(envelope(body(seal(payload("text").decode(), APPID))))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lost", ["FromUserName", "CreateTime", "MsgId", "MediaId", "Content", "Location_X", "Event"])
def test_a_missing_part_breaks_nothing(name, lost):
    raw = payload(name).replace(f"<{lost}>".encode(), b"<Was>").replace(f"</{lost}>".encode(), b"</Was>")
    for found in read(raw, menu_keys="contact=x"):
        assert not isinstance(found, InboundMessage) or found.sender.value


@given(
    st.dictionaries(
        st.sampled_from(["MsgType", "Event", "FromUserName", "CreateTime", "Location_X", "MediaId"]), st.text()
    )
)
def test_no_xml_of_any_kind_raises(said):
    inner = "".join(f"<{name}><![CDATA[{text.replace(']]>', '')}]]></{name}>" for name, text in said.items())
    raw = f"<xml><FromUserName>o</FromUserName><MsgType>text</MsgType>{inner}</xml>".encode("utf-8", "replace")
    if b"\xef\xbf\xbe" not in raw and b"\xef\xbf\xbf" not in raw:  # XML has no way to write these
        read(raw)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_json_gives_nothing(said):
    assert read(said) == []
