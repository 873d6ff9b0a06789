"""docs/openapi/generic.yaml is what it says, and what the desk does is what it says."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from channels_app.connectors.generic import GenericConnector
from channels_app.contract import Address, OutboundFile, QuickReply, Window
from tests.channels_app.generic.conftest import PAYLOADS, SECRET, URL
from tests.channels_app.outside import connector, outbound

ROOT = Path(__file__).resolve().parents[3]
CAROL = Address("generic", "ext-user-7", is_local=True)


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load((ROOT / "docs/openapi/generic.yaml").read_text())


def holds(document, name, instance) -> bool:
    reference = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    return Draft202012Validator(reference).is_valid(instance)


def test_the_document_is_valid_openapi(document):
    validate(document)
    assert document["openapi"] == "3.1.0"


def test_the_connector_checks_by_the_documented_schemas(document):
    used = json.loads((ROOT / "channels_app/connectors/generic/schema.json").read_text())
    assert used["components"]["schemas"] == document["components"]["schemas"], "run bin/openapi_schemas"


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.json")), ids=lambda path: path.stem)
def test_examples_hold(document, path):
    assert holds(document, "Event", json.loads(path.read_text()))


def test_what_the_desk_posts_holds(document, outside):
    made = connector("generic", secrets={"secret": SECRET}, url=URL, sends_typing=True, sends_read=True)
    for _time in range(6):
        outside.answer(b"")
    file = OutboundFile("a.pdf", "application/pdf", 9, read=bytes, share=lambda: "https://desk.example/f/1")
    made.send(
        outbound(CAROL, "*Hi*", files=[file], quick_replies=[QuickReply("a", "A")], quoted_id="m", is_public=True)
    )
    made.react(CAROL, "m", "👍")
    made.react(CAROL, "m", "")
    made.show_typing(CAROL, Window())
    made.mark_read(CAROL, Window(), last_id="m")
    made.check()
    posted = [json.loads(call.options["content"]) for call in outside.calls]
    assert len(posted) == 6
    for event in posted:
        assert holds(document, "DeskEvent", event), event
        assert not holds(document, "DeskEvent", event | {"data": None})


def test_the_documented_schedule_is_the_connectors():
    assert GenericConnector.capabilities.retry_seconds == (5, 30, 120, 600, 3600, 18000, 43200)


def test_answers_at_the_door_hold(document, shop):
    event = json.loads((PAYLOADS / "message_created_bare.json").read_text())
    assert holds(document, "Accepted", shop.post(event, key="evt_1").json())
    assert holds(document, "Accepted", shop.leave("ext-user-7", "a.txt", b"x").json())
    assert holds(document, "Problem", shop.post({}, key="evt_2").json())
    assert holds(document, "Problem", shop.post(event | {"timestamp": "2026-11-21T10:00:00Z"}, key="evt_1").json())
