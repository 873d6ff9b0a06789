"""Approved templates to numbers: every shape passes the models of Bizgo's own SDK."""

from datetime import UTC, datetime

import pytest
import time_machine
from bizgo.models import _generated_request as sdk

from channels_app.connectors.alimtalk.forms import AlimtalkForm
from channels_app.connectors.alimtalk.outbound import local, seconds_until_morning
from channels_app.contract import (
    AccountFailure,
    Address,
    PermanentFailure,
    Template,
    TemplateUse,
    TemporaryFailure,
    Trouble,
    UnknownOutcome,
)
from tests.channels_app.alimtalk.conftest import CAROL, SENDER, USE, alimtalk, payload
from tests.channels_app.outside import connector, outbound

KEY = "d" * 32
OMNI = "https://mars.ibapi.kr/api/comm/v1/send/omni"
PLAIN = Template(
    "안내 (plain_1)", "ko", "고객센터가 열렸습니다.", [], details={"code": "plain_1", "msgType": "AT", "title": "안내"}
)


def taken(world, code="A000", key="m-1"):
    destinations = [{"to": "01012345678", "msgKey": key, "code": code, "result": "x"}]
    world.answer({"common": {"authCode": "A000"}, "data": {"code": "A000", "data": {"destinations": destinations}}})


def as_the_sdk_would(body):
    return sdk.SendOmniRequest.model_validate(body).model_dump(by_alias=True, exclude_none=True, exclude_unset=True)


def test_a_template_goes_to_a_number_as_it_is_dialled_in_korea(outside):
    taken(outside)
    assert alimtalk().send(outbound(CAROL, "", template=USE)).external_id == "m-1"
    assert (outside.last.method, outside.last.url) == ("POST", OMNI)
    assert outside.last.headers == {"Authorization": "bizgo-key"}
    expected = {
        "destinations": [{"to": "01012345678", "ref": KEY, "replaceWords": {"name": "캐롤"}}],
        "idempotencyKey": KEY,
        "idempotencyTtl": 86400,
        "ref": KEY,
        "messageFlow": [
            {
                "alimtalk": {
                    "senderKey": SENDER,
                    "templateCode": "reply_1",
                    "responseMethod": "push",
                    "sendType": "template",
                }
            }
        ],
    }
    assert outside.last.json == expected == as_the_sdk_would(expected)


def test_a_template_without_blanks_is_written_out_with_all_that_belongs_to_it(outside):
    taken(outside)
    alimtalk().send(outbound(CAROL, "", template=TemplateUse(PLAIN)))
    (flow,) = outside.last.json["messageFlow"]
    assert flow["alimtalk"] == {
        "senderKey": SENDER,
        "templateCode": "plain_1",
        "responseMethod": "push",
        "msgType": "AT",
        "text": "고객센터가 열렸습니다.",
        "title": "안내",
    }
    assert "replaceWords" not in outside.last.json["destinations"][0]
    assert as_the_sdk_would(outside.last.json) == outside.last.json


@pytest.mark.parametrize(("name", "kind"), [("캐롤", "sms"), ("가" * 40, "mms")])
def test_the_same_words_go_as_a_text_message_where_kakaotalk_does_not_reach(outside, name, kind):
    taken(outside)
    use = TemplateUse(USE.template, {"name": name})
    alimtalk(falls_back=True, sms_sender="0212345678").send(outbound(CAROL, "", template=use))
    text = {"from": "0212345678", "text": f"{name}님, 답변이 등록되었습니다."}
    assert outside.last.json["messageFlow"][1] == {kind: text}
    assert as_the_sdk_would(outside.last.json) == outside.last.json


def test_falling_back_is_the_admins_choice(outside):
    taken(outside)
    alimtalk(falls_back=False, sms_sender="0212345678").send(outbound(CAROL, "", template=USE))
    assert len(outside.last.json["messageFlow"]) == 1


def test_a_repeat_that_bizgo_recognises_counts_as_sent(outside):
    taken(outside, code="A301")
    assert alimtalk().send(outbound(CAROL, "", template=USE)).external_id == "m-1"
    outside.answer({"common": {"authCode": "A000"}, "data": {"code": "A301"}}, status=400)
    assert alimtalk().send(outbound(CAROL, "", template=USE)).external_id == ""
    assert alimtalk().capabilities.is_send_idempotent


def test_the_same_code_at_the_door_is_no_repeat(outside):
    outside.answer({"common": {"authCode": "A301", "authResult": "?"}}, status=400)
    with pytest.raises(TemporaryFailure):
        alimtalk().send(outbound(CAROL, "", template=USE))


def test_without_a_template_nothing_goes_out(outside):
    with pytest.raises(PermanentFailure) as caught:
        alimtalk().send(outbound(CAROL, "Hello"))
    assert caught.value.advice
    assert outside.calls == []


@pytest.mark.parametrize(
    ("code", "error", "trouble"),
    [
        ("A306", PermanentFailure, Trouble.RECIPIENT),
        ("A324", PermanentFailure, Trouble.RECIPIENT),
        ("A505", PermanentFailure, Trouble.PAYLOAD),
        ("A325", AccountFailure, Trouble.AUTH),
        ("A320", TemporaryFailure, Trouble.RATE),
        ("A309", PermanentFailure, Trouble.PAYLOAD),
    ],
)
def test_a_destination_that_was_not_taken_is_a_failure_of_its_class(outside, code, error, trouble):
    taken(outside, code=code)
    with pytest.raises(error) as caught:
        alimtalk().send(outbound(CAROL, "", template=USE))
    assert (caught.value.code, caught.value.trouble) == (code, trouble)


@pytest.mark.parametrize("is_whole", [True, False])
def test_advertising_waits_until_morning(outside, is_whole):
    if is_whole:
        outside.answer({"common": {"authCode": "A000"}, "data": {"code": "A330", "result": "night"}}, status=400)
    else:
        taken(outside, code="A330")
    with (
        time_machine.travel(datetime(2026, 11, 21, 12, 30, tzinfo=UTC), tick=False),
        pytest.raises(TemporaryFailure) as caught,
    ):
        alimtalk().send(outbound(CAROL, "", template=USE))
    assert (caught.value.retry_after, caught.value.code) == (10.5 * 3600, "A330")


@pytest.mark.parametrize(
    ("hour", "hours"),
    [(11, 12), (20, 3), (22.5, 0.5), (23, 24)],  # 20:00, 05:00, 07:30 and 08:00 in Korea
)
def test_morning_comes_at_eight_in_korea(hour, hours):
    at = datetime(2026, 11, 21, int(hour), int(hour % 1 * 60), tzinfo=UTC)
    assert seconds_until_morning(at) == hours * 3600


def test_a_break_while_sending_is_unknown(outside):
    outside.fail(UnknownOutcome("broken", code="link"))
    with pytest.raises(UnknownOutcome):
        alimtalk().send(outbound(CAROL, "", template=USE))


@pytest.mark.parametrize(("number", "dialled"), [("+821012345678", "01012345678"), ("+14155550100", "14155550100")])
def test_numbers_are_written_as_bizgo_wants_them(number, dialled):
    assert local(number) == dialled


@pytest.mark.parametrize("typed", ["010-1234-5678", "+82 10 1234 5678", "01012345678"])
def test_a_korean_mobile_number_is_an_address(typed):
    assert alimtalk().address_of(typed) == Address("phone", "+821012345678", raw=typed)


@pytest.mark.parametrize("typed", ["02-123-4567", "+1 415 555 0100", "carol@example.com", ""])
def test_any_other_address_is_none(typed):
    with pytest.raises(ValueError):  # noqa: PT011 - the address is all it says
        alimtalk().address_of(typed)


def test_templates_are_read_with_their_blanks_and_only_the_living_are_approved(outside):
    outside.answer(payload("templates"))
    found = {template.details["code"]: template for template in alimtalk().templates()}
    assert list(found) == ["reply_1", "plain_1", "waiting_1", "dormant_1"]
    reply = found["reply_1"]
    assert reply.body == "{{name}}님, 답변이 등록되었습니다.\n주문 {{order}} / {{name}}"
    assert (reply.name, reply.parameters, reply.language, reply.category) == (
        "답변 안내 (reply_1)",
        ["name", "order"],
        "ko",
        "008001",
    )
    assert {code: template.is_approved for code, template in found.items()} == {
        "reply_1": True,
        "plain_1": True,
        "waiting_1": False,
        "dormant_1": False,
    }
    assert found["plain_1"].details["title"] == "안내"
    assert found["plain_1"].details["attachment"]["button"][0]["name"] == "보기"
    assert outside.last.options["params"] == {"senderKey": SENDER, "offset": "0", "limit": "100"}


def test_templates_are_asked_for_page_by_page(outside):
    one = payload("templates")["data"]["data"]["alimtalk"]["templates"][0]
    full = {"common": {"authCode": "A000"}, "data": {"code": "A000", "data": {"alimtalk": {"templates": [one] * 100}}}}
    outside.answer(full)
    outside.answer(payload("templates"))
    assert len(alimtalk().templates()) == 104
    assert [call.options["params"]["offset"] for call in outside.calls] == ["0", "100"]


def test_checking_asks_for_one_template(outside):
    outside.answer(payload("templates"))
    alimtalk(environment="sandbox").check()
    assert outside.last.options["params"]["limit"] == "1"
    assert outside.last.url.startswith("https://sandbox-mars.ibapi.kr/")
    outside.answer({"common": {"authCode": "A401", "authResult": "Unauthorized"}}, status=401)
    with pytest.raises(AccountFailure):
        alimtalk().check()


def test_it_reaches_numbers_by_templates_alone():
    can = alimtalk().capabilities
    assert (can.identity_kind, can.only_templates, can.can_start, can.obeys_opt_out) == ("phone", True, True, True)


GOOD = {"sender_key": SENDER, "api_key": "k"}


@pytest.mark.parametrize("more", [{}, {"falls_back": "on", "sms_sender": "0212345678"}])
def test_what_the_dealer_gives_is_taken(more):
    assert AlimtalkForm(GOOD | more).is_valid()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"falls_back": "on"}, "sms_sender"),
        ({"sms_sender": "+82 2"}, "sms_sender"),
        ({"sender_key": "x"}, "sender_key"),
    ],
)
def test_what_cannot_be_right_is_refused_at_its_field(more, field):
    assert list(AlimtalkForm(GOOD | more).errors) == [field]


def test_every_field_stands_in_a_group_and_every_secret_goes_to_the_vault():
    assert sorted(name for _title, _when, names in AlimtalkForm.groups for name in names) == sorted(
        AlimtalkForm.base_fields
    )
    assert type(connector("alimtalk")).secret_fields == {"api_key", "webhook_secret"}
