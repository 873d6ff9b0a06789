"""Mail as customers send it, for measuring: text and HTML, Korean and English, a third of it answers, some with a file."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from random import Random

SENTENCES = (
    "안녕하세요, 지난주에 주문한 스피커가 아직 도착하지 않았어요.",
    "송장 번호를 조회해 보니 이틀째 같은 곳에 머물러 있습니다.",
    "혹시 오늘 안에 확인해 주실 수 있을까요?",
    "I ordered two lamps last week and only one of them arrived.",
    "Could you please check with the carrier and let me know?",
    "교환이 어렵다면 환불로 처리해 주셔도 괜찮습니다. 감사합니다.",
)
CUSTOMERS_SHARE = 3
QUOTE = "2026년 11월 20일 (금) 오전 10:12, 모먼트스토어 <help@moment.example>님이 작성:"
PIXELS = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 60


def letters(count: int, *, to: str = "help@moment.example", seed: int = 1) -> Iterator[bytes]:
    """So many mails, each different; every third customer writes several times."""
    dice = Random(seed)
    for number in range(count):
        yield _letter(dice, number, dice.randrange(max(1, count // CUSTOMERS_SHARE)), to)


def _letter(dice: Random, number: int, customer: int, to: str) -> bytes:
    mail = EmailMessage()
    mail["From"] = f"손님 {customer} <customer{customer}@mail{customer % 40}.example>"
    mail["To"] = f"모먼트스토어 <{to}>"
    mail["Subject"] = f"{'Re: ' if number % 3 == 0 else ''}주문 {customer} 배송 문의드립니다"
    mail["Date"] = "Sat, 21 Nov 2026 10:12:00 +0900"
    mail["Message-ID"] = f"<{number}.{dice.getrandbits(64):x}@mail{customer % 40}.example>"
    mail["Received"] = "from mx.mail.example by border.moment.example with ESMTPS id x; Sat, 21 Nov 2026 10:12:01 +0900"
    if number % 3 == 0:
        mail["In-Reply-To"] = f"<unknown.{number}@moment.example>"
    said = [dice.choice(SENTENCES) for _ in range(dice.randrange(3, 12))]
    quoted = [QUOTE, *(f"> {dice.choice(SENTENCES)}" for _ in range(8))] if number % 3 == 0 else []
    mail.set_content("\n\n".join(said) + "\n\n" + "\n".join(quoted), cte="base64")
    if number % 2 == 0:
        mail.add_alternative(_html(said, quoted), subtype="html", cte="base64")
    if number % 10 == 0:
        mail.add_attachment(PIXELS, maintype="image", subtype="png", filename=f"사진 {number}.png")
    return mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _html(said: list[str], quoted: list[str]) -> str:
    body = "".join(f'<div style="font-size:14px">{line}</div><div><br></div>' for line in said)
    if not quoted:
        return f"<html><body>{body}</body></html>"
    earlier = "".join(f"<div>{line.removeprefix('> ')}</div>" for line in quoted[1:])
    return (
        f'<html><body>{body}<div class="gmail_quote"><div class="gmail_attr">{quoted[0]}</div>'
        f'<blockquote class="gmail_quote">{earlier}</blockquote></div></body></html>'
    )
