"""Instagram Direct, with the log-in of Instagram itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.provider import Event, route
from channels_app.simulator.providers.messenger import Messenger
from channels_app.simulator.wire import ApiAnswer, ApiCall, told
from channels_app.simulator.world import READ, Contact, Message


class Instagram(Messenger):
    """One professional account."""

    kind = "instagram"
    object_name = "instagram"
    acts = frozenset(
        {Act.TEXT, Act.MEDIA, Act.REACT, Act.EDIT, Act.DELETE, Act.TAP, Act.READ, Act.OUTSIDE, Act.COMMENT, Act.ODD}
    )
    roles = frozenset({"image", "video", "audio", "file"})
    reports = frozenset({READ})
    most_text = 1000

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {
            **super().new_keys(),
            "account_id": "17841400000000001",
            "access_token": signing.token("IGAA") + signing.token(),
        }

    @property
    def own_id(self) -> str:
        return str(self.keys["account_id"])

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        secrets = {name: self.keys[name] for name in ("access_token", "app_secret")}
        return {"account_id": self.own_id, "login": "instagram"}, secrets

    def length(self, text: str) -> int:
        """Instagram counts bytes."""
        return len(text.encode())

    def on_delete(self, doing: Doing) -> Iterable[Event]:
        self.change(doing.target, is_deleted=True)
        yield self._event(doing.address, message={"mid": doing.target, "is_deleted": True})

    def on_comment(self, doing: Doing) -> Iterable[Event]:
        said = self.written(doing, kind="comment")
        who = {"id": doing.address, "username": self.contact(doing.address).notes.get("username", "customer")}
        value = {"id": said.id, "text": doing.text, "from": who, "media": {"id": "1789", "media_product_type": "FEED"}}
        yield {"changes": [{"field": "comments", "value": value}]}

    def receipt(self, message: Message, state: str) -> Iterable[Event]:
        if state == READ:
            yield self._event(message.address, read={"mid": message.id})

    def _profile(self, contact: Contact) -> Event:
        return {"id": contact.address, "name": contact.name, "username": f"ig_{contact.address[-4:]}"}

    @route("GET", "(?:refresh_access_token|access_token)")
    def refresh(self, call: ApiCall) -> ApiAnswer:
        """A token for sixty more days."""
        self.check_token(call)
        return told({"access_token": self.keys["access_token"], "token_type": "bearer", "expires_in": 5_184_000})
