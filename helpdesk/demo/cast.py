"""Who works at the shop, and who buys there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from agents.models import Team, User

# Shown by `make run`: a trial on one's own machine, never a real desk.
PASSWORD = "moment-store-demo"  # noqa: S105

DOMAIN = "moment.example"
# Where customers of the demo write.
DESK_ADDRESS = f"help@{DOMAIN}"

TEAMS = {"배송": 1, "결제·환불": 2, "기술·글로벌": 3}
STAFF = [
    # name, log-in, role, teams, language
    ("김민준", "agent", User.Role.AGENT, ["배송", "결제·환불", "기술·글로벌"], "ko"),
    ("이서연", "seoyeon", User.Role.AGENT, ["배송"], "ko"),
    ("박준호", "junho", User.Role.AGENT, ["결제·환불"], "ko"),
    ("최유나", "yuna", User.Role.AGENT, ["기술·글로벌"], "ko"),
    ("Emma Clarke", "emma", User.Role.AGENT, ["기술·글로벌"], "en"),
    ("한지원", "supervisor", User.Role.SUPERVISOR, ["배송", "결제·환불", "기술·글로벌"], "ko"),
    ("정다은", "admin", User.Role.ADMIN, [], "ko"),
]
LOG_INS = ("agent", "supervisor", "admin")

FAMILY = "김이박최정강조윤장임한오서신권황안송류홍"
GIVEN = (  # noqa: SIM905  (forty words are easier to read than forty strings)
    "하늘 지후 서아 도윤 예린 민서 유진 시우 하윤 지호 서준 수아 은우 지유 건우 채원 현우 다은 준서 소율 "
    "태윤 나은 우진 아린 승우 가은 도현 수빈 선우 지안 정우 서윤 재윤 하린 시윤 예은 민재 윤서 동현 지민"
).split()
ABROAD: dict[str, list[tuple[str, str, str, str]]] = {
    # language → name, e-mail name, time zone, place
    "en": [
        ("Emma Wilson", "emma.wilson", "Europe/London", "London"),
        ("James Carter", "jcarter", "America/New_York", "New York"),
        ("Olivia Brown", "olivia.b", "Australia/Sydney", "Sydney"),
        ("Noah Patel", "noah.patel", "America/Toronto", "Toronto"),
        ("Grace O'Neill", "grace.oneill", "Europe/Dublin", "Dublin"),
        ("Liam Tan", "liam.tan", "Asia/Singapore", "Singapore"),
        ("Sophie Martin", "sophie.m", "America/Vancouver", "Vancouver"),
        ("Daniel Kim", "daniel.kim", "America/Los_Angeles", "Los Angeles"),
    ],
    "ja": [
        ("田中 美咲", "tanaka.misaki", "Asia/Tokyo", "東京"),
        ("佐藤 健一", "k.sato", "Asia/Tokyo", "大阪"),
        ("鈴木 さくら", "sakura.s", "Asia/Tokyo", "福岡"),
        ("高橋 大輔", "takahashi", "Asia/Tokyo", "札幌"),
    ],
    "ar": [("أحمد علي", "ahmed.ali", "Asia/Dubai", "دبي"), ("فاطمة حسن", "fatima.h", "Asia/Riyadh", "الرياض")],
    "zh": [("王小明", "xiaoming.wang", "Asia/Shanghai", "上海"), ("陳美玲", "meiling.chen", "Asia/Taipei", "台北")],
    "de": [("Anna Schröder", "a.schroeder", "Europe/Berlin", "Berlin")],
    "es": [("Lucía Fernández", "lucia.f", "Europe/Madrid", "Madrid")],
    "fr": [("Camille Dubois", "c.dubois", "Europe/Paris", "Paris")],
    "vi": [("Nguyễn Thị Lan", "lan.nguyen", "Asia/Ho_Chi_Minh", "Hà Nội")],
}
PLACES = (
    "서울 마포구",
    "서울 강남구",
    "경기 성남시",
    "부산 해운대구",
    "대구 수성구",
    "인천 연수구",
    "대전 유성구",
    "제주 제주시",
)
PRODUCTS = [
    "모먼트 스피커 미니",
    "모먼트 이어버드 2",
    "모먼트 램프",
    "모먼트 워치 밴드",
    "모먼트 머그 워머",
    "모먼트 키보드",
]


@dataclass(frozen=True)
class Person:
    """A customer of the demo; `number` makes addresses and orders distinct."""

    number: int
    name: str
    email: str
    language: str
    time_zone: str
    place: str
    is_vip: bool

    @property
    def member(self) -> str:
        """The number by which the shop's own system knows them."""
        return f"M{self.number:05}"


def hire() -> None:
    """Make the teams and the agents."""
    teams = {
        name: Team.objects.get_or_create(name=name, defaults={"colour": colour})[0] for name, colour in TEAMS.items()
    }
    for name, login, role, of, language in STAFF:
        _agent(name, login, role, [teams[team] for team in of], language)


def staff() -> dict[str, User]:
    """The agents by log-in."""
    hired = User.objects.filter(email__endswith=f"@{DOMAIN}").prefetch_related("memberships__team")
    return {one.email.partition("@")[0]: one for one in hired}


def _agent(name: str, login: str, role: str, teams: list[Team], language: str) -> None:
    agent = User.objects.create_user(f"{login}@{DOMAIN}", PASSWORD, name=name, role=role, language=language)
    for team in teams:
        agent.memberships.create(team=team)


def people(dice: Random, count: int) -> Iterator[Person]:
    """So many customers, most of them Korean."""
    foreign = [(language, *one) for language, ones in ABROAD.items() for one in ones]
    for number in range(1, count + 1):
        if number % 4 == 0:
            language, name, mailbox, zone, place = foreign[(number // 4 - 1) % len(foreign)]
            again = (number // 4 - 1) // len(foreign)
            mailbox = f"{mailbox}{again + 1}" if again else mailbox
        else:
            name = dice.choice(FAMILY) + dice.choice(GIVEN)
            language, mailbox, zone, place = "ko", f"moment{number:03}", "Asia/Seoul", dice.choice(PLACES)
        yield Person(number, name, f"{mailbox}@customer.example", language, zone, place, is_vip=dice.random() < 0.07)


MEMBER = "회원번호"


def facts(person: Person, dice: Random) -> dict[str, object]:
    """What the shop's own system tells the desk of a customer: numbers, the last orders, plain lines."""
    count = dice.randint(1, 18)
    spent = count * dice.randrange(29_000, 120_000, 1000)
    return {
        MEMBER: person.member,
        "가입": f"20{dice.randint(21, 25)}년 {dice.randint(1, 12)}월",
        "stats": [
            {"value": f"{dice.uniform(3.6, 5):.1f}", "label": "CSAT"},
            {"value": f"{count}회", "label": "주문"},
            {"value": f"{spent // 10_000}만", "label": "누적 구매"},
        ],
        "orders": [_order(person, dice, position) for position in range(min(count, 2))],
    }


def _order(person: Person, dice: Random, position: int) -> dict[str, object]:
    state = dice.choice(["배송 완료", "배송 중", "상품 준비 중", "오배송"])
    return {
        "name": PRODUCTS[(person.number + position) % len(PRODUCTS)],
        "amount": f"{dice.randrange(29, 180)},000원",
        "number": f"#{58000 + person.number - position * 400}",
        "detail": f"화이트 · {dice.randint(1, 2)}개",
        "state": state,
        "is_problem": state == "오배송",
    }
