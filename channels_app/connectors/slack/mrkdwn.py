"""Slack's own way of writing: its marks, its escapes, its names of emoji."""

from __future__ import annotations

import re

from channels_app.connectors.plain_text import Marks, titled, write

# In angle brackets: @ somebody, # a channel, ! everybody, or an address; behind a bar what is shown instead.
_SPECIAL = re.compile(r"<(?P<kind>[@#!]?)(?P<what>[^<>|]*)(?:\|(?P<shown>[^<>]*))?>")
_SKIN = re.compile(r"::skin-tone-\d$")

# Slack's names of the emoji that people react with; any other name stays as :name:.
EMOJI = {
    "+1": "👍",
    "thumbsup": "👍",
    "-1": "👎",
    "thumbsdown": "👎",
    "heart": "❤️",
    "tada": "🎉",
    "white_check_mark": "✅",
    "heavy_check_mark": "✔️",
    "x": "❌",
    "eyes": "👀",
    "pray": "🙏",
    "clap": "👏",
    "raised_hands": "🙌",
    "ok_hand": "👌",
    "fire": "🔥",
    "rocket": "🚀",
    "100": "💯",
    "wave": "👋",
    "muscle": "💪",
    "smile": "😄",
    "slightly_smiling_face": "🙂",
    "joy": "😂",
    "heart_eyes": "😍",
    "thinking_face": "🤔",
    "cry": "😢",
    "sob": "😭",
    "rage": "😡",
    "open_mouth": "😮",
    "question": "❓",
    "exclamation": "❗",
}
NAMES = {sign.replace("\ufe0f", ""): name for name, sign in reversed(EMOJI.items())}


def escaped(text: str) -> str:
    """The three signs that mean something to Slack everywhere."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _link(title: str, url: str) -> str:
    return f"<{escaped(url)}|{title.replace('|', '¦')}>"


SLACK = Marks(
    strong=("*", "*"),
    em=("_", "_"),
    strike=("~", "~"),
    code=("`", "`"),
    fence=("```\n", "\n```"),
    heading=("*", "*"),
    link=_link,
    escape=escaped,
)


def written(text: str) -> str:
    """Light Markdown in Slack's marks."""
    return write(text, SLACK)


def read(text: str) -> str:
    """What somebody wrote in Slack as anybody reads it."""
    plain = _SPECIAL.sub(_shown, text)
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _shown(found: re.Match[str]) -> str:
    kind, what, shown = found["kind"], found["what"], found["shown"] or ""
    if kind in ("@", "#"):
        return kind + (shown or what)
    if kind == "!":
        return shown or "@" + what.partition("^")[0]
    return titled(shown or what, what)


def emoji_of(name: str) -> str:
    """The sign of a reaction, whatever its skin tone; :name: for one of the workspace's own."""
    bare = _SKIN.sub("", name)
    return EMOJI.get(bare, f":{bare}:" if bare else "")


def name_of(emoji: str) -> str:
    """Slack's name of an emoji; blank for one that the table does not have."""
    return NAMES.get(emoji.replace("\ufe0f", ""), "")
