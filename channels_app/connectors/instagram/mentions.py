"""Mentions under other people's media: the web hook names ids alone, what was said has to be asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping

from channels_app.connectors import tolerant
from channels_app.connectors.meta.graph import Graph
from channels_app.connectors.tolerant import Json

COMMENT = "id,text,timestamp,username,from,media{id,permalink}"
MEDIA = "id,caption,timestamp,username,permalink"
# What we found is kept in the vault as a change of our own making, so that one reader understands both.
FIELD = "mentioned"


def hint(value: Json) -> dict[str, str]:
    """Which mention a web hook announces; empty for what announces none."""
    found = {name: tolerant.text(value, name) for name in ("media_id", "comment_id")}
    return {name: value for name, value in found.items() if value} if found["media_id"] else {}


def fetched(graph: Graph, account_id: str, announced: Mapping[str, str]) -> bytes:
    """What was said, as a body for the vault; raises DeliveryError."""
    comment, media = announced.get("comment_id", ""), announced.get("media_id", "")
    asked = (
        f"mentioned_comment.comment_id({comment}){{{COMMENT}}}"
        if comment
        else f"mentioned_media.media_id({media}){{{MEDIA}}}"
    )
    said = graph.get(account_id, fields=asked)
    found = tolerant.obj(said, "mentioned_comment") or tolerant.obj(said, "mentioned_media")
    value = {
        **{name: found.get(name) for name in ("username", "from", "timestamp")},
        "media_id": media,
        "comment_id": comment,
        "text": tolerant.text(found, "text") or tolerant.text(found, "caption"),
        "url": tolerant.text(found, "permalink") or tolerant.text(found, "media", "permalink"),
    }
    entry = {"id": account_id, "changes": [{"field": FIELD, "value": value}]}
    return json.dumps({"object": "instagram", "entry": [entry]}).encode()
