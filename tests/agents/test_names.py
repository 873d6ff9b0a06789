"""Avatars and particles."""

import pytest

from agents.devices import device
from agents.names import initials, josa, tint


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("김하늘", "하늘"),
        ("김 하늘", "하늘"),
        ("남궁민수", "민수"),
        ("지", "지"),
        ("Emma Wilson", "EW"),
        ("Anna Maria de Souza", "AS"),
        ("Prince", "P"),
        ("田中 美咲", "美咲"),
        ("أحمد علي", "أح"),
        ("mina.kim@example.com", "MK"),
        ("", "?"),
        ("***", "?"),
    ],
)
def test_avatar_shows_what_people_of_that_script_would_write(name, shown):
    assert initials(name) == shown


def test_tint_is_one_of_eight_and_the_same_each_time():
    assert {tint(f"name {n}") for n in range(200)} == set(range(1, 9))
    assert tint("김하늘") == tint("김하늘")


@pytest.mark.parametrize(
    ("word", "pair", "spoken"),
    [
        ("하늘", "이/가", "하늘이"),
        ("민수", "이/가", "민수가"),
        ("서울", "으로/로", "서울로"),
        ("부산", "으로/로", "부산으로"),
        ("3", "을/를", "3을"),
        ("2", "을/를", "2를"),
        ("“하늘”", "은/는", "“하늘”은"),
    ],
)
def test_particle_follows_the_sound_before_it(word, pair, spoken):
    assert josa(word, pair) == spoken


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36", "Chrome · Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130 Whale/4.29 Safari/537.36", "Whale · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari · iPhone"),
        (
            "Mozilla/5.0 (Linux; Android 14; SM-S921N) SamsungBrowser/26.0 Chrome/122 Safari",
            "Samsung Internet · Android",
        ),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "?"),
    ],
)
def test_device_is_named_as_a_person_would(header, said):
    assert device(header) == said
