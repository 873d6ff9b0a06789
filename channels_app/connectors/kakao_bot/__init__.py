"""KakaoTalk chatbot (챗봇): a skill that keeps what customers say, answers at once, and once more within a minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from channels_app import http, signatures
from channels_app.connectors import tolerant
from channels_app.connectors.kakao_bot import skill
from channels_app.connectors.kakao_bot.forms import OPERATOR, ROTATING, SECRETS, KakaoBotForm, blocks
from channels_app.connectors.plain_text import plain
from channels_app.contract import (
    AccountFailure,
    Capabilities,
    Connector,
    FetchedFile,
    Inbound,
    MediaLimit,
    OutboundMessage,
    Outside,
    PermanentFailure,
    Receipt,
    ReceivedEnvelope,
    Rejected,
    RemoteFile,
    Template,
    Tile,
    Trouble,
    UnknownOutcome,
)

if TYPE_CHECKING:
    from django import forms

    from channels_app.contract.connector import Text

MEGABYTE = 1024 * 1024
KAKAO = ".kakao.com"
_TOO_LATE = _("The minute in which the chatbot may answer has passed. Write by the consultation or another channel.")


class KakaoBotConnector(Connector):
    """One skill of a chatbot. It is a front door: agents answer by the consultation."""

    kind = skill.KIND
    label = _("KakaoTalk chatbot")
    tile = Tile("ch ch--kakao", icon="bot")
    capabilities = Capabilities(
        takes_whole=True,
        # Three outputs: two bubbles of text and a picture.
        max_text=2000,
        media=(MediaLimit("image/jpeg", 2 * MEGABYTE), MediaLimit("image/png", 2 * MEGABYTE)),
        max_files=1,
        fetches_files=True,
        reply_window=timedelta(minutes=1),
        sends_per_turn=1,
        outside_window=Outside.TEMPLATE,
        has_templates=True,
        quick_replies=skill.MOST_QUICK_REPLIES,
        quick_reply_title=skill.MOST_LABEL,
        identity_kind=skill.KIND,
    )
    endpoints: ClassVar[Mapping[str, str]] = {
        "callback": "https://bot-api.kakao.com",
        "event": "https://bot-api.kakao.com",
    }
    secret_fields = SECRETS
    rotating_secrets = ROTATING

    @classmethod
    def settings_form(cls) -> type[forms.Form]:
        return KakaoBotForm

    # In
    @property
    def credential_headers(self) -> frozenset[str]:
        return super().credential_headers | {self._key_header.lower()}

    @property
    def _key_header(self) -> str:
        return self.account.config.get("header_name") or "X-Skill-Key"

    def authenticate(self, request: HttpRequest) -> None:
        given = request.headers.get(self._key_header, "")
        if not signatures.is_any(self.active_secrets("skill_key"), given):
            raise Rejected("the skill's key is missing or wrong")

    def dedup_key(self, envelope: ReceivedEnvelope) -> str:
        """Kakao asks once: who says "yes" twice has said it twice."""
        try:
            return skill.identifier(tolerant.load(envelope.body), envelope.received_at)
        except ValueError:
            return ""

    def acknowledge(self, envelope: ReceivedEnvelope) -> HttpResponse:
        """What the customer reads at once."""
        config = self.account.config
        try:
            has_callback = bool(skill.callback_of(tolerant.load(envelope.body)))
        except ValueError:
            has_callback = False
        if has_callback and config.get("uses_callback"):
            return JsonResponse(skill.later(config.get("waiting_text") or config.get("answer_text", "")))
        return JsonResponse(skill.simple(config.get("answer_text", ""), button=self._button()))

    def _button(self) -> dict[str, str] | None:
        """The way on to a person."""
        config = self.account.config
        label = config.get("button", "")
        if not config.get("handover_by") or not label:
            return None
        if config["handover_by"] == OPERATOR:
            return {"label": label, "action": "operator"}
        return {"label": label, "action": "webLink", "webLinkUrl": config.get("link", "")}

    def parse(self, envelope: ReceivedEnvelope) -> Sequence[Inbound]:
        config, said = self.account.config, tolerant.load(envelope.body)
        uses_callback = bool(config.get("uses_callback"))
        return skill.understand(said, config.get("public_id", ""), envelope.received_at, uses_callback=uses_callback)

    def fetch(self, file: RemoteFile) -> FetchedFile:
        answer = http.request("GET", file.url, max_bytes=20 * MEGABYTE).raise_for_status()
        return FetchedFile(answer.body, answer.headers.get("content-type", "").partition(";")[0].strip())

    # Out
    def send(self, message: OutboundMessage) -> Receipt:
        """By the callback while its minute runs; outside it only what the bot has a block for."""
        if message.template is not None:
            return self._push(message)
        handles = {name: end for name, end in message.window.handles.items() if _runs(name, end)}
        if not handles:
            raise PermanentFailure("no callback", code="window", advice=_TOO_LATE, trouble=Trouble.WINDOW)
        newest = max(handles, key=handles.__getitem__)
        self._call_back(newest.removeprefix(skill.CALLBACK_HANDLE), message)
        return Receipt(handles={name: end for name, end in handles.items() if name != newest})

    def _call_back(self, url: str, message: OutboundMessage) -> None:
        if not self._is_kakaos(url):
            raise PermanentFailure("the callback is not Kakao's", code="host", advice=_TOO_LATE, trouble=Trouble.WINDOW)
        answer = http.request("POST", url, json_body=skill.composed(message))
        if answer.status in (400, 404, 410):
            raise PermanentFailure(
                f"callback {answer.status}", code=str(answer.status), advice=_TOO_LATE, trouble=Trouble.WINDOW
            )
        _succeeded(answer)

    def _is_kakaos(self, url: str) -> bool:
        """The address came in a request: nobody shall make us call another host with what an agent wrote."""
        try:
            asked, own = urlsplit(url), urlsplit(self.endpoint("callback"))
        except ValueError:
            return False
        is_own = (asked.scheme, asked.netloc) == (own.scheme, own.netloc)
        return is_own or (
            asked.scheme == "https" and (asked.hostname or "").endswith(KAKAO) and asked.port in (None, 443)
        )

    def _push(self, message: OutboundMessage) -> Receipt:
        """An event block of the bot's, filled in."""
        config, use = self.account.config, message.template
        assert use is not None, "the caller has looked"
        body = {
            "event": {"name": use.template.name, "data": dict(use.values)},
            "user": [{"type": "botUserKey", "id": message.recipient.value}],
        }
        key = self.account.secrets.get("rest_key", "")
        url = f"{self.endpoint('event')}/v2/bots/{config.get('bot_id', '')}/talk"
        answer = http.request("POST", url, headers={"Authorization": f"KakaoAK {key}"}, json_body=body)
        return Receipt(external_id=_succeeded(answer))

    def templates(self) -> Sequence[Template]:
        found = blocks(self.account.config.get("event_blocks", ""))
        return [Template(name, "ko", body, blanks) for name, (body, blanks) in found.items()]

    def render(self, text: str) -> tuple[str, str]:
        return plain(text), ""

    # Settings
    def handover(self) -> Sequence[tuple[Text, str]]:
        return [(_("Address of the skill (URL)"), self.account.hook_url)]

    def check(self) -> None:
        """Nothing can be asked of Kakao; what can be seen here is whether anybody could deliver and whether we could push."""
        if not self.active_secrets("skill_key"):
            raise AccountFailure(
                "no key", code="settings", advice=_("Enter a key, and add it to the skill as a header.")
            )
        if self.account.config.get("event_blocks") and not self.account.secrets.get("rest_key"):
            raise AccountFailure("no REST key", code="settings", advice=_("Event blocks need the REST API key."))


def _runs(name: str, end: str) -> bool:
    at: datetime | None = parse_datetime(end) if end else None
    return name.startswith(skill.CALLBACK_HANDLE) and at is not None and at > timezone.now()


def _succeeded(answer: http.Answer) -> str:
    """The task's id; raises DeliveryError where Kakao says that it failed."""
    answer.raise_for_status()
    try:
        said = tolerant.load(answer.body)
    except ValueError as error:
        raise UnknownOutcome(f"{answer.url} answered no JSON", code=str(answer.status)) from error
    status = tolerant.text(said, "status")
    if status not in ("", "SUCCESS"):
        words = f"{status} {tolerant.text(said, 'message')}"[:300]
        raise PermanentFailure(words, code=status, advice=_("Kakao refused the chatbot's message: look at its reason."))
    return tolerant.text(said, "taskId")
