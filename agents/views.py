"""An agent's own pages."""

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agents import look as looks
from agents.forms import LookForm, PreferencesForm
from agents.requests import AgentRequest


@require_http_methods(["GET", "POST"])
def preferences(request: AgentRequest) -> HttpResponse:
    """Language, time zone, look, keyboard, signature, availability."""
    form = PreferencesForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        agent = form.save()
        with translation.override(agent.language):
            messages.success(request, _("Your settings are saved."))
        return looks.remember(redirect("agents:preferences"), agent)
    return render(request, "agents/preferences.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def look(request: AgentRequest) -> HttpResponse:
    """Theme, density or availability from the personal menu."""
    form = LookForm(request.POST, instance=request.user)
    if not form.fields or not form.is_valid():
        return HttpResponseBadRequest()
    agent = form.save()
    answer = HttpResponse(status=204) if request.htmx else redirect(_next(request))
    return looks.remember(answer, agent)


@require_POST
def end_session(request: AgentRequest, pk: int) -> HttpResponse:
    """Sign one of the agent's own devices out."""
    get_object_or_404(UserSession, pk=pk, user=request.user).end()
    messages.success(request, _("That device is signed out."))
    return redirect("usersessions_list")


def _next(request: AgentRequest) -> str:
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        return target
    return reverse("agents:preferences")
