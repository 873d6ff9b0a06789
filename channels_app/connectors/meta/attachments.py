"""What hangs on a message of Messenger or Instagram: files, places, and links that only look like files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from channels_app.connectors import tolerant
from channels_app.connectors.meta.media import file_name, type_of
from channels_app.connectors.tolerant import Json
from channels_app.contract import FileRole, Location, RemoteFile

IsMedia = Callable[[str], bool]

# What Meta calls it → (its usual content type, what it is beside that). Others count as a file of unknown type.
KINDS: dict[str, tuple[str, FileRole]] = {
    "image": ("image/jpeg", FileRole.FILE),
    "video": ("video/mp4", FileRole.FILE),
    "audio": ("audio/mp4", FileRole.VOICE),
    "reel": ("video/mp4", FileRole.FILE),
    "ig_reel": ("video/mp4", FileRole.FILE),
    "ig_post": ("image/jpeg", FileRole.FILE),
    "share": ("image/jpeg", FileRole.FILE),
    "media": ("image/jpeg", FileRole.FILE),
    "story": ("image/jpeg", FileRole.STORY),
    "ig_story": ("image/jpeg", FileRole.STORY),
    "story_mention": ("image/jpeg", FileRole.STORY),
}
UNKNOWN = ("application/octet-stream", FileRole.FILE)


@dataclass(frozen=True)
class Held:
    """The attachments of one message, sorted."""

    files: Sequence[RemoteFile]
    links: Sequence[str]
    location: Location | None


def held(attachments: Sequence[Json], is_media: IsMedia) -> Held:
    """Sort attachments: bytes at Meta's are files, every other address is a link that was shared."""
    files = [file for one in attachments if (file := _file(one, is_media))]
    links = [line for one in attachments for line in _lines(one, is_media)]
    places = [place for one in attachments if (place := _place(one))]
    return Held(files, links, places[0] if places else None)


def story(told: Json, is_media: IsMedia) -> list[RemoteFile]:
    """The story that a message answers; it is gone after a day."""
    url = tolerant.text(told, "url")
    return [_remote(url, "story")] if is_media(url) else []


def _file(attachment: Json, is_media: IsMedia) -> RemoteFile | None:
    url = tolerant.text(attachment, "payload", "url")
    if tolerant.text(attachment, "type") == "fallback" or not is_media(url):
        return None
    if sticker := tolerant.text(attachment, "payload", "sticker_id"):
        return RemoteFile(
            file_name(url, f"sticker-{sticker}", ""), type_of(url, "image/png"), url=url, role=FileRole.STICKER
        )
    return _remote(url, tolerant.text(attachment, "type"))


def _remote(url: str, kind: str) -> RemoteFile:
    usual, role = KINDS.get(kind, UNKNOWN)
    # Voice messages are called .mp4, which would make films of them.
    guessed = type_of(url, usual)
    content_type = usual if role is FileRole.VOICE and not guessed.startswith("audio/") else guessed
    return RemoteFile(file_name(url, kind[:40] or "file", content_type), content_type, url=url, role=role)


def _lines(attachment: Json, is_media: IsMedia) -> list[str]:
    """Title and address of a shared link; the words of a template that another tool sent."""
    if _place(attachment):
        return []
    payload, url = tolerant.obj(attachment, "payload"), tolerant.text(attachment, "payload", "url")
    url = url or tolerant.text(attachment, "url")
    title = tolerant.text(payload, "title") or tolerant.text(attachment, "title")
    if tolerant.text(attachment, "type") == "template":
        shown = [
            tolerant.text(payload, "text"),
            *(tolerant.text(one, "title") for one in tolerant.items(payload, "elements")),
        ]
        return list(filter(None, shown))
    if tolerant.text(attachment, "type") != "fallback" and is_media(url):
        return []
    return list(filter(None, [title, url]))


def _place(attachment: Json) -> Location | None:
    """Messenger's places are of the past, but old conversations hold them (recall)."""
    latitude = tolerant.number(attachment, "payload", "coordinates", "lat")
    longitude = tolerant.number(attachment, "payload", "coordinates", "long")
    if latitude is None or longitude is None:
        return None
    return Location(latitude, longitude, name=tolerant.text(attachment, "title"))
