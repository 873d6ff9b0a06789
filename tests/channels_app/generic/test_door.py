"""The door for signed events: what is kept, what is refused and how it is said."""

import json

import pytest
from django.test import Client

from channels_app.connectors.generic import LARGEST_BODY
from channels_app.connectors.generic.forms import GenericForm
from channels_app.models import Envelope
from conversations.models import Attachment, Message
from customers.models import IdentityClaim
from tests.channels_app.generic.conftest import OTHER_SECRET, SECRET, Shop, payload


def test_an_event_is_kept_and_its_message_joins_the_desk(shop):
    answer = shop.post(payload("message_created_bare"), key="evt_1")
    assert (answer.status_code, answer.json()) == (202, {"accepted": True, "duplicate": False, "id": "evt_1"})
    assert Message.objects.get().text == "Hi"


def test_a_repeated_event_is_said_to_be_one(shop):
    for expected in (False, True):
        answer = shop.post(payload("message_created_bare"), key="evt_1")
        assert (answer.status_code, answer.json()["duplicate"]) == (202, expected)
    assert Message.objects.count() == Envelope.objects.count() == 1


def test_an_id_used_again_for_something_else_is_a_conflict(shop):
    shop.post(payload("message_created_bare"), key="evt_1")
    answer = shop.post(payload("message_created_location"), key="evt_1")
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["field"] == "webhook-id"
    assert Message.objects.get().text == "Hi"


def test_an_event_that_breaks_the_schema_is_refused_and_not_kept(shop):
    answer = shop.post({"type": "message.created", "data": {"id": "1", "contact": {"id": "7"}}}, key="evt_1")
    assert answer.status_code == 422
    assert answer.json() == {"errors": [{"field": "data", "message": "'content' is a required property"}]}
    assert Envelope.objects.count() == 0
    # Mended, it may come again under the same id.
    assert shop.post(payload("message_created_bare"), key="evt_1").status_code == 202


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'"x"', b"[" * 100_000])
def test_what_is_no_json_object_is_refused(shop, body):
    assert shop.post(body).status_code == 422
    assert Envelope.objects.count() == 0


def test_a_body_that_is_too_large_is_refused(shop, monkeypatch):
    monkeypatch.setattr("channels_app.connectors.generic.LARGEST_BODY", 50)
    assert LARGEST_BODY == 25 * 1024 * 1024
    assert shop.post(payload("message_created")).status_code == 413
    assert Envelope.objects.count() == 0


def test_a_wrong_signature_is_refused_before_the_schema_is_looked_at(own_system):
    assert Shop(own_system, OTHER_SECRET).post({"type": "nonsense"}).status_code == 403
    assert Client().post(f"/hooks/{own_system.token}/", {}, "application/json").status_code == 403
    assert Envelope.objects.count() == 0


def test_a_file_that_was_left_before_joins_the_message_that_names_it(shop):
    answer = shop.leave("ext-user-7", "list.txt", b"milk", key="file_1")
    assert answer.status_code == 202
    event = payload("message_created_upload")
    event["data"]["content"]["attachments"][0]["upload"] = answer.json()["file"]
    assert shop.post(event).status_code == 202
    attachment = Message.objects.get().attachments.get()
    assert (attachment.name, attachment.content_type, attachment.file.read()) == ("list.txt", "text/plain", b"milk")


def test_another_contacts_file_cannot_be_taken(shop):
    key = shop.leave("somebody-else", "secret.txt", b"x").json()["file"]
    event = payload("message_created_upload")
    event["data"]["content"]["attachments"][0]["upload"] = key
    shop.post(event)
    assert Message.objects.get().attachments.count() == 0
    assert Attachment.objects.get().message is None


def test_a_file_sent_twice_is_one_file(shop):
    first, second = (shop.leave("ext-user-7", "list.txt", b"milk", key="file_1").json() for _time in range(2))
    assert first["file"] == second["file"]
    assert second["duplicate"]
    assert Attachment.objects.count() == 1


def test_a_file_without_owner_or_content_is_refused(shop):
    assert shop.leave("", "list.txt", b"milk").status_code == 422
    assert shop.leave("ext-user-7", "list.txt", b"").status_code == 422
    assert shop.post(b"no multipart", path="files/", content_type="multipart/form-data").status_code == 422
    assert shop.post(b"{}", path="files/").status_code == 422
    assert Envelope.objects.count() == 0


def test_what_the_system_says_of_an_address_is_a_claim_until_it_is_trusted(shop, own_system):
    shop.post(payload("message_created"))
    assert {claim.value for claim in IdentityClaim.objects.all()} == {"carol@home.example", "+447700900001"}
    IdentityClaim.objects.all().delete()
    own_system.config["trusts_identities"] = True
    own_system.save()
    event = payload("message_created")
    event["data"] |= {"id": "ext-msg-99"}
    shop.post(event)
    customer = Message.objects.get(external_id="ext-msg-99").identity.customer
    assert customer.identities.filter(kind="email", value="carol@home.example", is_verified=True).exists()


def test_a_switched_off_channel_is_not_there(shop, own_system):
    own_system.is_enabled = False
    own_system.save()
    assert shop.post(payload("message_created_bare")).status_code == 404


# ── Settings ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_secret_is_stored_in_the_usual_form():
    form = GenericForm({"secret": SECRET.removeprefix("whsec_"), "url": "https://shop.example/desk"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["secret"] == SECRET


@pytest.mark.parametrize(
    ("field", "value"), [("secret", "whsec_short"), ("secret", "password"), ("url", "ftp://x.example")]
)
def test_settings_that_cannot_work_are_refused(field, value):
    form = GenericForm({"secret": SECRET, "url": "https://shop.example/desk", field: value})
    assert not form.is_valid()
    assert list(form.errors) == [field]


def test_an_admin_connects_a_system_and_sees_where_to_post(as_ada, db, outside):
    outside.answer(b"")
    page = as_ada.post(
        "/settings/channels/new/generic/",
        {"name": "Shop app", "secret": SECRET, "url": "https://shop.example/desk"},
        follow=True,
    )
    assert page.status_code == 200
    assert "/files/" in page.content.decode()
    assert SECRET not in page.content.decode()
    assert json.loads(outside.last.options["content"])["type"] == "ping"
