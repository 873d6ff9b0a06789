"""What mail systems say when they cannot deliver, in the languages they say it in."""

from __future__ import annotations

import re

from channels_app.mail.addresses import normalise

_SUBJECT = re.compile(
    "|".join(
        (
            r"deliver\w*\W+(?:status\W+notification|failure|failed|problem|error|report|delayed|incomplete|"
            r"temporarily)",
            r"(?:mail|message|e-?mail)\W+(?:delivery|could not be|not|un|system error|status|delayed)\W*(?:failed|"
            r"failure|delivered|deliverable|error|report)?",
            r"undeliver(?:able|ed)|non[- ]?delivery|returned (?:mail|to sender)|failure notice|mail failure|"
            r"bounced?\b|failed mail",
            r"warning: could not send|(?:mail|message) (?:status|quota)|could(?: not|n't) (?:be )?deliver|"
            r"not delivered|rejected",
            # Korean
            r"(?:메일|메시지|이메일|편지|전송|발송|배달|전달|수신)[^\n]{0,15}(?:실패|반송|오류|불가|거부|지연|"
            r"못)|반송(?:된|되었|메일| 메일)|배달되지",
            r"보내지 못|전달되지 않|발송되지",
            # Japanese, Chinese
            r"配信(?:不能|失敗|エラー|でき|不可|状態|遅延)|送信(?:エラー|失敗|でき)|メール(?:が)?(?:配信|送信)|宛先不明|不達|届きません",
            r"退信|退件|系统退|投递(?:失败|状态)|发送失败|无法(?:投递|送达|递送)|傳送失敗|無法(?:傳送|遞送|投遞)|传递状态",
            # German, French, Spanish, Portuguese, Italian, Dutch, Scandinavian
            r"unzustellbar|nicht zugestellt|zustell(?:ung|fehler|status)|fehler beim senden|verzögert",
            r"non remis|échec (?:de|du|d')|non distribu|remise (?:impossible|différée|retardée)|n'a pas pu être|"
            r"notification d'état|non recensé",
            r"no (?:se )?(?:ha podido|pudo|entregad|se puede)[^\n]{0,20}|error (?:de|en la) entrega|devuelto|"
            r"no entregado|fallo de entrega",
            r"não (?:entregue|foi (?:entregue|possível))|falha (?:na|de) entrega|devolvid[oa]",
            r"mancata consegna|mancato recapito|non (?:recapitat|consegnat)\w+|consegna (?:fallita|ritardata)",
            r"onbestelbaar|niet (?:bezorgd|afgeleverd)|kunde inte levereras|ikke leveres|kunne ikke",
            # Slavic, Turkish, Arabic, Vietnamese, Thai
            r"недостав|не достав|не удалось|возврат|ошибка доставки|niedostarczon|nie dostarczon|zwrot|nedoruč|"
            r"teslim edilemedi|iletilemedi",
            r"تعذر (?:تسليم|توصيل)|فشل (?:التسليم|الإرسال)|không (?:gửi|thể gửi|chuyển) được|ส่งไม่(?:สำเร็จ|ได้)|"
            r"ไม่สามารถส่ง",
        )
    ),
    re.IGNORECASE,
)

_DELAY = re.compile(
    r"delayed|warning: (?:message|could not send)|still (?:being )?(?:trying|retried)|will (?:be|continue|"
    r"keep)[^\n]{0,40}(?:retr|try|made)|"
    r"not yet been delivered|temporar(?:y|ily)|지연|다시 시도|遅延|再送|延迟|延遲|verzögert|retard|différé|retraso|atras(?:o|"
    r"ad)|ritard|"
    r"задерж|opóźnion|gecikti|vertraagd",
    re.IGNORECASE,
)

# Words → the class they mean (RFC 3463), for servers that give a general code or none.
_MEANINGS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (status, re.compile(pattern, re.IGNORECASE))
    for status, pattern in (
        (
            "2.2",
            r"over ?quota|quota (?:exceeded|full)|exceed\w* (?:\w+ )?quota|mailbox (?:is )?(?:full|exceeds)|"
            r"(?:mail)?box full|insufficient (?:disk|system )?(?:space|storage)|"
            r"out of storage|용량[^\n]{0,12}(?:초과|부족)|편지함[^\n]{0,10}(?:가득|초과)|저장 ?공간|"
            r"容量[^\n]{0,8}(?:超|不足|已满)|"
            r"メールボックス[^\n]{0,10}(?:いっぱい|満)|"
            r"(?:邮箱|郵箱|信箱)[^\n]{0,6}(?:已满|已滿|空间不足)|postfach[^\n]{0,12}voll|bo[iî]te[^\n]{0,20}pleine|"
            r"buz[oó]n[^\n]{0,12}lleno|caixa[^\n]{0,12}cheia|casella[^\n]{0,12}piena|ящик[^\n]{0,12}переполн",
        ),
        (
            "1.1",
            r"user unknown|unknown (?:user|recipient|mailbox|address|local)|no such (?:user|recipient|mailbox|"
            r"address|person|account)|"
            r"(?:user|recipient|mailbox|account|address|alias)\b[^\n]{0,60}(?:does ?n[o']t exist|not (?:found|"
            r"exist|known|listed)|is (?:invalid|unknown|disabled|inactive))|"
            r"does not have (?:a|an) \w+(?:\.\w+)* account|invalid (?:recipient|mailbox|address|user)|"
            r"recipient (?:not found|rejected)|no mailbox here|mailbox unavailable|"
            r"isn't a (?:valid|known)|not a (?:valid|known) (?:user|recipient|address|mailbox)|address rejected|"
            r"unrouteable address|bad destination|"
            r"존재하지 않|없는 (?:사용자|계정|아이디|메일|주소)|찾을 수 없|휴면|탈퇴|수신자가 없|"
            r"잘못된 (?:주소|메일)|사용자가 아닙|"
            r"(?:ユーザー|宛先|アドレス|メールボックス)[^\n]{0,20}(?:見つか|存在し|不明|無効)|宛先不明|(?:用户|用戶|收件人|帐号|邮箱|郵箱|"
            r"地址)[^\n]{0,12}(?:不存在|找不到|无效|無效)|"
            r"unbekannt(?:er)? (?:empfänger|benutzer)|empfänger[^\n]{0,20}(?:unbekannt|nicht gefunden)|"
            r"(?:destinataire|utilisateur|adresse)[^\n]{0,20}(?:inconnu|introuvable|n'existe|non recensé)|"
            r"(?:destinatario|usuario|cuenta|dirección)[^\n]{0,20}(?:desconocid|no existe|no encontrad|"
            r"inexistente|sconosciut)|(?:destinatário|usuário)[^\n]{0,20}(?:desconhecid|não existe|inexistente)|"
            r"(?:адресат|пользовател|получател|ящик)[^\n]{0,20}(?:не найден|не существует|неизвест)",
        ),
        (
            "1.2",
            r"host (?:unknown|not found)|domain[^\n]{0,30}(?:not found|does not exist|not exist|"
            r"couldn't be found)|no (?:mx|such domain)|nxdomain|name service error|"
            r"도메인[^\n]{0,15}(?:없|찾을 수|존재)|ドメイン[^\n]{0,15}(?:見つか|存在)|域名[^\n]{0,6}(?:不存在|找不到)",
        ),
        (
            "3.4",
            r"(?:message|mail|size|content)[^\n]{0,30}(?:too (?:large|big|long)|exceeds?[^\n]{0,20}(?:limit|"
            r"maximum|size))|size limit|메일[^\n]{0,10}크기|첨부[^\n]{0,10}(?:크기|용량)|サイズ[^\n]{0,10}(?:超|制限)|过大",
        ),
        (
            "7.1",
            r"\bspam\b|spamhaus|block(?:ed|list)|black ?list|\bdnsbl\b|\brbl\b|policy|reputation|unsolicited|"
            r"not (?:allowed|authori[sz]ed|permitted)|access denied|relay(?:ing)? (?:denied|not)|"
            r"\bdmarc\b|\bspf\b|\bdkim\b|스팸|차단|수신 ?거부|迷惑|拒否|垃圾|拒收|被拒",
        ),
    )
)
_SPECIFIC = re.compile(r"(?<![\d.])([245])\.([0-7])\.(\d{1,3})(?![\d.]\d)")
_REPLY = re.compile(r"(?:^|smtp|error|code|said|reply|:|#|\(|\s)[ \t]*\b([45])(\d\d)\b[ \t:#-]", re.IGNORECASE)
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\.[A-Za-z]{2,24}"
)
_ORIGINAL = re.compile(
    r"^[-=_*# ]{0,40}(?:(?:the )?(?:original|returned|undelivered) (?:message|mail)|below this line is a copy|"
    r"this is a copy of (?:the|your)|message header|원본 ?(?:메일|메시지)|"
    r"보낸 ?메일 ?내용|元のメール|原始邮件|原始郵件|received: from |return-path: )",
    re.IGNORECASE | re.MULTILINE,
)
_SYSTEM = re.compile(r"^(?:postmaster|mailer-daemon|abuse|support|helpdesk|admin|root|mail-daemon)@", re.IGNORECASE)


def is_bounce_subject(subject: str) -> bool:
    """Whether a subject is one that mail systems give to bounces. Never enough alone: people quote it."""
    return bool(_SUBJECT.search(subject))


def is_delay(text: str) -> bool:
    """Whether the notice says that it will be tried again."""
    return bool(_DELAY.search(text))


def status_in(text: str) -> str:
    """The first enhanced status (RFC 3463) in a text, else the class of an SMTP reply code ("5.0.0"), else ""."""
    if match := _SPECIFIC.search(text):
        return f"{match[1]}.{match[2]}.{match[3]}"
    match = _REPLY.search(text)
    return f"{match[1]}.0.0" if match else ""


def refined_status(status: str, words: str) -> str:
    """A general status made precise by the code or the words of the diagnostic; a precise one stays."""
    if status and not re.fullmatch(r"[45]\.(?:0\.0|[0-7]\.0)", status):
        return status
    told = status_in(words)
    grade = (status or told or "5")[0]
    if told and told[0] == grade and not told.endswith(".0"):
        return told
    meaning = next((meaning for meaning, pattern in _MEANINGS if pattern.search(words)), "")
    return f"{grade}.{meaning}" if meaning and grade in "45" else status or told


def recipients_in(text: str, subject: str) -> list[str]:
    """Addresses of the notice that stand within two lines of a reason; none unless it reads like a bounce at all."""
    notice = text[: match.start()] if (match := _ORIGINAL.search(text)) and match.start() > 40 else text
    lines = [line for line in notice.split("\n") if line.strip()][:200]
    reasons = {at for at, line in enumerate(lines) if _is_reason(line)}
    if not reasons and not is_bounce_subject(subject):
        return []
    found: dict[str, None] = {}
    for at, line in enumerate(lines):
        if is_bounce_subject(subject) or reasons & {at - 2, at - 1, at, at + 1, at + 2}:
            found |= dict.fromkeys(
                normalise(address) for address in _ADDRESS.findall(line) if not _SYSTEM.match(address)
            )
    is_clear = bool(reasons) or is_bounce_subject(subject)
    return [address for address in found if address] if is_clear and len(found) <= 50 else []


def _is_reason(line: str) -> bool:
    return bool(
        _SPECIFIC.search(line) or any(pattern.search(line) for meaning, pattern in _MEANINGS if meaning != "7.1")
    )
