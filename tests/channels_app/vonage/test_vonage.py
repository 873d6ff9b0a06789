"""Vonage's Messages API: one shape for five networks, tokens both ways."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from channels_app.connectors.vonage import NETWORKS, tokens
from channels_app.connectors.vonage.forms import VonageForm
from channels_app.connectors.vonage.problems import PROBLEMS
from channels_app.contract import (
    AccountFailure,
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
    OutboundFile,
    PermanentFailure,
    QuickReply,
    Reaction,
    Rejected,
    RemoteFile,
    Template,
    TemplateUse,
    TemporaryFailure,
    Trouble,
    Window,
)
from tests.channels_app import outside as stage

PAYLOADS = Path(__file__).parent / "payloads"
ALL = sorted(PAYLOADS.glob("*.json"))
SECRET = "vonage_sig_secret_0123456789abcdef"
APPLICATION = "78d335fa-323d-4114-9c3d-000000000001"
CAROL = Address("phone", "+447700900001")
BODY = b'{"a":"\\u00e4","n":1}'


@cache
def private_key():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pkcs8 = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption()).decode()


def public_key():
    return serialization.load_pem_private_key(private_key().encode(), None).public_key()


def vonage(network="sms", secrets=None, **config):
    secrets = secrets or {"signature_secret": SECRET, "private_key": private_key()}
    config = {"sender": "+447700900000", "api_key": "k", "application_id": APPLICATION, "region": "GB", **config}
    return stage.connector("vonage", secrets=secrets, network=network, **config)


def envelope(name):
    return stage.envelope((PAYLOADS / f"{name}.json").read_bytes())


def parsed(name):
    return vonage("whatsapp").parse(envelope(name))


def message(name):
    return next(item for item in parsed(name) if isinstance(item, InboundMessage))


# ── Signatures ───────────────────────────────────────────────────────────────────────────────────────────────────────
VECTOR = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3ODAwMDAwMDAsImp0aSI6ImoxIiwiaXNzIjoiVm9uYWdlIiwicGF5bG9hZF9oYXNoIjoi"
    "YzdjMzhhOGM2ZTllYzNlOTM5YWE3Nzc4NGVlZjQyOWFmYWU0MWE1MDY0Mzc0NTJmMTcyM2MxYTFhYzZhMmViZSIsImFwaV9rZXkiOiJrIiwiYXBwbGlj"
    "YXRpb25faWQiOiJhcHAifQ.4yU5NPbzmXTJXMwtsxQn8Y-HibKzPafKIJjUrzAhGj8"
)


def token(body=BODY, secret=SECRET, age=0, algorithm="HS256", **claims):
    payload_hash = hashlib.sha256(body).hexdigest()
    named = {"api_key": "k", "application_id": APPLICATION, "payload_hash": payload_hash}
    issued = int(timezone.now().timestamp()) - age
    return jwt.encode({"iss": "Vonage", "iat": issued, "jti": "j1", **named, **claims}, secret, algorithm)


def enter(bearer, body=BODY, connector=None, **request):
    (connector or vonage()).authenticate(stage.hook(body, authorization=f"Bearer {bearer}", **request))


def refused(bearer, **more):
    with pytest.raises(Rejected):
        enter(bearer, **more)


@time_machine.travel(1780000100, tick=False)
def test_the_reference_vector():
    connector = vonage(application_id="app")
    enter(VECTOR, connector=connector)
    refused(VECTOR, connector=connector, body=BODY + b" ")
    refused(VECTOR, connector=vonage(application_id="other"))


@pytest.mark.parametrize(("age", "is_let_in"), [(0, True), (299, True), (-299, True), (301, False), (-301, False)])
def test_a_token_lives_five_minutes(age, is_let_in):
    bearer = token(age=age)
    enter(bearer) if is_let_in else refused(bearer)


def test_only_our_secret_and_algorithm_count():
    enter(token())
    refused(token(secret="x" * 32))
    refused(token(algorithm="HS512"))
    refused(jwt.encode({"iat": int(timezone.now().timestamp())}, "", algorithm="none"))
    refused("")


@pytest.mark.parametrize("claims", [{"api_key": "other"}, {"application_id": "other"}, {"iat": "now"}, {"iat": None}])
def test_a_token_for_another_account_or_without_time_is_refused(claims):
    refused(token(**claims))


def test_the_secret_before_is_valid_while_it_is_rotated():
    old = "o" * 32
    enter(token(secret=old), connector=vonage(secrets={"signature_secret": SECRET, "signature_secret_previous": old}))


def test_vonages_cloud_keeps_the_original_token_elsewhere():
    request = stage.hook(BODY, authorization="Bearer theirs", x_vonage_webhook_auth_token=token())
    vonage().authenticate(request)


def test_a_get_is_signed_by_its_query():
    signed = b'{"to":"447700900000","from":"447700900001"}'
    query = "to=447700900000&from=447700900001"
    enter(token(signed), body=b"", method="GET", query=query)
    refused(token(signed), body=b"", method="GET", query=query + "&more=1")


def test_our_tokens_are_signed_with_the_applications_key():
    issued = tokens.issue(vonage(), scope="x")
    claims = jwt.decode(issued, public_key(), algorithms=["RS256"])
    assert claims["application_id"] == APPLICATION
    assert claims["exp"] - claims["iat"] == 900
    assert claims["jti"]
    assert claims["scope"] == "x"


def test_a_broken_key_is_the_accounts_failure():
    with pytest.raises(AccountFailure):
        tokens.issue(vonage(secrets={"private_key": "no key"}))


# ── In ───────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_short_message():
    (received,) = parsed("sms_text")
    assert received.text == "Where is my order?"
    assert (received.sender.kind, received.sender.value) == ("phone", "+447700900001")
    assert received.sent_at == datetime(2026, 11, 22, 0, 1, 2, tzinfo=UTC)


def test_whatsapp_has_an_id_of_its_own_and_proves_the_number():
    contact, received = parsed("whatsapp_text")
    assert isinstance(contact, ContactUpdate)
    assert contact.proven == [Address("phone", "+447700900001", raw="447700900001", is_verified=True)]
    assert (received.sender.kind, received.sender.value, received.sender.is_local) == ("whatsapp", "447700900001", True)
    assert received.sender.name == "Jane Smith"
    assert received.quoted_id == "aaaa-1"
    assert received.handles == {"region:eu": ""}
    assert received.details["referral_headline"] == "Autumn sale"


def test_a_whatsapp_user_may_hide_the_number():
    (received,) = parsed("whatsapp_hidden")
    assert received.sender.value == "US.13491208655302741918"


@pytest.mark.parametrize(
    ("name", "content_type", "text"),
    [
        ("whatsapp_image", "image/jpeg", "Look"),
        ("whatsapp_audio", "audio/ogg", ""),
        ("whatsapp_video", "video/mp4", "See"),
        ("whatsapp_file", "application/pdf", "Bill"),
        ("whatsapp_vcard", "text/vcard", ""),
    ],
)
def test_files_come_with_their_caption(name, content_type, text):
    received = message(name)
    (file,) = received.files
    assert (file.content_type, file.url, received.text) == (content_type, "https://api-eu.nexmo.com/v3/media/x", text)


def test_a_sticker_is_one():
    assert message("whatsapp_sticker").files[0].role == FileRole.STICKER


def test_several_files_in_one_message():
    assert [file.name for file in message("mms_content").files] == ["1.jpg", "2.vcf"]


def test_a_place_and_a_contact():
    place = Location(37.5665, 126.978, "City Hall", "Sejong-daero 110", "https://maps.example/1")
    assert message("whatsapp_location").location == place
    assert message("whatsapp_contact").cards == [ContactCard("Dave Road", ["+447700900002"], ["dave@shop.example"])]


@pytest.mark.parametrize(
    ("name", "choice"),
    [
        ("whatsapp_reply", Choice("row1", "9am")),
        ("whatsapp_button", Choice("yes-1", "Yes")),
        ("rcs_reply", Choice("pick-1", "Blue")),
    ],
)
def test_what_was_touched_is_a_choice(name, choice):
    received = message(name)
    assert (received.choice, received.text) == (choice, choice.title)


def test_reactions_come_and_go():
    (put,), (taken,) = parsed("whatsapp_reaction"), parsed("whatsapp_unreaction")
    assert isinstance(put, Reaction)
    assert (put.target_id, put.emoji, put.is_removed, put.opens_window) == ("aaaa-1", "👍", False, True)
    assert taken.is_removed


@pytest.mark.parametrize("name", ["whatsapp_unsupported", "whatsapp_order"])
def test_what_cannot_be_shown_says_so(name):
    assert message(name).notices == ["unsupported"]


def test_an_order_is_kept():
    assert message("whatsapp_order").details["order"][0]["product_retailer_id"] == "p"


def test_messenger_has_ids_of_its_own_and_viber_numbers():
    assert message("messenger_text").sender.kind == "messenger"
    assert message("messenger_text").sender.is_local
    assert message("viber_text").sender.value == "+447700900001"


def test_stop_is_a_message_and_a_refusal():
    received, consent = parsed("sms_stop")
    assert (received.text, consent.is_granted) == ("stop", False)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("status_submitted", DeliveryState.SENT),
        ("status_delivered", DeliveryState.DELIVERED),
        ("status_read", DeliveryState.READ),
    ],
)
def test_receipts_name_our_key(name, state):
    (update,) = parsed(name)
    assert (update.state, update.delivery_key, update.code) == (state, "d" * 32, "")
    assert update.external_id.startswith("52afe398")


def test_a_closed_window_is_named():
    (update,) = parsed("status_rejected")
    assert (update.state, update.code, update.trouble) == (DeliveryState.FAILED, "1340", Trouble.WINDOW)
    assert update.advice


def test_an_opt_out_that_vonage_knew_of_is_taken_over():
    update, consent = parsed("status_undeliverable")
    assert update.code == "1250"
    assert (consent.address.value, consent.is_granted) == ("+447700900000", False)


def test_the_older_version_is_passed_over():
    assert parsed("version_0_1") == []


def test_each_event_has_a_key_of_its_own():
    keys = [vonage().dedup_key(envelope(path.stem)) for path in ALL]
    assert len(set(keys)) == len(keys)
    assert vonage().dedup_key(stage.envelope(b"no json")) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = sorted({name for path in ALL for name in json.loads(path.read_text())})


@given(st.sampled_from(ALL), st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4))
def test_odd_fields_are_survived(path, odd):
    payload = {**json.loads(path.read_text()), **odd}
    for item in vonage().parse(stage.envelope(json.dumps(payload).encode())):
        assert isinstance(item, InboundMessage | DeliveryUpdate | ContactUpdate | ConsentUpdate | Reaction)


@given(JSON)
def test_any_json_is_survived(anything):
    vonage().parse(stage.envelope(json.dumps(anything).encode()))


def test_repeated_and_reordered_events_give_the_same_ids():
    def ids(paths):
        found = [item for path in paths for item in parsed(path.stem)]
        return {item.external_id for item in found if isinstance(item, InboundMessage)}

    assert ids(ALL) == ids([*reversed(ALL), *ALL])


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
def file(content_type="image/jpeg", name="a.jpg"):
    return OutboundFile(name, content_type, 1, read=lambda: b"x", share=lambda: "https://desk.example/f/1")


def sent(outside, network, to=CAROL, text="Hello", **more):
    outside.answer({"message_uuid": "uuid-1"}, 202)
    connector = vonage(network, **more.pop("config", {}))
    assert connector.send(stage.outbound(to, text, **more)).external_id == "uuid-1"
    return outside.last.json


def test_a_short_message_goes_out(outside):
    body = sent(outside, "sms", text="**Hello**")
    assert outside.last.url == "https://api.nexmo.com/v1/messages"
    assert outside.last.headers["Authorization"].startswith("Bearer ey")
    assert body == {
        "channel": "sms",
        "to": "447700900001",
        "from": "447700900000",
        "client_ref": "d" * 32,
        "webhook_version": "v1",
        "sms": {"encoding_type": "auto"},
        "message_type": "text",
        "text": "Hello",
    }


def test_whatsapp_quotes(outside):
    assert sent(outside, "whatsapp", quoted_id="aaaa-1")["context"] == {"message_uuid": "aaaa-1"}


def test_whatsapp_shows_buttons(outside):
    body = sent(outside, "whatsapp", quick_replies=(QuickReply("1", "Yes"),))
    assert body["message_type"] == "custom"
    assert body["custom"] == {
        "type": "interactive",
        "interactive": {
            "type": "button",
            "body": {"text": "Hello"},
            "action": {"buttons": [{"type": "reply", "reply": {"id": "1", "title": "Yes"}}]},
        },
    }


def test_rcs_shows_suggestions(outside):
    body = sent(outside, "rcs", quick_replies=(QuickReply("1", "Yes"),))
    assert body["suggestions"] == [{"type": "reply", "text": "Yes", "postback_data": "1"}]
    assert body["message_type"] == "text"


@pytest.mark.parametrize(
    ("network", "content_type", "expected"),
    [
        (
            "whatsapp",
            "image/png",
            {"message_type": "image", "image": {"url": "https://desk.example/f/1", "caption": "Hi"}},
        ),
        ("whatsapp", "audio/ogg", {"message_type": "audio", "audio": {"url": "https://desk.example/f/1"}}),
        (
            "whatsapp",
            "application/pdf",
            {"message_type": "file", "file": {"url": "https://desk.example/f/1", "caption": "Hi", "name": "a.jpg"}},
        ),
        (
            "messenger",
            "video/mp4",
            {"message_type": "video", "video": {"url": "https://desk.example/f/1", "caption": "Hi"}},
        ),
    ],
)
def test_files_go_as_addresses(outside, network, content_type, expected):
    body = sent(outside, network, text="Hi", files=(file(content_type),))
    assert {name: body.get(name) for name in expected} == expected


def test_vibers_names_of_files_are_short(outside):
    body = sent(outside, "viber_service", text="", files=(file("application/pdf", "x" * 40 + ".pdf"),))
    assert body["file"]["name"] == "x" * 21 + ".pdf"
    assert body["viber_service"] == {"category": "transaction"}


def test_a_template_fills_its_blanks_in_order(outside):
    use = TemplateUse(Template("order", "en_GB", "{{1}} {{2}}", ["1", "2"]), {"2": "b", "1": "a"})
    body = sent(outside, "whatsapp", template=use, config={"namespace": "ns"})
    assert body["template"] == {"name": "ns:order", "parameters": ["a", "b"]}
    assert body["whatsapp"] == {"policy": "deterministic", "locale": "en_GB"}


@pytest.mark.parametrize(
    ("hours", "is_automatic", "part"),
    [
        (1, False, {"category": "response"}),
        (25, False, {"category": "message_tag", "tag": "HUMAN_AGENT"}),
        (25, True, {"category": "response"}),
    ],
)
def test_after_a_day_only_a_person_answers_on_messenger(outside, hours, is_automatic, part):
    window = Window(acted_at=timezone.now() - timedelta(hours=hours))
    to = Address("messenger", "1234567890", is_local=True)
    body = sent(outside, "messenger", to=to, window=window, is_automatic=is_automatic)
    assert body["messenger"] == part
    assert body["to"] == "1234567890"


def test_reactions_go_out(outside):
    outside.answer({}, 202)
    vonage("whatsapp").react(CAROL, "aaaa-1", "👍")
    assert outside.last.json["reaction"] == {"action": "react", "emoji": "👍"}
    assert outside.last.json["context"] == {"message_uuid": "aaaa-1"}


def test_reading_and_typing_are_told_to_the_region_that_holds_the_message(outside):
    outside.answer(b"")
    outside.answer(b"")
    window = Window(handles={"region:ap": ""})
    vonage("whatsapp").mark_read(CAROL, window, last_id="m1")
    assert (outside.last.method, outside.last.url) == ("PATCH", "https://api-ap.vonage.com/v1/messages/m1")
    assert outside.last.json == {"status": "read"}
    vonage("whatsapp").show_typing(CAROL, Window(), last_id="m1")
    assert outside.last.url == "https://api.nexmo.com/v1/messages/m1"
    assert outside.last.json["replying_indicator"] == {"type": "text", "show": True}


def test_whoever_takes_the_place_of_vonage_takes_all_regions(outside):
    outside.answer(b"")
    connector = vonage("whatsapp", endpoints={"api": "https://sim.example"})
    connector.mark_read(CAROL, Window(handles={"region:ap": ""}), last_id="m1")
    assert outside.last.url == "https://sim.example/v1/messages/m1"


@pytest.mark.parametrize(
    ("title", "status", "error", "trouble"),
    [
        ("1000", 429, TemporaryFailure, Trouble.RATE),
        ("1020", 422, PermanentFailure, Trouble.PAYLOAD),
        ("1340", 422, PermanentFailure, Trouble.WINDOW),
        ("Unauthorized", 401, AccountFailure, Trouble.AUTH),
        ("Low balance", 402, TemporaryFailure, Trouble.RATE),
        ("Oops", 500, TemporaryFailure, Trouble.TRANSIENT),
        ("1999", 400, TemporaryFailure, Trouble.TRANSIENT),
    ],
)
def test_errors_fall_into_their_classes(outside, title, status, error, trouble):
    outside.answer({"type": "https://developer.vonage.com/api-errors", "title": title, "detail": "no"}, status)
    with pytest.raises(error) as failed:
        vonage().send(stage.outbound(CAROL))
    assert failed.value.trouble == trouble


def test_an_error_page_of_a_proxy_is_temporary(outside):
    outside.answer(b"<html>", 503)
    with pytest.raises(TemporaryFailure):
        vonage().send(stage.outbound(CAROL))


def test_every_advice_is_a_sentence():
    assert all(not meant.advice or str(meant.advice).endswith(".") for meant in PROBLEMS.values())


@pytest.mark.parametrize(
    ("host", "has_token"),
    [
        ("api-eu.nexmo.com", True),
        ("media.vonage.com", True),
        ("cdn.whatsapp.net", False),
        ("nexmo.com.evil.example", False),
    ],
)
def test_our_token_goes_to_vonage_alone(outside, host, has_token):
    outside.answer(b"x", content_type="image/jpeg")
    vonage().fetch(RemoteFile("a", "", url=f"https://{host}/x"))
    assert ("Authorization" in outside.last.headers) is has_token


def test_our_token_travels_encrypted_or_not_at_all(outside):
    outside.answer(b"x")
    vonage().fetch(RemoteFile("a", "", url="http://api.nexmo.com/x"))
    assert "Authorization" not in outside.last.headers


def test_templates_are_asked_of_the_business_account(outside):
    one = {"name": "order", "language": "en_GB", "status": "APPROVED", "category": "UTILITY"}
    one["components"] = [{"type": "HEADER", "text": "x"}, {"type": "BODY", "text": "Hello {{1}}, {{2}}"}]
    outside.answer({"templates": [one, "odd", {}]})
    first, _odd = vonage("whatsapp", waba_id="w1").templates()
    assert first == Template("order", "en_GB", "Hello {{1}}, {{2}}", ["1", "2"], "UTILITY", True)
    assert vonage("whatsapp").templates() == ()


def test_checking_sends_nothing(outside):
    outside.answer({"title": "1020"}, 422)
    vonage().check()
    assert outside.last.json == {}
    outside.answer({"title": "Unauthorized"}, 401)
    with pytest.raises(AccountFailure):
        vonage().check()


# ── Capabilities and settings ────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("network", NETWORKS)
def test_the_network_decides_what_the_channel_can_do(network):
    assert vonage(network).capabilities is NETWORKS[network]


def test_a_long_text_is_cut_by_the_networks_limit():
    assert len(vonage("messenger").parts(stage.outbound(CAROL, "word " * 250))) == 2
    assert len(vonage("whatsapp").parts(stage.outbound(CAROL, "word " * 250))) == 1


def entered(**more):
    return {
        "application_id": APPLICATION,
        "api_key": "abcd1234",
        "signature_secret": SECRET,
        "private_key": private_key(),
        "network": "whatsapp",
        "sender": "07700 900000",
        "region": "GB",
        **more,
    }


def test_the_form_takes_an_application():
    form = VonageForm(entered())
    assert form.is_valid(), form.errors
    assert form.cleaned_data["sender"] == "+447700900000"
    assert form.cleaned_data["application_id"] == APPLICATION


@pytest.mark.parametrize(
    "wrong",
    [{"private_key": "no key"}, {"application_id": "1"}, {"sender": "Shop"}, {"api_key": "no key"}, {"network": "x"}],
)
def test_a_mistake_is_named(wrong):
    assert set(VonageForm(entered(**wrong)).errors) == set(wrong)
