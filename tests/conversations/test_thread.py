"""The pane of a conversation: what stands in it, what is pulled when something changed, who may see it."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from agents.models import User
from channels_app.contract import PermanentFailure
from channels_app.mail.model import Defect, Note
from channels_app.models import Channel
from conversations.actions import delivery, moving, receipts, replies, state, undoing
from conversations.models import Conversation, Event, Message, Operation, ReadMark
from conversations.stream import markup, thread, wording
from conversations.templatetags import thread as tags
from customers.models import IdentityClaim
from tests.postcard import Postcard


def pane(client, conversation: Conversation) -> str:
    return client.get(reverse("conversations:pane", args=[conversation.pk])).content.decode()


def tail(client, conversation: Conversation, after: int):
    return client.get(reverse("conversations:tail", args=[conversation.pk]), {"after": after})


def lines(html: str) -> list[str]:
    return re.findall(r'<li class="[^"]*" id="([a-z]+-[\w-]+)"', html)


def test_agent_sees_the_customers_messages_in_order(as_bob, carol, post):
    later = post("Carol Street 1", "Any news?")
    html = pane(as_bob, carol)
    assert html.index("My parcel has not come") < html.index("Any news?")
    assert f'id="m-{later.pk}"' in html


def test_agent_of_another_team_sees_nothing(as_bob, as_eve, carol, post):
    message = post("Carol Street 1", "Any news?")
    addresses = [
        reverse("conversations:pane", args=[carol.pk]),
        reverse("conversations:tail", args=[carol.pk]),
        reverse("conversations:episode", args=[carol.pk]),
        reverse("conversations:side", args=[carol.pk]),
        reverse("conversations:earlier", args=[carol.pk]),
        reverse("conversations:message_menu", args=[message.pk]),
        reverse("conversations:message_body", args=[message.pk]),
        reverse("conversations:message_original", args=[message.pk]),
        reverse("conversations:saved_replies", args=[carol.pk]),
    ]
    assert {as_bob.get(address).status_code for address in addresses} <= {200, 204}
    assert {as_eve.get(address).status_code for address in addresses} == {404}
    assert "parcel" not in as_eve.get(addresses[0]).content.decode()


def test_text_of_a_customer_is_text(as_bob, post):
    evil = "<script>alert(1)</script><b hx-get='/undo/' hx-swap-oob='true' id='composer'>x</b><form action=/x>"
    conversation = post("Mallory", evil).conversation
    html = pane(as_bob, conversation)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<b hx-get" not in html
    assert "<form action=/x" not in html


def test_web_addresses_become_links_and_nothing_else_does():
    html = markup.linked('see https://shop.example/a?b=1&c=<i>. javascript:alert(1) "https://x.example"')
    assert '<a href="https://shop.example/a?b=1&amp;c=" target="_blank" rel="noopener noreferrer nofollow">' in html
    assert "<i>" not in html
    assert html.count("<a ") == 2


def test_reply_on_a_channel_without_markup_is_drawn_as_the_customer_sees_it():
    html = markup.spoken("**now** `a*b` <b>x</b> https://x.example/**y**")
    assert html.startswith("<strong>now</strong> <code>a*b</code> &lt;b&gt;x&lt;/b&gt; <a href=")
    assert 'href="https://x.example/**y**"' in html


@pytest.mark.parametrize(
    ("text", "expected"),
    [("오늘 와요 ok", "ko"), ("日本語です", "ja"), ("你好", "zh"), ("مرحبا", "ar"), ("Guten Tag", "")],
)
def test_the_script_of_a_text_gives_its_language_away(text, expected):
    assert markup.language(text) == expected


def test_reply_keeps_only_the_markup_of_light_markdown():
    html = markup.cleaned(
        '<p id="composer" hx-get="/x" style="x">a <strong>b</strong></p><img src=x onerror=y><script>z</script>'
    )
    assert html == "<p>a <strong>b</strong></p>"


def test_tail_gives_nothing_when_nothing_changed(as_bob, carol):
    assert tail(as_bob, carol, Conversation.objects.get(pk=carol.pk).revision).status_code == 204


def test_tail_gives_new_messages_and_changed_older_ones(as_bob, bob, carol, post, route):
    answer = replies.reply(carol, by=bob, text="On its way", route=route(carol))
    before = Conversation.objects.get(pk=carol.pk).revision
    [sent] = answer.deliveries.all()
    delivery.deliver(sent.pk)
    news = post("Carol Street 1", "Thank you")
    html = tail(as_bob, carol, before).content.decode()
    assert f'id="m-{answer.pk}"' in html
    assert "dstate--sent" in html
    assert f'id="m-{news.pk}"' in html
    assert "My parcel" not in html.split("</ol>")[0]


def test_tail_has_the_head_and_the_new_revision(as_bob, bob, carol):
    after = carol.revision
    state.assign(carol, to=bob, by=bob)
    html = tail(as_bob, carol, after).content.decode()
    assert 'id="conv-head"' in html
    assert 'id="conv-ctx"' in html
    assert f'data-revision="{Conversation.objects.get(pk=carol.pk).revision}"' in html
    assert "You took the conversation" in html


def test_tail_says_which_messages_are_left_after_one_was_moved(as_bob, bob, carol, post):
    second = post("Carol Street 1", "Another matter")
    after = Conversation.objects.get(pk=carol.pk).revision
    moving.move_message(second, to=None, by=bob)
    html = tail(as_bob, carol, after).content.decode()
    kept = re.search(r'data-kept="([\d,]*)"', html)[1].split(",")
    assert str(second.pk) not in kept
    assert len(kept) == 1
    undoing.undo(Operation.objects.latest("pk"), by=bob)
    html = tail(as_bob, carol, after).content.decode()
    assert str(second.pk) in re.search(r'data-kept="([\d,]*)"', html)[1].split(",")


def test_a_line_stands_before_the_first_message_of_each_day(as_bob, carol, post):
    Message.objects.update(sent_at=timezone.now() - timedelta(days=2))
    post("Carol Street 1", "Still nothing")
    assert len(re.findall(r'class="day" id="day-', pane(as_bob, carol))) == 2


def test_channel_is_marked_only_where_it_changes(as_bob, bob, carol, post, support):
    other = Channel.objects.create(kind="counter", name="Counter", secrets={})
    post("Carol Street 1", "By card again")
    message = post("Carol Street 1", "Now at the counter")
    Message.objects.filter(pk=message.pk).update(channel=other)
    assert re.findall(r'class="chmark" id="ch-(\d+)"', pane(as_bob, carol)) == [str(message.pk)]


def test_consecutive_messages_of_one_person_share_a_head(carol, post):
    second = post("Carol Street 1", "And one more thing")
    late = post("Carol Street 1", "Hello?")
    Message.objects.filter(pk=late.pk).update(sent_at=timezone.now() + timedelta(minutes=20))
    Message.objects.update(subject="")
    shown = {line.message.pk: line.is_continued for line in thread.stretch(carol).lines if line.kind == "message"}
    assert list(shown.values()) == [False, True, False]
    assert shown[second.pk]


def test_new_message_line_stands_before_the_first_unseen_one(as_bob, bob, carol, post):
    state.mark_read(carol, agent=bob)
    unseen = post("Carol Street 1", "Any news?")
    html = pane(as_bob, carol)
    assert html.index("My parcel") < html.index('id="newline" data-key') < html.index(f'id="m-{unseen.pk}"')
    state.mark_read(Conversation.objects.get(pk=carol.pk), agent=bob)
    assert 'id="newline" data-key' not in pane(as_bob, carol)


def test_conversation_that_the_agent_never_saw_has_no_such_line(as_bob, carol, post):
    post("Carol Street 1", "Any news?")
    assert 'id="newline" data-key' not in pane(as_bob, carol)


def test_what_the_agent_wrote_is_not_news_to_them(as_bob, bob, carol, route):
    state.mark_read(carol, agent=bob)
    replies.reply(carol, by=bob, text="On its way", route=route(carol))
    assert 'id="newline" data-key' not in pane(as_bob, carol)


def test_reading_marks_the_conversation_read_up_to_a_revision(as_bob, bob, carol):
    answer = as_bob.post(reverse("conversations:read", args=[carol.pk]), {"revision": carol.revision})
    assert answer.status_code == 204
    assert ReadMark.objects.get(agent=bob, conversation=carol).revision == carol.revision


def test_long_thread_begins_with_its_newest_part_and_goes_on_earlier(as_bob, carol, post):
    for number in range(thread.PAGE + 4):
        post("Carol Street 1", f"message {number}")
    Message.objects.update(subject="")
    html = pane(as_bob, carol)
    assert "My parcel has not come</p>" not in html
    [address] = re.findall(r'data-earlier="([^"]+)"', html)
    older = as_bob.get(address).content.decode()
    assert "My parcel has not come" in older
    assert 'id="more" data-gone' in older
    shown = re.findall(r'id="m-(\d+)"', older) + re.findall(r'id="m-(\d+)"', html)
    assert len(shown) == len(set(shown)) == thread.PAGE + 5


def test_earlier_refuses_what_is_not_a_line(as_bob, carol):
    assert as_bob.get(reverse("conversations:earlier", args=[carol.pk]), {"before": "x"}).status_code == 404


def test_earlier_episodes_are_folded_above(as_bob, bob, carol, post):
    state.resolve(carol, by=bob)
    Conversation.objects.filter(pk=carol.pk).update(resolved_at=timezone.now() - timedelta(days=90))
    today = post("Carol Street 1", "A new question").conversation
    assert today.pk != carol.pk
    html = pane(as_bob, today)
    assert f'id="ep-{carol.pk}"' in html
    assert f'id="ep-{today.pk}"' not in html
    episode = as_bob.get(reverse("conversations:episode", args=[carol.pk])).content.decode()
    assert "My parcel has not come" in episode
    assert "message-menu" not in episode


def test_episodes_of_other_teams_stay_hidden(as_bob, as_ada, carol, post, sales):
    Conversation.objects.filter(pk=carol.pk).update(
        team=sales, status="resolved", resolved_at=timezone.now() - timedelta(days=90)
    )
    today = post("Carol Street 1", "A new question").conversation
    assert f'id="ep-{carol.pk}"' in pane(as_ada, today)
    assert f'id="ep-{carol.pk}"' not in pane(as_bob, today)


def test_failed_delivery_says_why_and_what_to_do(as_bob, bob, carol, route):
    answer = replies.reply(carol, by=bob, text="On its way", route=route(carol))
    Postcard.troubles.append(PermanentFailure("550 no such street", advice="Ask for the street again."))
    [sent] = answer.deliveries.all()
    delivery.deliver(sent.pk)
    html = pane(as_bob, carol)
    assert "failcard" in html
    assert "550 no such street" in html
    assert "Ask for the street again." in html
    assert reverse("conversations:delivery_retry", args=[sent.pk]) in html
    as_bob.post(reverse("conversations:delivery_settle", args=[sent.pk]))
    assert "failcard" not in pane(as_bob, carol)


def test_failed_delivery_can_be_sent_again(as_bob, as_eve, bob, carol, route):
    answer = replies.reply(carol, by=bob, text="On its way", route=route(carol))
    Postcard.troubles.append(PermanentFailure("550"))
    [sent] = answer.deliveries.all()
    delivery.deliver(sent.pk)
    assert as_eve.post(reverse("conversations:delivery_retry", args=[sent.pk])).status_code == 404
    assert as_bob.post(reverse("conversations:delivery_retry", args=[sent.pk])).status_code == 204
    delivery.deliver(sent.pk)
    assert [card.text for card in Postcard.posted] == ["On its way"]
    assert as_bob.post(reverse("conversations:delivery_retry", args=[sent.pk])).status_code == 422


def test_read_receipt_shows(as_bob, bob, carol, route):
    answer = replies.reply(carol, by=bob, text="On its way", route=route(carol))
    [sent] = answer.deliveries.all()
    delivery.deliver(sent.pk)
    receipts.raise_state(sent.pk, "read", at=timezone.now())
    assert "dstate--read" in pane(as_bob, carol)


@pytest.mark.parametrize(("kind", "expected"), [("resolved", "<b>You</b> resolved"), ("tagged", "added the tag <b")])
def test_events_are_sentences(as_bob, bob, carol, kind, expected):
    state.add_tag(carol, name="late", by=bob)
    state.resolve(carol, by=bob)
    assert expected in pane(as_bob, carol)


def test_events_are_sentences_in_korean(as_ada, ada, bob, carol):
    User.objects.filter(pk=ada.pk).update(language="ko")
    state.resolve(carol, by=bob)
    state.reopen(carol, by=ada)
    html = pane(as_ada, carol)
    assert '<b dir="auto">Bob</b> 님이 대화를 해결했어요' in html
    assert "<b>내가</b> 대화를 다시 열었어요" in html


def test_every_kind_of_event_has_words(as_bob, bob, carol):
    for kind in Event.IN_THREAD:
        Event.objects.create(conversation=carol, kind=kind, actor=bob, revision=1, data={"to": 1, "name": "Support"})
        Event.objects.create(conversation=carol, kind=kind, revision=1)
    html = pane(as_bob, carol)
    assert len(re.findall('<li class="ev"', html)) >= 2 * len(Event.IN_THREAD - {Event.Kind.SUGGESTED})
    assert "{" not in "".join(re.findall(r'<li class="ev".*?</li>', html))


def test_every_code_of_the_mail_parser_has_words(as_bob, carol):
    codes = [*Defect, "encrypted", "signed", "automatic"]
    Message.objects.filter(conversation=carol).update(notices=codes)
    [message] = carol.messages.all()
    with translation.override("en"):
        sentences = [str(sentence) for _symbol, sentence in tags.marks(message)]
    assert len(sentences) == len(codes) - len(wording.UNSAID)
    assert not set(sentences) & set(codes)
    assert all(tags.file_note(note) != note for note in Note)
    assert sentences[0] in pane(as_bob, carol)


def test_suggested_conversation_can_be_merged_or_dismissed(as_bob, carol, post):
    fresh = post("Carol Street 1", "About the invoice", subject="Invoice", starts_anew=True).conversation
    assert fresh.pk != carol.pk
    html = pane(as_bob, fresh)
    assert 'id="suggestion"' in html
    event = Event.objects.get(conversation=fresh, kind=Event.Kind.SUGGESTED)
    as_bob.post(reverse("conversations:dismiss_suggestion", args=[fresh.pk, event.pk]))
    assert 'id="suggestion"' not in pane(as_bob, fresh)
    answer = as_bob.post(reverse("conversations:merge", args=[fresh.pk]), {"to": carol.pk})
    assert answer.headers["Location"] == f"/conversations/{carol.pk}/"
    assert carol.messages.count() == 2


def test_resolved_conversation_is_not_suggested(as_bob, bob, carol, post):
    fresh = post("Carol Street 1", "About the invoice", subject="Invoice", starts_anew=True).conversation
    state.resolve(carol, by=bob)
    assert 'id="suggestion"' not in pane(as_bob, fresh)


def test_merge_can_be_taken_back(as_bob, bob, carol, post):
    fresh = post("Carol Street 1", "About the invoice", subject="Invoice", starts_anew=True).conversation
    address = reverse("conversations:merge", args=[fresh.pk])
    answer = as_bob.post(address, {"to": carol.pk}, headers={"HX-Request": "true"})
    assert json.loads(answer.headers["HX-Trigger"])["conversation:merged"] == {"into": carol.pk}
    operation = Operation.objects.get(kind=Operation.Kind.MERGE_CONVERSATIONS)
    assert f'"operations": "{operation.pk}"' in answer.content.decode()
    as_bob.post(reverse("conversations:undo"), {"operations": operation.pk})
    assert [message.text for message in fresh.messages.all()] == ["About the invoice"]


def test_merged_conversation_leads_on_and_takes_no_answers(as_bob, bob, carol, post, route):
    fresh = post("Carol Street 1", "About the invoice", subject="Invoice", starts_anew=True).conversation
    assert 'id="composer"' in pane(as_bob, fresh)
    moving.merge(fresh, into=carol, by=bob)
    html = pane(as_bob, fresh)
    assert 'id="composer"' not in html
    assert f'href="/conversations/{carol.pk}/"' in html
    given = {"text": "x", "route": route(carol).key, "note": "x"}
    for door in ("conversations:replies", "conversations:notes"):
        answer = as_bob.post(reverse(door, args=[fresh.pk]), given)
        assert answer.status_code == 422
        assert "merged into another" in answer.content.decode()


def test_seen_mentions_are_read(as_bob, ada, bob, carol):
    replies.note(carol, by=ada, text=f"Look @[Bob]({bob.pk})")
    revision = Conversation.objects.get(pk=carol.pk).revision
    as_bob.post(reverse("conversations:read", args=[carol.pk]), {"revision": revision - 1})
    assert bob.mentions.get().read_at is None
    as_bob.post(reverse("conversations:read", args=[carol.pk]), {"revision": revision})
    assert bob.mentions.get().read_at is not None


def test_merging_needs_a_conversation_of_the_same_customer(as_bob, carol, dave):
    answer = as_bob.post(reverse("conversations:merge", args=[carol.pk]), {"to": dave.pk})
    assert answer.status_code == 422
    assert dave.messages.count() == 1


def test_claimed_address_is_a_suggestion_that_the_agent_decides(as_bob, carol, dave, post):
    post("Carol Street 1", "I am also Dave", claims=["Dave Road 2"])
    claim = IdentityClaim.objects.get()
    assert "Is this the same person?" in pane(as_bob, carol)
    assert "Do you ship abroad?" not in pane(as_bob, carol)
    side = as_bob.post(reverse("conversations:accept_claim", args=[carol.pk, claim.pk])).content.decode()
    assert "Is this the same person?" not in side
    assert Conversation.objects.get(pk=carol.pk).customer_id == dave.customer_id


def test_dismissed_claim_joins_nobody(as_bob, carol, dave, post):
    post("Carol Street 1", "I am also Dave", claims=["Dave Road 2"])
    as_bob.post(reverse("conversations:dismiss_claim", args=[carol.pk, IdentityClaim.objects.get().pk]))
    assert "Is this the same person?" not in pane(as_bob, carol)
    assert Conversation.objects.get(pk=carol.pk).customer_id != dave.customer_id


def test_phone_number_is_masked_until_somebody_asks(as_bob, bob, carol):
    phone = carol.customer.identities.create(kind="phone", value="+821012348214")
    html = pane(as_bob, carol)
    assert "010-••••-8214" in html
    assert "12348214" not in html
    answer = as_bob.post(reverse("conversations:reveal", args=[carol.pk, phone.pk]))
    assert "010-1234-8214" in answer.content.decode()
    assert Event.objects.get(kind=Event.Kind.REVEALED).actor == bob


def count_queries(client, conversation: Conversation) -> int:
    pane(client, conversation)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        pane(client, conversation)
    return len([q for q in queries if "usersession" not in q["sql"] and q["sql"].startswith("SELECT")])


def test_a_longer_thread_costs_no_more_queries(as_bob, bob, carol, post, route):
    replies.reply(carol, by=bob, text="On its way", route=route(carol))
    replies.note(carol, by=bob, text=f"Ask @[Bob]({bob.pk})")
    few = count_queries(as_bob, carol)
    for number in range(20):
        post("Carol Street 1", f"message {number}")
        replies.reply(carol, by=bob, text="On its way", route=route(carol))
        replies.note(carol, by=bob, text=f"Ask @[Bob]({bob.pk})")
        state.add_tag(carol, name=f"tag {number}", by=bob)
    assert count_queries(as_bob, carol) == few
    assert few <= 16


def test_menu_offers_to_follow_or_to_stop(as_bob, bob, carol):
    follow = f'hx-post="/conversations/{carol.pk}/following/" hx-swap="none">'
    assert follow in pane(as_bob, carol)
    state.follow(carol, agent=bob)
    html = pane(as_bob, carol)
    assert follow not in html
    assert f'hx-delete="/conversations/{carol.pk}/following/" hx-swap="none">' in html
