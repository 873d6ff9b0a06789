"""Files that a provider fetches to hand them on: open to whoever has the signed address, for some hours."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from conversations import sharing


@require_safe
@login_not_required
def show(request: HttpRequest, signed: str, name: str = "") -> HttpResponseBase:
    """One file, to be stored and not to be shown; 404 once its address has ended. The name is for the fetcher's eyes."""
    attachment = sharing.opened(signed)
    if attachment is None:
        raise Http404("no such file, or no longer")
    response = FileResponse(
        attachment.file.open("rb"),
        as_attachment=True,
        filename=attachment.name,
        content_type=attachment.content_type or "application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
