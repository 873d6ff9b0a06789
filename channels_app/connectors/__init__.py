"""The registry of connectors: one line for each kind of channel."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from channels_app.contract import Connector

REGISTRY = {
    "discord": "channels_app.connectors.discord.DiscordConnector",
    "email": "channels_app.connectors.email.EmailConnector",
    "line": "channels_app.connectors.line.LineConnector",
    "slack": "channels_app.connectors.slack.SlackConnector",
    "telegram": "channels_app.connectors.telegram.TelegramConnector",
    "viber": "channels_app.connectors.viber.ViberConnector",
    "webchat": "channels_app.connectors.webchat.WebChatConnector",
    "whatsapp": "channels_app.connectors.whatsapp.WhatsAppConnector",
    "messenger": "channels_app.connectors.messenger.MessengerConnector",
    "instagram": "channels_app.connectors.instagram.InstagramConnector",
    "twilio": "channels_app.connectors.twilio.TwilioConnector",
    "vonage_sms": "channels_app.connectors.vonage_sms.VonageSmsConnector",
    "vonage": "channels_app.connectors.vonage.VonageConnector",
    "twilio_voice": "channels_app.connectors.twilio_voice.TwilioVoiceConnector",
    "vonage_voice": "channels_app.connectors.vonage_voice.VonageVoiceConnector",
    "video": "channels_app.connectors.video.VideoConnector",
    "apple": "channels_app.connectors.apple.AppleConnector",
    "x": "channels_app.connectors.x.XConnector",
    "generic": "channels_app.connectors.generic.GenericConnector",
    "wechat": "channels_app.connectors.wechat.WeChatConnector",
    "wecom": "channels_app.connectors.wecom.WeComConnector",
    "kakao": "channels_app.connectors.kakao.KakaoConnector",
    "kakao_bot": "channels_app.connectors.kakao_bot.KakaoBotConnector",
    "alimtalk": "channels_app.connectors.alimtalk.AlimtalkConnector",
}


@cache
def get(kind: str) -> type[Connector]:
    """The connector class of a kind; raises KeyError for a kind nobody speaks."""
    module, _, name = REGISTRY[kind].rpartition(".")
    return getattr(import_module(module), name)


def kinds() -> dict[str, type[Connector]]:
    """All connector classes by kind, in the order in which settings offers them."""
    return {kind: get(kind) for kind in REGISTRY}
