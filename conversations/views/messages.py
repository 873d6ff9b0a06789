"""One message: why it is where it is, moving it, the letter as it was written, the original bytes."""

from __future__ import annotations

import re
from email.utils import encode_rfc2231

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from channels_app.mail.html import reveal_images
from channels_app.models import Envelope
from conversations.actions import moving
from conversations.forms.writing import MoveForm
from conversations.models import Conversation, Message, Operation
from conversations.models.conversation import ConversationQuerySet
from conversations.refusal import Refused
from conversations.views.answers import toast
from conversations.views.pane import agent_of

# Offered where a channel carries any emoji.
COMMON = ("👍", "❤️", "😂", "😮", "😢", "🙏")

CID = re.compile(r"""(["'(])cid:([^"')\s>]+)""", re.IGNORECASE)
# No script, no form, no frame, nothing from outside; `sandbox` holds even where the address is opened by itself.
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src {images}; font-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)


def message_for(request: HttpRequest, pk: int) -> Message:
    """A message of a conversation that the agent may see; 404 for any other."""
    seen = Conversation.objects.visible_to(agent_of(request))
    found = Message.objects.filter(conversation__in=seen).select_related(
        "conversation__customer", "channel", "identity", "author"
    )
    return get_object_or_404(found, pk=pk)


@require_GET
@never_cache
def menu(request: HttpRequest, pk: int) -> HttpResponse:
    """Why the message is here, and where else it could be."""
    message = message_for(request, pk)
    context = {"m": message, "others": _others(request, message)[:6], **_doings(message)}
    return render(request, "message/_menu.html", context)


def _doings(message: Message) -> dict[str, object]:
    """What one can do with a message beside moving it: which emojis to put on it, by which way to answer it."""
    if message.channel is None or message.deleted_at or message.kind == Message.Kind.NOTE:
        return {}
    can = message.channel.connector.capabilities
    takes = message.kind == Message.Kind.INBOUND and bool(message.external_id)
    emojis = (COMMON if can.reactions is None else can.reactions[:8]) if takes else ()
    ours = message.reactions.filter(agent__isnull=False).first() if emojis else None
    quotes = can.quotes and message.identity_id and (takes or message.kind == Message.Kind.OUTBOUND)
    way = f"{message.channel_id}:{message.identity_id}" if quotes else ""
    return {"emojis": emojis, "ours": ours.emoji if ours else "", "way": way}


def _others(request: HttpRequest, message: Message) -> ConversationQuerySet:
    customer = message.identity.customer_id if message.identity else message.conversation.customer_id
    mine = Conversation.objects.visible_to(agent_of(request)).current().filter(customer=customer)
    return mine.exclude(pk=message.conversation_id).newest_first()


@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a message to another conversation of its customer, or to one of its own."""
    message = message_for(request, pk)
    source = message.conversation_id
    form = MoveForm(request.POST, conversations=_others(request, message))
    if not form.is_valid():
        return render(request, "composer/_errors.html", {"reasons": form.errors.get("to", [])}, status=422)
    try:
        target = moving.move_message(message, to=form.cleaned_data["to"], by=agent_of(request))
    except Refused as refused:
        return render(request, "composer/_errors.html", {"reasons": [refused.reason]}, status=422)
    done = Operation.objects.filter(by=agent_of(request), conversation=target).latest("pk")
    text = _("Moved to conversation #%(number)d") % {"number": target.pk}
    return toast(request, text, undo=[done.pk], done=[source, target.pk])


@require_GET
@never_cache
@xframe_options_sameorigin
def body(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter as it was written, for a frame; images from elsewhere only where `images` is asked for."""
    message = message_for(request, pk)
    html = message.quoted_html if request.GET.get("part") == "quote" else message.html
    is_revealed = "images" in request.GET
    shown = _with_files(message, reveal_images(html) if is_revealed else html)
    response = HttpResponse(render_to_string("message/body.html", {"html": shown}))
    images = "'self' data: https: http:" if is_revealed else "'self' data:"
    response["Content-Security-Policy"] = FRAME_POLICY.format(images=images)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _with_files(message: Message, html: str) -> str:
    """Point `cid:` addresses at the files they mean."""
    if "cid:" not in html.lower():
        return html
    keys = {one.content_id.strip("<>"): one.key for one in message.attachments.all() if one.content_id}

    def address(match: re.Match[str]) -> str:
        key = keys.get(match[2])
        return f"{match[1]}/attachments/{key}/?show" if key else match[0]

    return CID.sub(address, html)


@require_GET
def original(request: HttpRequest, pk: int) -> HttpResponse:
    """The bytes as they were received, as a download."""
    message = message_for(request, pk)
    envelope = message.envelope
    if envelope is None:
        raise Http404("nothing was received")
    response = HttpResponse(bytes(envelope.body), content_type="application/octet-stream")
    response["Content-Disposition"] = f"attachment; filename*={_file_name(message, envelope)}"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _file_name(message: Message, envelope: Envelope) -> str:
    suffix = (
        "eml" if envelope.content_type.startswith("message/") else "json" if "json" in envelope.content_type else "txt"
    )
    return encode_rfc2231(f"{message.subject or f'message-{message.pk}'}.{suffix}".replace("/", "-"), "utf-8")
