"""What WhatsApp delivers: messages of customers, and what the company itself wrote in its WhatsApp Business app."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from channels_app.connectors import opt_out, phone, tolerant
from channels_app.connectors.meta.media import bare_type, extension
from channels_app.connectors.meta.messaging import referral_in
from channels_app.connectors.places import placed
from channels_app.connectors.tolerant import Json
from channels_app.contract import (
    Address,
    Choice,
    ConsentUpdate,
    ContactCard,
    ContactUpdate,
    FileRole,
    Inbound,
    InboundMessage,
    Location,
    MessageDeleted,
    MessageEdited,
    Reaction,
    RemoteFile,
)

KIND = "whatsapp"
MEDIA = frozenset({"image", "video", "audio", "document", "sticker"})
# Types that say nothing a person could read and that nobody waits for an answer to.
SILENT = frozenset({"system", "request_welcome", "ephemeral"})


def address(data: Json, number: str, user: str, *, name: str = "") -> Address | None:
    """Whoever stands in these fields: the business-scoped id where there is one, else the number; None for nobody.

    Since 2026 people with a username may write without showing their number ("Business-scoped user IDs").
    """
    value = tolerant.text(data, user) or phone.bare(tolerant.text(data, number))
    return placed(KIND, value[:200], tolerant.text(data, "group_id")[:100], name=name) if value else None


def contact(data: Json) -> ContactUpdate | None:
    """Name and number of somebody in `contacts[]`: WhatsApp vouches for the number."""
    found = address(data, "wa_id", "user_id")
    number = tolerant.text(data, "wa_id")
    name, handle = tolerant.text(data, "profile", "name"), tolerant.text(data, "profile", "username")
    if found is None or not (name or number):
        return None
    facts = {"username": handle if handle.startswith("@") else f"@{handle}"} if handle else {}
    proven = [one for one in [phone.received(number)] if not one.is_local]
    return ContactUpdate(found, name=name[:160], facts=facts, proven=proven)


def message(data: Json, names: dict[str, str]) -> list[Inbound]:
    """One of `messages[]`; `names` are those of `contacts[]` by number and by id."""
    name = names.get(tolerant.text(data, "from_user_id")) or names.get(tolerant.text(data, "from")) or ""
    sender = address(data, "from", "from_user_id", name=name)
    if sender is None or not tolerant.text(data, "id"):
        return []
    return _understood(data, sender, None)


def echo(data: Json, own_number: str) -> list[Inbound]:
    """One of `message_echoes[]`: an answer that somebody typed in the WhatsApp Business app."""
    customer = address(data, "to", "to_user_id")
    if customer is None or not tolerant.text(data, "id"):
        return []
    return _understood(data, Address(KIND, phone.bare(own_number) or "desk", is_local=True), customer)


def _understood(data: Json, sender: Address, customer: Address | None) -> list[Inbound]:
    """`customer` is given for an echo, and is whom it went to."""
    kind, at = tolerant.text(data, "type"), tolerant.at(data, "timestamp")
    original = tolerant.text(data, kind, "original_message_id")
    if kind == "edit":
        return [MessageEdited(original, _edited(data), at=at)] if original else []
    if kind == "revoke":
        return [MessageDeleted(original, at=at)] if original else []
    if kind == "reaction":
        return _reaction(data, sender) if customer is None else []
    if kind == "system":
        return _moved(data, sender)
    if kind in SILENT:
        return []
    found = _message(data, sender, customer)
    return [found, *_consent(found)] if customer is None else [found]


def _edited(data: Json) -> str:
    new = tolerant.obj(data, "edit", "message")
    kind = tolerant.text(new, "type")
    return tolerant.text(new, "text", "body") or tolerant.text(new, kind, "caption")


def _reaction(data: Json, sender: Address) -> list[Inbound]:
    """Without an emoji the reaction was taken back."""
    target, emoji = tolerant.text(data, "reaction", "message_id"), tolerant.text(data, "reaction", "emoji")
    if not target:
        return []
    at = tolerant.at(data, "timestamp")
    return [Reaction(target, sender, emoji=emoji, is_removed=not emoji, at=at, opens_window=True)]


def _moved(data: Json, sender: Address) -> list[Inbound]:
    """They have another number or another id now, and are the same person."""
    system = tolerant.obj(data, "system")
    number = tolerant.text(system, "wa_id") or tolerant.text(system, "new_wa_id")
    moved = address(system, "wa_id", "user_id")
    proven = [one for one in [phone.received(number)] if number and not one.is_local]
    if moved is not None and moved.value != sender.value:
        proven.append(moved)
    return [ContactUpdate(sender, proven=proven)] if proven else []


def _consent(found: InboundMessage) -> list[Inbound]:
    """A message that is nothing but "stop" or "start"."""
    is_granted = opt_out.consent_in(found.text)
    if is_granted is None:
        return []
    return [ConsentUpdate(found.sender, is_granted, words=found.text, source="message", at=found.sent_at)]


def _message(data: Json, sender: Address, customer: Address | None) -> InboundMessage:
    kind = tolerant.text(data, "type")
    said = READERS.get(kind, _unsupported)(data)
    file = _file(tolerant.obj(data, kind), kind) if kind in MEDIA else None
    is_blank = not (said.text or said.choice or said.cards or said.location or file)
    return InboundMessage(
        tolerant.text(data, "id"),
        sender,
        text=said.text,
        sent_at=tolerant.at(data, "timestamp"),
        files=[file] if file else [],
        location=said.location,
        cards=said.cards,
        choice=said.choice,
        # A forwarded message has a context too, without an id.
        quoted_id=tolerant.text(data, "context", "id"),
        thread_id=tolerant.text(data, "group_id"),
        is_echo=customer is not None,
        to=[customer] if customer else [],
        opens_window=customer is None,
        notices=["unsupported"] if is_blank else [],
        details={**_details(data), **said.details},
    )


def _file(found: Json, kind: str) -> RemoteFile | None:
    """`url` needs our token and ends after five minutes; the id gives a new one for a week."""
    reference = tolerant.text(found, "id")
    if not reference:
        return None
    content_type = bare_type(tolerant.text(found, "mime_type"))
    name = tolerant.text(found, "filename")[:200] or kind + extension(content_type)
    is_voice = kind == "audio" and tolerant.flag(found, "voice")
    role = FileRole.STICKER if kind == "sticker" else FileRole.VOICE if is_voice else FileRole.FILE
    return RemoteFile(name, content_type, reference=reference, role=role)


def _details(data: Json) -> dict[str, object]:
    context = tolerant.obj(data, "context")
    found: dict[str, object] = {}
    if referral := referral_in(tolerant.obj(data, "referral")):
        found["referral"] = referral
    if tolerant.flag(context, "forwarded") or tolerant.flag(context, "frequently_forwarded"):
        found["forwarded"] = True
    if product := tolerant.text(context, "referred_product", "product_retailer_id"):
        found["product"] = product
    return found


# ── What each type says ──────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Said:
    """The words of one message, and what stands in place of words."""

    text: str = ""
    choice: Choice | None = None
    location: Location | None = None
    cards: Sequence[ContactCard] = ()
    details: Mapping[str, object] = field(default_factory=dict)


def _text(data: Json) -> Said:
    return Said(tolerant.text(data, "text", "body"))


def _caption(data: Json) -> Said:
    return Said(tolerant.text(data, tolerant.text(data, "type"), "caption"))


def _button(data: Json) -> Said:
    """A button under a template; its payload is its label where none was set."""
    title = tolerant.text(data, "button", "text")
    return Said(title, choice=Choice(tolerant.text(data, "button", "payload") or title, title))


def _interactive(data: Json) -> Said:
    touched = tolerant.obj(data, "interactive")
    kind = tolerant.text(touched, "type")
    if kind == "nfm_reply":
        return Said(tolerant.text(touched, kind, "body"), details={"form": _form(touched)})
    title = tolerant.text(touched, kind, "title")
    return Said(title, choice=Choice(tolerant.text(touched, kind, "id"), title)) if title else Said()


def _form(touched: Json) -> dict[str, str]:
    """The answers of a form (Flow), which come as JSON within the JSON."""
    try:
        answers = tolerant.load(tolerant.text(touched, "nfm_reply", "response_json").encode())
    except (ValueError, RecursionError):
        return {}
    return {
        name: json.dumps(value, ensure_ascii=False)[:500] for name, value in answers.items() if name != "flow_token"
    }


def _location(data: Json) -> Said:
    place = tolerant.obj(data, "location")
    latitude, longitude = tolerant.number(place, "latitude"), tolerant.number(place, "longitude")
    if latitude is None or longitude is None:
        return Said()
    named = {name: tolerant.text(place, name) for name in ("name", "address", "url")}
    return Said(location=Location(latitude, longitude, **named))


def _contacts(data: Json) -> Said:
    return Said(cards=[_card(one) for one in tolerant.items(data, "contacts")])


def _card(found: Json) -> ContactCard:
    name = tolerant.text(found, "name", "formatted_name") or tolerant.text(found, "name", "first_name")
    phones = [tolerant.text(one, "phone") or tolerant.text(one, "wa_id") for one in tolerant.items(found, "phones")]
    emails = [tolerant.text(one, "email") for one in tolerant.items(found, "emails")]
    return ContactCard(name, [one for one in phones if one], [one for one in emails if one])


def _order(data: Json) -> Said:
    """A basket: the customer's words, then what is in it, as the catalogue names it."""
    order = tolerant.obj(data, "order")
    lines = [_line(one) for one in tolerant.items(order, "product_items")]
    text = "\n".join(filter(None, [tolerant.text(order, "text"), *lines]))
    return Said(text, details={"catalogue": tolerant.text(order, "catalog_id")})


def _line(item: Json) -> str:
    price = " ".join(filter(None, [_amount(item), tolerant.text(item, "currency")]))
    return f"{tolerant.whole(item, 'quantity') or 1} × {tolerant.text(item, 'product_retailer_id')}" + (
        f" ({price})" if price else ""
    )


def _amount(item: Json) -> str:
    price = tolerant.number(item, "item_price")
    return "" if price is None else f"{price:g}" if price < 10**6 else f"{price:.0f}"


def _unsupported(data: Json) -> Said:
    """What WhatsApp itself could not give us (131051), or a type that nobody knew when this was written."""
    inner = tolerant.text(data, "unsupported", "type") or tolerant.text(data, "type")
    return Said(details={"type": inner})


READERS: dict[str, Callable[[Json], Said]] = {
    "text": _text,
    **dict.fromkeys(MEDIA, _caption),
    "button": _button,
    "interactive": _interactive,
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "unsupported": _unsupported,
}
