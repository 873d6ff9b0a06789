"""Run beside servers under test, in a process of its own: `python -m tests.stage SCENE …`; prints JSON."""

import json
import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.server_settings")
django.setup()

from agents.models import Team, User
from channels_app.models import Channel
from conversations.actions import replies
from conversations.models import Conversation, Intake
from conversations.reach import routes_of

PASSWORD = "correct horse battery"


def found(folder: str, **config: float) -> dict[str, object]:
    """An agent and a courier's channel that writes into `folder`."""
    support = Team.objects.create(name="Support", colour=1)
    ada = User.objects.create_user("ada@desk.example", PASSWORD, name="Ada", language="en", role=User.Role.ADMIN)
    ada.memberships.create(team=support)
    channel = Channel.objects.create(kind="courier", name="Courier", config={"folder": folder, **config})
    Intake.objects.create(channel=channel, team=support)
    return {"token": channel.token, "email": ada.email, "password": PASSWORD}


def answer(count: int) -> dict[str, object]:
    """So many replies to the oldest conversation; the ids of their deliveries."""
    conversation, ada = Conversation.objects.order_by("pk").first(), User.objects.get(name="Ada")
    route = routes_of(conversation)[0]
    sent = [
        replies.reply(conversation, by=ada, text=f"Answer {n} of {time.time_ns()}", route=route) for n in range(count)
    ]
    return {"deliveries": [delivery.pk for message in sent for delivery in message.deliveries.all()]}


SCENES = {"found": found, "answer": answer}

if __name__ == "__main__":
    scene, arguments = sys.argv[1], json.loads(sys.argv[2])
    print(json.dumps(SCENES[scene](**arguments)))
