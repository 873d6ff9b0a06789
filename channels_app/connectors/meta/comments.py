"""What is said in public under posts of Facebook Pages and on Instagram, and how it is answered, in public or privately."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from channels_app.connectors import tolerant
from channels_app.connectors.meta.attachments import IsMedia
from channels_app.connectors.meta.media import file_name, type_of
from channels_app.connectors.meta.messaging import Desk
from channels_app.connectors.tolerant import Json
from channels_app.contract import Inbound, InboundMessage, MessageDeleted, MessageEdited, RemoteFile

# A private answer to a comment may be sent once, for so long ("Private Replies", Messenger and Instagram).
PRIVATE_REPLY = timedelta(days=7)
# Ids of comments are digits, on Facebook two numbers with _ between; ids of messages are not. Posts and mentions are
# addressed in other ways than comments, so ours of them say what they are.
COMMENT_ID = re.compile(r"\d+(_\d+)?")
POST, MENTION = "post:", "mention:"
# What visitors put on a Page themselves; everything else in the feed is no word to us.
POSTS = frozenset({"post", "status", "photo", "video", "share", "link"})


def is_comment(external_id: str) -> bool:
    """Whether an id of ours is that of a comment, post or mention, which is read by everybody."""
    return external_id.startswith((POST, MENTION)) or COMMENT_ID.fullmatch(external_id) is not None


def node(external_id: str) -> str:
    """What Meta calls the comment or post."""
    return external_id.removeprefix(POST)


def facebook(value: Json, desk: Desk) -> list[Inbound]:
    """A change of a Page's feed: a comment or a visitor's post that appeared, was edited or removed."""
    item, verb = tolerant.text(value, "item"), tolerant.text(value, "verb")
    comment, post = tolerant.text(value, "comment_id"), tolerant.text(value, "post_id")
    said = comment if item == "comment" else f"{POST}{post}" if post and item in POSTS else ""
    author = tolerant.text(value, "from", "id") or tolerant.text(value, "sender_id")
    if not said or author in desk.own_ids:
        return []
    at = tolerant.at(value, "created_time")
    if verb in ("remove", "delete"):
        return [MessageDeleted(said)]
    if verb in ("edited", "edit"):
        return [MessageEdited(said, tolerant.text(value, "message"))]
    if verb != "add" or not author:
        return []
    name = tolerant.text(value, "from", "name") or tolerant.text(value, "sender_name")
    parent = tolerant.text(value, "parent_id")
    return [
        InboundMessage(
            said,
            desk.address(author, name),
            text=tolerant.text(value, "message"),
            sent_at=at,
            files=_pictures(value, desk.is_media),
            thread_id=post,
            quoted_id=parent if comment and parent != post else "",
            is_public=True,
            opens_window=False,
            handles=private_reply(said, at),
            notices=["unsupported"] if not _has_content(value, desk.is_media) else [],
            details=_links(value),
        )
    ]


def _pictures(value: Json, is_media: IsMedia) -> list[RemoteFile]:
    found = [tolerant.text(value, name) for name in ("photo", "video", "link")] + tolerant.strings(value, "photos")
    usual = "video/mp4" if tolerant.text(value, "video") else "image/jpeg"
    urls = dict.fromkeys(url for url in found if is_media(url))
    return [RemoteFile(file_name(url, "comment", usual), type_of(url, usual), url=url) for url in urls]


def _has_content(value: Json, is_media: IsMedia) -> bool:
    return bool(tolerant.text(value, "message") or _pictures(value, is_media))


def _links(value: Json) -> dict[str, object]:
    url = tolerant.text(value, "permalink_url") or tolerant.text(value, "post", "permalink_url")
    return {"url": url} if url.startswith("https://") else {}


def instagram(value: Json, desk: Desk, *, at: datetime | None, is_live: bool = False) -> list[Inbound]:
    """A comment under our own media; `at` is when Meta told us, since the comment carries no time."""
    comment, author = tolerant.text(value, "id"), tolerant.text(value, "from", "id")
    ours = {author, tolerant.text(value, "from", "self_ig_scoped_id")} & desk.own_ids
    if not comment or not author or ours:
        return []
    media, text = tolerant.text(value, "media", "id"), tolerant.text(value, "text")
    return [
        InboundMessage(
            comment,
            desk.address(author, _handle(value)),
            text=text,
            sent_at=at,
            thread_id=media,
            quoted_id=tolerant.text(value, "parent_id"),
            is_public=True,
            opens_window=False,
            # During a live broadcast a private answer can only be given as long as it lasts, which nobody tells us.
            handles={} if is_live else private_reply(comment, at),
            notices=[] if text else ["unsupported"],
            details={"media": {name: tolerant.text(value, "media", name) for name in ("id", "media_product_type")}},
        )
    ]


def mention(value: Json, desk: Desk) -> list[Inbound]:
    """A mention of us under somebody else's media, as it was fetched (see mentions.py)."""
    comment, media = tolerant.text(value, "comment_id"), tolerant.text(value, "media_id")
    name = tolerant.text(value, "username")
    author = tolerant.text(value, "from", "id") or (f"@{name}" if name else "")
    if not media or not author or author in desk.own_ids:
        return []
    text, url = tolerant.text(value, "text"), tolerant.text(value, "url")
    return [
        InboundMessage(
            f"{MENTION}{media}:{comment}",
            desk.address(author, f"@{name}" if name else ""),
            text=text,
            sent_at=tolerant.iso(value, "timestamp"),
            thread_id=f"{MENTION}{media}",
            is_public=True,
            opens_window=False,
            notices=[] if text else ["unsupported"],
            details={"url": url} if url.startswith("https://") else {},
        )
    ]


def _handle(value: Json) -> str:
    name = tolerant.text(value, "from", "username")
    return f"@{name}" if name else ""


def private_reply(comment: str, at: datetime | None) -> dict[str, str]:
    """What lets us answer a comment privately, and until when."""
    return {comment: (at + PRIVATE_REPLY).isoformat()} if at else {}
