"""What a connector is told of one delivery."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from channels_app import contract
from channels_app.models import Template
from conversations import contents, sharing, tokens
from conversations.actions.placing import intake_of
from conversations.models import Attachment, Delivery, Message, ReplyWindow
from conversations.windows import Opening, opening

# Earlier ids of the thread that a message refers to, newest last.
MOST_REFERENCES = 21


def outbound(delivery: Delivery) -> contract.OutboundMessage:
    """What a connector needs to know of one delivery; raises PermanentFailure where its template has gone."""
    message = delivery.message
    # Whom else it went to here; an address of another channel says nothing, or too much, to those who read it.
    siblings = list(message.deliveries.filter(channel=delivery.channel_id).select_related("identity"))
    earlier = _earlier_ids(delivery)
    text, html = _words(delivery)
    files = list(message.attachments.all())
    linked = [one for one in files if str(one.key) in message.details.get("linked", ())]
    return contract.OutboundMessage(
        delivery_key=delivery.key.hex,
        recipient=address_of(delivery),
        text="\n".join(filter(None, [text, *map(_link, linked)])),
        html="".join([html, *map(_html_link, linked)]) if html else "",
        subject=message.subject or message.conversation.subject,
        to=[address_of(one) for one in siblings if one.role == Delivery.Role.TO],
        cc=[address_of(one) for one in siblings if one.role == Delivery.Role.CC],
        files=[_file(attachment) for attachment in files if attachment not in linked],
        reply_token=tokens.reply_token(message.conversation_id),
        in_reply_to=earlier[-1] if earlier else "",
        references=earlier,
        quoted_id=_quoted_id(delivery),
        thread_id=_thread_id(delivery),
        author_name=message.author.name if message.author else "",
        is_automatic=message.is_automatic,
        is_public=message.is_public,
        language=message.conversation.customer.language,
        quoted_history=_history(message),
        signature=_signature(delivery),
        quick_replies=contents.quick_replies(message),
        template=_template(delivery),
        window=opening_of(delivery).as_sent(),
        # One conversation's messages are added one after the other, under its lock.
        sequence=message.pk,
    )


def address_of(delivery: Delivery) -> contract.Address:
    """Whom a delivery goes to."""
    identity, can = delivery.identity, delivery.channel.connector.capabilities
    return contract.Address(
        identity.kind if identity else can.identity_kind,
        delivery.address,
        raw=(identity.raw if identity else "") or delivery.address,
        name=delivery.name,
        is_local=identity is not None and identity.account == delivery.channel.account,
    )


def opening_of(delivery: Delivery) -> Opening:
    """What the customer's doings let us send at this moment."""
    row = ReplyWindow.objects.filter(channel=delivery.channel_id, identity=delivery.identity_id).first()
    can = delivery.channel.connector.capabilities
    return opening(row, can, is_automatic=delivery.message.is_automatic)


def _words(delivery: Delivery) -> tuple[str, str]:
    """The text as this delivery's channel shows it; the message itself is worded for the channel it was written for."""
    message = delivery.message
    if delivery.channel_id == message.channel_id or "source" not in message.details:
        return message.text, message.html
    return delivery.channel.connector.render(message.details["source"])


def _file(attachment: Attachment) -> contract.OutboundFile:
    return contract.OutboundFile(
        name=attachment.name,
        content_type=attachment.content_type,
        size=attachment.size,
        read=partial(_read, attachment),
        content_id=attachment.content_id,
        is_inline=attachment.is_inline,
        share=partial(sharing.address_of, attachment),
    )


def _link(attachment: Attachment) -> str:
    """A file that the channel does not carry, as a line of the text."""
    return f"{attachment.name}: {sharing.link_to(attachment)}"


def _html_link(attachment: Attachment) -> str:
    return format_html('<p><a href="{}">{}</a></p>', sharing.link_to(attachment), attachment.name)


def _read(attachment: Attachment) -> bytes:
    with attachment.file.open("rb") as file:
        return file.read()


def _earlier_ids(delivery: Delivery) -> list[str]:
    """Ids under which this recipient knows the earlier messages of the conversation on this channel, oldest first."""
    said = Message.objects.filter(conversation=delivery.message.conversation_id, channel=delivery.channel)
    said = said.filter(sent_at__lt=delivery.message.sent_at).exclude(pk=delivery.message_id)
    received = said.exclude(external_id="").values_list("sent_at", "external_id")
    sent = Delivery.objects.filter(message__in=said, address=delivery.address).exclude(external_id="")
    known = sorted([*received, *sent.values_list("message__sent_at", "external_id")])
    return [external_id for _at, external_id in known][-MOST_REFERENCES:]


def _quoted_id(delivery: Delivery) -> str:
    """Under which id this recipient knows the message that is answered; blank where it was said elsewhere."""
    quoted = delivery.message.in_reply_to
    if quoted is None or quoted.deleted_at:
        return ""
    if quoted.channel_id == delivery.channel_id and quoted.external_id:
        return quoted.external_id
    sent = quoted.deliveries.filter(channel=delivery.channel_id).exclude(external_id="")
    return next((one.external_id for one in sent.order_by("-pk")[:1]), "")


def _thread_id(delivery: Delivery) -> str:
    """The provider's thread in which the customer last wrote here."""
    message = delivery.message
    if message.in_reply_to and message.in_reply_to.channel_id == delivery.channel_id and message.in_reply_to.thread_id:
        return message.in_reply_to.thread_id
    said = message.conversation.messages.filter(channel=delivery.channel_id, is_public=message.is_public)
    held = said.exclude(thread_id="").order_by("-sent_at", "-id").values_list("thread_id", flat=True)
    return next(iter(held[:1]), "")


def _signature(delivery: Delivery) -> str:
    """The author's own, else the one that the desk has given the channel."""
    author = delivery.message.author
    return (author.signature if author else "") or intake_of(delivery.channel).signature


def _history(message: Message) -> str:
    """What was said before, for channels and agents who quote it."""
    if not message.details.get("quotes_history"):
        return ""
    before = message.conversation.messages.public().filter(sent_at__lt=message.sent_at).in_order().reverse()[:1]
    return "\n".join(f"> {line}" for earlier in before for line in earlier.text.splitlines())


def template_of(delivery: Delivery) -> dict[str, Any]:
    """Which approved text a delivery is made of: {name, language, values}, empty where it is none."""
    message = delivery.message
    if delivery.channel_id == message.channel_id:
        return message.details.get("template", {})
    rung = getattr(delivery, "rung", None) if message.details.get("has_plan") else None
    return rung.template if rung else {}


def _template(delivery: Delivery) -> contract.TemplateUse | None:
    used = template_of(delivery)
    if not used:
        return None
    known = Template.objects.filter(channel=delivery.channel_id, name=used["name"], language=used.get("language", ""))
    row = known.first()
    if row is None:
        words = _("The template is no longer approved. Choose another one.")
        raise contract.PermanentFailure(f"no template {used['name']}", code="template", advice=words)
    return contract.TemplateUse(row.as_sent(), used.get("values", {}))
