"""What simulated providers post to the doors of one desk. Import it where Django is set up."""

from __future__ import annotations

from collections.abc import Iterator

from channels_app.models import Channel
from channels_app.simulator import providers
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Account, Provider
from channels_app.simulator.world import World

# Path, body and headers of one request.
Request = tuple[str, bytes, dict[str, str]]


def provider(kind: str) -> Provider:
    """A channel of a kind, and the simulated provider behind it."""
    made = providers.get(kind)
    channel = Channel(kind=kind, name=kind)
    provider = made(Account(channel.token, channel.hook_url, made.new_keys()), World())
    channel.config, channel.secrets = provider.entries()
    channel.save()
    return provider


def said(by: Provider, count: int, people: int) -> Iterator[Request]:
    """So many texts of so many people, in turn."""
    met = [by.meet(Human(n, f"Guest {n}", f"+8210{n:08d}")).address for n in range(1, people + 1)]
    for number in range(count):
        for hook in by.hooks(Doing(Act.TEXT, met[number % people], text=f"배송이 언제 오나요? no. {number}")):
            path = hook.address(f"/hooks/{by.account.token}/")
            yield path, hook.body, {"Content-Type": hook.content_type, **hook.headers}
