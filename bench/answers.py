"""An agent answers so many customers by mail, through the actions: `python -m bench.answers 500`; prints the seconds."""

from __future__ import annotations

import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
django.setup()

from django.utils import timezone  # noqa: E402

from agents.models import User  # noqa: E402
from channels_app.models import Channel  # noqa: E402
from conversations.actions.replies import reply  # noqa: E402
from conversations.actions.starting import start  # noqa: E402
from conversations.models import Conversation  # noqa: E402
from conversations.reach import Route  # noqa: E402
from customers.models import Customer, Identity  # noqa: E402

TEXT = "안녕하세요, 모먼트스토어입니다.\n\n**오늘** 다시 보내 드렸어요. 송장 번호는 내일 알려 드릴게요.\n\n감사합니다."


def main(count: int) -> None:
    agent = User.objects.first() or User.objects.create_user("agent@moment.example", name="Agent")
    channel = Channel.objects.get()
    asked = [_conversation(agent, channel) for _ in range(count)]
    began = time.perf_counter()
    for conversation, route in asked:
        reply(conversation, by=agent, text=TEXT, route=route, not_before=timezone.now())
    print(time.perf_counter() - began)


def _conversation(agent: User, channel: Channel) -> tuple[Conversation, Route]:
    customer = Customer.objects.create(name="손님")
    address = f"customer{customer.pk}@mail.example"
    identity = Identity.objects.create(customer=customer, kind="email", value=address, raw=address)
    return start(customer, by=agent, subject=f"주문 {customer.pk} 배송 문의"), Route(channel, identity)


if __name__ == "__main__":
    main(int(sys.argv[1]))
