"""X: direct messages both ways, mentions in public, and the keys to the account."""

import base64
import hashlib
import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from channels_app import contract, http
from channels_app.connectors.x import oauth
from channels_app.contract import (
    AccountFailure,
    Address,
    Choice,
    DeliveryState,
    OutboundFile,
    OutboundMessage,
    PermanentFailure,
    Rejected,
    RemoteFile,
    TemporaryFailure,
    Trouble,
)
from channels_app.models import Channel, Envelope
from conversations.models import Conversation, Delivery, Intake, Message
from tests.channels_app.outside import Call, connector, envelope, hook
from tests.channels_app.outside import outbound as written

PAYLOADS = Path(__file__).parent / "payloads"
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))
BODY = rb'{"a":"\u00e4","n":1}'
SIGNED = "sha256=4q/f5rOe6U0B+11TQUTFP6ps1blf6itUeVYmAxxzs9U="
CAROL = Address("x", "2222", name="Carol", is_verified=True)
SECRETS = {
    "consumer_secret": "x_consumer_secret",
    "client_secret": "client-secret",
    "bearer_token": "app-token",
    "access_token": "token-1",
    "refresh_token": "refresh-1",
}
CONFIG = {"client_id": "client-1", "user_id": "1111"}
API = "https://api.x.com"


def payload(name):
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def x(**secrets):
    return connector("x", secrets={**SECRETS, **secrets}, **CONFIG)


def read(said):
    return list(x().parse(envelope(said)))


def one(name):
    [found] = read(payload(name))
    return found


# ── Who may deliver ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_x_is_shown_that_we_know_the_secret():
    given = x().handshake(hook(method="GET", query="crc_token=crc123"))
    assert json.loads(given.content) == {"response_token": "sha256=4h3lePey6oNYNq79FWuPp8x+pXHB8VD0/KuhfNUlqhI="}


def test_what_is_no_such_question_is_no_handshake():
    assert x().handshake(hook(BODY)) is None
    assert x().handshake(hook(method="GET")) is None
    assert x().handshake(hook(BODY, query="crc_token=crc123")) is None


def test_nobody_has_an_event_of_their_own_signed_by_asking_as_x_does():
    event = quote('{"data":{"event_type":"dm.received"}}')
    assert x().handshake(hook(method="GET", query=f"crc_token={event}")) is None


def test_the_signature_of_the_reference_is_accepted():
    x().authenticate(hook(BODY, x_twitter_webhooks_signature=SIGNED))


def test_while_a_secret_is_replaced_both_are_good():
    x(consumer_secret="new", consumer_secret_previous="x_consumer_secret").authenticate(
        hook(BODY, x_twitter_webhooks_signature=SIGNED)
    )


def test_the_oauth_clients_signature_is_as_good():
    made = x(consumer_secret="another", client_secret="x_consumer_secret")
    made.authenticate(hook(BODY, x_twitter_webhooks_signature_oauth2=SIGNED))
    with pytest.raises(Rejected):
        made.authenticate(hook(BODY, x_twitter_webhooks_signature=SIGNED))


@pytest.mark.parametrize(
    "header", [{}, {"x_twitter_webhooks_signature": ""}, {"x_twitter_webhooks_signature": SIGNED[:-2]}]
)
def test_anything_else_is_refused(header):
    with pytest.raises(Rejected):
        x().authenticate(hook(BODY, **header))
    with pytest.raises(Rejected):
        x().authenticate(hook(BODY + b" ", x_twitter_webhooks_signature=SIGNED))


# ── What comes in ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_message_with_its_sender_and_time():
    message = one("dm_received")
    assert (message.external_id, message.sender, message.text) == ("2080765901528535096", CAROL, "hello!")
    assert message.sent_at == datetime.fromtimestamp(1784928224.372, UTC)
    assert not message.is_echo


def test_what_was_sent_by_another_tool_is_an_echo():
    message = one("dm_sent")
    assert (message.is_echo, message.to, message.external_id) == (True, [CAROL], "2080765901528535200")


def test_a_picture_is_named_and_its_link_is_not_text():
    message = one("dm_photo")
    url = "https://ton.twitter.com/1.1/ton/data/dm/2080765901528535096/2080765901528535001/Zx_1-a.jpg"
    assert message.text == "Look"
    assert message.files == [RemoteFile("Zx_1-a.jpg", "image/jpeg", url=url)]


def test_of_a_film_the_best_is_taken():
    [file] = one("dm_video").files
    assert (file.name, file.content_type) == ("b.mp4", "video/mp4")
    assert file.url == "https://video.twimg.com/dm_video/1/vid/720x720/b.mp4?tag=1"


def test_a_touched_reply_is_a_choice():
    message = one("dm_quick_reply")
    assert (message.choice, message.text) == (Choice("track", "Track my parcel"), "Track my parcel")


def test_links_and_signs_are_as_they_were_meant():
    assert one("dm_link").text == "See https://shop.example/order & tell me"


def test_reading_covers_what_was_sent_until_then():
    update = one("dm_read")
    assert (update.state, update.address.value) == (DeliveryState.READ, "2222")
    assert update.watermark == update.at == datetime.fromtimestamp(1784928300, UTC)


def test_without_a_time_the_number_of_the_message_says_when():
    said = payload("dm_read")
    del said["data"]["payload"]["direct_message_mark_read_events"][0]["created_timestamp"]
    [update] = read(said)
    assert update.watermark == datetime.fromtimestamp(((2080765901528535200 >> 22) + 1288834974657) / 1000, UTC)


def test_typing():
    assert one("dm_typing") == contract.TypingUpdate(Address("x", "2222", is_verified=True))


def test_the_forerunners_envelope_brings_every_message():
    first, second = read(payload("aaa_received"))
    assert (first.sender, first.text, second.text) == (CAROL, "hello!", "and this")


def test_several_events_in_one_delivery():
    data = [payload("dm_received")["data"], payload("dm_typing")["data"], "nonsense"]
    assert [type(item) for item in read({"data": data})] == [contract.InboundMessage, contract.TypingUpdate]


def test_an_encrypted_message_is_not_missed():
    message = one("chat_received")
    assert (message.external_id, message.sender.value) == ("chat:2080765901528539999", "2222")
    assert (message.text, message.notices) == ("", ["end-to-end encrypted"])


def test_a_mention_is_public():
    message = one("mention")
    assert (message.is_public, message.opens_window) == (True, False)
    assert (message.external_id, message.sender) == ("post:2080765813578191303", CAROL)
    assert message.text == "hey @ExampleUser look https://shop.example/a <3"
    assert (message.thread_id, message.quoted_id) == ("post:2080765813578191000",) * 2
    assert message.language == ""
    assert one("post_deleted") == contract.MessageDeleted("post:2080765813578191303")


def test_our_own_posts_and_signs_are_no_news():
    said = payload("mention")
    said["data"]["payload"]["author_id"] = "1111"
    assert read(said) == []
    for name, list_ in (("dm_read", "mark_read"), ("dm_typing", "indicate_typing")):
        said = payload(name)
        said["data"]["payload"][f"direct_message_{list_}_events"][0]["sender_id"] = "1111"
        assert read(said) == []


def test_what_is_unknown_says_nothing():
    assert read(payload("unknown")) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_read_without_harm(anything):
    read(json.dumps(anything).encode())


@given(st.sampled_from(NAMES), st.data())
def test_an_event_that_lacks_or_bends_a_part_is_read_without_harm(name, data):
    said = place = payload(name)
    while isinstance(place, dict) and place:
        key = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[key], dict) or data.draw(st.booleans()):
            place[key] = data.draw(JSON)
            break
        place = place[key]
    read(said)


def test_a_direct_messages_file_is_asked_for_as_the_account(outside):
    outside.answer(b"jpeg", content_type="image/jpeg")
    assert x().fetch(one("dm_photo").files[0]) == contract.FetchedFile(b"jpeg", "image/jpeg")
    assert outside.last.url == f"{API}/2/dm_conversations/media/2080765901528535096/2080765901528535001/Zx_1-a.jpg"
    assert outside.last.headers["Authorization"] == "Bearer token-1"


def test_any_other_file_is_fetched_without_our_token(outside):
    outside.answer(b"film")
    x().fetch(one("dm_video").files[0])
    assert "headers" not in outside.last.options


def test_a_person_is_looked_up(outside):
    about = {
        "id": "2222",
        "name": "Carol Kim",
        "username": "carol",
        "profile_image_url": "https://p.example/a_normal.jpg",
    }
    outside.answer({"data": about})
    found = x().profile(CAROL)
    assert (found.name, found.facts, found.picture.url) == (
        "Carol Kim",
        {"X": "@carol"},
        "https://p.example/a_400x400.jpg",
    )
    outside.answer({"errors": [{"title": "Not Found Error"}]})
    assert x().profile(CAROL) is None


# ── What goes out ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_direct_message(outside):
    outside.answer({"data": {"dm_conversation_id": "1111-2222", "dm_event_id": "99"}}, status=201)
    assert x().send(written(CAROL, "Hello")).external_id == "99"
    call = outside.last
    assert (call.method, call.url) == ("POST", f"{API}/2/dm_conversations/with/2222/messages")
    assert call.json == {"text": "Hello"}
    assert call.headers == {"Authorization": "Bearer token-1"}


def picture(content_type="image/png", size=4):
    return OutboundFile("a.png", content_type, size, read=lambda: b"x" * size)


def test_a_picture_is_left_first(outside):
    outside.answer({"data": {"id": "555"}})
    outside.answer({"data": {"dm_event_id": "99"}})
    x().send(written(CAROL, "Look", files=[picture()]))
    upload, send = outside.calls
    assert (upload.url, upload.form) == (
        f"{API}/2/media/upload",
        {"media_category": "dm_image", "media_type": "image/png"},
    )
    assert upload.options["files"] == {"media": ("a.png", b"xxxx", "image/png")}
    assert send.json == {"text": "Look", "attachments": [{"media_id": "555"}]}


def test_a_film_goes_in_pieces_and_is_awaited(outside):
    outside.answer({"data": {"id": "777"}})
    outside.answer(b"", status=204)
    outside.answer(b"", status=204)
    outside.answer({"data": {"id": "777", "processing_info": {"state": "pending", "check_after_secs": 0}}})
    outside.answer({"data": {"processing_info": {"state": "succeeded"}}})
    outside.answer({"data": {"dm_event_id": "99"}})
    x().send(written(CAROL, "", files=[picture("video/mp4", 4 * 1024 * 1024 + 1)]))
    first, one_, two, end, look, send = outside.calls
    assert first.json == {"media_type": "video/mp4", "total_bytes": 4194305, "media_category": "dm_video"}
    assert [call.form for call in (one_, two)] == [{"segment_index": "0"}, {"segment_index": "1"}]
    assert [len(call.options["files"]["media"][1]) for call in (one_, two)] == [4194304, 1]
    assert end.url == f"{API}/2/media/upload/777/finalize"
    assert look.options["params"] == {"command": "STATUS", "media_id": "777"}
    assert send.json == {"attachments": [{"media_id": "777"}]}


def test_a_film_that_x_cannot_read_is_not_sent(outside):
    outside.answer({"data": {"id": "777"}})
    outside.answer(b"", status=204)
    outside.answer({"data": {"processing_info": {"state": "failed"}}})
    with pytest.raises(PermanentFailure):
        x().send(written(CAROL, "", files=[picture("video/mp4")]))


def public(text, **more):
    return OutboundMessage("d" * 32, CAROL, text, is_public=True, quoted_id="post:42", **more)


def test_a_public_answer_is_a_post_in_reply(outside):
    outside.answer({"data": {"id": "43"}}, status=201)
    assert x().send(public("Sorry!")).external_id == "post:43"
    assert outside.last.url == f"{API}/2/tweets"
    assert outside.last.json == {"text": "Sorry!", "reply": {"in_reply_to_tweet_id": "42"}}


def test_a_public_answer_to_nothing_is_not_sent(outside):
    with pytest.raises(PermanentFailure):
        x().send(OutboundMessage("d" * 32, CAROL, "Hello all", is_public=True))
    assert outside.calls == []


@pytest.mark.parametrize(("text", "count", "most"), [("word " * 100, 2, 280), ("배송 조회 " * 50, 3, 140)])
def test_a_long_public_answer_is_several_posts_that_all_answer(text, count, most):
    parts = x().parts(public(text))
    assert len(parts) == count
    assert {part.quoted_id for part in parts} == {"post:42"}
    assert max(len(part.text) for part in parts) <= most


def test_a_private_message_may_be_long():
    assert len(x().parts(written(CAROL, "a" * 10_000))) == 1
    assert len(x().parts(written(CAROL, "a" * 10_001))) == 2


@pytest.mark.parametrize(
    ("status", "said", "failure", "trouble"),
    [
        (400, {"title": "Invalid Request", "detail": "too long"}, PermanentFailure, Trouble.PAYLOAD),
        (402, {"title": "CreditsDepleted"}, AccountFailure, Trouble.AUTH),
        (403, {"title": "Forbidden", "type": "about:blank"}, PermanentFailure, Trouble.RECIPIENT),
        (403, {"type": "https://api.x.com/2/problems/client-forbidden"}, AccountFailure, Trouble.AUTH),
        (403, {"errors": [{"code": 349, "message": "cannot send"}]}, PermanentFailure, Trouble.RECIPIENT),
        (404, {}, PermanentFailure, Trouble.RECIPIENT),
        (429, {"title": "Too Many Requests"}, TemporaryFailure, Trouble.RATE),
        (418, {}, PermanentFailure, Trouble.PAYLOAD),
        (503, {}, TemporaryFailure, Trouble.TRANSIENT),
    ],
)
def test_errors_are_told_apart(outside, status, said, failure, trouble):
    outside.answer(said, status=status)
    with pytest.raises(failure) as raised:
        x().send(written(CAROL))
    assert (type(raised.value), raised.value.trouble) == (failure, trouble)


@time_machine.travel(1_780_000_000, tick=False)
@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"x_rate_limit_remaining": "0", "x_rate_limit_reset": "1780000600"}, 600),
        (
            {
                "x_rate_limit_remaining": "3",
                "x_rate_limit_reset": "1780000600",
                "x_user_limit_24hour_remaining": "0",
                "x_user_limit_24hour_reset": "1780050000",
            },
            50_000,
        ),
        ({}, None),
    ],
)
def test_x_says_when_there_is_room_again(outside, headers, wait):
    outside.answer({}, status=429, **headers)
    with pytest.raises(TemporaryFailure) as raised:
        x().send(written(CAROL))
    assert raised.value.retry_after == wait


# ── Access ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def account(support) -> Channel:
    channel = Channel.objects.create(kind="x", name="X", config=dict(CONFIG), secrets=dict(SECRETS))
    Intake.objects.create(channel=channel, team=support)
    return channel


RENEWED = {"access_token": "token-2", "refresh_token": "refresh-2", "expires_in": 7200}


def test_consent_is_asked_with_a_challenge_and_taken_with_its_answer(account, outside):
    page = urlsplit(account.connector.consent_url(redirect_uri="https://desk.example/back", state="signed"))
    asked = {name: values[0] for name, values in parse_qs(page.query).items()}
    assert (page.hostname, asked["code_challenge_method"], asked["state"]) == ("x.com", "S256", "signed")
    assert {"dm.read", "dm.write", "offline.access"} <= set(asked["scope"].split())
    outside.answer(RENEWED)
    outside.answer({"data": {"id": "1111"}})
    account.connector.take_consent(code="code", redirect_uri="https://desk.example/back")
    exchange = outside.calls[0]
    digest = hashlib.sha256(exchange.form["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
    assert (exchange.form["grant_type"], exchange.form["code"]) == ("authorization_code", "code")
    assert exchange.headers["Authorization"] == "Basic " + base64.b64encode(b"client-1:client-secret").decode()
    kept = Channel.objects.get().secrets
    assert (kept["access_token"], kept["refresh_token"], kept["user_id"]) == ("token-2", "refresh-2", "1111")
    assert kept["code_verifier"] == ""
    assert kept["consumer_secret"] == SECRETS["consumer_secret"]


def test_looking_whether_consent_is_needed_changes_nothing(account):
    assert account.connector.consent_url(redirect_uri="", state="")
    assert "code_verifier" not in Channel.objects.get().secrets


def test_another_account_than_the_one_entered_is_refused(account, outside):
    outside.answer({"data": {"id": "3333"}})
    with pytest.raises(PermanentFailure) as raised:
        account.connector.check()
    assert raised.value.code == "account"


def test_a_refused_token_is_renewed_and_the_message_goes_out(account, outside):
    outside.answer({"title": "Unauthorized"}, status=401)
    outside.answer(RENEWED)
    outside.answer({"data": {"dm_event_id": "99"}})
    assert account.connector.send(written(CAROL)).external_id == "99"
    refused, renewal, again = outside.calls
    assert renewal.form == {"grant_type": "refresh_token", "refresh_token": "refresh-1", "client_id": "client-1"}
    assert (refused.headers["Authorization"], again.headers["Authorization"]) == ("Bearer token-1", "Bearer token-2")
    assert Channel.objects.get().secrets["refresh_token"] == "refresh-2"


def test_a_token_that_is_about_to_end_is_renewed_before(account, outside):
    account.keep_secrets(access_token_ends_at="2020-01-01T00:00:00+00:00")
    outside.answer(RENEWED)
    assert oauth.access_token(account, API) == "token-2"
    assert oauth.access_token(account, API) == "token-2"
    assert len(outside.calls) == 1


def test_a_token_that_another_process_has_renewed_is_taken(account, outside):
    mine = Channel.objects.get(pk=account.pk)
    account.keep_secrets(access_token="token-2", refresh_token="refresh-2")
    assert oauth.access_token(mine, API, refused="token-1") == "token-2"
    assert outside.calls == []


def test_a_refresh_token_that_x_refuses_wants_a_person(account, outside):
    outside.answer(
        {"error": "invalid_request", "error_description": "Value passed for the token was invalid."}, status=400
    )
    with pytest.raises(AccountFailure, match="Value passed"):
        oauth.access_token(account, API, refused="token-1")


def test_without_consent_nothing_is_asked(account, outside):
    account.keep_secrets(access_token="", refresh_token="")
    with pytest.raises(AccountFailure):
        account.connector.send(written(CAROL))
    assert outside.calls == []


@pytest.mark.django_db(transaction=True)
def test_of_two_processes_at_once_one_renews(transactional_db, monkeypatch):
    """Each refresh token can be used once: the second would end the account's access."""
    channel = Channel.objects.create(kind="x", name="X", config=dict(CONFIG), secrets=dict(SECRETS))
    calls, both_are_here = [], threading.Barrier(2, timeout=10)

    def slow(method, url, **options):
        calls.append(Call(method, url, options))
        threading.Event().wait(0.3)
        return http.Answer(200, {}, json.dumps(RENEWED).encode(), url)

    def ask(found):
        both_are_here.wait()
        try:
            found.append(oauth.access_token(Channel.objects.get(pk=channel.pk), API, refused="token-1"))
        finally:
            connection.close()

    monkeypatch.setattr(http, "request", slow)
    found: list[str] = []
    threads = [threading.Thread(target=ask, args=[found]) for _time in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == ["token-2", "token-2"]
    assert len(calls) == 1


# ── Setting up ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_x_is_told_where_to_deliver_and_what(account, outside):
    account.config["takes_mentions"] = True
    outside.answer({"data": []})
    outside.answer({"data": {"id": "77"}})
    outside.answer({"data": [{"event_type": "dm.read", "filter": {"user_id": "1111"}}]})
    for _time in range(5):
        outside.answer({"data": {"subscription_id": "1"}}, status=201)
    account.connector.register()
    looked, made, _known, *subscribed = outside.calls
    assert looked.headers["Authorization"] == made.headers["Authorization"] == "Bearer app-token"
    assert made.json == {"url": account.hook_url}
    assert {call.json["event_type"] for call in subscribed} == {
        "dm.received",
        "dm.sent",
        "dm.indicate_typing",
        "chat.received",
        "post.mention.create",
    }
    assert subscribed[0].json["webhook_id"] == "77"
    assert subscribed[0].headers["Authorization"] == "Bearer token-1"


def test_a_hook_that_x_had_given_up_is_looked_at_again(account, outside):
    everything = ["dm.received", "dm.sent", "dm.read", "dm.indicate_typing", "chat.received"]
    outside.answer({"data": [{"id": "77", "url": account.hook_url, "valid": False}]})
    outside.answer({"data": {"valid": True}})
    outside.answer({"data": [{"event_type": event, "filter": {"user_id": "1111"}} for event in everything]})
    account.connector.register()
    assert [(call.method, call.url) for call in outside.calls][1] == ("PUT", f"{API}/2/webhooks/77")
    assert len(outside.calls) == 3


# ── At the door ──────────────────────────────────────────────────────────────────────────────────────────────────────
def deliver(account, said):
    from channels_app.signatures import hmac_base64

    body = json.dumps(said).encode()
    headers = {"x-twitter-webhooks-signature": f"sha256={hmac_base64('x_consumer_secret', body)}"}
    url = f"/hooks/{account.token}/"
    return Client().generic("POST", url, body, content_type="application/json", headers=headers).status_code


def test_an_event_that_comes_twice_is_kept_once(account):
    assert [deliver(account, payload("dm_received")) for _time in range(2)] == [200, 200]
    assert Envelope.objects.count() == Message.objects.count() == 1
    again = payload("dm_received")
    again["data"]["event_uuid"] = "another app's delivery"
    deliver(account, again)
    assert (Envelope.objects.count(), Message.objects.count()) == (2, 1)


def test_a_mention_is_answered_in_public_and_by_direct_message_in_another_conversation(account):
    deliver(account, payload("mention"))
    deliver(account, payload("dm_received"))
    public_, private = Conversation.objects.order_by("pk")
    assert (public_.is_public, private.is_public) == (True, False)
    assert public_.customer == private.customer


def test_reading_marks_what_was_sent_before(account, route, bob, outside):
    from conversations.actions import delivery, replies

    deliver(account, payload("dm_received"))
    conversation = Conversation.objects.get()
    with time_machine.travel("2026-07-24T21:24:00Z", tick=False):
        sent = replies.reply(conversation, by=bob, text="Hi", route=route(conversation)).deliveries.get()
        Delivery.objects.update(not_before=sent.message.created_at)
        outside.answer({"data": {"dm_event_id": "2080765901528535100"}})
        delivery.deliver(sent.pk)
    deliver(account, payload("dm_read"))
    sent.refresh_from_db()
    assert sent.state == Delivery.State.READ
