"""The simulator: the page on which one plays a customer, and the providers' interfaces that connectors call."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from channels_app import connectors
from channels_app.access import View, admins_only
from channels_app.simulator import models, providers, runtime, screens
from channels_app.simulator.forms import DoingForm, FaultsForm, PersonForm
from channels_app.simulator.wire import ApiCall

# What proxies add to a request; the desk's own have none of it.
FORWARDED = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"})


def in_demo(view: View) -> View:
    """Nothing of this exists where the simulator is switched off."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.SIMULATOR:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


# ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@in_demo
@require_safe
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """The first phone, or what to do where no channel is simulated yet."""
    accounts, people = screens.accounts(), screens.people()
    if accounts:
        return redirect("simulator:phone", accounts[0].pk, people[0].pk)
    return render(request, "simulator/page.html", _frame())


@in_demo
@require_safe
@never_cache
def phone(request: HttpRequest, account: int, person: int) -> HttpResponse:
    """The whole page for one person on one channel."""
    shown = _phone(account, person)
    context = _frame() | {"phone": shown, "faults": FaultsForm(initial=shown.account.faults)}
    return render(request, "simulator/page.html", context | {"exchanges": screens.exchanges(shown.account)})


@in_demo
@require_safe
@never_cache
def screen(request: HttpRequest, account: int, person: int) -> HttpResponse:
    """What the phone shows now; pulled after each nudge."""
    return render(request, "simulator/_screen.html", {"phone": _phone(account, person), "emoji": screens.EMOJI})


@in_demo
@require_safe
@never_cache
def log(request: HttpRequest, account: int) -> HttpResponse:
    """The newest raw requests and answers."""
    return render(request, "simulator/_log.html", {"exchanges": screens.exchanges(_account(account))})


@in_demo
@require_POST
def doings(request: HttpRequest, account: int, person: int) -> HttpResponse:
    """Let the customer do something."""
    shown = _phone(account, person)
    form = DoingForm(request.POST, request.FILES, acts=shown.provider.acts)
    wrong = "" if form.is_valid() else " ".join(str(one) for errors in form.errors.values() for one in errors)
    if not wrong:
        try:
            runtime.play(shown.account, screens.human_of(shown.person), form.doing())
        except LookupError:
            wrong = _("That message is not on this phone any more.")
    if not request.headers.get("HX-Request"):
        if wrong:
            messages.error(request, wrong)
        return redirect("simulator:phone", account, person)
    context = {"phone": _phone(account, person), "emoji": screens.EMOJI, "wrong": wrong}
    return render(request, "simulator/_screen.html", context, status=422 if wrong else 200)


@in_demo
@require_POST
def faults(request: HttpRequest, account: int) -> HttpResponse:
    """Switch faults on and off."""
    form = FaultsForm(request.POST)
    if not form.is_valid():
        return render(request, "simulator/_faults.html", {"faults": form, "account": _account(account)}, status=422)
    models.Account.objects.filter(pk=_account(account).pk).update(faults=form.faults())
    if request.headers.get("HX-Request"):
        return render(
            request, "simulator/_faults.html", {"faults": form, "account": _account(account), "is_kept": True}
        )
    return redirect(request.META.get("HTTP_REFERER") or "simulator:index")


@in_demo
@require_POST
def new_person(request: HttpRequest) -> HttpResponse:
    """Make somebody new to play."""
    form, accounts = PersonForm(request.POST), screens.accounts()
    if not form.is_valid() or not accounts:
        messages.error(request, _("A name and a phone number with its country code are needed."))
        return redirect("simulator:index")
    entered = form.cleaned_data
    columns = {"name": entered["name"], "language": entered["language"] or request.LANGUAGE_CODE}
    person, _new = models.Person.objects.get_or_create(phone=entered["phone"], defaults=columns)
    return redirect("simulator:phone", accounts[0].pk, person.pk)


@in_demo
@require_POST
@admins_only
def connect(request: HttpRequest) -> HttpResponse:
    """Connect a channel of a kind whose provider is simulated."""
    kind = request.POST.get("kind", "")
    if kind not in providers.REGISTRY or kind not in connectors.REGISTRY:
        raise Http404(kind)
    channel = runtime.connect(kind, str(connectors.get(kind).label))
    return redirect("simulator:phone", channel.simulated.pk, screens.people()[0].pk)


@in_demo
@require_safe
def file(request: HttpRequest, account: int, key: str) -> HttpResponse:
    """A file of a phone, for those who are signed in."""
    found = get_object_or_404(models.File, account=_account(account), key=key)
    is_shown = found.content_type.partition("/")[0] in ("image", "audio", "video") and "svg" not in found.content_type
    content_type = found.content_type if is_shown else "application/octet-stream"
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=3600"}
    if not is_shown:
        headers["Content-Disposition"] = "attachment"
    return HttpResponse(bytes(found.content), content_type=content_type, headers=headers)


def _frame() -> dict[str, Any]:
    return {
        "accounts": screens.accounts(),
        "people": screens.people(),
        "unconnected": screens.unconnected(),
        "person_form": PersonForm(auto_id="person_%s"),
        "emoji": screens.EMOJI,
        "is_demo": settings.DEMO,
    }


def _account(pk: int) -> models.Account:
    return get_object_or_404(
        models.Account.objects.select_related("channel"), pk=pk, channel__kind__in=providers.REGISTRY
    )


def _phone(account: int, person: int) -> screens.Phone:
    return screens.Phone.of(_account(account), get_object_or_404(models.Person, pk=person))


# ── The providers' interfaces ────────────────────────────────────────────────────────────────────────────────────────
@csrf_exempt
@login_not_required
@in_demo
def api(request: HttpRequest, token: str, path: str) -> HttpResponseBase:
    """Answer a call of a connector; from this machine alone."""
    if not _is_local(request):
        raise PermissionDenied
    account = get_object_or_404(models.Account.objects.select_related("channel"), channel__token=token)
    said = runtime.answer(account, _call(request, path))
    if said.is_ok and account.faults.get("timeout_after_accept") and request.method != "GET":
        return StreamingHttpResponse(_break_off(), content_type=said.content_type)
    headers = {"Content-Type": said.content_type, **said.headers}
    return HttpResponse(said.body, status=said.status, headers=headers)


def _is_local(request: HttpRequest) -> bool:
    """Whether the desk calls itself. What a proxy of this machine hands on comes from here too, and is somebody else's."""
    if FORWARDED & {name.lower() for name in request.headers}:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _call(request: HttpRequest, path: str) -> ApiCall:
    """The request as plain data; the first part of the path only names the interface, but for a provider's own files."""
    name, _slash, rest = path.partition("/")
    headers = {key.lower(): value for key, value in request.headers.items()}
    query = {key: request.GET[key] for key in request.GET}
    return ApiCall(request.method or "GET", path if name == "cdn" else rest, query, headers, request.body)


def _break_off() -> Iterator[bytes]:
    yield b'{"'
    raise ConnectionAbortedError("the simulated connection broke off")
