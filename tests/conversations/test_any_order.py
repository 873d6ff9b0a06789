"""Providers repeat, reorder and deliver at once: what is left is the same."""

import json
import random
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from channels_app.models import Envelope
from conversations import tasks
from conversations.actions import inbound, orphans
from conversations.models import Conversation, Message, Orphan, Reaction
from customers.models import Customer

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CUSTOMERS = 3
EACH = 4
THREADS = 4


def at(minutes: int) -> str:
    return (NOON + timedelta(minutes=minutes)).isoformat()


def everything() -> list[dict]:
    """For each customer some messages, half of them edited, one deleted, one with a heart, and an echo."""
    items: list[dict] = []
    for who in (f"customer-{number}" for number in range(CUSTOMERS)):
        for number in range(EACH):
            name = f"{who}-{number}"
            items.append({"id": name, "from": who, "text": f"first {name}", "sent_at": at(number)})
            if number % 2:
                items.append({"is": "edit", "id": name, "text": f"second {name}", "at": at(20)})
        items.append({"is": "deletion", "id": f"{who}-0", "at": at(30)})
        items.append({"is": "reaction", "on": f"{who}-1", "from": who, "emoji": "❤", "at": at(31)})
        items.append(
            {
                "id": f"{who}-echo",
                "from": "desk",
                "to": [who],
                "is_echo": True,
                "text": "from the phone",
                "sent_at": at(40),
            }
        )
    return items


def deliver_all(channel, items: list[dict]) -> None:
    """By so many threads at once, each request apart."""

    def work(mine: list[dict]) -> None:
        for number, item in enumerate(mine):
            stamp = f"{threading.get_ident()}-{number}"
            inbound.accept(channel, json.dumps([item]).encode(), headers={"X-Number": stamp})
        connection.close()

    workers = [threading.Thread(target=work, args=(items[number::THREADS],)) for number in range(THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [1, 2])
def test_repeated_and_shuffled_news_delivered_at_once_leave_the_same_rows(channel, seed):
    chance = random.Random(seed)
    items = everything()
    items += chance.sample(items, len(items) // 5)
    chance.shuffle(items)
    deliver_all(channel, items)
    Envelope.objects.update(next_attempt_at=timezone.now())
    tasks.sweep_envelopes()
    tasks.join_missed_orphans()

    assert not Envelope.objects.exclude(state="processed").exists()
    assert not Orphan.objects.exists()
    assert Customer.objects.count() == Conversation.objects.count() == CUSTOMERS
    for number in range(CUSTOMERS):
        who = f"customer-{number}"
        said = Message.objects.filter(identity__value=who).order_by("sent_at").values_list("text", flat=True)
        assert list(said) == ["", f"second {who}-1", f"first {who}-2", f"second {who}-3", "from the phone"]
    assert Reaction.objects.count() == CUSTOMERS


@pytest.mark.django_db
def test_the_sweep_for_news_that_was_missed_reads_no_table_from_end_to_end():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {orphans._MISSED}", {"since": timezone.now()})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    for index in ("conversations_message_once", "delivery_by_external", "part_by_external"):
        assert index in plan
