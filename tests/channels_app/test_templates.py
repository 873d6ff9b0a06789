"""Approved texts: just those that the provider knows, as it told them last."""

import pytest

from channels_app import templates
from channels_app.contract import Template as Told
from channels_app.contract import TemporaryFailure
from channels_app.models import Channel, Template
from conversations import tasks
from tests.postcard import Postcard

pytestmark = pytest.mark.django_db


def told(*names: str, **more) -> None:
    Postcard.holds["templates"] = [Told(name, "ko", f"{name} {{{{1}}}}", parameters=["1"], **more) for name in names]


def kept() -> list[str]:
    return [str(one) for one in Template.objects.all()]


def test_what_the_provider_tells_replaces_what_is_known(pigeons):
    told("hello", "bye")
    assert templates.sync(pigeons) == 2
    told("hello", is_approved=False)
    assert templates.sync(pigeons) == 1
    [one] = Template.objects.all()
    assert (one.name, one.is_approved, one.parameters, one.as_sent().body) == ("hello", False, ["1"], "hello {{1}}")


def test_failure_keeps_what_is_known_and_does_not_stop_the_others(pigeons):
    told("hello")
    templates.sync(pigeons)
    Channel.objects.create(kind="pigeon", name="Younger pigeons")
    Postcard.troubles.append(TemporaryFailure("busy"))
    tasks.sync_templates()
    assert kept() == ["hello (ko)", "hello (ko)"]


def test_channels_without_templates_or_access_are_not_asked(pigeons, channel):
    Channel.objects.filter(pk=pigeons.pk).update(state=Channel.State.PAUSED)
    tasks.sync_templates()
    assert not Postcard.asked
