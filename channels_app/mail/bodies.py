"""Which parts are what the person wrote, and which are files: alternatives, related pictures, signed and nested mail."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from channels_app.mail.charsets import Decoded, clean
from channels_app.mail.flowed import unflow
from channels_app.mail.invitations import summary_of
from channels_app.mail.mime import Entity, read_headers
from channels_app.mail.model import Defect, Note, Part
from channels_app.mail.names import better_type, made_name, stated_name
from channels_app.mail.plain import html_to_text, text_to_html
from channels_app.mail.tnef import Tnef, read_tnef

MOST_PARTS = 500
LONGEST_TEXT = 1_000_000
_TNEF = frozenset(("application/ms-tnef", "application/vnd.ms-tnef"))
_SIGNATURES = frozenset(("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"))
_SMIME = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
_SHOWN = frozenset(("text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown"))
_SILENT = frozenset(("text/x-amp-html", "text/watch-html", "text/x-watch-html"))
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]{0,60}>")


@dataclass(slots=True)
class Piece:
    """A stretch of the body, in one or both of its forms."""

    text: str | None = None
    html: str | None = None


@dataclass(slots=True)
class Body:
    """The body while it is collected, with the files found on the way."""

    pieces: list[Piece] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)
    charset: str = ""
    is_signed: bool = False
    is_encrypted: bool = False
    numbered: int = 0

    def text(self) -> str:
        texts = [piece.text if piece.text is not None else html_to_text(piece.html or "") for piece in self.pieces]
        return "\n\n".join(text.strip("\n") for text in texts if text.strip())

    def html(self) -> str:
        """ "" when the whole body is plain."""
        if all(piece.html is None for piece in self.pieces):
            return ""
        return "\n".join(
            piece.html if piece.html is not None else text_to_html(piece.text or "") for piece in self.pieces
        )


def read_body(root: Entity) -> Body:
    """Collect the body and the files of a mail."""
    body = Body()
    _read(root, body)
    html = body.html() if any(part.content_id for part in body.parts) else ""
    body.parts = [_placed(part, html) for part in body.parts]
    return body


def _placed(part: Part, html: str) -> Part:
    """A part is inline when the HTML shows it."""
    if not part.content_id or f"cid:{part.content_id}".lower() not in html.lower():
        return part
    return Part(part.name, part.content_type, part.content, part.content_id, True, part.note, part.summary)


def _read(entity: Entity, body: Body) -> None:
    if not entity.children:
        _read_leaf(entity, body)
    elif entity.content_type == "multipart/alternative":
        _read_alternative(entity.children, body)
    elif entity.content_type == "multipart/related":
        _read_related(entity, body)
    elif entity.content_type == "multipart/signed":
        body.is_signed = True
        _read_all(entity.children, body)
    elif entity.content_type == "multipart/encrypted":
        body.is_encrypted = True
        for child in entity.children:
            _add(child, body, note=Note.ENCRYPTED)
    else:
        _read_all(entity.children, body)


def _read_all(entities: Iterable[Entity], body: Body) -> None:
    for entity in entities:
        if len(body.parts) + len(body.pieces) >= MOST_PARTS:
            body.defects.append(Defect.TOO_MANY_PARTS)
            return
        _read(entity, body)


def _read_alternative(children: Iterable[Entity], body: Body) -> None:
    """The first form that has text and the last that has HTML; files of every form are kept."""
    text: str | None = None
    html: str | None = None
    for child in children:
        form = Body(numbered=body.numbered)
        _read(child, form)
        plain = [piece.text for piece in form.pieces if piece.text is not None and piece.html is None]
        if text is None and "".join(plain).strip():
            text = "\n\n".join(plain)
        html = form.html() or html
        _absorb(body, form)
    if text is not None or html is not None:
        body.pieces.append(Piece(text, html))


def _absorb(body: Body, form: Body) -> None:
    body.parts += form.parts
    body.defects += form.defects
    body.charset = body.charset or form.charset
    body.numbered = form.numbered
    body.is_signed |= form.is_signed
    body.is_encrypted |= form.is_encrypted


def _read_related(entity: Entity, body: Body) -> None:
    """The root (named by `start`, else the first part that is a body) and what it shows."""
    start = entity.headers.parameters("Content-Type").get("start", "").strip("<> ")
    root = next((child for child in entity.children if start and _content_id(child) == start), None)
    root = root or next((child for child in entity.children if child.children or child.content_type in _SHOWN), None)
    if root is not None:
        _read(root, body)
    _read_all((child for child in entity.children if child is not root), body)


def _read_leaf(entity: Entity, body: Body) -> None:
    if entity.content_type in _SILENT:
        return
    if entity.content_type in _TNEF or (name := stated_name(entity.headers).lower()) == "winmail.dat":
        _read_tnef(entity, body)
    elif _is_body(entity, name, body):
        _read_text(entity, body)
    else:
        _add(entity, body)


def _is_body(entity: Entity, name: str, body: Body) -> bool:
    if entity.content_type not in _SHOWN or entity.disposition == "attachment":
        return False
    # Some programs name the body itself; a named text after a body is a file.
    return not name or (not body.pieces and entity.disposition != "inline" and entity.content_type != "text/html")


def _read_text(entity: Entity, body: Body) -> None:
    decoded = entity.decoded()
    body.charset = body.charset if body.charset not in ("", "ascii") else decoded.codec
    if not decoded.is_certain:
        body.defects.append(Defect.UNCERTAIN_CHARSET)
    text = _bounded(entity, decoded, body)
    if entity.content_type == "text/html":
        body.pieces.append(Piece(html=text))
        return
    if entity.content_type in ("text/enriched", "text/richtext"):
        text = _MARKUP.sub("", text)
    parameters = entity.headers.parameters("Content-Type")
    if parameters.get("format", "").lower() == "flowed":
        text = unflow(text, drop_space=parameters.get("delsp", "").lower() == "yes")
    body.is_encrypted |= text.lstrip().startswith("-----BEGIN PGP MESSAGE-----")
    body.is_signed |= text.lstrip().startswith("-----BEGIN PGP SIGNED MESSAGE-----")
    body.pieces.append(Piece(text=text))


def _bounded(entity: Entity, decoded: Decoded, body: Body) -> str:
    """A body longer than anybody reads is cut for the page and kept whole as a file."""
    if len(decoded.text) <= LONGEST_TEXT:
        return decoded.text
    body.defects.append(Defect.LONG_TEXT)
    _add(entity, body)
    return decoded.text[:LONGEST_TEXT]


def _add(entity: Entity, body: Body, note: str = "") -> None:
    body.numbered += 1
    content = entity.content()
    name, summary = stated_name(entity.headers), ""
    if entity.content_type in ("message/rfc822", "message/global"):
        note = note or Note.MESSAGE
        inner = read_headers(content)
        summary = " · ".join(filter(None, (inner.text("Subject"), inner.text("From"))))[:300]
        name = name or made_name("message/rfc822", body.numbered, inner.text("Subject"))
    elif entity.content_type in ("text/calendar", "application/ics"):
        note = note or Note.CALENDAR
        summary = summary_of(content, entity.headers.parameters("Content-Type").get("charset", ""))
        name = name or "invite.ics"
    note = note or _security(entity, body)
    name = name or made_name(entity.content_type, body.numbered)
    content_type = better_type(entity.content_type, name)
    body.parts.append(Part(name, content_type, content, _content_id(entity), False, note, summary))


def _security(entity: Entity, body: Body) -> str:
    if entity.content_type in _SIGNATURES:
        body.is_signed = True
        return Note.SIGNATURE
    if entity.content_type in _SMIME:
        is_signed = "signed" in entity.headers.parameters("Content-Type").get("smime-type", "").lower()
        body.is_signed |= is_signed
        body.is_encrypted |= not is_signed
        return Note.SIGNED if is_signed else Note.ENCRYPTED
    return ""


def _content_id(entity: Entity) -> str:
    return clean(entity.headers.raw("Content-ID").encode("ascii", "ignore").decode()).strip("<> ")


def _read_tnef(entity: Entity, body: Body) -> None:
    """Outlook's parcel: its files take its place, and its text counts when the mail has none of its own."""
    tnef = read_tnef(entity.content())
    if tnef is None or not tnef.is_whole:
        body.defects.append(Defect.UNREADABLE)
        _add(entity, body, note=Note.UNREADABLE)
    if tnef is None:
        return
    _take_tnef_text(tnef, body)
    for file in tnef.files:
        body.numbered += 1
        content_type = better_type(file.content_type, file.name)
        body.parts.append(Part(file.name, content_type, file.content, file.content_id))


def _take_tnef_text(tnef: Tnef, body: Body) -> None:
    has_text = any((piece.text or piece.html or "").strip() for piece in body.pieces)
    if (tnef.text.strip() or tnef.html.strip()) and not has_text:
        body.pieces.append(Piece(tnef.text or None, tnef.html or None))
