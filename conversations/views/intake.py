"""What the desk does with that which comes in on a channel: a card on the channel's page."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from channels_app.models import Channel
from conversations.forms.intake import IntakeForm
from conversations.models import Intake


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Show or store it; admins only."""
    if not request.user.is_admin:  # type: ignore[union-attr]
        raise PermissionDenied
    channel = get_object_or_404(Channel, pk=pk)
    intake = Intake.objects.filter(channel=channel).first() or Intake(channel=channel)
    form = IntakeForm(request.POST or None, instance=intake)
    is_stored = request.method == "POST" and form.is_valid()
    if is_stored:
        form.save()
        if not request.headers.get("HX-Request"):
            return redirect("channels:show", pk)
    template = "_intake.html" if request.headers.get("HX-Request") else "intake.html"
    context = {"channel": channel, "form": form, "is_stored": is_stored}
    return render(request, f"channels_app/{template}", context, status=422 if form.errors else 200)
