"""What the web chat's connector reads, admits and asks."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.utils import translation

from channels_app.connectors.webchat import WebChatConnector
from channels_app.connectors.webchat.forms import WebChatForm, contrast_with_white
from channels_app.contract import DeliveryState, InboundMessage, OutboundMessage
from channels_app.models import Channel
from channels_app.panel import PanelAnswers, PanelMessage

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def connector(**config) -> WebChatConnector:
    return WebChatConnector(Channel(kind="webchat", name="Shop chat", token="shop", config=config))


def parsed(connector: WebChatConnector, body: bytes):
    return list(connector.parse(SimpleNamespace(body=memoryview(body), headers={}, content_type="", received_at=NOW)))


@pytest.mark.parametrize(
    ("origin", "admitted"),
    [
        ("https://shop.example.com", True),
        ("https://m.brand.example", True),
        ("https://a.b.brand.example", True),
        ("https://brand.example", False),
        ("http://m.brand.example", False),
        ("https://evilbrand.example", False),
        ("https://shop.example.com.evil.example", False),
        ("https://shop.example.com/", False),
        ("https://shop.example.com:8443", False),
        ("https://evil.example; script-src *", False),
        ("https://user@shop.example.com", False),
        ("null", False),
        ("", False),
    ],
)
def test_only_the_allowed_sites_may_show_the_panel(origin, admitted):
    shop = connector(origins=["https://shop.example.com", "https://*.brand.example"])
    assert shop.admits(origin) is admitted


def test_a_widget_without_sites_is_shown_nowhere():
    assert not connector().admits("https://shop.example.com")


def test_a_message_survives_the_vault():
    shop = connector()
    sent = PanelMessage(
        "visitor-1", "6d1f", "안녕하세요 <b>", uploads=["k1"], page={"url": "https://a.example"}, language="ko"
    )
    [message] = parsed(shop, shop.pack(sent))
    assert isinstance(message, InboundMessage)
    assert (message.text, message.uploads, message.language, message.sent_at) == ("안녕하세요 <b>", ["k1"], "ko", NOW)
    assert (message.sender.value, message.sender.is_local, message.sender.is_verified) == ("visitor-1", True, False)
    assert message.details == {"page": {"url": "https://a.example"}}


def test_the_same_client_id_of_two_visitors_names_two_messages():
    ids = {connector().external_id(visitor, "6d1f") for visitor in ("visitor-1", "visitor-2")}
    assert len(ids) == 2


def test_an_unknown_kind_of_envelope_gives_nothing():
    assert parsed(connector(), b'{"type": "wave"}') == []


def test_answers_to_the_form_are_a_name_and_claims():
    shop = connector(ask_name="optional", consent="May we?")
    version = shop.look().consent_version
    answers = {"name": " Carol ", "email": "Carol@Example.com", "topic": "Delivery", "consent": version}
    [update] = parsed(shop, shop.pack(PanelAnswers("visitor-1", answers)))
    assert update.name == "Carol"
    assert [(claim.kind, claim.value, claim.is_verified) for claim in update.claims] == [
        ("email", "carol@example.com", False)
    ]
    assert list(update.proven) == []
    agreed = {"version": version, "at": "2026-11-21T09:00:00+00:00", "text": "May we?"}
    assert update.facts == {"topic": "Delivery", "consent": agreed}


def test_a_typed_name_does_not_replace_the_one_the_host_vouches_for():
    shop = connector()
    [update] = parsed(shop, shop.pack(PanelAnswers("host:7", {"name": "Somebody"}, is_verified=True)))
    assert update.name == ""


def test_the_form_asks_what_was_chosen():
    look = connector(ask_name="optional", ask_email="required", ask_topic="required", topics=["Delivery"]).look()
    assert [(field.name, field.is_required) for field in look.fields] == [
        ("name", False),
        ("email", True),
        ("topic", True),
    ]
    assert connector().look().fields == ()
    assert connector(ask_topic="required").look().fields == ()


def test_missing_and_wrong_answers_are_complained_of():
    shop = connector(ask_name="required", ask_email="optional", consent="May we?")
    wrong = shop.complaints({"name": " ", "email": "carol@", "consent": ""})
    assert set(wrong) == {"name", "email", "consent"}
    right = {"name": "Carol", "email": "", "consent": shop.look().consent_version}
    assert shop.complaints(right) == {}


def test_consent_to_another_text_does_not_count():
    before = connector(ask_name="optional", consent="Old text").look().consent_version
    assert "consent" in connector(ask_name="optional", consent="New text").complaints({"consent": before})


def test_an_address_asked_for_later_is_checked_alone():
    shop = connector(ask_name="required", consent="May we?")
    assert shop.complaints({"email": "carol@example.com"}, of=["email"]) == {}
    assert set(shop.complaints({"email": ""}, of=["email"])) == {"email"}


def test_a_send_is_done_once_it_is_stored():
    receipt = connector().send(OutboundMessage("key-1", connector().visitor_address("v"), "Hello"))
    assert (receipt.external_id, receipt.state) == ("key-1", DeliveryState.SENT)


def test_the_greeting_speaks_the_visitors_language():
    with translation.override("en"):
        assert connector().look().greeting.startswith("Hello")
    with translation.override("ko"):
        assert connector().look().greeting.startswith("안녕하세요")


def test_an_admin_is_handed_what_a_site_needs(settings):
    settings.PUBLIC_URL = "https://desk.example.com"
    handed = [value for _label, value in connector(colour="#225544", position="start").handover()]
    snippet = '<script async src="https://desk.example.com/w.js" data-channel="shop" data-color="#225544"'
    assert handed[0] == f'{snippet} data-position="start"></script>'
    assert handed[1] == "script-src https://desk.example.com; frame-src https://desk.example.com"


def test_every_setting_stands_in_one_group():
    grouped = [name for _title, _when, names in WebChatForm.groups for name in names]
    assert sorted(grouped) == sorted(WebChatForm.base_fields)


def form(**data) -> WebChatForm:
    return WebChatForm({"origins": "https://shop.example.com", **data})


def test_settings_are_kept_as_the_connector_reads_them():
    settings = form(
        origins=" https://shop.example.com \n\nhttps://*.brand.example",
        topics="Delivery\nReturns",
        ask_email="optional",
    )
    assert settings.is_valid(), settings.errors
    config = json.loads(json.dumps(settings.cleaned_data))
    assert config["origins"] == ["https://shop.example.com", "https://*.brand.example"]
    assert [field.name for field in connector(**config).look().fields] == ["email"]
    assert WebChatForm(initial=config)["origins"].value() == "https://shop.example.com\nhttps://*.brand.example"


@pytest.mark.parametrize(
    "origin", ["shop.example.com", "https://shop.example.com/path", "javascript:alert(1)", "https://*"]
)
def test_what_is_no_origin_is_refused(origin):
    assert "origins" in form(origins=origin).errors


def test_a_colour_on_which_white_cannot_be_read_is_refused():
    assert "colour" in form(colour="#ffd400").errors
    assert form(colour="#2754c5").is_valid()
    assert contrast_with_white("#2754c5") == pytest.approx(6.64, abs=0.01)


def test_a_short_secret_is_refused():
    assert "signing_secrets" in form(signing_secrets="short").errors
