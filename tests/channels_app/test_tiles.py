"""Every channel is drawn: its colour is in the style sheets, its icon in the sprite, its letter can be read."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from channels_app import connectors

STATIC = Path(settings.BASE_DIR) / "static"
CSS = (STATIC / "css/components/avatar.css").read_text()
TOKENS = (STATIC / "css/tokens.css").read_text()
ICONS = (STATIC / "img/icons.txt").read_text().split()


@pytest.mark.parametrize("kind", connectors.REGISTRY)
def test_tile_can_be_drawn(kind):
    tile = connectors.get(kind).tile
    assert all(f".{name} {{" in CSS for name in tile.css.split())
    assert tile.icon in ICONS if tile.icon else len(tile.letter) == 1


def brightness(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("name", "colour"), re.findall(r"--ch-(\w+): (#\w{6})", TOKENS))
def test_letter_on_a_tile_can_be_read(name, colour):
    if name in ("on", "kakao"):  # Kakao's yellow has ink of its own
        return
    assert 1.05 / (brightness(colour) + 0.05) >= 4.5
