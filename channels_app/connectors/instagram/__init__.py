"""Instagram: direct messages to a professional account, comments under its media, mentions elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import gettext_lazy as _

from channels_app.connectors import tolerant
from channels_app.connectors.instagram import mentions, tokens
from channels_app.connectors.instagram.forms import InstagramForm, Login
from channels_app.connectors.meta import comments, sending
from channels_app.connectors.meta.base import MEGABYTE
from channels_app.connectors.meta.direct import DirectConnector
from channels_app.connectors.meta.graph import Graph
from channels_app.connectors.tolerant import Json
from channels_app.contract import (
    Capabilities,
    Inbound,
    Inlet,
    Knock,
    MediaLimit,
    OutboundMessage,
    PermanentFailure,
    TextUnit,
    Tile,
)

if TYPE_CHECKING:
    from django import forms

COMMENTS = ("comments", "live_comments", "mentions")
MESSAGES = (
    "messages",
    "messaging_postbacks",
    "messaging_referral",
    "messaging_seen",
    "messaging_handover",
    "message_reactions",
    "message_edit",
    "standby",
)
# Under a Page's own name it is enough that the app is installed; this field is the least that Meta lets one name.
PAGE_FIELDS = ("feed",)


class InstagramConnector(DirectConnector):
    """One professional account, opened by its own login or by its Page's."""

    kind = "instagram"
    label = _("Instagram")
    tile = Tile("ch ch--insta", letter="I")
    capabilities = Capabilities(
        max_text=1000,
        text_unit=TextUnit.BYTES,
        most_parts=10,
        media=(
            *(MediaLimit(f"image/{kind}", 8 * MEGABYTE) for kind in ("png", "jpeg", "gif")),
            *(MediaLimit(f"audio/{kind}", 25 * MEGABYTE) for kind in ("aac", "mp4", "x-m4a", "m4a", "wav", "x-wav")),
            *(MediaLimit(f"video/{kind}", 25 * MEGABYTE) for kind in ("mp4", "ogg", "x-msvideo", "quicktime", "webm")),
            MediaLimit("application/pdf", 25 * MEGABYTE),
        ),
        fetches_files=True,
        reply_window=sending.WINDOW,
        human_window=sending.HUMAN_WINDOW,
        has_comments=True,
        opens_by_handle=True,
        sends_read=True,
        shows_typing=True,
        marks_read=True,
        reactions=("❤️",),
        quotes=True,
        quick_replies=sending.MOST_QUICK_REPLIES,
        quick_reply_title=sending.TITLE,
        has_profiles=True,
        identity_kind="instagram",
    )
    public = Capabilities(max_text=2200, most_parts=3)
    hook_object = "instagram"
    hook_fields = (*MESSAGES, *COMMENTS)
    # Of the Page's token; that of the Instagram login tells nobody what it may do.
    permissions = ("instagram_basic", "instagram_manage_messages", "pages_manage_metadata")
    comment_permissions = ("instagram_manage_comments",)
    profile_fields = "name,username,profile_pic"
    endpoints: ClassVar[Mapping[str, str]] = {
        "graph": "https://graph.facebook.com",
        "instagram": "https://graph.instagram.com",
    }

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return InstagramForm

    @property
    def login(self) -> Login:
        """The way by which this account is opened."""
        return Login.FACEBOOK if self.entered("login") == Login.FACEBOOK else Login.INSTAGRAM

    @property
    def own_id(self) -> str:
        return self.entered("account_id")

    @property
    def sender_id(self) -> str:
        return self.entered("page_id") if self.login is Login.FACEBOOK else self.own_id

    @property
    def host(self) -> str:
        return self.endpoint("graph" if self.login is Login.FACEBOOK else "instagram")

    @property
    def token(self) -> str:
        if self.login is Login.FACEBOOK:
            return super().token
        return tokens.current(self.account, self.host) or super().token

    # ── Inbound ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def change(self, field: str, value: Json, entry: Json) -> Sequence[Inbound]:
        if field in ("comments", "live_comments"):
            at = tolerant.at(entry, "time")
            return comments.instagram(value, self.desk, at=at, is_live=field == "live_comments")
        if field == "mentions":
            return [Knock(announced)] if (announced := mentions.hint(value)) else []
        return comments.mention(value, self.desk) if field == mentions.FIELD else []

    def drain(self, inlet: Inlet, hint: Mapping[str, str]) -> None:
        """Ask for what was said in a mention, and keep it."""
        inlet.keep(mentions.fetched(self.graph, self.own_id, hint), cursor=inlet.cursor, headers={})

    # ── Outbound ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def comment(self, graph: Graph, message: OutboundMessage) -> str:
        """Under a comment, under the media, or where somebody mentioned us."""
        if message.files or not message.text:
            raise PermanentFailure(
                "no text", code="file", advice=_("A comment on Instagram is text alone. Answer privately instead.")
            )
        target = message.quoted_id or message.thread_id
        said: dict[str, object] = {"message": message.text}
        if target.startswith(comments.MENTION):
            media_id, _colon, comment_id = target.removeprefix(comments.MENTION).partition(":")
            said |= {"media_id": media_id, **({"comment_id": comment_id} if comment_id else {})}
            return tolerant.text(graph.send(f"{self.own_id}/mentions", said), "id")
        edge = "replies" if message.quoted_id else "comments"
        return tolerant.text(graph.send(f"{target}/{edge}", said), "id")

    # ── Connecting ───────────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def wanted(self) -> Sequence[str]:
        """The fields of the account's own subscription."""
        if self.login is Login.FACEBOOK:
            return PAGE_FIELDS
        return self.hook_fields if self.takes_comments else MESSAGES

    def register(self) -> None:
        if self.login is Login.FACEBOOK:
            self.subscribe_app()
        self.subscribe(self.graph, self.sender_id, self.wanted)

    def check(self) -> None:
        """Web hooks name the professional account's id: with any other nothing would ever come in."""
        graph = self.graph
        asked = "me" if self.login is Login.INSTAGRAM else self.sender_id
        fields = "user_id,username" if self.login is Login.INSTAGRAM else "instagram_business_account{id,username}"
        said = graph.get(asked, fields=fields)
        found = tolerant.text(said, "user_id") or tolerant.text(said, "instagram_business_account", "id")
        if found != self.own_id:
            advice = _("The token belongs to the account %(id)s. Enter this number as the account id.")
            raise PermanentFailure(f"the account is {found}", code="account", advice=advice % {"id": found or "?"})
        if self.login is Login.FACEBOOK:
            self.check_token()
        self.check_subscription(graph, self.sender_id, self.wanted)
