"""Connecting step by step: secrets that rotate, steps that notice, health by class, test messages."""

import pytest
from django import forms
from django.urls import reverse
from django.utils import timezone

from channels_app import rotation
from channels_app.contract import PermanentFailure, TemporaryFailure, Trouble
from channels_app.models import Channel
from conversations.models import Delivery
from tests.postcard import Postcard

pytestmark = pytest.mark.django_db


class StampForm(forms.Form):
    """A provider whose stamp can be changed."""

    stamp = forms.CharField(label="Stamp", widget=forms.PasswordInput)


class Stamped(Postcard):
    """Takes its stamp from a form and checks it at an office that can be closed."""

    secret_fields = frozenset({"stamp"})
    rotating_secrets = frozenset({"stamp"})
    visits: list[str] = []

    @classmethod
    def settings_form(cls):
        return StampForm

    def check(self):
        if self.account.secrets["stamp"] == "forged":
            raise TemporaryFailure("401", advice="Buy another stamp.")

    def register(self):
        if self.account.secrets["stamp"] == "forged":
            raise PermanentFailure("no such office")
        self.visits.append(self.account.hook_url)


@pytest.fixture(autouse=True)
def stamped(monkeypatch):
    from channels_app import connectors

    monkeypatch.setitem(connectors.REGISTRY, "stamped", "tests.channels_app.test_care.Stamped")
    connectors.get.cache_clear()
    Stamped.visits.clear()
    yield
    connectors.get.cache_clear()


@pytest.fixture
def admin(client, ada):
    client.force_login(ada)
    return client


@pytest.fixture
def office(support):
    return Channel.objects.create(kind="stamped", name="Office", secrets={"stamp": "red"})


def enter(admin, office, stamp):
    return admin.post(reverse("channels:show", args=[office.pk]), {"name": "Office", "stamp": stamp}, follow=True)


def test_a_new_secret_leaves_the_old_one_valid_until_it_is_forgotten(admin, office):
    enter(admin, office, "blue")
    office.refresh_from_db()
    assert office.connector.active_secrets("stamp") == ["blue", "red"]
    page = admin.get(reverse("channels:show", args=[office.pk])).content.decode()
    assert "“Stamp”: the old one is still accepted" in page
    admin.post(reverse("channels:forget_secret", args=[office.pk]), {"name": "stamp"})
    office.refresh_from_db()
    assert office.connector.active_secrets("stamp") == ["blue"]
    assert not rotation.replaced(office)


def test_entering_the_same_secret_again_keeps_the_one_before(admin, office):
    enter(admin, office, "blue")
    enter(admin, office, "blue")
    office.refresh_from_db()
    assert office.connector.active_secrets("stamp") == ["blue", "red"]


def test_only_secrets_that_rotate_can_be_forgotten(admin, office):
    office.keep_secrets(token_previous="x")
    assert not rotation.forget_previous(office, "token")
    office.refresh_from_db()
    assert office.secrets["token_previous"] == "x"


def test_a_channel_that_works_again_is_no_longer_paused(admin, office):
    Channel.objects.filter(pk=office.pk).update(state=Channel.State.PAUSED, last_error="401")
    admin.post(reverse("channels:check", args=[office.pk]))
    office.refresh_from_db()
    assert (office.state, office.last_error) == (Channel.State.OK, "")


def test_a_paused_channel_that_still_fails_stays_paused(admin, office):
    Channel.objects.filter(pk=office.pk).update(state=Channel.State.PAUSED, secrets={"stamp": "forged"})
    admin.post(reverse("channels:check", args=[office.pk]))
    office.refresh_from_db()
    assert office.state == Channel.State.PAUSED


def test_what_the_provider_says_against_us_is_shown_with_advice(admin, office):
    page = enter(admin, office, "forged").content.decode()
    assert "Buy another stamp." in page
    office.refresh_from_db()
    assert office.state == Channel.State.FAILING


def test_the_provider_is_told_where_we_are(admin, office):
    admin.post(reverse("channels:register", args=[office.pk]))
    assert Stamped.visits == [office.hook_url]
    office.keep_secrets(stamp="forged")
    page = admin.post(reverse("channels:register", args=[office.pk]), follow=True).content.decode()
    assert "The provider did not take our address: (no such office)" in page


def test_the_steps_ask_again_until_the_first_message_is_here(admin, office):
    address = reverse("channels:setup", args=[office.pk])
    assert "every 4s" in admin.get(address).content.decode()
    Channel.objects.filter(pk=office.pk).update(last_received_at=timezone.now())
    assert "every 4s" not in admin.get(address).content.decode()


@pytest.mark.parametrize(
    ("url", "is_warned"),
    [("http://localhost:8000", True), ("https://desk.local", True), ("https://desk.example.com", False)],
)
def test_an_address_that_no_provider_can_reach_is_said_to_be_one(admin, office, settings, url, is_warned):
    settings.PUBLIC_URL = url
    page = admin.get(reverse("channels:show", args=[office.pk])).content.decode()
    assert ("Providers can deliver only to a public https address" in page) is is_warned


def test_health_counts_failures_by_class(admin, channel, carol, ada, route):
    message = carol.messages.get()
    for number, trouble in enumerate([Trouble.WINDOW, Trouble.WINDOW, Trouble.RATE]):
        outbound = message.conversation.messages.create(kind="outbound", channel=channel, author=ada, text="x")
        Delivery.objects.create(
            message=outbound, channel=channel, address=f"a{number}", state="failed", trouble=trouble
        )
    page = admin.get(reverse("conversations:channel_health", args=[channel.pk]), headers={"HX-Request": "true"})
    assert [(one.words, one.count) for one in page.context["failed"]] == [
        ("Time for an answer was over", 2),
        ("Too many at once", 1),
    ]


def test_a_test_message_goes_to_one_who_wrote_here(admin, channel, carol):
    identity = carol.customer.identities.get()
    admin.post(reverse("conversations:channel_test", args=[channel.pk]), {"identity": identity.pk})
    assert [sent.recipient.value for sent in Postcard.posted] == ["carol street 1"]
    assert Postcard.posted[0].is_automatic


def test_a_test_message_goes_to_an_address_as_typed(admin, channel):
    admin.post(reverse("conversations:channel_test", args=[channel.pk]), {"to": "Dave Road 2"})
    assert [sent.recipient.value for sent in Postcard.posted] == ["dave road 2"]


def test_an_address_the_channel_does_not_know_is_refused_in_plain_words(admin, channel):
    response = admin.post(reverse("conversations:channel_test", args=[channel.pk]), {"to": "nowhere"}, follow=True)
    assert "This address cannot be reached by this channel." in response.content.decode()
    assert not Postcard.posted


@pytest.mark.parametrize(
    "address",
    ["channels:setup", "channels:register", "channels:check", "channels:forget_secret", "conversations:channel_health"],
)
def test_nobody_but_admins_looks_after_channels(as_bob, channel, address):
    url = reverse(address, args=[channel.pk])
    assert 403 in {as_bob.get(url).status_code, as_bob.post(url).status_code}
