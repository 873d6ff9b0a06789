"""Those whom one can play: the same person has another address on each channel."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Human:
    """Somebody with one phone, on which all their channels are."""

    number: int
    name: str
    phone: str
    language: str = "ko"

    @property
    def digits(self) -> str:
        """The phone number without its plus sign."""
        return self.phone.removeprefix("+")

    @property
    def given_name(self) -> str:
        return self.name.split()[0] if " " in self.name else self.name[1:] or self.name

    @property
    def family_name(self) -> str:
        return self.name.split()[-1] if " " in self.name else self.name[:1]

    @property
    def user_name(self) -> str:
        """What they call themselves where one needs a handle."""
        return f"user{self.number}"

    def scoped(self, account: str, length: int = 32) -> str:
        """Hexadecimal digits that stay the same for this person at one account."""
        return hashlib.sha256(f"{account}/{self.phone}".encode()).hexdigest()[:length]

    def numeral(self, account: str, digits: int = 15) -> str:
        """The same in decimal digits, without a zero in front."""
        value = int(self.scoped(account, 24), 16) % (9 * 10 ** (digits - 1))
        return str(10 ** (digits - 1) + value)


CAST = (
    Human(1, "김하늘", "+821034110001"),
    Human(2, "이지후", "+821034110002"),
    Human(3, "박서아", "+821034110003"),
    Human(4, "Emma Wilson", "+447700900104", "en"),
    Human(5, "田中 美咲", "+819012340105", "ja"),
    Human(6, "王小明", "+8613800138106", "zh"),
    Human(7, "Nguyễn Lan", "+84901234107", "vi"),
)
