"""The customers' mail in a trial: what the desk sent them, read and answered as they would, over the real mail door."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from channels_app.mail.compose import OutgoingMail, compose, make_message_id
from channels_app.mail.model import MailAddress
from channels_app.mail.parse import parse_mail
from channels_app.models import Channel
from helpdesk import mail_door
from helpdesk.demo.doors import SHOP_TOKEN
from helpdesk.mail_folder import KeptMail, MailFolder
from helpdesk.shop import COOKIE, NEWCOMER, Shopper, host_policy, shoppers

DESK = "help@moment.example"
SHOWN = 30
SEND_SECONDS = 10


@dataclass(frozen=True)
class Letter:
    """One mail as the page shows it."""

    name: str
    sender: str
    reply_to: str
    subject: str
    at: datetime | None
    text: str
    message_id: str
    references: tuple[str, ...]


class LetterForm(forms.Form):
    """A mail to the desk, new or in answer to `answers` (the file name of a mail in the mailbox)."""

    subject = forms.CharField(label="제목", max_length=200)
    text = forms.CharField(label="내용", max_length=20_000, widget=forms.Textarea(attrs={"rows": 6}))
    answers = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)


@login_not_required
@require_http_methods(["GET", "POST"])
@never_cache
@host_policy
def mailbox(request: HttpRequest) -> HttpResponse:
    """The mailbox of whoever is signed in to the shop."""
    signed_in, offered = _shopper(request)
    owner = signed_in or NEWCOMER
    folder = MailFolder()
    letters = [_letter(kept) for kept, _ in zip(folder.mails(owner.email), range(SHOWN), strict=False)]
    opened = next((letter for letter in letters if letter.name == request.GET.get("mail")), None)
    form = LetterForm(request.POST or None, initial=_beginning(opened))
    if request.method == "POST" and form.is_valid() and _send(request, form, owner, letters):
        return redirect(f"{reverse('shop_mail')}?mail={form.cleaned_data['answers']}")
    context: dict[str, object] = {
        "shopper": signed_in,
        "shoppers": offered,
        "owner": owner,
        "letters": letters,
        "opened": opened,
    }
    context |= {"form": form, "folder": Path(folder.root) / owner.email, "desk": DESK}
    return render(request, "shop/mail.html", context, status=422 if form.errors else 200)


def _shopper(request: HttpRequest) -> tuple[Shopper | None, list[Shopper]]:
    """Who is signed in to the shop, and who could be."""
    channel = Channel.objects.filter(token=SHOP_TOKEN).first()
    offered = shoppers(channel) if channel else [NEWCOMER]
    subject = request.get_signed_cookie(COOKIE, default="")
    return next((one for one in offered if one.subject == subject), None), offered


def _letter(kept: KeptMail) -> Letter:
    mail = parse_mail(kept.content)
    reply_to = mail.reply_to or ((mail.from_,) if mail.from_ else ())
    return Letter(
        name=kept.name,
        sender=str(mail.from_ or ""),
        reply_to=reply_to[0].address if reply_to else DESK,
        subject=mail.subject,
        at=mail.date,
        text=mail.text,
        message_id=mail.message_id,
        references=mail.references,
    )


def _beginning(opened: Letter | None) -> dict[str, str]:
    if opened is None:
        return {}
    is_answer = opened.subject.lower().startswith("re:")
    return {"subject": opened.subject if is_answer else f"Re: {opened.subject}", "answers": opened.name}


def _send(request: HttpRequest, form: LetterForm, shopper: Shopper, letters: list[Letter]) -> bool:
    """Hand the mail to the desk's door as any mail server would; False where the door is closed."""
    answered = next((letter for letter in letters if letter.name == form.cleaned_data["answers"]), None)
    to = answered.reply_to if answered else DESK
    raw = compose(_outgoing(form, shopper, to, answered))
    door = mail_door.address()
    try:
        with smtplib.SMTP(door.host, door.port, "customer.example", timeout=SEND_SECONDS) as server:
            server.sendmail(shopper.email, [to], raw)
    except (OSError, smtplib.SMTPException) as error:
        form.add_error(
            None, f"메일을 보내지 못했어요. 데스크의 메일 문({door.host}:{door.port})이 닫혀 있어요. ({error})"
        )
        return False
    messages.success(request, "메일을 보냈어요. 상담 화면에서 확인해 보세요.")
    return True


def _outgoing(form: LetterForm, shopper: Shopper, to: str, answered: Letter | None) -> OutgoingMail:
    quoted = "".join(f"\n> {line}" for line in answered.text.splitlines()) if answered else ""
    said = form.cleaned_data["text"].replace("\r\n", "\n")
    line = f"\n\n{answered.at:%Y년 %m월 %d일} {answered.sender}님이 작성:\n{quoted}" if answered and answered.at else ""
    return OutgoingMail(
        from_=MailAddress(shopper.email, shopper.name),
        to=[MailAddress(to)],
        subject=form.cleaned_data["subject"],
        text=said + line,
        message_id=make_message_id("customer.example"),
        in_reply_to=answered.message_id if answered else "",
        references=[*answered.references, answered.message_id] if answered else (),
    )
