"""Facebook Messenger: messages to a Page, and what is said in public on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import gettext_lazy as _

from channels_app.connectors import tolerant
from channels_app.connectors.messenger.forms import MessengerForm
from channels_app.connectors.meta import comments, sending
from channels_app.connectors.meta.base import MEGABYTE
from channels_app.connectors.meta.direct import DirectConnector
from channels_app.connectors.meta.graph import Graph
from channels_app.connectors.tolerant import Json
from channels_app.contract import (
    Capabilities,
    Inbound,
    MediaLimit,
    OutboundMessage,
    PermanentFailure,
    Tile,
)

if TYPE_CHECKING:
    from django import forms

# Fields of the Page's own feed, and those of its conversations.
FEED = ("feed", "mention")
CONVERSATIONS = (
    "messages",
    "messaging_postbacks",
    "messaging_referrals",
    "messaging_handovers",
    "message_deliveries",
    "message_reads",
    "message_echoes",
    "message_edits",
    "message_reactions",
    "standby",
)


class MessengerConnector(DirectConnector):
    """One Facebook Page."""

    kind = "messenger"
    label = _("Facebook Messenger")
    tile = Tile("ch ch--messenger", letter="f")
    capabilities = Capabilities(
        max_text=2000,
        most_parts=5,
        media=(MediaLimit("", 25 * MEGABYTE),),
        fetches_files=True,
        reply_window=sending.WINDOW,
        human_window=sending.HUMAN_WINDOW,
        has_comments=True,
        opens_by_handle=True,
        sends_delivered=True,
        sends_read=True,
        shows_typing=True,
        marks_read=True,
        reactions=None,
        quotes=True,
        quick_replies=sending.MOST_QUICK_REPLIES,
        quick_reply_title=sending.TITLE,
        has_profiles=True,
        identity_kind="messenger",
    )
    # A comment may be longer than a message; a picture goes with it (8000 signs: recall).
    public = Capabilities(max_text=8000, max_caption=8000, files_per_part=1)
    hook_object = "page"
    hook_fields = (*CONVERSATIONS, *FEED)
    permissions: ClassVar[tuple[str, ...]] = ("pages_messaging", "pages_manage_metadata")
    comment_permissions = ("pages_read_engagement", "pages_read_user_content", "pages_manage_engagement")
    profile_fields = "first_name,last_name,profile_pic"
    has_type = has_metadata = True

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return MessengerForm

    @property
    def own_id(self) -> str:
        return self.entered("page_id")

    @property
    def wanted(self) -> Sequence[str]:
        """The fields that the Page is to deliver."""
        return self.hook_fields if self.takes_comments else CONVERSATIONS

    def change(self, field: str, value: Json, entry: Json) -> Sequence[Inbound]:
        return comments.facebook(value, self.desk) if field in FEED else []

    def comment(self, graph: Graph, message: OutboundMessage) -> str:
        """Under the comment that is answered, or under the post where none is named."""
        said: dict[str, object] = {"message": message.text} if message.text else {}
        if message.files:
            said["attachment_url"] = _picture(message)
        target = comments.node(message.quoted_id) or message.thread_id
        return tolerant.text(graph.send(f"{target}/comments", said), "id")

    def like(self, target_id: str, *, is_wanted: bool) -> None:
        if is_wanted:
            self.graph.post(f"{comments.node(target_id)}/likes", {})
        else:
            self.graph.delete(f"{comments.node(target_id)}/likes")

    def register(self) -> None:
        self.subscribe_app()
        self.subscribe(self.graph, self.own_id, self.wanted)

    def check(self) -> None:
        said = self.graph.get(self.own_id, fields="id,name")
        if tolerant.text(said, "id") not in ("", self.own_id):
            raise PermanentFailure("another Page answers", code="account", advice=_("This is not the Page's own id."))
        self.check_token()
        self.check_subscription(self.graph, self.own_id, self.wanted)


def _picture(message: OutboundMessage) -> str:
    if not message.files[0].content_type.startswith("image/"):
        raise PermanentFailure(
            "no picture", code="file", advice=_("Under a post only pictures can be sent. Answer privately instead.")
        )
    return message.files[0].share()
