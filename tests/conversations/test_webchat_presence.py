"""The agent sees on which page of the shop a customer is right now."""

from datetime import timedelta

from django.utils import timezone

from conversations.models import Conversation, Visitor

PAGE = {"url": "https://shop.example.com/lamp?a=1&b=2", "title": "Lamp <b>50 %</b>"}


def side(client) -> str:
    return client.get(f"/conversations/{Conversation.objects.get().pk}/").content.decode()


def test_a_customer_on_the_site_is_shown_with_the_page(panel, bob, client):
    client.force_login(bob)
    panel.enter(page=PAGE)
    panel.say("Hello")
    shown = side(client)
    assert "On the site now" in shown
    assert 'href="https://shop.example.com/lamp?a=1&amp;b=2"' in shown
    assert "Lamp &lt;b&gt;50 %&lt;/b&gt;" in shown


def test_a_customer_who_has_left_is_not(panel, bob, client):
    client.force_login(bob)
    panel.enter(page=PAGE)
    panel.say("Hello")
    assert "On the site now" in side(client)
    Visitor.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    assert "On the site now" not in side(client)


def test_coming_back_shows_again(panel, bob, client):
    client.force_login(bob)
    panel.enter(page=PAGE)
    panel.say("Hello")
    Visitor.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    panel.get("messages/")
    assert "On the site now" in side(client)
