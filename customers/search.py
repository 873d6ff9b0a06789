"""Finding customers by a part of their name, its initial consonants, or an address."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db.models import Func, Q, QuerySet, TextField
from django.db.models.functions import Lower

from customers.models import Customer, Identity


class Grams(Func):
    """The single signs and pairs of signs of a text and of its initial consonants; what the search indexes hold."""

    function = "customers_grams"
    output_field = ArrayField(TextField())


class Initials(Func):
    """A text with each Hangul syllable replaced by its initial consonant: 배수지 → ㅂㅅㅈ."""

    function = "customers_initials"
    output_field = TextField()


def grams(text: str) -> list[str]:
    """What the index is asked for: the pairs of a text, or its only sign."""
    text = text.lower()
    return [text] if len(text) == 1 else sorted({text[at : at + 2] for at in range(len(text) - 1)})


def named_like(text: str) -> QuerySet[Customer]:
    """Customers whose name has the text in it, or whose name's initial consonants do."""
    found = Customer.objects.alias(grams=Grams("name"), lower=Lower("name"), initials=Initials("name"))
    part = text.lower()
    return found.filter(Q(lower__contains=part) | Q(initials__contains=part), grams__contains=grams(text))  # type: ignore[misc]


def addressed_like(text: str) -> QuerySet[Identity]:
    """Identities whose address, one that holds everywhere, has the text in it."""
    found = Identity.objects.alias(grams=Grams("value"))
    return found.filter(account="", value__icontains=text, grams__contains=grams(text))  # type: ignore[misc]


CONSONANTS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
FIRST_SYLLABLE, LAST_SYLLABLE = 0xAC00, 0xD7A3
SYLLABLES_OF_A_CONSONANT = 588


def initials(text: str) -> str:
    """What Initials says, without the database."""
    return "".join(
        CONSONANTS[(ord(sign) - FIRST_SYLLABLE) // SYLLABLES_OF_A_CONSONANT]
        if FIRST_SYLLABLE <= ord(sign) <= LAST_SYLLABLE
        else sign
        for sign in text
    )
