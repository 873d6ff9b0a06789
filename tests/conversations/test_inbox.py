import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import User
from conversations.actions import replies, state
from conversations.lists.inbox import Listing, count_statement, counts, teams_of
from conversations.lists.rows import Pen, fetch, first_page
from conversations.models import Conversation, Draft
from customers.models import Customer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered():
    cache.clear()


def shown(response) -> list[int]:
    return [int(pk) for pk in re.findall(r'<li id="row-(\d+)" data-id', response.content.decode())]


def counted(response) -> dict[str, int]:
    found = re.findall(r'id="n-([\w-]+)"[^>]*data-n="(\d+)"', response.content.decode())
    return {name: int(number) for name, number in found}


def held(agent, view, **query) -> set[int]:
    return set(Listing.asked(agent, view, query).conversations().values_list("pk", flat=True))


def test_agent_lands_on_their_own_conversations(as_bob):
    assert as_bob.get("/").url == "/inbox/mine/"


def test_list_shows_what_the_agents_teams_have(as_bob, carol, dave):
    assert shown(as_bob.get("/inbox/all/")) == [dave.pk, carol.pk]


def test_agent_of_another_team_sees_nothing_of_it(as_bob, as_eve, carol):
    assert shown(as_bob.get("/inbox/all/")) == [carol.pk]
    assert shown(as_eve.get("/inbox/all/")) == []
    assert f'id="row-{carol.pk}" data-gone' in as_eve.get(f"/inbox/all/rows/?ids={carol.pk}").content.decode()


def test_unknown_view_is_not_found(as_bob):
    assert as_bob.get("/inbox/nonsense/").status_code == 404
    assert as_bob.get("/inbox/team-999/").status_code == 404


def test_each_view_holds_what_it_says(bob, ada, carol, dave, route):
    state.assign(carol, to=bob, by=ada)
    assert held(bob, "mine") == {carol.pk}
    assert held(bob, "unassigned") == {dave.pk}
    assert held(bob, f"team-{carol.team_id}") == {carol.pk, dave.pk}
    assert held(bob, f"channel-{carol.last_channel_id}") == {carol.pk, dave.pk}
    assert held(bob, "mentions") == held(bob, "drafts") == held(bob, "attention") == set()


def test_mentions_drafts_and_trouble_have_their_views_whatever_the_status(bob, ada, carol, dave):
    replies.note(carol, by=ada, text=f"@[Bob]({bob.pk}) look")
    Draft.objects.create(conversation=dave, agent=bob, kind="reply", text="Yes, we")
    Conversation.objects.filter(pk=carol.pk).update(undelivered=1)
    state.resolve(carol, by=ada)
    assert held(bob, "mentions") == {carol.pk}
    assert held(bob, "drafts") == {dave.pk}
    assert held(bob, "attention") == {carol.pk}


def test_segments_divide_a_view_by_status(bob, ada, carol, dave):
    state.resolve(carol, by=ada)
    state.set_pending(dave, by=ada)
    assert held(bob, "all") == set()
    assert held(bob, "all", segment="pending") == {dave.pk}
    assert held(bob, "all", segment="resolved") == {carol.pk}


def test_snoozed_conversations_come_in_the_order_of_their_return(as_bob, bob, carol, dave):
    state.snooze(carol, until=timezone.now() + timedelta(hours=5), by=bob)
    state.snooze(dave, until=timezone.now() + timedelta(hours=1), by=bob)
    assert shown(as_bob.get("/inbox/snoozed/")) == [dave.pk, carol.pk]


def test_merged_conversations_are_in_no_list(bob, carol, dave):
    Conversation.objects.filter(pk=carol.pk).update(status="resolved", resolved_at=timezone.now(), merged_into=dave)
    assert held(bob, "all", segment="resolved") == set()


@pytest.mark.parametrize("sort", ["newest", "oldest", "waiting", "due"])
def test_pages_by_key_show_every_conversation_once_in_order(as_bob, post, monkeypatch, sort):
    monkeypatch.setattr("conversations.views.inbox.PAGE", 3)
    monkeypatch.setattr("conversations.lists.inbox.PAGE", 3)
    conversations = [post(f"Customer {n}", f"Question {n}").conversation for n in range(8)]
    nobody_waits = Conversation.objects.filter(pk__in=[conversations[2].pk, conversations[5].pk])
    nobody_waits.update(waiting_since=None, due_at=None)
    page, seen, keys = as_bob.get(f"/inbox/all/?sort={sort}"), [], []
    while True:
        html = page.content.decode()
        seen += shown(page)
        keys += re.findall(r'data-key="([^"]+)"', html)
        following = re.search(r'hx-get="([^"]+after=[^"]+)"', html)
        if following is None:
            break
        page = as_bob.get(following[1].replace("&amp;", "&"))
    assert sorted(seen) == sorted(one.pk for one in conversations)
    assert keys == sorted(keys, reverse=True), "the script sorts by the same key, falling"
    if sort in ("waiting", "due"):
        assert set(seen[-2:]) == {conversations[2].pk, conversations[5].pk}, "where nobody waits comes last"


def test_nonsense_for_a_key_is_not_found(as_bob):
    assert as_bob.get("/inbox/all/?after=rubbish").status_code == 404
    assert as_bob.get("/inbox/all/?after=99999999999999999999999-1").status_code == 404


def called(conversation: Conversation, name: str) -> Conversation:
    conversation.customer.name = name
    conversation.customer.save()
    return conversation


def test_filter_looks_at_subject_name_and_number(bob, carol, dave, post):
    called(dave, "Dave Roads")
    assert held(bob, "all", q="parcel") == {carol.pk}
    assert held(bob, "all", q="dave road") == {dave.pk}
    assert held(bob, "all", q=f"#{carol.pk}") == {carol.pk}
    haneul = called(post("Elsewhere 3", "배송 문의").conversation, "김하늘")
    assert held(bob, "all", q="하늘") == held(bob, "all", q="ㄱㅎㄴ") == {haneul.pk}


def test_filter_stays_within_what_the_agent_may_see(bob, eve, carol):
    assert held(bob, "all", q="parcel") == {carol.pk}
    assert held(eve, "all", q="parcel") == set()


def test_empty_lists_say_what_to_do_next(as_bob, carol, bob):
    state.assign(carol, to=bob, by=bob)
    state.resolve(carol, by=bob)
    assert "All done" in as_bob.get("/inbox/mine/").content.decode()
    assert "Nothing fits the filter" in as_bob.get("/inbox/mine/?q=unicorn").content.decode()


def test_first_use_leads_to_connecting_a_channel(as_ada):
    assert "Connect your first channel" in as_ada.get("/inbox/mine/").content.decode()


def test_page_asks_the_database_as_often_for_one_row_as_for_fifty(as_bob, post, django_assert_num_queries):
    post("Customer 0", "Question")
    as_bob.get("/inbox/all/")
    number = queries_of_a_page(as_bob)
    assert number <= 12
    for n in range(49):
        post(f"Customer {n + 1}", "Question")
    cache.clear()
    with django_assert_num_queries(number):
        assert len(shown(as_bob.get("/inbox/all/"))) == 50


def queries_of_a_page(client) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    cache.clear()
    with CaptureQueriesContext(connection) as asked:
        client.get("/inbox/all/")
    return len(asked)


def test_rows_are_pulled_by_number_with_few_queries(as_bob, carol, dave, django_assert_max_num_queries):
    as_bob.get("/inbox/all/")
    with django_assert_max_num_queries(4):
        answer = as_bob.get(f"/inbox/all/rows/?ids={carol.pk},{dave.pk}")
    assert shown(answer) == [dave.pk, carol.pk]


def test_row_that_left_the_view_comes_back_marked_gone(as_bob, bob, ada, carol, dave):
    state.assign(carol, to=bob, by=bob)
    state.assign(carol, to=ada, by=bob)
    answer = as_bob.get(f"/inbox/mine/rows/?ids={carol.pk}").content.decode()
    assert answer == f'<li id="row-{carol.pk}" data-gone></li>'


def test_row_that_the_agent_may_no_longer_see_looks_like_one_that_never_was(as_eve, as_bob, carol, bob, ada):
    state.assign(carol, to=ada, by=bob)
    assert "data-barred" not in as_bob.get(f"/inbox/mine/rows/?ids={carol.pk}").content.decode()
    barred = as_eve.get(f"/inbox/mine/rows/?ids={carol.pk}").content.decode()
    assert barred == f'<li id="row-{carol.pk}" data-gone data-barred></li>'
    assert as_eve.get("/inbox/mine/rows/?ids=999999").content.decode() == barred.replace(str(carol.pk), "999999")


def test_row_changes_with_its_conversation_and_not_before(bob, carol, route):
    listing = Listing(bob, view="all")

    def drawn() -> str:
        return Pen(listing).draw(fetch(listing.page(), bob))

    assert "My parcel has not come" in drawn()
    replies.reply(carol, by=bob, text="It comes tomorrow", route=route(carol))
    assert "<b>Me:</b> It comes tomorrow" in drawn()
    carol.customer.name = "Carol <b>Bold</b>"
    carol.customer.save()
    assert "Carol &lt;b&gt;Bold&lt;/b&gt;" in drawn(), "a new name shows although the conversation did not change"


def test_colleagues_are_named_before_what_they_wrote(ada, bob, carol):
    replies.note(carol, by=ada, text=f"@[Bob]({bob.pk}) call her")
    listing = Listing(bob, view="all")
    html = Pen(listing).draw(fetch(listing.page(), bob))
    assert "<b>Ada:</b> @Bob call her" in html


def test_unread_is_what_this_agent_has_not_seen(bob, ada, carol, post):
    listing = Listing(bob, view="all")
    assert "row--unread" in Pen(listing).draw(fetch(listing.page(), bob))
    state.mark_read(carol, agent=bob)
    assert "row--unread" not in Pen(listing).draw(fetch(listing.page(), bob))
    assert "row--unread" in Pen(Listing(ada, view="all")).draw(fetch(listing.page(), ada))
    post("Carol Street 1", "Hello?")
    assert "row--unread" in Pen(listing).draw(fetch(listing.page(), bob))


@pytest.mark.parametrize(
    ("minutes", "tone", "text"), [(-4, "danger", "4m over"), (12, "warn", "12m left"), (102, "ok", "1h 42m")]
)
def test_chip_says_how_long_until_an_answer_is_due(bob, carol, minutes, tone, text):
    at = timezone.now() + timedelta(minutes=minutes, seconds=20)
    Conversation.objects.filter(pk=carol.pk).update(due_at=at)
    html = Pen(Listing(bob, view="all")).draw(fetch(Conversation.objects.all(), bob))
    assert f"chip--{tone}" in html
    assert f"<span>{text}</span>" in html


def test_what_a_customer_did_not_get_outweighs_the_time(bob, carol):
    Conversation.objects.filter(pk=carol.pk).update(undelivered=1)
    html = Pen(Listing(bob, view="all")).draw(fetch(Conversation.objects.all(), bob))
    assert "Not delivered" in html
    assert "data-due" not in html


def test_counters_count_what_waits(as_bob, bob, ada, carol, dave, post):
    state.assign(carol, to=bob, by=ada)
    state.set_pending(dave, by=ada)
    post("Frank", "Third")
    html = as_bob.get("/inbox/counts/?view=mine").content.decode()
    numbers = dict(re.findall(r'id="n-([\w-]+)"[^>]*data-n="(\d+)"', html))
    assert numbers["mine"] == numbers["unassigned"] == numbers["rail"] == "1"
    assert numbers["all"] == "2"
    assert numbers["segment-open"] == "1"


def test_due_soon_holds_what_is_overdue_or_nearly_so_the_most_urgent_first(as_bob, bob, carol, dave, post):
    erin = post("Erin", "Later")
    erin = getattr(erin, "conversation", erin)
    for conversation, minutes in ((carol, 20), (dave, -5), (erin, 40)):
        due = timezone.now() + timedelta(minutes=minutes)
        Conversation.objects.filter(pk=conversation.pk).update(due_at=due)
    assert shown(as_bob.get("/inbox/due/")) == [dave.pk, carol.pk]
    assert counted(as_bob.get("/inbox/counts/"))["due"] == 2
    state.resolve(dave, by=bob)
    assert shown(as_bob.get("/inbox/due/")) == [carol.pk]


def test_vip_view_holds_the_conversations_of_vip_customers(as_bob, as_eve, carol, dave):
    carol.customer.is_vip = True
    carol.customer.save()
    assert shown(as_bob.get("/inbox/vip/")) == [carol.pk]
    assert counted(as_bob.get("/inbox/counts/"))["vip"] == 1
    assert shown(as_eve.get("/inbox/vip/")) == []
    assert counted(as_eve.get("/inbox/counts/"))["vip"] == 0


@pytest.mark.parametrize("view", ["due", "vip"])
def test_saved_views_cost_as_much_for_three_rows_as_for_one(as_bob, view, carol, dave, post):
    def asked() -> int:
        Conversation.objects.update(due_at=timezone.now())
        Customer.objects.update(is_vip=True)
        with CaptureQueriesContext(connection) as asked:
            as_bob.get(f"/inbox/{view}/")
        return len(asked)

    Conversation.objects.exclude(pk=carol.pk).update(status="pending")
    asked()
    one = asked()
    Conversation.objects.update(status="open")
    post("Erin", "Third")
    assert asked() == one


def test_counters_stop_at_a_bound(bob, monkeypatch, post):
    monkeypatch.setattr("conversations.lists.inbox.COUNTED", 2)
    for n in range(3):
        post(f"Customer {n}", "Question")
    statement = count_statement(bob, teams_of(bob), {"all": Conversation.objects.current()})
    assert counts(["all"], *statement) == {"all": 2}


def test_counters_of_another_team_are_not_counted(as_bob, as_eve, carol):
    assert 'id="n-all" class="n" hx-swap-oob="true" data-n="1"' in as_bob.get("/inbox/counts/").content.decode()
    assert 'id="n-all" class="n" hx-swap-oob="true" hidden data-n="0"' in as_eve.get("/inbox/counts/").content.decode()


def test_script_gets_the_list_alone_and_nothing_is_kept(as_bob, carol):
    part = as_bob.get("/inbox/all/", headers={"HX-Request": "true", "HX-Target": "list"})
    assert part.content.decode().lstrip().startswith('<section class="pane list" id="list"')
    assert part["Cache-Control"] == "no-store"
    assert "HX-Request" in part["Vary"]


def test_conversation_has_an_address_of_its_own_beside_its_list(as_bob, as_eve, carol, dave):
    page = as_bob.get(f"/conversations/{carol.pk}/?view=all&sort=oldest")
    assert f'data-conversation="{carol.pk}"' in page.content.decode()
    assert shown(page) == [carol.pk, dave.pk]
    assert as_eve.get(f"/conversations/{carol.pk}/").status_code == 404


def test_agent_of_narrow_scope_watches_only_their_own_topic(bob, ada):
    assert Listing(ada, view="all").topics == ["inbox-all", f"inbox-agent-{ada.pk}"]
    assert Listing(bob, view="mine").topics == [f"inbox-agent-{bob.pk}"]
    bob.scope = User.Scope.MINE
    assert Listing(bob, view="all").topics == [f"inbox-agent-{bob.pk}"]


def test_narrow_scope_sees_the_same_by_shares_as_by_rule(bob, eve, ada, carol, dave, sales, post):
    """Pages are read share by share; every view must still hold exactly what `visible_to` allows."""
    state.assign(carol, to=eve, by=ada)
    state.set_team(dave, team=sales, by=ada)
    state.follow(dave, agent=bob)
    post("Frank", "Third")
    for agent in (bob, eve, ada):
        for scope in User.Scope.values:
            agent.scope = scope
            for view in ("all", "mine", "unassigned", f"team-{sales.pk}"):
                listing = Listing(agent, view=view)
                read = [row.id for row in first_page(listing)]
                assert set(read) == set(listing.conversations().values_list("pk", flat=True)), (agent, scope, view)
                assert len(read) == len(set(read))


def test_membership_that_ends_ends_what_is_seen(as_bob, bob, carol):
    assert shown(as_bob.get("/inbox/all/")) == [carol.pk]
    bob.memberships.all().delete()
    assert shown(as_bob.get("/inbox/all/")) == []
    assert f'id="row-{carol.pk}" data-gone' in as_bob.get(f"/inbox/all/rows/?ids={carol.pk}").content.decode()


def test_pages_by_key_work_for_a_narrow_scope(as_bob, bob, post, monkeypatch):
    monkeypatch.setattr("conversations.views.inbox.PAGE", 2)
    monkeypatch.setattr("conversations.lists.inbox.PAGE", 2)
    conversations = [post(f"Customer {n}", "Question").conversation for n in range(5)]
    state.assign(conversations[3], to=bob, by=bob)
    page, seen = as_bob.get("/inbox/all/"), []
    while True:
        seen += shown(page)
        following = re.search(r'hx-get="([^"]+after=[^"]+)"', page.content.decode())
        if following is None:
            break
        page = as_bob.get(following[1].replace("&amp;", "&"))
    assert seen == [one.pk for one in reversed(conversations)]


def test_notice_of_a_mention_is_for_the_one_who_was_named_until_it_is_read(as_bob, as_ada, ada, bob, carol):
    replies.note(carol, by=ada, text=f"@[Bob]({bob.pk}) look")
    carol.refresh_from_db()
    assert "Ada mentioned you" in as_bob.get("/inbox/notices/").content.decode()
    assert "mentioned" not in as_ada.get("/inbox/notices/").content.decode()
    state.mark_read(carol, agent=bob)
    assert "mentioned" not in as_bob.get("/inbox/notices/").content.decode()


def test_notice_of_an_old_mention_is_not_given(as_bob, ada, bob, carol):
    note = replies.note(carol, by=ada, text=f"@[Bob]({bob.pk}) look")
    note.created_at -= timedelta(hours=1)
    note.save()
    assert "mentioned" not in as_bob.get("/inbox/notices/").content.decode()
