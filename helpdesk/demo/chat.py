"""How the sample shop has set up its chat."""

from __future__ import annotations

import secrets

from django.conf import settings


def chat_config() -> dict[str, object]:
    """The widget as visitors of the sample shop see it."""
    return {
        "origins": [settings.PUBLIC_URL],
        "brand": "모먼트스토어",
        "greeting": "안녕하세요 👋\n무엇을 도와드릴까요?",
        "introduction": "배송, 교환, 제품 사용법까지 편하게 물어보세요.",
        "help": "평일 오후 2시까지 주문하면 오늘 출발해요.\n받은 날부터 7일 안에 교환할 수 있어요.",
        "ask_name": "optional",
        "ask_email": "optional",
        "ask_topic": "",
        "topics": ["배송", "교환·환불", "제품 문의"],
        "consent": "문의에 답하기 위해 이름과 이메일을 1년 동안 보관하는 데 동의해요.",
    }


def chat_secrets() -> dict[str, object]:
    """What the shop signs its customers' tokens with."""
    return {"signing_secrets": [secrets.token_urlsafe(32)]}
