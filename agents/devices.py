"""What a person calls the browser behind a User-Agent header."""

import re

# In this order: later names also stand in the headers of earlier ones.
BROWSERS = (
    ("Whale", r"Whale/"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrom(?:e|ium)/|CriOS/"),
    ("Safari", r"Safari/"),
)
SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux"),
)


def device(user_agent: str) -> str:
    """Browser and system, or the start of a header that names neither."""
    named = [_first(table, user_agent) for table in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, named)) or user_agent[:60] or "?"


def _first(table: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for name, pattern in table if re.search(pattern, text)), "")
