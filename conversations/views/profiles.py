"""Customers: the list, the profile with its timeline, corrections, the whole of a hidden number, merging."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import F, Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agents.models import User
from agents.requests import AgentRequest
from conversations.actions import joining, profile
from conversations.known import customers_known_to, matching, with_last_activity
from conversations.models import Conversation
from conversations.models.conversation import ConversationQuerySet
from conversations.reach import routes
from conversations.refusal import Refused
from conversations.stream import contacts, facts
from customers.forms import CustomerForm, CustomerSearchForm
from customers.models import Customer, Identity

PAGE = 50
EPISODES = 20
CANDIDATES = 20
# Offered while typing; any BCP 47 tag is accepted.
LANGUAGES = ("ko", "en", "ja", "zh-Hans", "zh-Hant", "vi", "th", "id", "ru", "ar", "de", "fr", "es", "pt", "it", "tr")


@require_GET
def index(request: AgentRequest) -> HttpResponse:
    """Customers the agent knows, the newest first, searched by name, initials or address; 50 a page, by key."""
    form = CustomerSearchForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    found = list(_found(request.user, asked)[: PAGE + 1])
    page = found[:PAGE]
    following = {**request.GET.dict(), "before": page[-1].pk} if len(found) > PAGE else {}
    context = {
        "customers": page,
        "q": asked.get("q", ""),
        "vip": asked.get("vip"),
        "next": f"?{urlencode(following)}" if following else "",
    }
    return render(request, "customers/_rows.html" if request.htmx else "customers/list.html", context)


def _found(agent: User, asked: dict[str, Any]) -> QuerySet[Customer]:
    customers = with_last_activity(customers_known_to(agent), agent).order_by("-pk")
    if asked.get("q"):
        customers = matching(customers, asked["q"])
    if asked.get("vip"):
        customers = customers.filter(is_vip=True)
    if asked.get("before"):
        customers = customers.filter(pk__lt=asked["before"])
    return _with_addresses(customers.select_related("organisation"))


def _with_addresses(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    return customers.prefetch_related(
        Prefetch("identities", Identity.objects.order_by("account", F("last_seen_at").desc(nulls_last=True)))
    )


@require_GET
def show(request: AgentRequest, pk: int) -> HttpResponse:
    """One customer: facts, addresses, timeline. A customer who was merged leads to the one who stayed."""
    survivor = _survivor(pk)
    if survivor != pk:
        return redirect("conversations:customer", survivor)
    customer = _known(request, pk)
    return render(request, "customers/profile.html", _profile(request, customer, CustomerForm(instance=customer)))


def _survivor(pk: int) -> int:
    while merged_into := Customer.objects.filter(pk=pk).values_list("merged_into", flat=True).first():
        pk = merged_into
    return pk


def _known(request: AgentRequest, pk: int) -> Customer:
    return get_object_or_404(customers_known_to(request.user).select_related("organisation"), pk=pk)


def _profile(request: AgentRequest, customer: Customer, form: CustomerForm) -> dict[str, Any]:
    return {
        "customer": customer,
        "form": form,
        "contacts": contacts.of(customer, routes(customer)),
        "claims": contacts.open_claims(customer),
        "facts": facts.read(customer.facts),
        "languages": LANGUAGES,
        **_timeline(request, customer),
    }


@require_GET
def timeline(request: AgentRequest, pk: int) -> HttpResponse:
    """Older episodes of a customer, appended to those on the page."""
    customer = _known(request, pk)
    return render(request, "customers/_timeline.html", {"customer": customer, **_timeline(request, customer)})


def _timeline(request: AgentRequest, customer: Customer) -> dict[str, Any]:
    episodes = Conversation.objects.visible_to(request.user).current().filter(customer=customer).newest_first()
    episodes = _older_than(request.GET.get("before", ""), episodes)
    found = list(episodes.select_related("last_channel", "assignee", "team").prefetch_related("tags")[: EPISODES + 1])
    return {"episodes": found[:EPISODES], "older": found[EPISODES - 1].pk if len(found) > EPISODES else None}


def _older_than(key: str, episodes: ConversationQuerySet) -> ConversationQuerySet:
    """What follows the conversation of that id in the order of last activity."""
    last = episodes.filter(pk=key).first() if key.isdecimal() else None
    if last is None:
        return episodes
    return episodes.filter(Q(active_at__lt=last.active_at) | Q(active_at=last.active_at, pk__lt=last.pk))


@require_POST
def edit(request: AgentRequest, pk: int) -> HttpResponse:
    """Correct name, language, zone, place, company, VIP or notes."""
    form = CustomerForm(request.POST, instance=_known(request, pk))
    if not form.is_valid():
        return render(request, "customers/profile.html", _profile(request, _known(request, pk), form), status=422)
    profile.correct(form.instance)
    messages.success(request, _("The profile is saved."))
    return redirect("conversations:customer", pk)


@require_POST
def reveal(request: AgentRequest, pk: int, identity: int) -> HttpResponse:
    """The whole of a hidden number; who asked is recorded."""
    found = get_object_or_404(_known(request, pk).identities, pk=identity)
    try:
        number = profile.reveal(found, by=request.user)
    except Refused as refused:
        return render(request, "customers/_revealed.html", {"reason": refused.reason}, status=422)
    spelled = contacts.spelled(number)
    if request.htmx:
        return render(request, "customers/_revealed.html", {"number": number, "spelled": spelled})
    messages.info(request, spelled)
    return redirect("conversations:customer", pk)


@require_http_methods(["GET", "POST"])
def merge(request: AgentRequest, pk: int) -> HttpResponse:
    """Find the same person's other profile, compare both, let one become the other."""
    customer = _known(request, pk)
    others = customers_known_to(request.user).exclude(pk=pk)
    chosen = request.POST.get("other") or request.GET.get("other") or ""
    other = get_object_or_404(others, pk=chosen) if chosen.isdecimal() else None
    if request.method == "POST" and other:
        joining.merge_customers(other, into=customer, by=request.user)
        messages.success(request, _("Both are one customer now."))
        return redirect("conversations:customer", pk)
    form = CustomerSearchForm(request.GET)
    asked = form.cleaned_data["q"] if form.is_valid() else ""
    found = _with_addresses(matching(others, asked).order_by("-pk"))[:CANDIDATES] if asked else []
    context = {"customer": customer, "other": other, "q": asked, "found": found}
    return render(request, "customers/merge.html", {**context, "sides": _sides(other, customer) if other else []})


def _sides(*customers: Customer) -> list[dict[str, Any]]:
    return [
        {"customer": one, "contacts": contacts.of(one, routes(one)), "episodes": one.conversations.count()}
        for one in customers
    ]
