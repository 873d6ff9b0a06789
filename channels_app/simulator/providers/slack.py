"""Slack: an app in channels that are shared with customers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Challenge, Event, Provider, picked, route
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, Refusal, form_hook, json_hook, refuse, signed, told
from channels_app.simulator.world import Contact, File, Message

MOST_TEXT, MOST_BLOCKS = 40_000, 50
NAMES = {"👍": "+1", "❤️": "heart", "😂": "joy", "🎉": "tada", "🙏": "pray", "👀": "eyes", "✅": "white_check_mark"}


def no(error: str, **more: Any) -> Refusal:
    """Slack's refusals come with HTTP 200."""
    return refuse({"ok": False, "error": error, **more}, 200)


class Slack(Provider):
    """One app in one workspace; a person is a user in a channel of their own."""

    kind = "slack"
    quotes = True
    acts = frozenset({Act.TEXT, Act.MEDIA, Act.REACT, Act.EDIT, Act.DELETE, Act.TAP, Act.ODD})
    roles = frozenset({"image", "video", "audio", "file"})
    bounces_at_once = True

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {"signing_secret": signing.token()[:32], "bot_token": f"xoxb-{signing.token()[:32]}", "app_id": "A0001"}

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return {}, {name: self.keys[name] for name in ("signing_secret", "bot_token")}

    def address_of(self, human: Human) -> str:
        return f"U{human.scoped(self.account.token, 9).upper()}"

    def room(self, address: str) -> str:
        """The channel that is shared with one person."""
        return f"C{address[1:]}"

    def new_id(self) -> str:
        """Messages are known by the time at which they were said, unique within a channel."""
        return f"{signing.seconds()}.{self.world.number():06d}"

    def challenge(self) -> Challenge:
        hook = self.sign(json_hook({"type": "url_verification", "token": "t", "challenge": "3eZbrw1aB"}))
        return Challenge(hook, lambda status, body: status == 200 and b"3eZbrw1aB" in body)

    # ── Customers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_text(self, doing: Doing) -> Iterable[Event]:
        yield self._message(self.written(doing), text=doing.text)

    def on_media(self, doing: Doing) -> Iterable[Event]:
        assert doing.upload
        file = self.uploaded(doing.upload)
        said = self.written(doing, kind=doing.upload.role.value, file=file)
        one = {"id": f"F{file.key}", "name": file.name, "mimetype": file.content_type, "size": len(file.content)}
        one |= {"url_private": self.media_url(file), "url_private_download": self.media_url(file)}
        yield self._message(said, text=doing.text, subtype="file_share", files=[one])

    def on_edit(self, doing: Doing) -> Iterable[Event]:
        was = self.message(doing.target).text
        said = self.change(doing.target, text=doing.text, is_edited=True)
        edited = {"user": said.address, "ts": self.new_id()}
        now = {"type": "message", "user": said.address, "text": doing.text, "ts": said.id, "edited": edited}
        before = {"type": "message", "user": said.address, "text": was, "ts": said.id}
        yield self._event(said.address, "message_changed", message=now, previous_message=before)

    def on_delete(self, doing: Doing) -> Iterable[Event]:
        said = self.change(doing.target, is_deleted=True)
        before = {"type": "message", "user": said.address, "text": said.text, "ts": said.id}
        yield self._event(said.address, "message_deleted", deleted_ts=said.id, previous_message=before)

    def on_react(self, doing: Doing) -> Iterable[Event]:
        said = self.message(doing.target)
        was = said.reaction
        self.change(doing.target, reaction=doing.emoji)
        item = {"type": "message", "channel": self.room(doing.address), "ts": doing.target}
        for name, emoji in (("reaction_removed", was), ("reaction_added", doing.emoji)):
            if emoji:
                about = {"user": doing.address, "reaction": NAMES.get(emoji, "grinning"), "item": item}
                yield self._wrapped({"type": name, **about, "event_ts": self.new_id()})

    def on_tap(self, doing: Doing) -> Iterable[Event]:
        self.acted(doing.address)
        asked = self.message(doing.target)
        action = {"action_id": doing.choice, "value": doing.choice, "type": "button", "action_ts": self.new_id()}
        action |= {"block_id": "b1", "text": {"type": "plain_text", "text": doing.text}}  # type: ignore[dict-item]
        room = {"id": self.room(doing.address), "name": "support"}
        about = {"type": "block_actions", "user": {"id": doing.address, "team_id": "T0001"}, "channel": room}
        message = {"ts": asked.id, "text": asked.text, "type": "message"}
        yield {"form": {**about, "team": {"id": "T0001"}, "message": message, "actions": [action], "trigger_id": "1.2"}}

    def on_odd(self, doing: Doing) -> Iterable[Event]:
        yield self._wrapped({"type": "hologram", "user": doing.address})

    def _message(self, said: Message, **content: Any) -> Event:
        thread = {"thread_ts": said.quoted} if said.quoted else {}
        about = {"type": "message", "channel": self.room(said.address), "user": said.address, "ts": said.id}
        return self._wrapped({**about, "channel_type": "channel", "team": "T0001", **thread, **content})

    def _event(self, address: str, subtype: str, **content: Any) -> Event:
        about = {"type": "message", "subtype": subtype, "channel": self.room(address), "ts": self.new_id()}
        return self._wrapped({**about, "hidden": True, **content})

    def _wrapped(self, event: Event) -> Event:
        about = {"token": "t", "team_id": "T0001", "api_app_id": self.keys["app_id"], "type": "event_callback"}
        key = {"event_id": f"Ev{signing.token()[:8].upper()}{self.world.number()}", "event_time": signing.seconds()}
        return {**about, **key, "event": event, "authorizations": [{"team_id": "T0001", "user_id": "UBOT"}]}

    def hook(self, event: Event) -> Hook:
        if "form" in event:
            return self.sign(form_hook({"payload": json.dumps(event["form"])}))
        return self.sign(json_hook(event))

    def anything(self, body: Any) -> Hook:
        return self.sign(json_hook(body))

    def sign(self, hook: Hook) -> Hook:
        """Over version, time and body; five minutes are allowed."""
        at = str(signing.seconds())
        signature = signing.hex_hmac(self.keys["signing_secret"], b"v0:" + at.encode() + b":" + hook.body)
        return signed(hook, X_Slack_Request_Timestamp=at, X_Slack_Signature=f"v0={signature}")

    # ── The interface ────────────────────────────────────────────────────────────────────────────────────────────────
    def busy(self) -> ApiAnswer:
        return told({"ok": False, "error": "ratelimited"}, 429, Retry_After="30")

    def broken(self) -> ApiAnswer:
        return told({"ok": False, "error": "internal_error"})

    def unknown_path(self, call: ApiCall) -> ApiAnswer:
        return told({"ok": False, "error": "unknown_method"})

    def check_token(self, call: ApiCall) -> dict[str, Any]:
        """What was asked, by JSON or a form, of somebody who may."""
        if self.is_refusing:
            raise no("token_revoked")
        if call.bearer != self.keys["bot_token"]:
            raise no("invalid_auth")
        if call.content_type.startswith("application/json"):
            return call.json
        return {**call.query, **(call.form if call.body else {})}

    def _in_room(self, room: object) -> Contact:
        contact = self.world.contact(f"U{str(room)[1:]}")
        if contact is None:
            raise no("channel_not_found")
        if self.account.faults.bounce:
            raise no("is_archived")
        return contact

    @route("POST", r"api/chat\.postMessage")
    def post_message(self, call: ApiCall) -> ApiAnswer:
        """Say something in a channel."""
        asked = self.check_token(call)
        contact = self._in_room(asked.get("channel"))
        text, blocks = str(asked.get("text", "")), asked.get("blocks") or []
        if not text and not blocks:
            raise no("no_text")
        if len(text) > MOST_TEXT:
            raise no("msg_too_long")
        if len(blocks) > MOST_BLOCKS:
            raise no("invalid_blocks")
        columns = {"text": text, "choices": self._buttons(blocks), "quoted": str(asked.get("thread_ts", ""))}
        message = self.take(contact, key=self._metadata(asked), **columns)
        self.told.append(self._message(message, text=text, bot_id="B0001", app_id=self.keys["app_id"], user="UBOT"))
        shown = {"type": "message", "text": text, "user": "UBOT", "bot_id": "B0001", "ts": message.id}
        return told({"ok": True, "channel": asked["channel"], "ts": message.id, "message": shown})

    def _metadata(self, asked: Event) -> str:
        payload = picked(asked, "metadata", "event_payload") or {}
        return str(next(iter(payload.values()), ""))

    def _buttons(self, blocks: list[Event]) -> list[tuple[str, str]]:
        found = [one for block in blocks for one in block.get("elements", []) if one.get("type") == "button"]
        return [(str(one.get("value") or one.get("action_id")), str(picked(one, "text", "text"))) for one in found]

    @route("POST", r"api/chat\.update")
    def update(self, call: ApiCall) -> ApiAnswer:
        """Change what was said."""
        asked = self.check_token(call)
        if self.world.message(str(asked.get("ts"))) is None:
            raise no("message_not_found")
        self.change(str(asked["ts"]), text=str(asked.get("text", "")), is_edited=True)
        return told({"ok": True, "channel": asked.get("channel"), "ts": asked["ts"]})

    @route("POST", r"api/reactions\.(?P<how>add|remove)")
    def react(self, call: ApiCall, how: str) -> ApiAnswer:
        """Put an emoji on a message, or take it away."""
        asked = self.check_token(call)
        message = self.world.message(str(asked.get("timestamp")))
        if message is None:
            raise no("message_not_found")
        name = str(asked.get("name", "")).strip(":")
        if how == "remove" and not message.our_reaction:
            raise no("no_reaction")
        self.change(message.id, our_reaction=name if how == "add" else "")
        return told({"ok": True})

    @route("POST", r"api/files\.getUploadURLExternal")
    def upload_url(self, call: ApiCall) -> ApiAnswer:
        """Where to put a file."""
        asked = self.check_token(call)
        if not asked.get("filename") or not str(asked.get("length", "")).isdigit():
            raise no("invalid_arguments")
        key = f"F{self.world.number():08d}"
        self.world.notes.setdefault("uploads", {})[key] = str(asked["filename"])
        return told({"ok": True, "upload_url": f"{self.account.base}/cdn/{key}", "file_id": key})

    @route("GET", r"api/files\.getUploadURLExternal")
    def upload_url_by_get(self, call: ApiCall) -> ApiAnswer:
        """The same by GET."""
        return self.upload_url(call)

    @route("POST", "cdn/{key}")
    def upload(self, call: ApiCall, key: str) -> ApiAnswer:
        """Take the bytes."""
        part = next(iter(call.parts.values()), None) if call.content_type.startswith("multipart/") else None
        name = self.world.notes.get("uploads", {}).get(key, "")
        self.world.keep_file(File(key, name, "application/octet-stream", part.content if part else call.body))
        return ApiAnswer(200, b"OK", "text/plain")

    @route("POST", r"api/files\.completeUploadExternal")
    def complete_upload(self, call: ApiCall) -> ApiAnswer:
        """Say which channel the files are for."""
        asked = self.check_token(call)
        files = asked.get("files") or []
        files = json.loads(files) if isinstance(files, str) else files
        contact = self._in_room(asked.get("channel_id"))
        keys = [str(one["id"]) for one in files]
        if any(self.world.file(key) is None for key in keys):
            raise no("file_not_found")
        text = str(asked.get("initial_comment", ""))
        message = self.take(contact, kind="file", text=text, files=keys, quoted=str(asked.get("thread_ts", "")))
        room = {self.room(contact.address): [{"ts": message.id}]}
        return told({"ok": True, "files": [{"id": key, "shares": {"public": room}} for key in keys]})

    @route("GET", r"api/users\.info")
    def user(self, call: ApiCall) -> ApiAnswer:
        """Who somebody is."""
        asked = self.check_token(call)
        contact = self.world.contact(str(asked.get("user")))
        if contact is None:
            raise no("user_not_found")
        profile = {"real_name": contact.name, "email": f"{contact.address.lower()}@customer.example"}
        return told(
            {
                "ok": True,
                "user": {"id": contact.address, "team_id": "T0001", "real_name": contact.name, "profile": profile},
            }
        )

    @route("GET", r"api/files\.info")
    def file_info(self, call: ApiCall) -> ApiAnswer:
        """What a file is, and where."""
        asked = self.check_token(call)
        file = self.world.file(str(asked.get("file", "")).removeprefix("F"))
        if file is None:
            raise no("file_not_found")
        about = {"id": asked["file"], "name": file.name, "mimetype": file.content_type, "size": len(file.content)}
        where = {"url_private": self.media_url(file), "url_private_download": self.media_url(file)}
        return told({"ok": True, "file": {**about, **where}})

    @route("POST", r"api/files\.info")
    def file_info_by_post(self, call: ApiCall) -> ApiAnswer:
        """The same by POST."""
        return self.file_info(call)

    @route("POST", r"api/users\.info")
    def user_by_post(self, call: ApiCall) -> ApiAnswer:
        """The same by POST."""
        return self.user(call)

    @route("POST", r"api/auth\.test")
    def auth_test(self, call: ApiCall) -> ApiAnswer:
        """The app itself."""
        self.check_token(call)
        who = {"team": "Moment Store", "team_id": "T0001", "user": "desk", "user_id": "UBOT", "bot_id": "B0001"}
        return told({"ok": True, "url": "https://moment.slack.com/", **who})

    def media_url(self, file: File) -> str:
        return f"{self.account.base}/files/files-pri/T0001-{file.key}/download"

    @route("GET", "files-pri/T0001-{key}/download")
    def serve(self, call: ApiCall, key: str) -> ApiAnswer:
        """Files are for the bearer of the token alone; others get the page on which one signs in."""
        if call.bearer != self.keys["bot_token"]:
            return ApiAnswer(200, b"<!DOCTYPE html><title>Sign in</title>", "text/html")
        return super().serve(call, key)
