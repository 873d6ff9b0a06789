"""The simulated providers: one line for each kind of channel."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from channels_app.simulator.provider import Provider

REGISTRY = {
    "whatsapp": "WhatsApp",
    "messenger": "Messenger",
    "instagram": "Instagram",
    "telegram": "Telegram",
    "line": "Line",
    "kakao": "Kakao",
    "kakao_bot": "KakaoBot",
    "alimtalk": "Alimtalk",
    "wechat": "WeChat",
    "wecom": "WeCom",
    "viber": "Viber",
    "twilio": "Twilio",
    "vonage_sms": "VonageSms",
    "vonage": "Vonage",
    "x": "X",
    "apple": "Apple",
    "slack": "Slack",
    "discord": "Discord",
    "generic": "Generic",
    "twilio_voice": "TwilioVoice",
    "vonage_voice": "VonageVoice",
}


@cache
def get(kind: str) -> type[Provider]:
    """The provider that stands behind a kind of channel; raises KeyError for a kind that nobody plays."""
    name = REGISTRY[kind]
    return getattr(import_module(f"{__name__}.{kind}"), name)
