"""The worked example of docs/adding-a-channel.md works as it stands."""

import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings

from channels_app import connectors, signatures
from channels_app.models import Channel
from conversations.actions import delivery, replies
from conversations.models import Delivery, Message
from conversations.reach import routes_of

pytestmark = pytest.mark.django_db

PAGE = Path(settings.BASE_DIR) / "docs/adding-a-channel.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def pigeons(monkeypatch, support):
    """The page's connector, registered by the page's own line."""
    module = ModuleType("pigeon_example")
    exec(compile(BLOCKS[0], str(PAGE), "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, "pigeon_example", module)
    kind, place = re.fullmatch(r'"(\w+)": "([\w.]+)",', BLOCKS[1].strip()).groups()
    monkeypatch.setitem(connectors.REGISTRY, kind, f"pigeon_example.{place.rpartition('.')[2]}")
    connectors.get.cache_clear()
    yield Channel.objects.create(kind=kind, name="Pigeons", config={"loft": "desk"}, secrets={"key": "k1"})
    connectors.get.cache_clear()


@pytest.fixture
def fly(client, pigeons):
    def fly(*cargo, number="1", key="k1"):
        body = json.dumps({"cargo": cargo}).encode()
        headers = {"X-Pigeon-Seal": signatures.hmac_hex(key, body), "X-Pigeon-Flight": number}
        return client.post(f"/hooks/{pigeons.token}/", body, content_type="application/json", headers=headers)

    return fly


LETTER = {"kind": "letter", "id": 7, "from": "loft9", "name": "Carol", "text": "Coo?", "at": 1780000000}


def test_letter_becomes_a_message_once(fly):
    assert [fly(LETTER).status_code, fly(LETTER).status_code] == [200, 200]
    message = Message.objects.get()
    assert (message.text, message.external_id, message.identity.name) == ("Coo?", "7", "Carol")


def test_broken_seal_is_turned_away(fly):
    assert fly(LETTER, key="other").status_code == 403
    assert not Message.objects.exists()


def test_key_before_the_new_one_is_still_taken(fly, pigeons):
    pigeons.keep_secrets(key="k2", key_previous="k1")
    assert fly(LETTER, key="k1").status_code == 200


def test_cargo_of_tomorrow_does_no_harm(fly, pigeons):
    assert fly({"kind": "egg"}, number="2").status_code == 200
    assert pigeons.envelopes.get().state == "processed"


def test_long_answer_flies_in_parts_and_lands(fly, ada, outside):
    fly(LETTER)
    conversation = Message.objects.get().conversation
    text = "one two three four five " * 15
    for number in range(3):
        outside.answer({"letter": f"out-{number}"})
    message = replies.reply(conversation, by=ada, text=text, route=routes_of(conversation)[0])
    delivery.deliver(message.deliveries.get().pk)
    sent = [call.json["text"] for call in outside.calls]
    assert all(len(part) <= 160 for part in sent)
    assert " ".join(sent) == text.strip()
    fly({"kind": "landed", "letter": "out-2"}, number="3")
    assert Delivery.objects.get().state == Delivery.State.DELIVERED


def test_refusal_becomes_advice(fly, ada, outside):
    fly(LETTER)
    conversation = Message.objects.get().conversation
    outside.answer({"error": "no_such_loft"}, status=404)
    message = replies.reply(conversation, by=ada, text="Hello", route=routes_of(conversation)[0])
    delivery.deliver(message.deliveries.get().pk)
    failed = Delivery.objects.get()
    assert (failed.state, failed.code) == (Delivery.State.FAILED, "no_such_loft")
    assert not routes_of(conversation)[0].is_usable
