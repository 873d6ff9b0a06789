"""KakaoTalk's chatbot skill: every utterance is a request, and the answer to it is what the bot says."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.provider import Event, Provider, picked, route
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, json_hook, refuse, signed, told
from channels_app.simulator.world import Message

CALLBACK_SECONDS = 60
MOST_OUTPUTS, MOST_QUICK_REPLIES, MOST_TEXT = 3, 10, 1000


class KakaoBot(Provider):
    """One bot with callbacks granted."""

    kind = "kakao_bot"
    answers_in_hook = True
    redelivers = False
    acts = frozenset({Act.TEXT, Act.TAP, Act.ODD})

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {"bot_id": "64b0000000000000000000aa", "skill_key": signing.token()[:32], "rest_api_key": "f" * 32}

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        config = {"bot_id": self.keys["bot_id"], "button": "상담원 연결", "uses_callback": True}
        return config, {"skill_key": self.keys["skill_key"], "rest_key": self.keys["rest_api_key"]}

    def on_text(self, doing: Doing) -> Iterable[Event]:
        said = self.written(doing)
        callback = signing.token()[:24]
        self.world.notes.setdefault("callbacks", {})[callback] = [doing.address, signing.seconds()]
        user = {"id": doing.address, "type": "botUserKey"}
        properties = {"botUserKey": doing.address, "plusfriendUserKey": f"pf-{doing.address[:12]}", "isFriend": True}
        request = {
            "timezone": "Asia/Seoul",
            "utterance": doing.text,
            "lang": "ko",
            "block": {"id": "b1", "name": "폴백 블록"},
            "user": {**user, "properties": properties},
            "params": {"surface": "Kakaotalk.plusfriend"},
            "callbackUrl": f"{self.account.base}/callback/v1/{callback}",
        }
        action = {"id": "a1", "name": "desk", "params": {}, "detailParams": {}, "clientExtra": {}}
        self.world.notes["asked"] = {"address": doing.address, "id": said.id}
        bot = {"id": self.keys["bot_id"], "name": "모먼트스토어"}
        yield {"intent": {"id": "b1", "name": "폴백 블록"}, "userRequest": request, "bot": bot, "action": action}

    on_tap = on_text

    def on_odd(self, doing: Doing) -> Iterable[Event]:
        yield {"hologram": {"id": "1"}}

    def hook(self, event: Event) -> Hook:
        """No signature: a header that the admin of the bot has made up."""
        return signed(json_hook({**event, "contexts": []}), X_Skill_Key=self.keys["skill_key"])

    def anything(self, body: Any) -> Hook:
        return signed(json_hook(body), X_Skill_Key=self.keys["skill_key"])

    def heard(self, hook: Hook, answer: ApiAnswer) -> None:
        """The answer is what the bot says, unless it asks for patience."""
        asked = json.loads(hook.body)
        try:
            said = json.loads(answer.body)
        except ValueError:
            return
        address = str(picked(asked, "userRequest", "user", "id") or "")
        if isinstance(said, dict) and self.world.contact(address):
            self._say(address, said)

    def _say(self, address: str, said: Event) -> None:
        if said.get("useCallback"):
            return
        template = said.get("template") or {}
        for output in (template.get("outputs") or [])[:MOST_OUTPUTS]:
            text = str((output.get("simpleText") or {}).get("text", ""))
            choices = [
                (str(one.get("messageText", "")), str(one["label"])) for one in template.get("quickReplies") or []
            ]
            if text:
                self.sent.append(
                    self.world.keep(Message(self.new_id(), address, is_theirs=False, text=text, choices=choices))
                )

    @route("POST", "v1/{key}")
    def callback(self, call: ApiCall, key: str) -> ApiAnswer:
        """The real answer: once, within a minute."""
        address, at = self.world.notes.get("callbacks", {}).pop(key, ("", 0))
        if not address or signing.seconds() - at > CALLBACK_SECONDS or self.account.faults.closed_window:
            raise refuse({"status": "ERROR", "message": "invalid callback token"}, 400)
        self._check(call.json)
        self._say(address, call.json)
        return told(
            {"taskId": signing.token()[:12], "status": "SUCCESS", "message": "", "timestamp": signing.milliseconds()}
        )

    def _check(self, said: Event) -> None:
        template = said.get("template") or {}
        outputs = template.get("outputs") or []
        texts = [str((one.get("simpleText") or {}).get("text", "")) for one in outputs]
        is_small = 1 <= len(outputs) <= MOST_OUTPUTS and all(len(text) <= MOST_TEXT for text in texts)
        if said.get("version") != "2.0" or not is_small or len(template.get("quickReplies") or []) > MOST_QUICK_REPLIES:
            raise refuse({"status": "FAIL", "message": "invalid skill response"}, 400)
