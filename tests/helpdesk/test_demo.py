import threading

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count
from django.utils import timezone

from agents.models import Team, User
from channels_app.models import Envelope
from channels_app.simulator.models import Message as PhoneMessage
from conversations.models import Conversation, Delivery, Event, Message
from customers.models import Customer
from helpdesk.demo import cast, life, seed, stories

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    call_command("seed_demo", customers=4)


def test_shop_opens_with_its_staff_and_a_past(shop):
    assert Team.objects.count() == 3
    assert User.objects.count() == 7
    assert Customer.objects.current().count() == 4
    assert Conversation.objects.count() >= 8
    assert set(Message.objects.values_list("kind", flat=True)) == {"inbound", "outbound", "note"}
    assert len(set(Message.objects.values_list("channel", flat=True)) - {None}) == 2


def test_shop_talks_by_messengers_where_their_providers_are_simulated(settings):
    settings.SIMULATOR = True
    call_command("seed_demo", customers=3)
    talking = Message.objects.exclude(channel=None).values_list("channel__kind", flat=True)
    assert set(talking) - {"email", "webchat"}
    assert Customer.objects.current().count() == 3
    assert not Envelope.objects.exclude(state="processed").exists()
    sent = Delivery.objects.exclude(channel__kind__in=["email", "webchat"])
    assert sent.exists()
    assert not sent.filter(state__in=["queued", "sending", "failed", "unknown"]).exists()
    for one in sent:
        shown = PhoneMessage.objects.filter(account__channel=one.channel)
        assert any(one.external_id.endswith(bubble.external_id) for bubble in shown)
    mixed = Conversation.objects.annotate(ways=Count("messages__channel", distinct=True)).filter(ways__gt=1)
    assert mixed.exists()


def test_past_lies_in_the_past_and_nothing_in_it_is_sent_again(shop):
    assert not Message.objects.filter(sent_at__gt=timezone.now()).exists()
    assert not Delivery.objects.filter(state__in=["queued", "sending", "unknown"]).exists()
    oldest = Message.objects.order_by("sent_at").first()
    assert (timezone.now() - oldest.sent_at).days > 10
    for message in Message.objects.all():
        assert abs(message.created_at - message.sent_at).total_seconds() < 5


def test_everything_was_done_by_actions_that_record_it(shop):
    for conversation in Conversation.objects.all():
        assert conversation.events.filter(kind="created").exists()
    received = Event.objects.filter(kind="received").count()
    assert received == Message.objects.filter(kind="inbound").count()
    assert Message.objects.filter(kind="inbound", envelope=None).count() == 0


def test_rest_arrives_without_repeating_those_who_are_there(shop):
    before = Message.objects.count()
    seed.seed(lambda done, of: None, customers=4)
    assert Message.objects.count() == before
    seed.seed(lambda done, of: None, customers=5)
    assert Customer.objects.current().count() == 5


def test_desk_in_use_is_never_filled(ada):
    with pytest.raises(CommandError):
        call_command("seed_demo", customers=1)
    assert not Customer.objects.exists()


def test_life_goes_on_by_the_ordinary_doors(shop, monkeypatch, settings):
    monkeypatch.setattr(life, "TYPING_SECONDS", 0)
    scene = life.Scene(seed._dice(3), next(iter(cast.people(seed._dice(), 1))))
    before = Message.objects.count()
    assert scene.go_on(life.found_doors())
    assert Message.objects.count() == before + 1


def test_life_can_be_switched_off(settings):
    settings.DEMO_LIFE_MINUTES = 0
    monkey = threading.Event()
    monkey.set()
    life.go_on(monkey)


def test_stories_are_told_in_many_languages():
    told = stories.by_language()
    assert {"ko", "en", "ja", "ar"} <= set(told)
    for story in (story for of_language in told.values() for story in of_language):
        assert story.turns[0][0] == "c"
        assert story.team in cast.TEAMS
