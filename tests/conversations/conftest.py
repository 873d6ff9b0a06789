"""A shop with a chat on its pages, and a visitor's panel there."""

import pytest

from channels_app.models import Channel
from conversations.models import Intake
from tests.conversations.webchat import ORIGIN, SECRET, Panel


@pytest.fixture
def shop(support) -> Channel:
    channel = Channel.objects.create(
        kind="webchat", name="Shop", config={"origins": [ORIGIN]}, secrets={"signing_secrets": [SECRET]}
    )
    Intake.objects.create(channel=channel, team=support)
    return channel


@pytest.fixture
def panel(shop) -> Panel:
    return Panel(shop)
