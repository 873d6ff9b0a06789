"""What is kept in words is worded for each reader, whoever stored it."""

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from channels_app.contract import PermanentFailure
from conversations import sources
from conversations.actions import delivery, replies
from conversations.models import Delivery
from tests.postcard import Postcard

ADVICE = _("Ask the customer, or send it again.")


def test_sentence_is_kept_in_the_language_of_the_sources():
    with translation.override("ko"):
        assert sources.kept(ADVICE) == "Ask the customer, or send it again."
        assert (
            sources.told("Ask the customer, or send it again.") == str(ADVICE) != "Ask the customer, or send it again."
        )


def test_providers_own_words_stay_as_they_are():
    with translation.override("ko"):
        assert sources.told("550 no such user") == "550 no such user"
        assert sources.told("") == ""


@pytest.mark.django_db
def test_advice_that_a_worker_stored_is_read_in_the_agents_language(as_bob, bob, ada, carol, route):
    message = replies.reply(carol, by=ada, text="Hello", route=route(carol))
    Postcard.troubles.append(PermanentFailure("returned", advice=ADVICE))
    with translation.override("ko"):
        delivery.deliver(message.deliveries.get().pk)
    assert Delivery.objects.get().advice == "Ask the customer, or send it again."
    address = reverse("conversations:pane", args=[carol.pk])
    assert "Ask the customer, or send it again." in as_bob.get(address).content.decode()
    bob.language = "ko"
    bob.save(update_fields=["language"])
    with translation.override("ko"):
        korean = str(ADVICE)
    assert korean in as_bob.get(address).content.decode()
