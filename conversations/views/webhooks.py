"""The door through which providers deliver."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from channels_app.contract import Rejected
from channels_app.models import Channel
from conversations.actions import inbound
from conversations.switchboard import Switchboard


@csrf_exempt
@login_not_required
def receive(request: HttpRequest, token: str, path: str = "") -> HttpResponse:
    """Keep what a provider sent, answer at once; 403 stores nothing."""
    if (channel := Channel.objects.at_door(token)) is None:
        raise Http404("no such door")
    connector = channel.connector
    if handshake := connector.handshake(request):
        return handshake
    try:
        connector.authenticate(request)
    except Rejected:
        return HttpResponse(status=403)
    return connector.refuse(request) or _kept(channel, request, path)


def _kept_headers(request: HttpRequest, channel: Channel) -> dict[str, str]:
    """All but what lets somebody in: the vault is not encrypted."""
    hidden = channel.connector.credential_headers
    return {name: value for name, value in request.headers.items() if name.lower() not in hidden}


def _kept(channel: Channel, request: HttpRequest, path: str) -> HttpResponse:
    """The answer to what is in the vault, now or since it came the first time."""
    envelope, is_new = inbound.keep(
        channel,
        channel.connector.complete(request),
        headers=_kept_headers(request, channel),
        content_type=request.content_type or "",
        path=path,
        query=request.META.get("QUERY_STRING", ""),
    )
    if is_new:
        inbound.open_envelope(envelope)
    connector = channel.connector
    if said := connector.answer(envelope, Switchboard(channel)):
        return said
    answer = connector.acknowledge(envelope) if is_new else connector.acknowledge_again(envelope, request.body)
    return answer or HttpResponse(status=200)
