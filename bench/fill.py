"""Fill the database of DATABASE_URL with N conversations of five messages, one of thirty: `python -m bench.fill 100000`."""

from __future__ import annotations

import json
import os
import sys
import time
from itertools import product
from random import Random

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
django.setup()

from django.apps import apps  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import DateTimeField, Field  # noqa: E402

from agents.models import Team, User  # noqa: E402
from bench.world import LONG, MESSAGES_EACH, NEEDLE, NEEDLE_IN  # noqa: E402
from channels_app.models import Channel  # noqa: E402
from conversations import search  # noqa: E402
from conversations.models import Intake  # noqa: E402

CHANNELS = 2
PASSWORD = "bench"
OPENINGS = [
    "안녕하세요,",
    "문의드립니다.",
    "Hello,",
    "주문 관련해서",
    "어제 받은",
    "혹시",
    "Please",
    "返品について",
    "오늘",
]
MIDDLES = [
    "배송이 늦어지는데",
    "부분환불 금액이",
    "블루투스 연결이",
    "the parcel has",
    "세금계산서를",
    "교환하려는데",
    "쿠폰이",
]
ENDS = [
    "확인 부탁드려요.",
    "언제 되나요?",
    "not arrived yet.",
    "다시 보내 주세요.",
    "달라요.",
    "안 돼요 ㅠㅠ",
    "お願いします。",
]


def fill(conversations: int) -> None:
    """Agents, channels, customers, then everything else by set-based SQL."""
    began = time.monotonic()
    _staff()
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off; SET work_mem = '256MB'; SET maintenance_work_mem = '1GB'")
        indexes = _drop_search_index(cursor)
        _pool(cursor)
        for statement in STATEMENTS:
            cursor.execute(statement, {"n": conversations, "each": MESSAGES_EACH, "long": LONG})
            print(f"  {cursor.rowcount:>9,} rows  {time.monotonic() - began:6.1f} s  {' '.join(statement.split()[:3])}")
        _hide_needle(cursor, conversations)
        cursor.execute(indexes)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(f"  filled in {time.monotonic() - began:.0f} s")


def _staff() -> None:
    teams = [Team.objects.create(name=f"Team {number}", colour=number) for number in range(1, 5)]
    for number in range(1, 21):
        agent = User.objects.create_user(f"agent{number}@bench.example", PASSWORD, name=f"Agent {number}")
        agent.memberships.create(team=teams[number % 4])
    for kind, name in (("email", "help"), ("webchat", "chat")):
        Intake.objects.create(channel=Channel.objects.create(kind=kind, name=name))


def _pool(cursor: object) -> None:
    """A few hundred sentences with the vectors that our own search makes of them."""
    dice = Random(1)
    sentences = [" ".join(parts) for parts in product(OPENINGS, MIDDLES, ENDS)]
    dice.shuffle(sentences)
    sentences.append(f"{NEEDLE} 램프로 바꿔 주세요.")
    cursor.execute("CREATE TEMP TABLE pool (id int PRIMARY KEY, text text, vector tsvector)")
    rows = [(number, text, search.vector("", text)) for number, text in enumerate(sentences)]
    cursor.executemany("INSERT INTO pool VALUES (%s, %s, %s::tsvector)", rows)


def _drop_search_index(cursor: object) -> str:
    """A GIN index is built at the end in a tenth of the time; the statement that builds it."""
    cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'message_search'")
    (definition,) = cursor.fetchone()
    cursor.execute("DROP INDEX message_search")
    return definition


def _hide_needle(cursor: object, conversations: int) -> None:
    step = max(1, conversations // NEEDLE_IN)
    cursor.execute(
        """
        WITH chosen AS (
          SELECT DISTINCT ON (m.conversation_id) m.id FROM conversations_message m
          WHERE m.conversation_id %% %(step)s = 0 ORDER BY m.conversation_id, m.id LIMIT %(most)s),
        needle AS (SELECT text, vector FROM pool ORDER BY id DESC LIMIT 1),
        said AS (UPDATE conversations_message m SET text = needle.text FROM chosen, needle WHERE m.id = chosen.id)
        UPDATE conversations_messageindex i SET vector = needle.vector FROM chosen, needle WHERE i.message_id = chosen.id
        """,
        {"step": step, "most": NEEDLE_IN},
    )


def _columns(label: str, **values: str) -> str:
    """An INSERT that also gives the columns which Django would fill with a default of its own."""
    model = apps.get_model(label)
    for field in model._meta.concrete_fields:
        if field.attname not in values and not field.null and not field.primary_key:
            values[field.attname] = _default(field)
    return f"INSERT INTO {model._meta.db_table} ({', '.join(values)}) SELECT {', '.join(values.values())}"


def _default(field: Field) -> str:
    """A column's default as SQL."""
    if isinstance(field, DateTimeField):
        return "now()"
    value = field.get_default() if field.has_default() else ""
    return f"'{json.dumps(value)}'" if isinstance(value, dict | list) else f"'{value}'"


# The newest conversation is a long one. `n` numbers the conversations.
EACH = "CASE WHEN {} = %(n)s THEN %(long)s ELSE %(each)s END"

STATEMENTS = [
    _columns(
        "customers.Customer",
        id="c",
        name="chr(44032 + (c * 37) %% 11000) || chr(44032 + (c * 91) %% 11000) || chr(44032 + (c * 53) %% 11000)",
        language="'ko'",
        time_zone="'Asia/Seoul'",
        is_vip="c %% 15 = 0",
        created_at="now() - interval '100 days'",
    )
    + " FROM generate_series(1, greatest(%(n)s / 5, 1)) c",
    _columns(
        "customers.Identity",
        customer_id="id",
        kind="'email'",
        value="'customer' || id || '@bench.example'",
        raw="''",
        name="name",
        is_verified="true",
        created_at="created_at",
    )
    + " FROM customers_customer",
    _columns(
        "conversations.Conversation",
        id="n",
        customer_id="1 + n %% greatest(%(n)s / 5, 1)",
        subject="(SELECT text FROM pool WHERE id = n %% 400)",
        status="CASE WHEN n %% 10 < 7 THEN 'resolved' WHEN n %% 10 = 7 THEN 'pending' ELSE 'open' END",
        resolved_at="CASE WHEN n %% 10 < 7 THEN now() END",
        priority="1 + n %% 4",
        team_id="(SELECT min(id) FROM agents_team) + n %% 4",
        assignee_id="CASE WHEN n %% 3 > 0 THEN (SELECT min(id) FROM agents_user) + n %% 20 END",
        revision=EACH.format("n") + " + 1",
        active_at="now() - (%(n)s - n) * (interval '90 days' / %(n)s)",
        preview="(SELECT text FROM pool WHERE id = (n * 7) %% 400)",
        preview_kind="'inbound'",
        last_channel_id="(SELECT min(id) FROM channels_app_channel) + n %% 2",
        last_inbound_revision=EACH.format("n") + " + 1",
        waiting_since="CASE WHEN n %% 10 > 7 THEN now() - interval '1 hour' END",
        due_at="CASE WHEN n %% 10 > 7 THEN now() + (n %% 7 - 3) * interval '1 hour' END",
        undelivered="CASE WHEN n %% 1000 = 0 THEN 1 ELSE 0 END",
        created_at="now() - interval '91 days'",
    )
    + " FROM generate_series(1, %(n)s) n",
    _columns(
        "conversations.Message",
        conversation_id="c.id",
        kind="CASE WHEN k %% 2 = 1 THEN 'inbound' ELSE 'outbound' END",
        channel_id="c.last_channel_id",
        identity_id="i.id",
        author_id="CASE WHEN k %% 2 = 0 THEN (SELECT min(id) FROM agents_user) + c.id %% 20 END",
        text="p.text",
        external_id="'m' || c.id || '-' || k",
        placement="CASE WHEN k = 1 THEN 'new' ELSE 'open' END",
        revision="k",
        sent_at=f"c.active_at - ({EACH.format('c.id')} - k) * interval '20 minutes'",
        created_at="c.active_at",
    )
    + " FROM conversations_conversation c JOIN customers_identity i ON i.customer_id = c.customer_id"
    f" CROSS JOIN generate_series(1, {EACH.format('c.id')}) k JOIN pool p ON p.id = (c.id * 31 + k * 17) %% 400",
    _columns(
        "conversations.MessageIndex",
        message_id="m.id",
        conversation_id="m.conversation_id",
        sent_at="m.sent_at",
        vector="p.vector",
    )
    + " FROM conversations_message m JOIN pool p ON p.text = m.text",
    _columns(
        "conversations.Event",
        conversation_id="conversation_id",
        kind="CASE kind WHEN 'inbound' THEN 'received' ELSE 'replied' END",
        actor_id="author_id",
        message_id="id",
        revision="revision",
        created_at="sent_at",
    )
    + " FROM conversations_message",
    _columns(
        "conversations.Delivery",
        key="gen_random_uuid()",
        message_id="id",
        channel_id="channel_id",
        identity_id="identity_id",
        address="'x'",
        state="'sent'",
        not_before="sent_at",
        attempts="1",
        external_id="'d' || id",
        created_at="sent_at",
    )
    + " FROM conversations_message WHERE kind = 'outbound'",
    "SELECT setval(pg_get_serial_sequence('conversations_conversation', 'id'), max(id)) FROM conversations_conversation",
    "SELECT setval(pg_get_serial_sequence('customers_customer', 'id'), max(id)) FROM customers_customer",
]

if __name__ == "__main__":
    fill(int(sys.argv[1]))
