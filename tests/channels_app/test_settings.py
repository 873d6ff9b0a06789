"""Admins connect, check and switch channels; nobody else does."""

import pytest
from django.urls import reverse

from channels_app.models import Channel
from conversations.models import Intake
from tests.channels_app.email.conftest import free_port

pytestmark = pytest.mark.django_db

ENTERED = {
    "name": "Support mail",
    "address": "Help@Moment.example",
    "from_name": "Moment",
    "incoming": "handed",
    "outgoing": "smtp",
    "smtp_host": "127.0.0.1",
    "smtp_security": "plain",
    "smtp_password": "s3cret",
    "sign_in": "password",
}


@pytest.fixture
def admin(client, ada):
    client.force_login(ada)
    return client


def test_only_admins_get_in(client, bob, channel):
    client.force_login(bob)
    addresses = [reverse("channels:list"), reverse("channels:show", args=[channel.pk])]
    addresses += [reverse("channels:create", args=["email"]), reverse("conversations:intake", args=[channel.pk])]
    assert {client.get(address).status_code for address in addresses} == {403}
    assert client.post(reverse("channels:enabled", args=[channel.pk]), {"enabled": "0"}).status_code == 403
    channel.refresh_from_db()
    assert channel.is_enabled


def test_connecting_a_mailbox_stores_it_and_says_whether_it_works(admin):
    response = admin.post(
        reverse("channels:create", args=["email"]), {**ENTERED, "smtp_port": free_port()}, follow=True
    )
    channel = Channel.objects.get()
    assert (channel.name, channel.config["address"], channel.state) == (
        "Support mail",
        "help@moment.example",
        "failing",
    )
    assert channel.last_error
    assert "smtp_password" not in channel.config
    assert channel.secrets == {"smtp_password": "s3cret"}
    assert b"s3cret" not in response.content


def test_a_secret_left_empty_stays(admin):
    channel = Channel.objects.create(
        kind="email", name="Mail", secrets={"smtp_password": "old"}, config={"address": "a@b.example"}
    )
    admin.post(reverse("channels:show", args=[channel.pk]), {**ENTERED, "smtp_password": "", "smtp_port": free_port()})
    channel.refresh_from_db()
    assert (channel.secrets, channel.name) == ({"smtp_password": "old"}, "Support mail")


def test_what_the_chosen_way_needs_is_asked_for(admin):
    response = admin.post(reverse("channels:create", args=["email"]), {**ENTERED, "incoming": "imap"})
    assert response.status_code == 422
    assert "imap_host" in response.context["entered"].settings.errors
    assert not Channel.objects.exists()


def test_saving_lets_the_watcher_start_anew(admin):
    channel = Channel.objects.create(kind="email", name="Mail", config={"address": "a@b.example"})
    assert channel.take_lease("worker-1", 60)
    admin.post(reverse("channels:show", args=[channel.pk]), {**ENTERED, "smtp_port": free_port()})
    assert channel.take_lease("worker-2", 60)


def test_a_channel_is_switched_off_and_on(admin, channel):
    admin.post(reverse("channels:enabled", args=[channel.pk]), {"enabled": "0"})
    channel.refresh_from_db()
    assert not channel.is_enabled
    admin.post(reverse("channels:enabled", args=[channel.pk]), {"enabled": "1"})
    channel.refresh_from_db()
    assert channel.is_enabled


def test_the_list_shows_each_channel_with_its_health(admin, channel):
    Channel.objects.create(kind="email", name="Mail", state="failing", last_error="535 wrong password")
    page = admin.get(reverse("channels:list")).content.decode()
    assert "health--down" in page
    assert "535 wrong password" in page
    assert reverse("channels:create", args=["email"]) in page


def test_a_channel_of_a_kind_nobody_speaks_does_not_break_the_list(admin):
    Channel.objects.create(kind="telex", name="Telex")
    assert admin.get(reverse("channels:list")).status_code == 200


def test_the_intake_is_stored_with_its_hours(admin, channel, sales):
    entered = {
        "team": sales.pk,
        "reply_within_minutes": 30,
        "reopen_days": 3,
        "mon": "9:00-12:00, 13:00-18:00",
        "greeting": "Hi",
    }
    response = admin.post(reverse("conversations:intake", args=[channel.pk]), entered, headers={"HX-Request": "true"})
    assert response.status_code == 200
    intake = Intake.objects.get(channel=channel)
    assert (intake.team, intake.reopen_days, intake.hours) == (
        sales,
        3,
        {"mon": [["09:00", "12:00"], ["13:00", "18:00"]]},
    )


@pytest.mark.parametrize("hours", ["9-18", "25:00-26:00", "10:00", "a"])
def test_hours_that_are_none_are_refused(admin, channel, hours):
    entered = {"reply_within_minutes": 30, "reopen_days": 3, "tue": hours}
    response = admin.post(reverse("conversations:intake", args=[channel.pk]), entered, headers={"HX-Request": "true"})
    assert response.status_code == 422
    assert "tue" in response.context["form"].errors


def test_consent_that_nobody_asked_for_is_refused(admin):
    assert admin.get(reverse("channels:consent"), {"state": "made-up", "code": "x"}).status_code == 400


def test_the_consent_page_of_the_provider_is_asked_with_a_signed_state(admin):
    config = {"address": "a@b.example", "sign_in": "google", "oauth_client_id": "client-1"}
    channel = Channel.objects.create(kind="email", name="Mail", config=config)
    response = admin.post(reverse("channels:consent_begin", args=[channel.pk]))
    assert response.url.startswith("https://accounts.google.com/")
    assert "client-1" in response.url
    assert "state=" in response.url
