import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from channels_app.models import Channel
from conversations.actions import replies, state
from conversations.models import Conversation, Message, MessageIndex, SavedReply, Tag
from conversations.search import index, line, query, search, tokens, vector
from conversations.search.facets import facets
from conversations.search.operators import parsed

pytestmark = pytest.mark.django_db


def found(agent, text) -> list[str]:
    return [hit.text for hit in search(agent, text).hits]


def test_runs_of_korean_become_pairs_that_follow_each_other():
    assert list(tokens("부분환불 order 42")) == ["부분", "분환", "환불", "불", "order", "42"]
    assert query("환불금") == "('환불' <-> '불금')"
    assert query("refund 배송") == "('refund':*) & ('배송')"
    assert query('"next day"') == "('next' <-> 'day')"
    assert query("… !?") == ""


def test_subject_weighs_more_and_no_phrase_reaches_over_it():
    assert vector("환불", "요청") == "'환불':1A '불':2A '요청':5 '청':6"


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("12,000원이 덜 들어온 것 같은데 부분환불을 확인해 주세요", "환불"),
        ("블루투스 연결이 자꾸 끊겨요", "끊겨"),
        ("네", "네"),
        ("返品の送料について教えてください", "送料"),
        ("韓国への返送はどの配送会社", "配送会社"),
        ("我想退货，尺码不对", "退货"),
        ("Wrong size delivered — order #58210", "58210"),
        ("Wrong size delivered", "deliver"),
        ("هل تشحنون إلى دبي؟", "دبي"),
        ("Ｆｕｌｌ width", "full"),
        ("STRASSE", "straße"),
    ],
)
def test_words_of_many_languages_are_found(bob, post, said, asked):
    post("Carol", said)
    post("Dave", "something else, 다른 이야기")
    assert found(bob, asked) == [said]


def test_all_words_must_be_there(bob, post):
    post("Carol", "배송이 늦어요")
    both = post("Dave", "배송도 환불도 늦어요").text
    assert found(bob, "환불 배송") == [both]


def test_signs_that_stand_apart_are_not_a_word(bob, post):
    post("Carol", "환자와 불편")
    assert found(bob, "환불") == []


def test_newest_first(bob, post):
    texts = [post("Carol", f"parcel {n}").text for n in range(3)]
    assert found(bob, "parcel") == texts[::-1]


def test_notes_and_replies_are_found_too(bob, ada, carol, route):
    replies.note(carol, by=ada, text="그녀는 단골이에요")
    replies.reply(carol, by=ada, text="Tomorrow at noon", route=route(carol))
    assert found(bob, "단골") == ["그녀는 단골이에요"]
    assert found(bob, "noon") == ["Tomorrow at noon"]


def test_conversation_is_found_by_its_subject_also_after_a_change(bob, carol):
    assert search(bob, "parcel").conversations == [carol.pk]
    state.rename(carol, subject="Lost in the post", by=bob)
    assert search(bob, "lost").conversations == [carol.pk]


def test_agent_of_another_team_finds_nothing(bob, eve, carol):
    assert found(bob, "parcel")
    assert search(eve, "parcel") == search(eve, "")


def test_index_is_written_with_the_message(carol):
    assert MessageIndex.objects.filter(conversation=carol).count() == 1


def test_index_takes_any_text(bob, post):
    post("Carol", "a'b\\c \0 <b>:*&|! " + "긴글 " * 30_000)
    assert len(found(bob, "긴글")) == 1


@pytest.mark.parametrize("asked", ["'", "\\", ":*", "a & | !", '"', "(((", "<->", "%", "_", "'; DROP TABLE x"])
def test_any_query_is_harmless(bob, carol, asked):
    search(bob, asked)


def test_line_shows_the_words_marked_and_the_rest_escaped():
    assert line("see <b>refund</b> now", ["refund"]) == "see &lt;b&gt;<mark>refund</mark>&lt;/b&gt; now"
    long = "x " * 100 + "환불 " + "y " * 200
    assert line(long, ["환불"]).startswith("…")
    assert "<mark>환불</mark>" in line(long, ["환불"])


def written_by(name: str, message: Message) -> Message:
    message.conversation.customer.name = name
    message.conversation.customer.save()
    return message


def test_page_groups_what_was_found(as_bob, post):
    message = written_by("배수지", post("Street 1", "환불해 주세요"))
    html = as_bob.get("/search/?q=환불").content.decode()
    assert f'id="row-{message.conversation_id}"' in html
    assert "<mark>환불</mark>해 주세요" in html
    html = as_bob.get("/search/?q=ㅂㅅㅈ").content.decode()
    assert f'href="/customers/{message.conversation.customer_id}/"' in html


def test_page_shows_another_team_nothing(as_bob, as_eve, post):
    written_by("배수지", post("Street 1", "환불해 주세요"))
    assert "배<mark>수지</mark>" in as_bob.get("/search/?q=수지").content.decode()
    html = as_eve.get("/search/?q=수지").content.decode()
    assert "배<mark>" not in html
    assert "Nothing was found" in html


def test_palette_finds_commands_by_initial_consonants(as_bob, bob, carol):
    bob.language = "ko"
    bob.save()
    html = as_bob.get(f"/command/?q=ㅂㅈ&ctx=conversation:{carol.pk}").content.decode()
    assert 'data-command-name="assign"' in html
    assert 'data-command-name="resolve"' not in html


def test_palette_without_a_conversation_offers_places_only(as_bob):
    html = as_bob.get("/command/?q=").content.decode()
    assert 'data-href="/inbox/mine/"' in html
    assert 'data-command-name="resolve"' not in html


def test_palette_finds_customers_of_the_agent_only(as_bob, as_eve, post):
    written_by("배수지", post("Street 1", "환불"))
    assert "<mark>배수</mark>지" in as_bob.get("/command/?q=배수").content.decode()
    assert "<mark>배수</mark>지" not in as_eve.get("/command/?q=배수").content.decode()


def test_palette_offers_saved_replies_filled_in_for_the_conversation(as_bob, as_eve, carol):
    carol.customer.name = "Carol"
    carol.customer.save()
    SavedReply.objects.create(title="Refund", shortcut="refund", body="Dear {{ customer.name }}, we pay back.")
    html = as_bob.get(f"/command/?q=refu&ctx=conversation:{carol.pk}").content.decode()
    assert 'data-insert="Dear Carol, we pay back."' in html
    assert "data-insert" not in as_bob.get("/command/?q=refu").content.decode()
    assert "data-insert" not in as_eve.get(f"/command/?q=refu&ctx=conversation:{carol.pk}").content.decode()


def test_operators_narrow_a_search_and_can_be_taken_off(as_bob, bob, carol, post):
    other = post("Dave", "parcel too").conversation
    state.assign(carol, to=bob, by=bob)
    html = as_bob.get("/search/?q=parcel+assignee:me+status:open").content.decode()
    assert f'id="row-{carol.pk}"' in html
    assert f"/conversations/{other.pk}/" not in html
    assert 'href="/search/?q=parcel%20status%3Aopen"' in html


def test_operators_alone_list_what_fits(as_bob, as_eve, bob, carol, dave):
    state.add_tag(carol, name="lost parcel", by=bob)
    state.set_pending(dave, by=bob)
    assert shown(as_bob.get('/search/?q=tag:"lost+parcel"')) == [carol.pk]
    assert shown(as_bob.get("/search/?q=status:pending")) == [dave.pk]
    assert shown(as_bob.get("/search/?q=channel:postcards+team:support+assignee:nobody")) == [dave.pk, carol.pk]
    assert shown(as_eve.get("/search/?q=status:pending")) == []


def test_operators_are_understood_in_the_language_of_the_reader(as_bob, bob, carol):
    bob.language = "ko"
    bob.save()
    state.assign(carol, to=bob, by=bob)
    assert shown(as_bob.get("/search/?q=담당:나+상태:열림")) == [carol.pk]


def test_what_only_looks_like_an_operator_is_searched_for(bob, post):
    text = "see http://x.example and note:this"
    post("Carol", text)
    assert parsed("note:this", bob) == ("note:this", [])
    assert found(bob, "note:this") == [text]


def test_name_in_quotation_marks_is_the_whole_name(as_bob, carol, channel):
    assert shown(as_bob.get("/search/?q=channel:postcard")) == [carol.pk]
    assert shown(as_bob.get('/search/?q=channel:"postcard"')) == []
    assert shown(as_bob.get(f'/search/?q=channel:"{channel.name}"')) == [carol.pk]


def test_time_narrows_conversations_and_messages(as_bob, post):
    old = post("Carol", "an old parcel").conversation
    Conversation.objects.update(active_at=timezone.now() - timedelta(days=20))
    Message.objects.update(sent_at=timezone.now() - timedelta(days=20))
    for message in Message.objects.all():
        index(message, "")
    assert shown(as_bob.get("/search/?q=time:month")) == [old.pk]
    assert shown(as_bob.get("/search/?q=time:week")) == []
    post("Carol", "a new parcel")
    html = as_bob.get("/search/?q=parcel+time:week").content.decode()
    assert "a new <mark>parcel</mark>" in html
    assert "an old <mark>" not in html


# ── Facets ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def offered(agent, text: str = "") -> dict[str, dict[str, str]]:
    """What each facet leads to, by its title and line."""
    found = facets(agent, text, parsed(text, agent)[1])
    return {facet.title: {one.text: one.search for one in facet.values} for facet in found}


def test_facets_offer_what_the_agent_may_see(ada, bob, support, sales, channel):
    assert set(offered(bob)["Team"]) == {"Support"}
    assert set(offered(ada)["Team"]) == {"Support", "Sales"}
    assert offered(bob)["Channel"] == {channel.name: f'channel:"{channel.name}"'}
    bob.scope = bob.Scope.MINE
    assert not {"Team", "Channel", "Assignee"} & set(offered(bob))


def test_facet_takes_the_place_of_what_was_chosen_of_its_kind(bob, channel):
    assert offered(bob, "parcel status:open")["Status"]["Pending"] == "parcel status:pending"
    assert offered(bob, "parcel status:open")["Status"]["Open"] == "parcel"
    assert offered(bob, "status:open")["Channel"][channel.name] == f'status:open channel:"{channel.name}"'


def test_tags_add_up(bob, carol):
    for name in ("lost", "parcel"):
        state.add_tag(carol, name=name, by=bob)
    with override("en"):
        found = offered(bob, 'tag:"lost"')
    assert found["Tag"] == {"lost": "", "parcel": 'tag:"lost" tag:"parcel"'}


def test_facet_is_chosen_in_whatever_language_it_was_written(bob):
    with override("ko"):
        found = facets(bob, "status:open 기간:오늘", parsed("status:open 기간:오늘", bob)[1])
    assert [one.text for facet in found for one in facet.values if one.is_chosen] == ["열림", "오늘"]


def test_every_facet_leads_to_a_search_that_is_understood(as_ada, ada, carol):
    state.add_tag(carol, name="lost parcel", by=ada)
    for language in ("en", "ko"):
        with override(language):
            searches = [text for lines in offered(ada).values() for text in lines.values()]
            left = [parsed(text, ada)[0] for text in searches]
        assert len(searches) > 12
        assert set(left) == {""}


def test_facets_cost_the_same_however_much_there_is(ada, channel):
    with CaptureQueriesContext(connection) as before:
        offered(ada)
    for number in range(30):
        Tag.objects.create(name=f"tag {number:02}")
        Channel.objects.create(kind="postcard", name=f"Channel {number:02}")
    with CaptureQueriesContext(connection) as after:
        found = facets(ada, "", [])
    assert len(after) == len(before) <= 4
    assert {facet.title: (len(facet.values), facet.has_more) for facet in found}["Tag"] == (10, True)
    assert all("LIMIT" in query["sql"] for query in after.captured_queries)


def test_part_of_the_page_brings_facets_that_fit_the_text(as_bob, carol):
    part = as_bob.get("/search/?q=parcel", headers={"HX-Request": "true", "HX-Target": "found"}).content.decode()
    assert 'id="facets"' in part
    assert 'href="/search/?q=parcel%20status%3Aopen"' in part
    assert "<html" not in part


def shown(response) -> list[int]:
    return [int(pk) for pk in re.findall(r'<li id="row-(\d+)" data-id', response.content.decode())]
