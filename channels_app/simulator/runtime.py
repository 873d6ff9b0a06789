"""Runs simulated providers for real: state in the database, web hooks over HTTP to the desk's own door, faults on demand."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from django.conf import settings
from django.db import close_old_connections, transaction
from django.dispatch import Signal
from django.http import QueryDict

from channels_app import connectors, http
from channels_app.contract import DeliveryError
from channels_app.forms import ChannelForms
from channels_app.models import Channel
from channels_app.simulator import models, providers
from channels_app.simulator.doings import Doing
from channels_app.simulator.faults import Faults
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Account, Event, Provider
from channels_app.simulator.tables import Tables
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook
from channels_app.simulator.world import World

logger = logging.getLogger(__name__)

# Something changed on a phone or in the log; whoever shows it looks again. Sent with `account`, a models.Account.
changed = Signal()

# Seconds until a provider tells that a message has reached the phone.
ARRIVES_AFTER = 0.6
HOOK_SECONDS = 20.0


@dataclass(frozen=True)
class Dispatch:
    """A web hook that is to be sent: after how many seconds, and whether it carries receipts only."""

    hook: Hook
    after: float = 0.0
    is_receipt: bool = False


def address() -> str:
    """Where this desk serves the simulated interfaces to itself."""
    return f"{settings.SIMULATOR_URL}/simulator/api"


def endpoints(channel: Channel) -> dict[str, str]:
    """The interfaces of a channel's connector, each at the simulator; a path that belongs to the address stays."""
    named = connectors.get(channel.kind).endpoints
    return {name: f"{address()}/{channel.token}/{name}{urlsplit(url).path}" for name, url in named.items()}


def connect(kind: str, name: str) -> Channel:
    """Make a channel of a kind whose provider is simulated, with what an admin would have entered."""
    channel = Channel(kind=kind, name=name, state=Channel.State.OK)
    keys = providers.get(kind).new_keys()
    made = Account(channel.token, channel.hook_url, keys, base=f"{address()}/{channel.token}")
    provider = providers.get(kind)(made, World())
    with transaction.atomic():
        enter(channel, provider, endpoints(channel))
        models.Account.objects.create(channel=channel, keys=keys, notes=provider.world.notes)
    return channel


def enter(channel: Channel, provider: Provider, named: Mapping[str, str]) -> None:
    """Fill in the channel's own form as an admin would, then copy what it hands over to the provider."""
    channel.config = {"endpoints": dict(named)}
    config, secrets = provider.entries()
    made = channel.connector.settings_form()
    left_alone = {name: field.initial for name, field in made.base_fields.items()} if made else {}
    typed = {**left_alone, **config, **secrets, "name": channel.name}
    data = QueryDict(mutable=True)
    data.update({name: "on" if value is True else str(value) for name, value in typed.items() if value})
    entered = ChannelForms(channel, data)
    if not entered.is_valid():
        wrong = [entered.name.errors, entered.settings.errors if entered.settings else ""]
        raise ValueError(f"{channel.kind} refuses what its provider gave: {wrong}")
    entered.save()
    # What its interface would tell the provider rather than an admin.
    channel.secrets = {**{name: v for name, v in secrets.items() if v}, **channel.secrets}
    channel.save(update_fields=["secrets"])
    provider.adopt([str(value) for _label, value in channel.connector.handover()])


def provider_of(account: models.Account) -> Provider:
    """The provider of an account, on what the database remembers of it."""
    channel = account.channel
    base = f"{address()}/{channel.token}"
    faults = Faults.of(account.faults)
    made = Account(channel.token, channel.hook_url, account.keys, faults, base)
    return providers.get(channel.kind)(made, Tables(account))


@contextmanager
def locked(pk: int) -> Iterator[Provider]:
    """The provider of an account, which nobody else uses meanwhile; what it noted is kept at the end."""
    with transaction.atomic():
        account = models.Account.objects.select_for_update(of=["self"]).select_related("channel").get(pk=pk)
        provider = provider_of(account)
        yield provider
        account.save(update_fields=["notes"])
        transaction.on_commit(lambda: changed.send(models.Account, account=account))


# ── The customer does something ──────────────────────────────────────────────────────────────────────────────────────
def play(account: models.Account, human: Human, doing: Doing) -> None:
    """Let a person do something on their phone, and tell the desk of it."""
    with locked(account.pk) as provider:
        address = provider.meet(human).address
        hooks = provider.hooks(replace(doing, address=address))
        faults = provider.account.faults
    dispatch(account.pk, after_faults([Dispatch(hook) for hook in hooks], faults))


def after_faults(posts: Sequence[Dispatch], faults: Faults) -> list[Dispatch]:
    """What becomes of web hooks under the faults that are switched on."""
    kept = [one for one in posts if not (faults.drop_receipts and one.is_receipt)]
    if faults.duplicate:
        kept = [copy for one in kept for copy in (one, one)]
    if faults.reorder:
        # The later half overtakes: it goes at once, the first waits a little longer.
        kept = [replace(one, after=one.after + (1.5 if number % 2 == 0 else 0)) for number, one in enumerate(kept)]
    return [replace(one, after=one.after + faults.delay_seconds) for one in kept]


# ── The desk calls the provider ──────────────────────────────────────────────────────────────────────────────────────
def answer(account: models.Account, call: ApiCall) -> ApiAnswer:
    """Answer a call of the desk, note it in the log, and report what becomes of what was sent."""
    said, posts = answered(account, call)
    models.Exchange.objects.create(
        account=account,
        is_hook=False,
        method=call.method,
        url=f"/{call.path}",
        headers=_without_secrets(call.headers),
        body=models.as_text(call.body),
        status=said.status,
        answer=models.as_text(said.body),
    )
    dispatch(account.pk, posts)
    return said


def answered(account: models.Account, call: ApiCall) -> tuple[ApiAnswer, list[Dispatch]]:
    """What the provider says to a call of the desk, and the web hooks that follow from it."""
    with locked(account.pk) as provider:
        said = provider.answer(call)
        posts = [Dispatch(hook) for hook in provider.pack(provider.told)] + _reports(provider)
        return said, after_faults(posts, provider.account.faults)


def _reports(provider: Provider) -> list[Dispatch]:
    """The receipts of what the call under way sent, each a little after the one before."""
    found = []
    for message in provider.sent:
        for step, state in enumerate(provider.fate(message), start=1):
            events: list[Event] = provider.report(message, state)
            found += [Dispatch(hook, step * ARRIVES_AFTER, is_receipt=True) for hook in provider.pack(events)]
    return found


def _without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers for the log; what lets one in is only named."""
    shown = dict(headers)
    return {name: "…" if name in ("authorization", "cookie") or "token" in name else v for name, v in shown.items()}


# ── To the desk's door ───────────────────────────────────────────────────────────────────────────────────────────────
def dispatch(account: int, posts: Sequence[Dispatch]) -> None:
    """Send web hooks from a thread of their own, once the running transaction has committed."""
    if posts:
        thread = threading.Thread(target=_deliver, args=(account, posts), name="simulator", daemon=True)
        transaction.on_commit(thread.start)


def _deliver(account: int, posts: Sequence[Dispatch]) -> None:
    began = time.monotonic()
    try:
        for one in sorted(posts, key=lambda one: one.after):
            time.sleep(max(0.0, began + one.after - time.monotonic()))
            post(models.Account.objects.select_related("channel").get(pk=account), one.hook)
    except models.Account.DoesNotExist:
        logger.info("simulator.gone", extra={"account": account})
    finally:
        close_old_connections()


def post(account: models.Account, hook: Hook) -> ApiAnswer:
    """Hand one web hook to the real door, and note what it said."""
    url = f"{settings.SIMULATOR_URL}/hooks/{account.channel.token}/"
    headers = {**hook.headers, "Content-Type": hook.content_type}
    entry = models.Exchange(account=account, is_hook=True, method=hook.method, url=hook.address("/hooks/…/"))
    entry.headers, entry.body = dict(hook.headers), models.as_text(hook.body)
    try:
        said = http.request(
            hook.method, hook.address(url), headers=headers, content=hook.body or None, seconds=HOOK_SECONDS
        )
        heard = ApiAnswer(said.status, said.body, said.headers.get("content-type", ""))
    except DeliveryError as failure:
        heard = ApiAnswer(0, str(failure).encode())
    entry.status, entry.answer = heard.status, models.as_text(heard.body)
    entry.save()
    models.Exchange.objects.forget_old(account)
    with locked(account.pk) as provider:
        provider.heard(hook, heard)
    return heard
