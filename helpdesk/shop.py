"""The sample shop: somebody else's site, on which the desk's chat stands as a host would put it there.

It has a policy of its own that forbids everything but its own files and the chat's frame, and a switch by which one may
sign in as a customer: the shop then vouches for the person with a token that it signs, as docs/channels/webchat.md says.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

import jwt
from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from channels_app.models import Channel
from conversations.models import Visitor
from helpdesk.demo.doors import SHOP_TOKEN

COOKIE = "shop_visitor"
TOKEN_SECONDS = 600
OFFERED = 4
# As strict as a host can be: no inline script, no style or image from elsewhere, no connection at all.
host_policy = csp_replace(
    {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "frame-src": [SELF],
        "img-src": ["data:"],
        "connect-src": [NONE],
        "media-src": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
)


@dataclass(frozen=True)
class Product:
    """Something the shop sells."""

    slug: str
    name: str
    price: int
    line: str
    tint: int


PRODUCTS = (
    Product("speaker", "모먼트 스피커 미니", 89_000, "책상 위 작은 공연장", 1),
    Product("lamp", "달빛 무드등", 42_000, "밝기 다섯 단계, 한 번 충전에 열흘", 3),
    Product("mug", "백자 머그", 28_000, "손으로 빚어 조금씩 달라요", 7),
    Product("headphones", "고요 헤드폰", 159_000, "출근길이 조용해져요", 5),
    Product("plant", "올리브나무 화분", 36_000, "물은 일주일에 한 번", 2),
    Product("clock", "종이 벽시계", 54_000, "소리 없이 가는 시간", 6),
)


@dataclass(frozen=True)
class Shopper:
    """A customer of the shop, as the shop knows them."""

    subject: str
    name: str
    email: str


NEWCOMER = Shopper("shop-newcomer", "한지우", "jiwoo.han@customer.example")


def shoppers(channel: Channel) -> list[Shopper]:
    """As whom one may sign in: somebody new, and a few who have written before."""
    known = Visitor.objects.filter(channel=channel, subject__startswith="shop-").exclude(subject=NEWCOMER.subject)
    with_mail = [visitor for visitor in known.order_by("pk")[: OFFERED * 4] if visitor.proven][:OFFERED]
    return [NEWCOMER, *(Shopper(one.subject, one.name, one.proven[0]["value"]) for one in with_mail)]


def vouch(channel: Channel, shopper: Shopper) -> str:
    """What a host's server does when it shows a page to somebody who is signed in."""
    now = int(time.time())
    claims = {
        "sub": shopper.subject,
        "name": shopper.name,
        "email": shopper.email,
        "aud": channel.token,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "jti": uuid.uuid4().hex,
    }
    return jwt.encode(claims, channel.secrets["signing_secrets"][0], "HS256")


@login_not_required
@require_safe
@never_cache
@host_policy
def home(request: HttpRequest) -> HttpResponse:
    """All that the shop sells."""
    return render(request, "shop/home.html", _context(request) | {"products": PRODUCTS})


@login_not_required
@require_safe
@never_cache
@host_policy  # type: ignore[arg-type]
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """One product."""
    wanted = next((one for one in PRODUCTS if one.slug == slug), None)
    if wanted is None:
        raise Http404(slug)
    return render(request, "shop/product.html", _context(request) | {"product": wanted})


@login_not_required
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in to the shop as one of its customers, or out."""
    response = redirect("shop")
    if subject := request.POST.get("subject", ""):
        response.set_signed_cookie(COOKIE, subject, httponly=True, samesite="Lax")
    else:
        response.delete_cookie(COOKIE)
    return response


def _context(request: HttpRequest) -> dict[str, object]:
    channel = Channel.objects.enabled().filter(token=SHOP_TOKEN).first()
    if channel is None:
        return {}
    offered = shoppers(channel)
    subject = request.get_signed_cookie(COOKIE, default="")
    shopper = next((one for one in offered if one.subject == subject), None)
    can_vouch = shopper and channel.secrets.get("signing_secrets")
    return {
        "chat": channel,
        "shoppers": offered,
        "shopper": shopper,
        "token": vouch(channel, shopper) if shopper and can_vouch else "",
    }
