"""A visitor chats: recognised, vouched for, heard, answered, and shown nothing that is not theirs."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from channels_app.models import Channel, Envelope
from conversations.actions import joining, visiting
from conversations.actions.visiting import forget_spent_tokens
from conversations.models import Conversation, Message, UsedToken, Visitor
from conversations.models.visitor import hashed
from conversations.visits.passes import ticket
from customers.actions import identify
from customers.models import Customer, IdentityClaim
from tests.conversations.webchat import ORIGIN, Panel, host_token


def only_conversation() -> Conversation:
    return Conversation.objects.get()


# ── Coming in ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_opening_a_session_makes_no_customer(panel):
    panel.enter()
    assert Visitor.objects.count() == 1
    assert Customer.objects.count() == 0


def test_a_first_message_starts_a_conversation_by_way_of_the_vault(panel, shop, support):
    said = panel.say("My parcel has not come")
    conversation = only_conversation()
    message = conversation.messages.get()
    assert (message.text, message.channel, conversation.team) == ("My parcel has not come", shop, support)
    assert message.envelope is not None
    assert message.envelope.state == Envelope.State.PROCESSED
    assert said["message"]["id"] == message.pk


def test_what_the_browser_tells_of_itself_helps_the_agents(panel):
    panel.enter(language="ar-AE", zone="Asia/Dubai", page={"url": "https://shop.example.com/lamp", "title": "Lamp"})
    panel.say("Hello")
    conversation = only_conversation()
    assert (conversation.customer.language, conversation.customer.time_zone) == ("ar-AE", "Asia/Dubai")
    assert conversation.messages.get().details["page"]["title"] == "Lamp"


def test_a_made_up_time_zone_is_not_believed(panel):
    panel.enter(zone="Mars/Olympus")
    panel.say("Hello")
    assert only_conversation().customer.time_zone == ""


def test_a_message_sent_twice_is_there_once(panel):
    panel.enter()
    client_id = str(uuid.uuid4())
    first, second = (panel.say("Once", client_id=client_id) for _ in range(2))
    assert first["message"]["id"] == second["message"]["id"]
    assert Message.objects.count() == 1


def test_a_visitor_cannot_read_anothers_message_by_its_client_id(panel, shop):
    said = panel.say("My secret")
    other = Panel(shop)
    echoed = other.say("Hello", client_id=said["client_id"])
    assert echoed["message"]["text"] == "Hello"
    assert Message.objects.count() == 2


def test_a_returning_visitor_has_the_history(panel, shop):
    panel.say("Hello")
    back = Panel(shop, visitor=panel.visitor)
    assert [message["text"] for message in back.enter()["messages"]] == ["Hello"]
    assert back.visitor == panel.visitor


def test_a_token_works_for_its_own_host_and_widget_alone(panel, shop, support):
    panel.say("Hello")
    assert Panel(shop, visitor=panel.visitor).enter()["messages"]
    elsewhere = Panel(shop, visitor=panel.visitor, origin="https://other.example").enter()
    assert (elsewhere["messages"], elsewhere["visitor"] != panel.visitor) == ([], True)
    other = Channel.objects.create(kind="webchat", name="Other", config={"origins": [ORIGIN]})
    assert Panel(other, visitor=panel.visitor).enter()["messages"] == []


def test_the_token_is_kept_as_a_hash_only(panel):
    panel.enter()
    stored = Visitor.objects.get().token_hash
    assert stored == hashed(panel.visitor)
    assert panel.visitor not in str(Visitor.objects.values_list().get())


def test_without_a_ticket_of_the_frame_there_is_no_session(panel, shop):
    other = Channel.objects.create(kind="webchat", name="Other")
    assert panel.post("session/", {"ticket": "x"}).status_code == 403
    assert panel.post("session/", {"ticket": ticket(other, ORIGIN)}).status_code == 403


@pytest.mark.parametrize("path", ["messages/", "files/", "read/", "typing/", "page/", "prechat/"])
def test_nothing_is_answered_without_a_session(panel, path):
    assert panel.post(path, {}).status_code == 401


def test_a_session_of_one_widget_opens_no_other(panel, shop):
    panel.enter()
    other = Panel(Channel.objects.create(kind="webchat", name="Other"))
    other.session = panel.session
    assert other.get("messages/").status_code == 401


def test_a_session_ends(panel, monkeypatch):
    panel.enter()
    assert panel.get("messages/").status_code == 200
    later = timezone.now().timestamp() + 3600
    monkeypatch.setattr("time.time", lambda: later)
    assert panel.get("messages/").status_code == 401


def test_a_channel_without_a_panel_has_no_address_here(channel):
    assert Client().get(f"/w/{channel.token}/").status_code == 404


# ── The host vouches ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_person_the_host_vouches_for_has_the_history_on_any_device(panel, shop):
    panel.enter(jwt=host_token(shop))
    panel.say("From my phone")
    desktop = Panel(shop)
    entered = desktop.enter(jwt=host_token(shop))
    assert entered["identity"] == "verified"
    assert [message["text"] for message in entered["messages"]] == ["From my phone"]


def test_no_token_for_the_browser_to_keep_is_given_to_a_known_person(panel, shop):
    assert panel.enter(jwt=host_token(shop))["visitor"] == ""


@pytest.mark.parametrize("wrong", ["forged", "expired", "for another", "used"])
def test_a_token_that_does_not_hold_gives_an_anonymous_session_and_nothing_else(panel, shop, wrong):
    known = Panel(shop)
    token = host_token(shop)
    known.enter(jwt=token)
    known.say("My history")
    assert Panel(shop).enter(jwt=host_token(shop))["messages"]
    bad = {
        "forged": token[:-4] + "AAAA",
        "expired": host_token(shop, iat=1, exp=600),
        "for another": host_token(shop, aud="another"),
        "used": token,
    }[wrong]
    entered = panel.enter(jwt=bad)
    assert (entered["identity"], entered["messages"], entered["name"]) == ("refused", [], "")
    assert panel.get("messages/").json()["messages"] == []


def test_a_verified_address_leads_to_the_customer_who_has_it(panel, shop):
    carol = identify("email", "carol@example.com", is_verified=True).customer
    panel.enter(jwt=host_token(shop, email="carol@example.com", name="Carol"))
    panel.say("It is me")
    assert only_conversation().customer == carol


def test_what_was_said_before_signing_in_joins_the_person(panel, shop):
    panel.say("Before")
    panel.enter(jwt=host_token(shop, email="carol@example.com"))
    panel.say("After")
    assert panel.texts() == ["Before", "After"]
    assert Customer.objects.current().count() == 1


def test_a_browser_that_was_taken_for_somebody_else_does_not_join_two_people(panel, shop, ada):
    dave = identify("email", "dave@example.com", is_verified=True).customer
    panel.enter()
    panel.post("prechat/", {"email": "dave@example.com"})
    panel.say("I am Dave")
    joining.accept_claim(IdentityClaim.objects.get(), by=ada)
    panel.enter(jwt=host_token(shop, email="carol@example.com", name="Carol"))
    panel.say("I am Carol")
    assert Conversation.objects.get(messages__text="I am Dave").customer == dave
    assert panel.texts() == ["I am Carol"]


def test_words_on_the_way_while_the_host_vouches_are_asked_for_again(panel, shop):
    panel.enter()
    anonymous = panel.session
    panel.enter(jwt=host_token(shop))
    known, panel.session = panel.session, anonymous
    assert panel.post("messages/", {"client_id": str(uuid.uuid4()), "text": "Too early"}).status_code == 401
    assert Message.objects.count() == 0
    panel.session = known
    panel.say("Too early")
    assert panel.texts() == ["Too early"]


def test_a_visitor_who_is_taken_over_between_gate_and_word_says_nothing_that_nobody_reads(panel, shop):
    panel.enter()
    at_the_gate = Visitor.objects.select_related("channel").get()
    panel.enter(jwt=host_token(shop))
    with pytest.raises(visiting.TakenOver):
        visiting.speak(at_the_gate, client_id=str(uuid.uuid4()), text="Lost?")
    assert Customer.objects.count() == 0


def test_another_tab_that_spoke_before_goes_on_after_the_host_vouched(panel, shop):
    panel.say("Before")
    anonymous = panel.session
    panel.enter(jwt=host_token(shop))
    known, panel.session = panel.session, anonymous
    panel.say("From the other tab")
    panel.session = known
    assert panel.texts() == ["Before", "From the other tab"]


def test_a_message_sent_again_after_the_host_vouched_is_there_once(panel, shop):
    client_id = str(uuid.uuid4())
    first = panel.say("Once", client_id=client_id)
    panel.enter(jwt=host_token(shop))
    again = panel.say("Once", client_id=client_id)
    assert again["message"]["id"] == first["message"]["id"]
    assert panel.texts() == ["Once"]


def test_after_signing_out_nothing_is_left_in_the_browser(panel, shop):
    panel.say("Before")
    anonymous = panel.visitor
    panel.enter(jwt=host_token(shop))
    panel.say("After")
    assert panel.texts() == ["Before", "After"]
    assert Panel(shop, visitor=anonymous).enter()["messages"] == []


def test_another_person_in_the_same_browser_sees_nothing_of_the_first(panel, shop):
    panel.enter(jwt=host_token(shop, "ann"))
    panel.say("Ann's")
    assert panel.texts() == ["Ann's"]
    panel.enter(jwt=host_token(shop, "ben"))
    assert panel.texts() == []


def test_a_known_persons_session_is_renewed_without_a_new_token(panel, shop):
    panel.enter(jwt=host_token(shop))
    panel.say("Hello")
    assert panel.enter(renew=panel.session)["identity"] == "verified"
    assert panel.texts() == ["Hello"]


def test_spent_tokens_are_forgotten_once_they_have_expired(panel, shop):
    panel.enter(jwt=host_token(shop))
    assert forget_spent_tokens() == 0
    UsedToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert forget_spent_tokens() == 1


# ── Claims ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_typed_address_is_a_suggestion_and_opens_no_history(panel, shop):
    known = Panel(shop)
    known.enter(jwt=host_token(shop, email="carol@example.com"))
    known.say("Carol's history")
    panel.enter()
    assert panel.post("prechat/", {"name": "Carol", "email": "carol@example.com", "topic": ""}).status_code == 200
    panel.say("I say I am Carol")
    assert panel.texts() == ["I say I am Carol"]
    claim = IdentityClaim.objects.get()
    assert (claim.value, claim.state) == ("carol@example.com", IdentityClaim.State.OPEN)
    assert claim.customer != claim.owner()


def test_wrong_answers_come_back_with_what_to_do(panel, shop):
    shop.config["ask_email"] = "required"
    shop.save()
    panel.enter()
    wrong = panel.post("prechat/", {"name": "Carol", "email": "carol"})
    assert wrong.status_code == 422
    assert "name@example.com" in wrong.json()["errors"]["email"]
    assert Customer.objects.count() == 0
