import json

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from agents.models import User
from channels_app.contract import PermanentFailure
from channels_app.models import Channel, Envelope
from conversations import tasks
from conversations.actions import replies
from conversations.models import Delivery, Message, ReplyWindow
from customers.models import Consent
from tests.conftest import make_agent, signed_in
from tests.postcard import Postcard

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_supervisor(support) -> Client:
    return signed_in(make_agent("Sue", support, role=User.Role.SUPERVISOR))


def pages() -> list[str]:
    own = {"agents", "customers", "channels_app", "conversations"}
    models = [model for model in admin.site._registry if model._meta.app_label in own]
    return [reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in models]


def test_supervisor_opens_every_list_and_an_agent_none(as_supervisor, as_bob, carol, ada):
    replies.note(carol, by=ada, text="x")
    assert len(pages()) >= 14
    for page in pages():
        assert as_supervisor.get(page, {"q": "1"}).status_code == 200, page
        assert as_bob.get(page).status_code == 302, page


def test_every_row_opens(as_supervisor, carol, ada, route):
    replies.reply(carol, by=ada, text="Hi", route=route(carol))
    for model in admin.site._registry:
        if model._meta.app_label in {"conversations", "channels_app", "customers"}:
            for row in model._default_manager.all()[:1]:
                page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
                assert as_supervisor.get(page).status_code == 200, page


def test_quarantined_envelope_is_replayed_once_its_cause_is_mended(as_supervisor, channel):
    hook = f"/hooks/{channel.token}/"
    Client().post(hook, b"[{]", content_type="application/json", headers={"X-Stamp": "red"})
    envelope = Envelope.objects.get()
    Envelope.objects.update(body=json.dumps([{"id": "1", "from": "Carol", "text": "Hello"}]).encode())
    answer = _act(as_supervisor, "channels_app_envelope", "replay", envelope.pk)
    assert Message.objects.get().text == "Hello"
    assert "understood" in str(next(iter(get_messages(answer.wsgi_request))))


def test_supervisor_sends_a_failed_delivery_again(as_supervisor, carol, ada, route):
    Postcard.troubles.append(PermanentFailure("no"))
    replies.reply(carol, by=ada, text="Hi", route=route(carol))
    tasks.sweep_deliveries()
    assert Delivery.objects.get().state == "failed"
    _act(as_supervisor, "conversations_delivery", "send_again", Delivery.objects.get().pk)
    assert Delivery.objects.get().state == "queued"


def test_secrets_of_a_channel_are_stored_encrypted_and_shown_nowhere(as_ada, channel):
    Channel.objects.filter(pk=channel.pk).update(secrets={"stamp": "hush-hush"})
    stored = Channel.objects.raw("SELECT id, secrets::text AS cipher FROM channels_app_channel")[0].cipher
    assert "hush" not in stored
    assert Channel.objects.get().secrets == {"stamp": "hush-hush"}
    page = as_ada.get(reverse("admin:channels_app_channel_change", args=[channel.pk])).content.decode()
    assert channel.name in page
    assert "hush" not in page


def test_nothing_of_the_record_can_be_changed_by_hand(as_ada, carol):
    message = carol.messages.get()
    page = reverse("admin:conversations_message_change", args=[message.pk])
    assert as_ada.post(page, {"text": "never said"}).status_code == 403
    assert (
        as_ada.post(reverse("admin:conversations_message_delete", args=[message.pk]), {"post": "yes"}).status_code
        == 403
    )
    message.refresh_from_db()
    assert message.text == "My parcel has not come"


def _act(client: Client, model: str, action: str, pk: int):
    page = reverse(f"admin:{model}_changelist")
    return client.post(page, {"action": action, "_selected_action": [pk]}, follow=False)


# Rows that are looked at on other pages, or mean something to the machine alone.
WITHOUT_PAGES = {
    *("Attachment", "DeliveryPart", "Draft", "Follow", "FragmentedMessage", "LadderStep", "Mention", "Membership"),
    *("MessageIndex", "Orphan", "Reaction", "ReadMark", "Summons", "UsedToken"),
}


def test_every_model_has_a_page_or_a_reason_for_none():
    own = {"agents", "customers", "channels_app", "conversations"}
    models = {model for model in apps.get_models() if model._meta.app_label in own}
    assert {model.__name__ for model in models - admin.site._registry.keys()} == WITHOUT_PAGES


def test_new_pages_show_their_rows_and_no_handles(as_supervisor, channel, carol):
    identity = carol.messages.get().identity
    window = ReplyWindow.objects.create(channel=channel, identity=identity, handles={"secret-token": ""})
    page = as_supervisor.get(reverse("admin:conversations_replywindow_change", args=[window.pk])).content.decode()
    assert "secret-token" not in page
    Consent.objects.create(identity=identity, is_granted=False, source="agent", words="no more, please")
    assert "no more, please" in as_supervisor.get(reverse("admin:customers_consent_changelist")).content.decode()
