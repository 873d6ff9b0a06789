"""WhatsApp by Meta's Cloud API: one number of a WhatsApp Business account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import gettext_lazy as _

from channels_app.connectors import phone, tolerant
from channels_app.connectors.meta import media
from channels_app.connectors.meta.base import MEGABYTE, MetaConnector
from channels_app.connectors.meta.problems import WHATSAPP
from channels_app.connectors.plain_text import Marks, write
from channels_app.connectors.tolerant import Json
from channels_app.connectors.whatsapp import inbound, outbound, statuses, templates
from channels_app.connectors.whatsapp.forms import WhatsAppForm
from channels_app.contract import (
    Address,
    Capabilities,
    FetchedFile,
    Inbound,
    MediaLimit,
    OutboundFile,
    OutboundMessage,
    Outside,
    PermanentFailure,
    Problem,
    Receipt,
    ReceivedEnvelope,
    RemoteFile,
    Template,
    Tile,
    Window,
)
from channels_app.contract.parts import parts_of

if TYPE_CHECKING:
    from django import forms

# WhatsApp's own marks; it has no links with titles and knows quotes and lists by the same signs.
MARKS = Marks(
    strong=("*", "*"), em=("_", "_"), strike=("~", "~"), code=("`", "`"), fence=("```", "```"), heading=("*", "*")
)
OFFICE = "application/vnd.openxmlformats-officedocument"
DOCUMENTS = ("application/pdf", "application/msword", "application/vnd.ms-", OFFICE, "text/plain")
AUDIO = ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg")


class WhatsAppConnector(MetaConnector):
    """One number."""

    kind = inbound.KIND
    label = _("WhatsApp")
    tile = Tile("ch ch--whatsapp", letter="W")
    capabilities = Capabilities(
        max_text=4096,
        most_parts=4,
        max_caption=1024,
        media=(
            *(MediaLimit(f"image/{kind}", 5 * MEGABYTE) for kind in ("jpeg", "png")),
            MediaLimit(outbound.STICKER, MEGABYTE // 2),
            *(MediaLimit(kind, 16 * MEGABYTE) for kind in ("video/mp4", "video/3gpp", *AUDIO)),
            *(MediaLimit(kind, 100 * MEGABYTE) for kind in DOCUMENTS),
        ),
        can_start=True,
        reply_window=timedelta(hours=24),
        outside_window=Outside.TEMPLATE,
        has_templates=True,
        obeys_opt_out=True,
        sends_delivered=True,
        sends_read=True,
        shows_typing=True,
        marks_read=True,
        reactions=None,
        quotes=True,
        quick_replies=outbound.MOST_ROWS,
        quick_reply_title=outbound.BUTTON_TITLE,
        identity_kind=inbound.KIND,
        also_reaches=frozenset({phone.KIND}),
    )
    hook_object = "whatsapp_business_account"
    hook_fields = ("messages", "smb_message_echoes", "user_preferences", "calls", "message_template_status_update")
    permissions: ClassVar[tuple[str, ...]] = ("whatsapp_business_messaging", "whatsapp_business_management")
    problems: ClassVar[Mapping[str, Problem]] = WHATSAPP
    largest_file = 100 * MEGABYTE

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return WhatsAppForm

    @property
    def number_id(self) -> str:
        """Meta's id of the number."""
        return self.entered("phone_number_id")

    @property
    def business_id(self) -> str:
        """Meta's id of the WhatsApp Business account that holds the number."""
        return self.entered("business_account_id")

    # ── Inbound ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        """Up to a thousand updates in one request; those of other numbers of the same account are not ours."""
        body = tolerant.load(envelope.body)
        if tolerant.text(body, "object") != self.hook_object:
            return []
        changes = [change for entry in tolerant.items(body, "entry") for change in tolerant.items(entry, "changes")]
        values = [tolerant.obj(change, "value") for change in changes]
        return [item for value in values if self._is_for_this_number(value) for item in _news(value)]

    def _is_for_this_number(self, value: Json) -> bool:
        return tolerant.text(value, "metadata", "phone_number_id") == self.number_id

    def fetch(self, file: RemoteFile) -> FetchedFile:
        """An address holds for five minutes, so a new one is asked for each time; 404 means that it ended meanwhile."""
        try:
            return self._fetched(file)
        except PermanentFailure as failure:
            if failure.code != "404":
                raise
            return self._fetched(file)

    def _fetched(self, file: RemoteFile) -> FetchedFile:
        found = self.graph.get(file.reference, phone_number_id=self.number_id)
        url = tolerant.text(found, "url")
        got = media.fetch(url, max_bytes=self.largest_file, beside=self.host, token=self.token)
        return FetchedFile(got.content, media.bare_type(tolerant.text(found, "mime_type")) or got.content_type)

    # ── Outbound ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def parts(self, message: OutboundMessage) -> Sequence[OutboundMessage]:
        """Nothing stands beside sounds and stickers; choices stand under a text, so the text comes last with them."""
        can = self.capabilities
        if message.quick_replies and message.files and message.text:
            alone = replace(message, text="", html="", quick_replies=())
            words = replace(message, files=(), quoted_id="", delivery_key=f"{message.delivery_key}-t")
            return [*parts_of(alone, can), *parts_of(words, can)]
        if message.files and not outbound.takes_caption(message.files[0]):
            can = replace(can, max_caption=None)
        return parts_of(message, can)

    def send(self, message: OutboundMessage) -> Receipt:
        said = self.graph.send(f"{self.number_id}/messages", outbound.body(message, self._upload))
        sent = next(iter(tolerant.items(said, "messages")), {})
        reached = next(iter(tolerant.items(said, "contacts")), {})
        details = {"wa_id": tolerant.text(reached, "wa_id"), "status": tolerant.text(sent, "message_status")}
        return Receipt(tolerant.text(sent, "id"), details={name: value for name, value in details.items() if value})

    def _upload(self, file: OutboundFile) -> str:
        form = {"messaging_product": "whatsapp", "type": file.content_type}
        said = self.graph.upload(f"{self.number_id}/media", form, (file.name, file.read(), file.content_type))
        return tolerant.text(said, "id")

    def react(self, address: Address, target_id: str, emoji: str, *, is_public: bool = False) -> None:
        self.graph.post(f"{self.number_id}/messages", outbound.reaction(address, target_id, emoji))

    def show_typing(self, address: Address, window: Window, *, last_id: str = "") -> None:
        """WhatsApp shows it under a message that was read; before the first one there is nowhere to show it."""
        if last_id:
            self.graph.post(f"{self.number_id}/messages", outbound.seen(last_id, is_typing=True))

    def mark_read(self, address: Address, window: Window, *, last_id: str) -> None:
        self.graph.post(f"{self.number_id}/messages", outbound.seen(last_id))

    def templates(self) -> Sequence[Template]:
        entries = self.graph.pages(f"{self.business_id}/message_templates", fields=templates.FIELDS, limit="100")
        return [found for entry in entries if (found := templates.template(entry))]

    def render(self, text: str) -> tuple[str, str]:
        return write(text, MARKS), ""

    def address_of(self, raw: str) -> Address:
        return phone.typed(raw, region=self.entered("region"))

    # ── Connecting ───────────────────────────────────────────────────────────────────────────────────────────────────
    def register(self) -> None:
        """The app gets the account's web hooks, and those of this number come to our own address."""
        self.subscribe_app()
        graph = self.graph
        graph.post(f"{self.business_id}/subscribed_apps", {})
        ours = {"override_callback_uri": self.account.hook_url, "verify_token": self.verify_token}
        graph.post(self.number_id, {"webhook_configuration": ours})

    def check(self) -> None:
        graph = self.graph
        said = graph.get(self.number_id, fields="id,display_phone_number,verified_name,webhook_configuration")
        self.check_token()
        hooks = tolerant.obj(said, "webhook_configuration")
        delivered_to = [
            tolerant.text(hooks, name) for name in ("phone_number", "whatsapp_business_account", "application")
        ]
        if not self._is_subscribed() or self.account.hook_url not in delivered_to:
            self.register()

    def _is_subscribed(self) -> bool:
        app_id = self.entered("app_id")
        apps = self.graph.pages(f"{self.business_id}/subscribed_apps")
        found = [tolerant.text(app, "whatsapp_business_api_data", "id") for app in apps]
        return app_id in found if app_id else bool(found)


def _news(value: Json) -> list[Inbound]:
    """All that one `value` holds: who they are comes before what they say."""
    people = tolerant.items(value, "contacts")
    names = {
        tolerant.text(one, key): tolerant.text(one, "profile", "name") for one in people for key in ("wa_id", "user_id")
    }
    own = tolerant.text(value, "metadata", "display_phone_number")
    found: list[Inbound] = []
    if tolerant.items(value, "messages"):
        found += [update for one in [*people, *_in_groups(value)] if (update := inbound.contact(one))]
    for one in tolerant.items(value, "messages"):
        found += inbound.message(one, names)
    for one in tolerant.items(value, "message_echoes"):
        found += inbound.echo(one, own)
    for one in tolerant.items(value, "statuses"):
        found += statuses.status(one)
    for one in tolerant.items(value, "user_preferences"):
        found += statuses.preference(one)
    for one in tolerant.items(value, "calls"):
        found += statuses.call(one, own)
    return found


def _in_groups(value: Json) -> list[Json]:
    """Those who wrote in a group, as they are known there: another address of the same person."""
    said = tolerant.items(value, "messages")
    groups = {
        tolerant.text(one, key): tolerant.text(one, "group_id") for one in said for key in ("from", "from_user_id")
    }
    placed = [
        (one, groups.get(tolerant.text(one, "user_id")) or groups.get(tolerant.text(one, "wa_id")))
        for one in tolerant.items(value, "contacts")
    ]
    return [{**one, "group_id": group} for one, group in placed if group]
