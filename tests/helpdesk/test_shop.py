"""The sample shop: a host as strict as hosts come, which vouches for who is signed in."""

import re

import pytest
from django.test import Client
from django.urls import include, path

from channels_app.models import Channel
from conversations.models import Visitor
from customers.actions import identify
from helpdesk import urls
from helpdesk.demo.chat import chat_config, chat_secrets
from helpdesk.demo.doors import SHOP_TOKEN
from tests.conversations.webchat import Panel

pytestmark = pytest.mark.urls(__name__)
urlpatterns = [*urls.urlpatterns, path("demo/", include("helpdesk.shop_urls"))]


@pytest.fixture
def chat(db) -> Channel:
    return Channel.objects.create(
        kind="webchat", name="Shop", token=SHOP_TOKEN, config=chat_config(), secrets=chat_secrets()
    )


def token_on(page) -> str:
    return re.search(r'data-token="([^"]*)"', page.content.decode())[1]


def test_the_shop_allows_itself_nothing_but_its_own_files_and_the_frame(chat, client):
    policy = client.get("/demo/shop/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_guest_is_vouched_for_by_nobody(chat, client):
    page = client.get("/demo/shop/lamp/")
    assert token_on(page) == ""
    assert f'data-channel="{SHOP_TOKEN}"' in page.content.decode()


def test_who_signs_in_is_vouched_for_afresh_on_every_page(chat, client):
    client.post("/demo/shop/visit/", {"subject": "shop-newcomer"})
    first, second = (token_on(client.get("/demo/shop/")) for _ in range(2))
    assert first != second
    panel = Panel(chat)
    assert panel.enter(jwt=first)["identity"] == "verified"
    assert Visitor.objects.get(subject="shop-newcomer").name == "한지우"


def test_the_shopper_in_the_chat_is_the_customer_who_wrote_a_mail(chat, client):
    customer = identify("email", "jiwoo.han@customer.example", is_verified=True).customer
    client.post("/demo/shop/visit/", {"subject": "shop-newcomer"})
    panel = Panel(chat)
    panel.enter(jwt=token_on(client.get("/demo/shop/")))
    panel.say("It is me again")
    assert customer.conversations.get().messages.get().text == "It is me again"


def test_signing_out_ends_it(chat, client):
    client.post("/demo/shop/visit/", {"subject": "shop-newcomer"})
    assert token_on(client.get("/demo/shop/"))
    client.post("/demo/shop/visit/", {"subject": ""})
    assert token_on(client.get("/demo/shop/")) == ""


def test_a_cookie_of_ones_own_making_signs_nobody_in(chat, client):
    client.cookies["shop_visitor"] = "shop-newcomer"
    assert token_on(client.get("/demo/shop/")) == ""


def test_signing_in_needs_the_shops_own_form(chat):
    assert Client(enforce_csrf_checks=True).post("/demo/shop/visit/", {"subject": "shop-newcomer"}).status_code == 403


def test_an_unknown_product_is_not_found_and_a_shop_without_a_chat_still_sells(db, client):
    assert client.get("/demo/shop/yacht/").status_code == 404
    assert "달빛 무드등" in client.get("/demo/shop/").content.decode()
