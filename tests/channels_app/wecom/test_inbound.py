"""What fetched messages and events become; each kind of the reference has its payload."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels_app.connectors.wecom.problems import FAIL_TYPES
from channels_app.contract import (
    Address,
    Choice,
    ContactCard,
    ContactUpdate,
    DeliveryState,
    DeliveryUpdate,
    FileRole,
    InboundMessage,
    Location,
    MessageDeleted,
    RemoteFile,
    Trouble,
    WindowUpdate,
)
from tests.channels_app.outside import connector, envelope
from tests.channels_app.wecom.conftest import PAYLOADS, payload

CAROL = Address("wecom", "wkAJ2/wmAJ2", raw="wmAJ2", is_verified=True, is_local=True)
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))


def read(said):
    return list(connector("wecom").parse(envelope(said)))


def message(name):
    (found,) = read(payload(name))
    assert isinstance(found, InboundMessage)
    return found


def test_a_text_comes_in_from_a_customer_at_one_customer_service_account():
    text = message("text")
    assert (text.external_id, text.text, text.sender, text.is_echo) == ("id_text", "hello", CAROL, False)
    assert text.sent_at.timestamp() == 1780000000


def test_the_same_customer_at_another_account_is_another_address():
    other = payload("text") | {"open_kfid": "wkOther"}
    assert read(other)[0].sender.value == "wkOther/wmAJ2"


def test_a_touched_menu_line_is_a_choice():
    assert message("text_menu").choice == Choice("101", "满意")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("image", RemoteFile("image.jpg", "image/jpeg", reference="m-image")),
        ("voice", RemoteFile("voice.amr", "audio/amr", reference="m-voice", role=FileRole.VOICE)),
        ("video", RemoteFile("video.mp4", "video/mp4", reference="m-video")),
        ("file", RemoteFile("file", "application/octet-stream", reference="m-file")),
    ],
)
def test_media_come_as_handles(name, file):
    assert list(message(name).files) == [file]


def test_a_location_is_a_place():
    assert message("location").location == Location(23.1, 113.3, name="TIT创意园", address="广州市海珠区")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("link", "标题\n描述\nhttps://example.com/x"),
        ("merged_msg", "群聊的聊天记录\n李: 坏了\n王: …"),
        ("msgmenu", "您对本次服务是否满意呢?"),
    ],
)
def test_words_are_kept_of_what_has_words(name, text):
    assert (message(name).text, list(message(name).notices)) == (text, [])


@pytest.mark.parametrize(
    ("name", "text"),
    [("miniprogram", "订单"), ("channels_shop_order", "水杯"), ("channels_shop_product", "茶壶"), ("channels", "视频")],
)
def test_what_cannot_be_shown_gives_its_title_and_says_that_there_is_more(name, text):
    assert (message(name).text, list(message(name).notices)) == (text, ["unsupported"])


def test_a_kind_of_the_future_is_not_lost():
    found = read(payload("text") | {"msgtype": "hologram"})
    assert list(found[0].notices) == ["unsupported"]


def test_a_card_is_a_card():
    assert list(message("business_card").cards) == [ContactCard("Lisi")]


def test_what_somebody_answers_in_wecoms_own_app_is_an_echo_to_the_customer():
    echo = message("echo")
    assert (echo.is_echo, list(echo.to), echo.text) == (True, [CAROL], "我来处理")
    assert echo.sender == Address("wecom_servicer", "Zhangsan")


def test_a_failure_to_deliver_names_the_message_and_says_what_to_do():
    (failed,) = read(payload("msg_send_fail"))
    assert isinstance(failed, DeliveryUpdate)
    assert (failed.state, failed.external_id, failed.code) == (DeliveryState.FAILED, "FAIL1", "fail_type 4")
    assert (failed.trouble, failed.address) == (Trouble.WINDOW, CAROL)


@pytest.mark.parametrize("fail_type", [0, *FAIL_TYPES, 99])
def test_every_reason_of_a_failure_has_an_advice(fail_type):
    said = payload("msg_send_fail")
    said["event"]["fail_type"] = fail_type
    assert read(said)[0].advice


@pytest.mark.parametrize(("name", "target"), [("user_recall_msg", "id_text"), ("servicer_recall_msg", "id_echo")])
def test_a_message_that_is_taken_back_goes(name, target):
    (gone,) = read(payload(name))
    assert isinstance(gone, MessageDeleted)
    assert (gone.external_id, gone.at.timestamp()) == (target, 1780000000)


@pytest.mark.parametrize("name", ["session_taken", "session_ended"])
def test_a_session_out_of_our_hands_closes_the_window(name):
    (window,) = read(payload(name))
    assert isinstance(window, WindowUpdate)
    assert (window.address, window.is_open) == (CAROL, False)


def test_who_opens_the_chat_is_no_customer_yet_but_where_they_came_from_is_noted():
    (entered,) = read(payload("enter_session"))
    assert entered == ContactUpdate(CAROL, facts={"wecom_scene": "123", "wecom_scene_param": "abc"}, only_known=True)


@pytest.mark.parametrize("name", ["servicer_status_change", "reject_switch"])
def test_events_that_say_nothing_to_a_desk_give_nothing(name):
    assert read(payload(name)) == []


def test_the_same_message_fetched_twice_is_known_by_its_id():
    assert connector("wecom").dedup_key(envelope(payload("text"))) == "id_text"


def leaves(said, path=()):
    for key, value in said.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, [None], {"a": 1}, -1, 1e300])
def test_a_missing_or_odd_part_breaks_nothing(name, odd):
    for path in leaves(payload(name)):
        said = payload(name)
        inner = said
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = odd
        read(said)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["msgtype", "event", "text", "msgid", "item"]), inner)
    ),
)


@given(JSON)
def test_no_json_of_any_kind_raises(said):
    read(said)
