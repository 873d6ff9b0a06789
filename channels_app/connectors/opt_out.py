"""Words by which people say that they no longer want to be written to, or want it again, in the languages of the desk."""

from __future__ import annotations

import unicodedata

# A message that is nothing but one of these. Providers' and carriers' lists (Twilio's default keywords, CTIA; KISA for
# Korea; China's 回T退订), where a word is common enough in ordinary talk to be meant otherwise, it stands in CARRIER.
STOP_WORDS = """
stop stopall stop-all unsubscribe optout opt-out
수신거부 수신거절 수신차단 문자거부
配信停止 受信拒否 配信解除
退订 退訂 td 拒收
alto baja désabonner desabonner désinscrire arret arrêt
abmelden abbestellen stopp stoppen uitschrijven afmelden
sair descadastrar cancelarassinatura disiscrivimi annullaiscrizione
стоп отписаться berhenti huỷđăngký hủyđăngký ยกเลิกรับข่าวสาร إيقاف الغاءالاشتراك
"""
START_WORDS = """
start unstop subscribe optin opt-in resume
수신동의 수신허용 수신재개 수신거부해제
配信再開 受信許可 订阅 訂閱 恢复订阅
reanudar alta réabonner reabonner anmelden aanmelden assinar iscrivimi подписаться mulai اشتراك
"""
STOP = frozenset(STOP_WORDS.split())
START = frozenset(START_WORDS.split())
CARRIER = frozenset({"cancel", "end", "quit", "revoke"})


def consent_in(text: str, *, by_carrier: bool = False) -> bool | None:
    """What a text says of being written to: False for "stop", True for "start", None where it says neither.

    `by_carrier`: the short words too that carriers of short messages take for "stop" (cancel, end, quit, revoke).
    """
    word = _word(text)
    if word in STOP or (by_carrier and word in CARRIER):
        return False
    return True if word in START else None


def _word(text: str) -> str:
    """The text as the lists have it: lower case, without spaces or signs around it; "수신 거부!" is "수신거부"."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text[:60]).casefold())
    return "".join(folded.split()).strip(".,!?;:'\"“”‘’`*()[]<>「」。！？、-_~")
