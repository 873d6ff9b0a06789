"""What consultations bring, from either dealer; Bizgo's payloads pass the reader of its own SDK first."""

import json
from datetime import UTC, datetime

import pytest
from bizgo import webhooks
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
    RemoteFile,
    Trouble,
    WindowUpdate,
)
from tests.channels_app.kakao.conftest import CAROL, PAYLOADS, PUBLIC_ID, bizgo, happytalk, path_of, payload
from tests.channels_app.outside import envelope

NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))
AT = datetime(2026, 11, 21, 1, 0, 0, 123000, UTC)
IN_THE_SDK = {
    "message": "counselMessage",
    "reference": "counselReference",
    "expired_session": "counselExpiredSession",
    "seen_info": "counselSeenInfo",
    "personal_info": "counselPersonalInfo",
    "cert_result": "counselCertResult",
    "result": "counselResult",
}


def read(name, said=None, account=None):
    account = account or (happytalk() if name.startswith("happytalk") else bizgo())
    return list(account.parse(envelope(payload(name) if said is None else said, path=path_of(name))))


def message(name):
    (found,) = read(name)
    assert isinstance(found, InboundMessage)
    assert found.sender == CAROL
    return found


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("bizgo")])
def test_the_payloads_are_such_as_bizgos_own_sdk_reads(name):
    webhooks.parse(IN_THE_SDK[path_of(name).removeprefix("cstalk/")], json.dumps(payload(name)))


def test_a_text_comes_in_with_the_time_at_kakao():
    text = message("bizgo_message_text")
    assert (text.external_id, text.text) == ("20261121-message_text", "배송 언제 오나요?")
    assert text.sent_at == datetime(2026, 11, 21, 0, 59, 59, 500000, UTC)
    assert (list(text.files), text.choice, list(text.notices)) == ([], None, [])


def test_where_kakao_names_no_time_the_dealers_counts():
    assert message("bizgo_message_photo").sent_at == AT


@pytest.mark.parametrize("name", ["bizgo_message_deprecated", "happytalk_message_deprecated"])
def test_the_form_of_old_is_read_too(name):
    assert message(name).text == "예전 방식"


def test_happytalk_passes_kakaos_own_dialect_on():
    text = message("happytalk_message_text")
    assert (text.external_id, text.text) == ("s-1", "배송 언제 오나요?")
    assert text.sent_at.timestamp() == 1780000000.123
    assert message("happytalk_message_bare").text == "첫 줄\n둘째 줄"
    assert message("happytalk_message_without_serial").external_id == "Uk3yAbC:1780000000123"


@pytest.mark.parametrize(
    ("name", "files"),
    [
        (
            "bizgo_message_photo",
            [
                RemoteFile(f"i_{n}.jpg", "image/jpeg", url=f"http://dn-m.talk.kakao.com/talkm/a/b/i_{n}.jpg")
                for n in (1, 2)
            ],
        ),
        (
            "bizgo_message_video",
            [RemoteFile("talk_mov.mp4", "video/mp4", url="https://dn-v.talk.kakao.com/v/talk_mov.mp4")],
        ),
        (
            "bizgo_message_audio",
            [RemoteFile("talk.m4a", "audio/mp4", url="https://dn-a.talk.kakao.com/a/talk.m4a", role=FileRole.VOICE)],
        ),
        (
            "bizgo_message_file",
            [
                RemoteFile(
                    "영수증.pdf", "application/pdf", url="https://dn-f.talk.kakao.com/f/%EC%98%81%EC%88%98%EC%A6%9D.pdf"
                )
            ],
        ),
        ("happytalk_message_photo", [RemoteFile("i_1.jpg", "image/jpeg", url="http://dn-m.talk.kakao.com/a/i_1.jpg")]),
        (
            "happytalk_message_photo_bare",
            [RemoteFile("i_1.jpg", "image/jpeg", url="http://dn-m.talk.kakao.com/a/i_1.jpg")],
        ),
    ],
)
def test_files_come_as_addresses(name, files):
    assert list(message(name).files) == files


def test_words_beside_a_picture_stay_with_it():
    assert message("bizgo_message_photo").text == "여기 깨졌어요"


def test_a_text_that_is_too_long_for_a_message_comes_whole_as_a_file():
    long = message("bizgo_message_long")
    assert long.text == "가" * 50
    assert list(long.files) == [RemoteFile("message.txt", "text/plain", url="https://bizmessage.kakao.com/long/1.txt")]


def test_a_touched_button_is_a_choice():
    assert message("bizgo_message_button").choice == Choice("yes_1", "네, 좋아요")


def test_a_message_without_anything_that_can_be_shown_is_not_lost():
    assert (message("bizgo_message_empty").text, list(message("bizgo_message_empty").notices)) == ("", ["unsupported"])


def test_asking_for_a_person_opens_the_window_for_thirty_days_after_the_next_full_hour():
    contact, window = read("bizgo_reference")
    assert contact.facts == {"kakao_reference": "item_42"}
    assert list(contact.proven) == [Address("kakao_app_user", f"{PUBLIC_ID}/987654321", is_verified=True)]
    assert window == WindowUpdate(CAROL, at=AT, closes_at=datetime(2026, 12, 21, 2, 0, tzinfo=UTC))


def test_without_a_session_nothing_opens():
    assert read("bizgo_reference_without_session") == []


def test_happytalks_session_opens_and_ends_as_well():
    contact, window = read("happytalk_reference")
    assert (contact.facts, list(contact.proven)) == ({"kakao_reference": "item_42"}, [])
    assert window.is_open
    (ended,) = read("happytalk_expired_session")
    assert (ended.address, ended.is_open) == (CAROL, False)


def test_an_expired_session_closes_the_window():
    assert read("bizgo_expired_session") == [WindowUpdate(CAROL, is_open=False, at=AT)]


def test_seen_is_up_to_when_for_its_key_is_its_own():
    assert read("bizgo_seen_info") == [DeliveryUpdate(DeliveryState.READ, address=CAROL, watermark=AT, at=AT)]


def test_a_number_given_with_consent_is_proven_in_the_form_of_all_numbers():
    (contact,) = read("bizgo_personal_info")
    number = Address("phone", "+821012345678", raw="01012345678", is_verified=True)
    assert contact == ContactUpdate(CAROL, name="캐롤", proven=[number])


@pytest.mark.parametrize(
    ("given", "known"), [("+82 10-1234-5678", "+821012345678"), ("", ""), ("nonsense", ""), (None, "")]
)
def test_a_number_is_normalised_or_left_out(given, known):
    said = payload("bizgo_personal_info")
    said["personalInfo"]["phone_number"] = given
    (contact,) = read("bizgo_personal_info", said)
    assert [address.value for address in contact.proven] == ([known] if known else [])


def test_a_certificates_result_is_not_kept_by_the_desk():
    assert read("bizgo_cert_result") == []


def test_a_result_tells_that_a_message_arrived():
    (receipt,) = read("bizgo_result_write")
    assert (receipt.state, receipt.external_id, receipt.delivery_key) == (
        DeliveryState.DELIVERED,
        "20261121-result_write",
        "d" * 32,
    )


def test_a_result_tells_why_a_message_did_not_arrive():
    (receipt,) = read("bizgo_result_failed")
    assert (receipt.state, receipt.code, receipt.trouble) == (DeliveryState.FAILED, "A821", Trouble.WINDOW)
    assert receipt.advice
    assert receipt.detail == "세션이 만료되었거나 존재하지 않음"


def test_a_reason_that_nobody_knows_is_shown_all_the_same():
    (receipt,) = read(
        "bizgo_result_failed", payload("bizgo_result_failed") | {"reportCode": "K102", "reportText": "NotAvailable"}
    )
    assert (receipt.code, receipt.detail, bool(receipt.advice)) == ("K102", "NotAvailable", True)


def test_the_end_that_we_asked_for_closes_the_window_once_it_happened():
    assert read("bizgo_result_end") == [WindowUpdate(CAROL, is_open=False, at=AT)]
    assert read("bizgo_result_end_failed") == []


@pytest.mark.parametrize("event", ["added", "blocked"])
def test_who_adds_or_blocks_the_channel_is_news_of_those_who_are_known(event):
    (contact,) = read(f"channel_{event}")
    person = Address("kakao_app_user", f"{PUBLIC_ID}/987654321", is_verified=True)
    assert contact == ContactUpdate(person, facts={"kakao_channel": event}, only_known=True)


def test_news_of_others_or_of_another_channel_are_passed_over():
    assert read("channel_open_id") == []
    assert read("channel_added", account=bizgo()) != []
    assert read("channel_added", payload("channel_added") | {"channel_public_id": "_other"}) == []
    assert read("channel_added", payload("channel_added") | {"event": "exploded"}) == []


def test_an_unknown_event_or_path_gives_nothing():
    for path in ("cstalk/future", "cstalk/", "", "message", "cstalk/message/more"):
        assert list(bizgo().parse(envelope(payload("bizgo_message_text"), path=path))) == []


def test_the_same_person_is_known_at_the_channels_chatbot():
    assert list(bizgo().profile(CAROL).proven) == [
        Address("kakao_channel_user", f"{PUBLIC_ID}/Uk3yAbC", is_verified=True)
    ]
    assert happytalk().profile(CAROL) is None


def leaves(said, path=()):
    for key, value in said.items() if isinstance(said, dict) else enumerate(said):
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from leaves(value, (*path, key))


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_or_odd_part_breaks_nothing(name):
    for path in leaves(payload(name)):
        for odd in (None, 5, "x", [], {}, [None], ["x"], -1, 1e300, True, "http://[", "9" * 30):
            said = inner = payload(name)
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = odd
            read(name, said)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["userKey", "contents", "url", "reference", "user_key"]), inner)
    ),
)


@given(JSON, st.sampled_from(sorted({path_of(name) for name in NAMES})))
def test_no_json_of_any_kind_raises(said, path):
    for account in (bizgo(), happytalk()):
        account.parse(envelope(said, path=path))
        account.dedup_key(envelope(said, path=path))
        account.acknowledge(envelope(said, path=path))
