"""Twilio's messages: three networks by one interface."""

from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from channels_app.connectors.twilio import MMS, RCS, SMS, WHATSAPP, signing
from channels_app.connectors.twilio.forms import TwilioForm
from channels_app.connectors.twilio.problems import PROBLEMS
from channels_app.contract import (
    AccountFailure,
    Address,
    Choice,
    ConsentUpdate,
    ContactUpdate,
    DeliveryState,
    DeliveryUpdate,
    FileRole,
    InboundMessage,
    Location,
    OutboundFile,
    PermanentFailure,
    Rejected,
    RemoteFile,
    Template,
    TemplateUse,
    TemporaryFailure,
    Trouble,
    UnknownOutcome,
)
from tests.channels_app import outside as stage

PAYLOADS = Path(__file__).parent / "payloads"
ALL = sorted(PAYLOADS.glob("*.txt"))
AC = "AC00000000000000000000000000000001"
TOKEN = "twilio_auth_token"
HOOK = "https://desk.example.com/hooks/hook-token/"
CAROL = Address("phone", "+447700900001")


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_URL = "https://desk.example.com"


def twilio(sender="+447700900000", secrets=None, **config):
    return stage.connector(
        "twilio", secrets=secrets or {"auth_token": TOKEN}, account_sid=AC, sender=sender, region="GB", **config
    )


def envelope(name):
    return stage.envelope((PAYLOADS / f"{name}.txt").read_bytes(), content_type="application/x-www-form-urlencoded")


def parsed(name):
    return twilio().parse(envelope(name))


def message(name):
    return next(item for item in parsed(name) if isinstance(item, InboundMessage))


def hook(body, signature, query="", path="", **headers):
    content_type = headers.pop("content_type", "application/x-www-form-urlencoded")
    return stage.hook(body, query=query, path=path, x_twilio_signature=signature, content_type=content_type, **headers)


# ── Signatures ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_reference_vector_of_a_form():
    fields = [
        ("MessageSid", "SM1"),
        ("From", "+15550001"),
        ("To", "+15550002"),
        ("Body", "hi & bye"),
        ("NumMedia", "0"),
    ]
    url = "https://desk.example.com/hooks/twilio/abc?x=1"
    assert signing.signature(TOKEN, url, fields) == "tOqx7t12VJDf6jWspGss4P2XFPs="


def test_the_reference_vector_of_json():
    url = (
        "https://desk.example.com/hooks/twilio/abc?bodySHA256="
        "c7c38a8c6e9ec3e939aa77784eef429afae41a506437452f1723c1a1ac6a2ebe"
    )
    assert signing.signature(TOKEN, url, ()) == "Xx5bpsSXJuoO9dwAEuRjtdgsKys="


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_what_twilios_own_library_signs_is_let_in(path):
    body = path.read_bytes()
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    signature = RequestValidator(TOKEN).compute_signature(HOOK, fields)
    twilio().authenticate(hook(body, signature))
    with pytest.raises(Rejected):
        twilio().authenticate(hook(body + b"&More=1", signature))


@given(st.lists(st.tuples(st.text(min_size=1, max_size=5), st.text(max_size=5)), max_size=8))
def test_every_form_is_signed_as_twilios_library_does(fields):
    class Many(dict):
        def getall(self, name):
            return self[name]

    many = Many()
    for name, value in fields:
        many.setdefault(name, []).append(value)
    clean = [(name, value) for name, value in fields]
    try:
        "".join(name + value for name, value in clean).encode()
    except UnicodeEncodeError:
        return
    assert signing.signature(TOKEN, HOOK, clean) == RequestValidator(TOKEN).compute_signature(HOOK, many)


def test_shared_keys_sign_with_sha256():
    body = (PAYLOADS / "sms.txt").read_bytes()
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    signature = RequestValidator("shared").compute_signature(HOOK, fields, "HMAC_SHA256")
    named = {"x_twilio_webhooks_signature_settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
    twilio(secrets={"auth_token": TOKEN, "shared_key": "shared"}).authenticate(hook(body, signature, **named))
    with pytest.raises(Rejected):
        twilio(secrets={"auth_token": "shared"}).authenticate(hook(body, signature, **named))


def test_an_unknown_algorithm_is_refused():
    named = {"x_twilio_webhooks_signature_settings": "key=1,algorithm=HMAC_MD5"}
    with pytest.raises(Rejected):
        twilio().authenticate(hook(b"", "x", **named))


def test_the_secret_before_is_valid_while_it_is_rotated():
    signature = signing.signature("old", HOOK, [("A", "1")])
    twilio(secrets={"auth_token": "new", "auth_token_previous": "old"}).authenticate(hook(b"A=1", signature))
    with pytest.raises(Rejected):
        twilio(secrets={"auth_token": "new"}).authenticate(hook(b"A=1", signature))


def test_without_a_secret_nobody_is_let_in():
    with pytest.raises(Rejected):
        twilio(secrets={"auth_token": ""}).authenticate(hook(b"", signing.signature("", HOOK, ())))


def test_the_address_is_the_public_one_whatever_the_host_header_says():
    signature = signing.signature(TOKEN, f"{HOOK}status/?a=%20b", [("A", "1")])
    twilio().authenticate(hook(b"A=1", signature, query="a=%20b", path="status/", host="evil.example"))


def test_twilio_may_sign_with_the_port():
    signature = signing.signature(TOKEN, HOOK.replace(".com/", ".com:443/"), [("A", "1")])
    twilio().authenticate(hook(b"A=1", signature))


def test_a_json_body_is_checked_by_its_hash():
    body = b'{"a":"\\u00e4","n":1}'
    query = "bodySHA256=c7c38a8c6e9ec3e939aa77784eef429afae41a506437452f1723c1a1ac6a2ebe"
    signature = signing.signature(TOKEN, f"{HOOK}?{query}", ())
    twilio().authenticate(hook(body, signature, query=query, content_type="application/json"))
    with pytest.raises(Rejected):
        twilio().authenticate(hook(b"{}", signature, query=query, content_type="application/json"))


# ── In ───────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_short_message():
    received = message("sms")
    assert received.external_id == "SM0a1"
    assert received.text == "Where is my order? 😀"
    assert (received.sender.kind, received.sender.value) == ("phone", "+447700900001")
    assert not received.sender.is_local
    assert received.files == []
    assert len(parsed("sms")) == 1


def test_files_of_an_mms_keep_type_and_address():
    first, second = message("mms").files
    assert (first.content_type, first.url.rpartition("/")[2], first.name) == ("image/jpeg", "ME01", "ME01.jpg")
    assert (second.content_type, second.role) == ("text/vcard", FileRole.FILE)


def test_whatsapp_has_an_id_of_its_own_and_proves_the_number():
    contact, received = parsed("whatsapp_button")
    assert isinstance(contact, ContactUpdate)
    assert (contact.address.kind, contact.address.value, contact.address.is_local) == (
        "whatsapp",
        "+6285100000001",
        True,
    )
    assert [one.value for one in contact.proven] == ["+6285100000001"]
    assert contact.name == "teknisee"
    assert received.choice == Choice("{verifyEmail:1}", "Konfirmasi")
    assert received.text == "Konfirmasi"
    assert received.quoted_id == "MM5c0"


def test_a_row_of_a_list_is_a_choice():
    assert message("whatsapp_list").choice == Choice("slot-9", "Tomorrow 9am")


def test_a_place_on_the_map():
    assert message("whatsapp_location").location == Location(37.5665, 126.978, "City Hall", "Sejong-daero 110")


@pytest.mark.parametrize(
    "place", ["Latitude=91&Longitude=0", "Latitude=0&Longitude=-181", "Latitude=x&Longitude=0", ""]
)
def test_a_place_that_is_on_no_map_is_none(place):
    (received,) = twilio().parse(stage.envelope(f"MessageSid=SM1&From=%2B447700900001&Body=here&{place}".encode()))
    assert (received.location, received.text) == (None, "here")


@pytest.mark.parametrize(("name", "role"), [("whatsapp_sticker", FileRole.STICKER), ("whatsapp_voice", FileRole.VOICE)])
def test_stickers_and_voice_messages_are_told_apart(name, role):
    assert message(name).files[0].role == role


def test_a_whatsapp_user_may_hide_the_number():
    (received,) = parsed("whatsapp_without_number")
    assert received.sender.value == "ID.4566"
    assert received.sender.is_local


def test_the_advertisement_that_brought_them_is_kept():
    details = message("whatsapp_referral").details
    assert details["referral_headline"] == "Autumn sale"
    assert details["referral_click"] == "click1"


def test_rcs_meets_sms_in_the_number():
    assert message("rcs").sender == Address("phone", "+14155552671", raw="+14155552671", is_verified=True)


def test_stop_is_a_message_and_a_refusal():
    received, consent = parsed("stop")
    assert received.text == "Stop"
    assert consent == ConsentUpdate(received.sender, False, words="Stop", source="provider", at=received.sent_at)


def test_a_refusal_in_korean_is_understood_without_twilios_help():
    body = "MessageSid=SM9&From=%2B821012345678&Body=수신거부".encode()
    _received, consent = twilio().parse(stage.envelope(body))
    assert (consent.is_granted, consent.source) == (False, "message")


def test_receipts_rise():
    (update,) = parsed("status_delivered")
    assert (update.state, update.external_id) == (DeliveryState.DELIVERED, "SM0b1")
    assert parsed("status_read")[0].state == DeliveryState.READ
    assert parsed("status_queued") == []


def test_a_landline_is_unreachable():
    (update,) = parsed("status_undelivered")
    assert isinstance(update, DeliveryUpdate)
    assert (update.state, update.code, update.is_unreachable) == (DeliveryState.FAILED, "30006", True)
    assert update.trouble == Trouble.RECIPIENT
    assert update.advice


def test_a_refusal_that_twilio_knew_of_is_taken_over():
    update, consent = parsed("status_opted_out")
    assert update.code == "21610"
    assert (consent.address.value, consent.is_granted, consent.source) == ("+447700900001", False, "provider")


def test_a_number_may_be_set_to_get():
    received = twilio().parse(stage.envelope(b"", query="MessageSid=SM1&From=%2B447700900001&Body=hi"))
    assert received[0].text == "hi"


def test_the_same_message_has_the_same_key_and_each_state_another():
    keys = [twilio().dedup_key(envelope(path.stem)) for path in ALL]
    assert len(set(keys)) == len(keys)
    assert twilio().dedup_key(envelope("sms")) == "SM0a1:in"


NAMES = [
    "MessageSid",
    "From",
    "Body",
    "NumMedia",
    "MediaUrl0",
    "Latitude",
    "Longitude",
    "MessageStatus",
    "ErrorCode",
    "OptOutType",
    "To",
    "WaId",
    "ButtonText",
    "ListId",
]


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=12)))
def test_any_parameters_give_items_or_nothing(fields):
    body = "&".join(f"{name}={value}" for name, value in fields.items()).encode("utf-8", "surrogatepass")
    for item in twilio().parse(stage.envelope(body)):
        assert isinstance(item, InboundMessage | DeliveryUpdate | ContactUpdate | ConsentUpdate)


@given(st.binary(max_size=200))
def test_any_bytes_are_survived(body):
    twilio().parse(stage.envelope(body))
    twilio().dedup_key(stage.envelope(body))


def test_repeated_and_reordered_events_give_the_same_ids():
    def ids(paths):
        found = [item for path in paths for item in twilio().parse(envelope(path.stem))]
        return {item.external_id for item in found if isinstance(item, InboundMessage)}

    assert ids(ALL) == ids([*reversed(ALL), *ALL])


def test_the_answer_is_an_empty_script():
    answer = twilio().acknowledge(envelope("sms"))
    assert (answer.content, answer["Content-Type"]) == (b"<Response/>", "text/xml")


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
def picture(size=1000):
    return OutboundFile("a.jpg", "image/jpeg", size, read=lambda: b"x", share=lambda: "https://desk.example.com/f/1")


def test_a_text_goes_out(outside):
    outside.answer({"sid": "SM1", "status": "queued", "num_segments": "1"}, 201)
    receipt = twilio().send(stage.outbound(CAROL, "**Hello**"))
    assert receipt.external_id == "SM1"
    assert outside.last.method == "POST"
    assert outside.last.url == f"https://api.twilio.com/2010-04-01/Accounts/{AC}/Messages.json"
    assert outside.last.form == {
        "To": "+447700900001",
        "From": "+447700900000",
        "StatusCallback": HOOK,
        "Body": "Hello",
    }
    assert outside.last.headers["Authorization"].startswith("Basic ")


def test_an_api_key_is_preferred(outside):
    outside.answer({"sid": "SM1"}, 201)
    secrets = {"auth_token": TOKEN, "api_secret": "open sesame"}
    twilio(api_key="Aladdin", secrets=secrets).send(stage.outbound(CAROL))
    assert outside.last.headers["Authorization"] == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


def test_a_messaging_service_takes_the_place_of_the_number(outside):
    outside.answer({"sid": "SM1"}, 201)
    twilio("MG1").send(stage.outbound(CAROL))
    assert outside.last.form["MessagingServiceSid"] == "MG1"
    assert "From" not in outside.last.form


@pytest.mark.parametrize(
    ("sender", "to"), [("whatsapp:+14155550000", "whatsapp:+447700900001"), ("rcs:shop", "rcs:+447700900001")]
)
def test_the_recipient_is_named_on_the_senders_network(outside, sender, to):
    outside.answer({"sid": "SM1"}, 201)
    twilio(sender).send(stage.outbound(CAROL))
    assert outside.last.form["To"] == to


def test_pictures_go_as_addresses_beside_the_text(outside):
    outside.answer({"sid": "MM1"}, 201)
    connector = twilio(has_mms=True)
    (part,) = connector.parts(stage.outbound(CAROL, "Look", files=(picture(), picture())))
    connector.send(part)
    assert outside.last.form["MediaUrl"] == ["https://desk.example.com/f/1", "https://desk.example.com/f/1"]
    assert outside.last.form["Body"] == "Look"


def test_a_template_goes_by_its_content_sid(outside):
    outside.answer({"sid": "SM1"}, 201)
    template = Template("order", "en", "Hello {{1}}", ["1"], details={"sid": "HX1"})
    use = TemplateUse(template, {"1": "캐럴"})
    twilio("whatsapp:+14155550000").send(stage.outbound(CAROL, "Hello 캐럴", template=use))
    assert outside.last.form["ContentSid"] == "HX1"
    assert outside.last.form["ContentVariables"] == '{"1": "캐럴"}'
    assert "Body" not in outside.last.form


def test_a_long_text_is_cut_by_segments():
    parts = twilio().parts(stage.outbound(CAROL, "안녕하세요 " * 200))
    assert len(parts) == 2
    assert all(len(part.text) <= 670 for part in parts)
    assert [part.delivery_key for part in parts] == ["d" * 32, "d" * 32 + "-1"]


@pytest.mark.parametrize(
    ("code", "status", "error", "trouble"),
    [
        (20003, 401, AccountFailure, Trouble.AUTH),
        (20429, 429, TemporaryFailure, Trouble.RATE),
        (21211, 400, PermanentFailure, Trouble.RECIPIENT),
        (63016, 400, PermanentFailure, Trouble.WINDOW),
        (21617, 400, PermanentFailure, Trouble.PAYLOAD),
        (30008, 400, TemporaryFailure, Trouble.TRANSIENT),
        (99999, 400, TemporaryFailure, Trouble.TRANSIENT),
    ],
)
def test_errors_fall_into_their_classes(outside, code, status, error, trouble):
    outside.answer({"code": code, "message": "no", "status": status}, status)
    with pytest.raises(error) as failed:
        twilio().send(stage.outbound(CAROL))
    assert (failed.value.code, failed.value.trouble) == (str(code), trouble)


def test_an_unknown_error_is_tried_twice_at_most(outside):
    outside.answer({"code": 99999}, 400)
    with pytest.raises(TemporaryFailure) as failed:
        twilio().send(stage.outbound(CAROL))
    assert failed.value.most_tries == 2


def test_who_has_opted_out_is_not_called_unreachable(outside):
    outside.answer({"code": 21610}, 400)
    with pytest.raises(PermanentFailure) as failed:
        twilio().send(stage.outbound(CAROL))
    assert failed.value.is_opt_out
    assert not failed.value.is_unreachable


def test_a_proxys_error_page_is_temporary(outside):
    outside.answer(b"<html>bad gateway", 502)
    with pytest.raises(TemporaryFailure):
        twilio().send(stage.outbound(CAROL))


def test_a_broken_link_leaves_the_outcome_open(outside):
    outside.fail(UnknownOutcome("broken"))
    with pytest.raises(UnknownOutcome):
        twilio().send(stage.outbound(CAROL))


def test_every_advice_is_a_sentence():
    for meant in PROBLEMS.values():
        assert not meant.advice or str(meant.advice).endswith(".")


def test_templates_come_page_by_page(outside):
    content = {
        "sid": "HX1",
        "friendly_name": "order_update",
        "language": "en",
        "variables": {"10": "x", "2": "y", "1": "z"},
        "types": {"twilio/text": {"body": "Hello {{1}}"}},
        "approval_requests": {"name": "order", "status": "approved", "category": "UTILITY"},
    }
    outside.answer({"contents": [content], "meta": {"next_page_url": "https://x/y?PageSize=100&Page=1&PageToken=PT1"}})
    outside.answer({"contents": [{"sid": "HX2"}, "odd"], "meta": {"next_page_url": None}})
    first, second = twilio("whatsapp:+14155550000").templates()
    assert first == Template("order", "en", "Hello {{1}}", ["1", "2", "10"], "UTILITY", True, {"sid": "HX1"})
    assert (second.name, second.is_approved) == ("HX2", False)
    assert outside.last.options["params"]["PageToken"] == "PT1"
    assert twilio().templates() == ()


def test_files_are_fetched_with_the_keys_of_the_account(outside):
    outside.answer(b"jpeg", content_type="image/jpeg")
    fetched = twilio().fetch(RemoteFile("a", "image/jpeg", url="https://api.twilio.com/ME1"))
    assert (fetched.content, fetched.content_type) == (b"jpeg", "image/jpeg")
    assert "Authorization" in outside.last.headers


def test_the_keys_go_to_nobody_else(outside):
    with pytest.raises(PermanentFailure):
        twilio().fetch(RemoteFile("a", "image/jpeg", url="https://api.twilio.com.evil.example/ME1"))


@pytest.mark.parametrize("url", ["http://api.twilio.com/ME1", "http://[::1"])
def test_our_keys_travel_encrypted_or_not_at_all(outside, url):
    with pytest.raises(PermanentFailure):
        twilio().fetch(RemoteFile("a", "image/jpeg", url=url))
    assert outside.calls == []
    assert outside.calls == []


# ── Capabilities and settings ────────────────────────────────────────────────────────────────────────────────────────
def test_the_sender_decides_what_the_channel_can_do():
    assert twilio().capabilities is SMS
    assert twilio(has_mms=True).capabilities is MMS
    assert twilio("whatsapp:+14155550000").capabilities is WHATSAPP
    assert twilio("rcs:shop").capabilities is RCS


def test_a_typed_number_becomes_an_address():
    assert twilio().address_of("07700 900001").value == "+447700900001"
    with pytest.raises(ValueError, match="carol"):
        twilio().address_of("carol@shop.example")


def test_checking_asks_for_the_account(outside):
    outside.answer({"status": "active"})
    twilio().check()
    assert outside.last.url.endswith(f"/Accounts/{AC}.json")
    outside.answer({"status": "suspended"})
    with pytest.raises(PermanentFailure):
        twilio().check()


def test_our_address_is_entered_at_the_number(outside):
    outside.answer({"incoming_phone_numbers": [{"sid": "PN1"}]})
    outside.answer({})
    twilio().register()
    assert outside.last.url.endswith("/IncomingPhoneNumbers/PN1.json")
    assert outside.last.form == {"SmsUrl": HOOK, "SmsMethod": "POST"}


def test_our_address_is_entered_at_the_messaging_service(outside):
    outside.answer({})
    twilio("MG1").register()
    assert outside.last.url == "https://messaging.twilio.com/v1/Services/MG1"
    assert outside.last.form["InboundRequestUrl"] == HOOK


def test_a_foreign_number_cannot_be_registered(outside):
    outside.answer({"incoming_phone_numbers": []})
    with pytest.raises(PermanentFailure):
        twilio().register()


@pytest.mark.parametrize(
    ("sender", "kept"),
    [
        ("07700 900000", "+447700900000"),
        ("+1 415 555 2671", "+14155552671"),
        ("whatsapp:+1 415 555 2671", "whatsapp:+14155552671"),
        ("rcs:shop_agent", "rcs:shop_agent"),
        ("MG00000000000000000000000000000001", "MG00000000000000000000000000000001"),
        ("12345", "12345"),
    ],
)
def test_senders_are_put_into_one_form(sender, kept):
    form = TwilioForm({"account_sid": AC, "auth_token": "t", "sender": sender, "region": "GB"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["sender"] == kept


@pytest.mark.parametrize(
    "wrong", [{"sender": "messenger:1"}, {"sender": "+12"}, {"account_sid": "SK1"}, {"region": "XX"}]
)
def test_a_mistake_is_named(wrong):
    entered = {"account_sid": AC, "auth_token": "t", "sender": "+447700900000", "region": "GB", **wrong}
    form = TwilioForm(entered)
    assert set(form.errors) == set(wrong)


def test_the_provider_has_told_us_when_it_came():
    assert abs((timezone.now() - message("sms").sent_at).total_seconds()) < 60
