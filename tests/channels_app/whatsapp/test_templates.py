"""Approved texts: as Meta lists them, and as they are sent."""

import pytest

from channels_app.connectors.whatsapp.templates import body, template
from channels_app.contract import Address, PermanentFailure, TemplateUse
from tests.channels_app.meta.samples import BUSINESS, account
from tests.channels_app.outside import outbound

ORDER = {
    "name": "order_update",
    "language": "ko",
    "status": "APPROVED",
    "category": "UTILITY",
    "parameter_format": "POSITIONAL",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"},
        {"type": "BODY", "text": "Hello {{1}}, {{2}} is on its way. Thank you, {{1}}."},
        {"type": "FOOTER", "text": "Moment"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "QUICK_REPLY", "text": "Fine"},
                {"type": "URL", "text": "Track", "url": "https://shop.example/t/{{1}}"},
            ],
        },
    ],
}
NAMED = {
    **ORDER,
    "name": "greeting",
    "parameter_format": "NAMED",
    "components": [{"type": "BODY", "text": "Hello {{first_name}}, about {{order}}."}],
}
PICTURE = {**ORDER, "components": [{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "See"}]}


def test_what_the_customer_will_read_is_shown_whole():
    found = template(ORDER)
    assert found.body == "Order {{header:1}}\n\nHello {{1}}, {{2}} is on its way. Thank you, {{1}}.\n\nMoment"
    assert found.parameters == ["header:1", "1", "2", "button:1"]
    assert (found.name, found.language, found.category, found.is_approved) == ("order_update", "ko", "UTILITY", True)
    assert found.details == {"named": False, "header": "TEXT", "buttons": ["Fine", "Track"]}


@pytest.mark.parametrize("status", ["PENDING", "REJECTED", "PAUSED", "DISABLED"])
def test_only_approved_ones_may_be_sent(status):
    assert not template({**ORDER, "status": status}).is_approved


def test_codes_of_signing_in_are_left_out():
    assert template({**ORDER, "category": "AUTHENTICATION"}) is None
    assert template({"name": "no_language"}) is None


def test_counted_blanks():
    values = {"header:1": "77", "1": "Carol", "2": "A  lamp\nin\tblue", "button:1": "77?x"}
    assert body(TemplateUse(template(ORDER), values)) == {
        "name": "order_update",
        "language": {"code": "ko"},
        "components": [
            {"type": "header", "parameters": [{"type": "text", "text": "77"}]},
            {
                "type": "body",
                "parameters": [{"type": "text", "text": "Carol"}, {"type": "text", "text": "A lamp in blue"}],
            },
            {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "77?x"}]},
        ],
    }


def test_named_blanks():
    found = body(TemplateUse(template(NAMED), {"first_name": "Carol", "order": "77"}))
    assert found["components"] == [
        {
            "type": "body",
            "parameters": [
                {"type": "text", "parameter_name": "first_name", "text": "Carol"},
                {"type": "text", "parameter_name": "order", "text": "77"},
            ],
        }
    ]


def test_a_picture_above_the_words_is_given_by_its_address():
    assert template(PICTURE).parameters == ["header:image"]
    found = body(TemplateUse(template(PICTURE), {"header:image": "https://shop.example/a.jpg"}))
    picture = {"type": "image", "image": {"link": "https://shop.example/a.jpg"}}
    assert found["components"] == [{"type": "header", "parameters": [picture]}]


def test_a_template_without_blanks_is_its_name_alone():
    plain = template({**ORDER, "components": [{"type": "BODY", "text": "We are open again."}]})
    assert body(TemplateUse(plain)) == {"name": "order_update", "language": {"code": "ko"}}


def test_an_empty_blank_is_refused_before_meta_does():
    with pytest.raises(PermanentFailure) as caught:
        body(TemplateUse(template(NAMED), {"first_name": " \n"}))
    assert str(caught.value) == "blanks: first_name, order"


def test_all_pages_are_listed(outside):
    outside.answer({"data": [ORDER], "paging": {"cursors": {"after": "A"}, "next": "https://graph.facebook.com/x"}})
    outside.answer({"data": [NAMED, {**ORDER, "category": "AUTHENTICATION"}]})
    assert [one.name for one in account("whatsapp").templates()] == ["order_update", "greeting"]
    assert outside.calls[0].url == f"https://graph.facebook.com/v24.0/{BUSINESS}/message_templates"
    assert outside.calls[0].options["params"]["limit"] == "100"
    assert outside.last.options["params"]["after"] == "A"


def test_a_template_is_sent_as_one_message(outside):
    outside.answer({"messages": [{"id": "wamid.T"}]})
    message = outbound(
        Address("phone", "+821012345678"),
        "ignored",
        template=TemplateUse(template(NAMED), {"first_name": "C", "order": "7"}),
    )
    connector = account("whatsapp")
    assert list(connector.parts(message)) == [message]
    connector.send(message)
    assert outside.last.json["type"] == "template"
    assert outside.last.json["template"]["name"] == "greeting"
    assert "text" not in outside.last.json
