"""The networks behind the Messages API and what each can do (limits: models of vonage_messages 1.8.1)."""

from __future__ import annotations

from datetime import timedelta

from channels_app.connectors import phone
from channels_app.connectors.vonage.inbound import MESSENGER, WHATSAPP
from channels_app.contract import Capabilities, MediaLimit, Outside, TextUnit

MEGABYTE = 1024 * 1024
DAY = timedelta(hours=24)


def _media(**most: int) -> tuple[MediaLimit, ...]:
    return tuple(MediaLimit(f"{kind}/" if kind != "file" else "", size * MEGABYTE) for kind, size in most.items())


NETWORKS: dict[str, Capabilities] = {
    "sms": Capabilities(
        max_text=10,
        text_unit=TextUnit.GSM_SEGMENTS,
        most_parts=2,
        can_start=True,
        obeys_opt_out=True,
        sends_delivered=True,
        identity_kind=phone.KIND,
    ),
    "whatsapp": Capabilities(
        max_text=4096,
        most_parts=5,
        max_caption=1024,
        media=_media(image=5, audio=16, video=16, file=100),
        fetches_files=True,
        reply_window=DAY,
        outside_window=Outside.TEMPLATE,
        has_templates=True,
        obeys_opt_out=True,
        sends_delivered=True,
        sends_read=True,
        shows_typing=True,
        marks_read=True,
        reactions=None,
        quotes=True,
        quick_replies=3,
        quick_reply_title=20,
        identity_kind=WHATSAPP,
        also_reaches=frozenset({phone.KIND}),
    ),
    "messenger": Capabilities(
        max_text=640,
        most_parts=6,
        media=_media(image=25, audio=25, video=25, file=25),
        fetches_files=True,
        reply_window=DAY,
        human_window=timedelta(days=7),
        sends_delivered=True,
        sends_read=True,
        identity_kind=MESSENGER,
    ),
    "viber_service": Capabilities(
        max_text=1000,
        most_parts=4,
        media=_media(image=1, video=200, file=200),
        fetches_files=True,
        can_start=True,
        obeys_opt_out=True,
        sends_delivered=True,
        sends_read=True,
        identity_kind=phone.KIND,
    ),
    "rcs": Capabilities(
        max_text=3072,
        most_parts=3,
        media=_media(image=100, video=100, file=100),
        fetches_files=True,
        can_start=True,
        obeys_opt_out=True,
        sends_delivered=True,
        sends_read=True,
        quick_replies=11,
        quick_reply_title=25,
        identity_kind=phone.KIND,
    ),
}
LABELS = {
    "sms": "SMS",
    "whatsapp": "WhatsApp",
    "messenger": "Facebook Messenger",
    "viber_service": "Viber Business",
    "rcs": "RCS",
}
