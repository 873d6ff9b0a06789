"""Icons, avatars, channel tiles, particles and form widgets for templates."""

from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from agents import devices, names

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText

register = template.Library()
register.filter("initials", names.initials)
register.filter("tint", names.tint)
register.filter("josa", names.josa)
register.filter("device", devices.device)

AVATAR = 36


class TileShape(Protocol):
    """How a channel is drawn: a css class, an icon or a letter."""

    @property
    def css(self) -> str: ...
    @property
    def icon(self) -> str: ...
    @property
    def letter(self) -> str: ...


class Speaker(Protocol):
    """What a tile needs to know of a connector."""

    @property
    def tile(self) -> TileShape: ...
    @property
    def label(self) -> "str | LazyText": ...


class Drawn(Protocol):
    """What a tile needs to know of a channel."""

    @property
    def connector(self) -> Speaker: ...


@lru_cache
def _sprite() -> str:
    return static("vendor/lucide/icons.svg")


@register.simple_tag
def icon(name: str, size: int = 16, flip: bool = False, css: str = "") -> SafeString:
    """One symbol of the sprite; `flip` turns it round in right-to-left text."""
    classes = " ".join(filter(None, ("i", f"i-{size}" if size != 16 else "", "i-flip" if flip else "", css)))
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        classes,
        _sprite(),
        name,
    )


@register.simple_tag
def avatar(name: str, size: int = AVATAR, dot: str = "", channel: Drawn | None = None) -> SafeString:
    """A tinted disc with the name's initials; `dot` is on, away, busy or off; the channel sits in the corner."""
    name = str(name or "")
    classes = f"av av--{names.tint(name)}" + (f" av--{size}" if size != AVATAR else "")
    mark = format_html('<span class="dot dot--{}"></span>', dot) if dot else ""
    tile = channel_tile(channel) if channel else ""
    hidden = SafeString("" if channel else ' aria-hidden="true"')
    return format_html('<span class="{}"{}>{}{}{}</span>', classes, hidden, names.initials(name), mark, tile)


@register.simple_tag
def channel_tile(channel: Drawn, size: int = 18, silent: bool = False) -> SafeString:
    """A channel's tile as its connector draws it, named for screen readers unless `silent`."""
    speaker = channel.connector
    shape = speaker.tile
    css = " ".join(dict.fromkeys(("ch", shape.css, *(("ch--14",) if size == 14 else ()))))
    inner = icon(shape.icon) if shape.icon else shape.letter
    if silent:
        return format_html('<span class="{}" aria-hidden="true">{}</span>', css, inner)
    return format_html('<span class="{}" role="img" aria-label="{}">{}</span>', css, speaker.label, inner)


@register.filter
def styled(field: BoundField) -> SafeString:
    """A form field's widget in our classes."""
    widget = field.field.widget
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return field.as_widget()
    css = "switch" if isinstance(widget, CheckboxInput) else "input"
    return field.as_widget(attrs={"class": " ".join(filter(None, (css, widget.attrs.get("class", ""))))})


@register.filter
def shape(field: BoundField) -> str:
    """How a field is laid out: switch, choices or line."""
    widget = field.field.widget
    if isinstance(widget, CheckboxInput):
        return "switch"
    return "choices" if isinstance(widget, RadioSelect | CheckboxSelectMultiple) else "line"
