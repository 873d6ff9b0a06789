"""Slack: signed events, threads of shared channels, files that need the token, our own messages that come back."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from hypothesis import given
from slack_sdk.signature import SignatureVerifier

from channels_app.connectors.slack import mrkdwn
from channels_app.connectors.slack.api import PROBLEMS
from channels_app.connectors.slack.forms import SlackForm
from channels_app.connectors.slack.inbound import READERS, understand
from channels_app.contract import (
    AccountFailure,
    Address,
    Choice,
    DeliveryState,
    DeliveryUpdate,
    FileRole,
    InboundMessage,
    MessageDeleted,
    MessageEdited,
    OutboundFile,
    PermanentFailure,
    QuickReply,
    Reaction,
    Rejected,
    RemoteFile,
    TemporaryFailure,
    Trouble,
    UnknownOutcome,
)
from tests.channels_app.outside import connector, envelope, hook, outbound
from tests.channels_app.test_tolerant import ODD

PAYLOADS = Path(__file__).parent / "payloads"
VALUE = "C0SHARED1:U0CAROL01"
CAROL = Address("slack", VALUE, raw=VALUE, is_verified=True, is_local=True)
ALONE = Address("slack", "U0CAROL01", raw="U0CAROL01", is_verified=True, is_local=True)
PARENT = "C0SHARED1:1780000000.000100"
SENT = {"ok": True, "channel": "C0SHARED1", "ts": "1780000200.000900"}
BODY = rb'{"a":"\u00e4","n":1}'
STAMP, SIGNATURE = "1780000000", "v0=eada644a036761904bb94b618fb60f154e94892c6511219f02b4c1638f3449a3"


@pytest.fixture
def slack():
    return connector("slack", secrets={"signing_secret": "slack_signing_secret", "bot_token": "xoxb-1"})


@pytest.fixture
def then():
    with time_machine.travel(datetime(2026, 5, 28, 20, 26, 40, tzinfo=UTC), tick=False):
        yield


def raw(name):
    return (PAYLOADS / f"{name}.json").read_bytes()


def parsed(slack, name):
    return list(slack.parse(envelope(raw(name))))


def signed(body, *, stamp=STAMP, signature=SIGNATURE, **more):
    return hook(body, X_Slack_Request_Timestamp=stamp, X_Slack_Signature=signature, **more)


# ── At the door ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.usefixtures("then")
def test_what_slack_signed_comes_in(slack):
    slack.authenticate(signed(BODY))


@pytest.mark.usefixtures("then")
@pytest.mark.parametrize(
    "request_",
    [
        signed(BODY + b" "),
        signed(BODY, signature=SIGNATURE[3:]),
        signed(BODY, signature=""),
        signed(BODY, stamp="1780000001"),
        signed(BODY, stamp=""),
        signed(BODY, stamp="now"),
        signed(BODY, stamp="٣٣٣"),
    ],
)
def test_what_was_changed_on_the_way_does_not(slack, request_):
    with pytest.raises(Rejected):
        slack.authenticate(request_)


@pytest.mark.parametrize(("seconds", "is_in"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_what_was_signed_long_ago_does_not(slack, seconds, is_in):
    with time_machine.travel(1780000000 + seconds, tick=False):
        if is_in:
            slack.authenticate(signed(BODY))
        else:
            with pytest.raises(Rejected):
                slack.authenticate(signed(BODY))


@pytest.mark.parametrize("path", sorted(PAYLOADS.iterdir()), ids=lambda path: path.stem)
def test_slacks_own_library_signs_as_we_check(slack, path, then):
    body = path.read_bytes()
    theirs = SignatureVerifier("slack_signing_secret").generate_signature(timestamp=STAMP, body=body.decode())
    slack.authenticate(signed(body, signature=theirs))


@pytest.mark.usefixtures("then")
def test_the_secret_before_is_still_good():
    secrets = {"signing_secret": "new", "signing_secret_previous": "slack_signing_secret"}
    connector("slack", secrets=secrets).authenticate(signed(BODY))


@pytest.mark.usefixtures("then")
def test_a_new_address_answers_the_challenge_only_where_it_is_signed(slack):
    body = raw("url_verification")
    theirs = SignatureVerifier("slack_signing_secret").generate_signature(timestamp=STAMP, body=body.decode())
    answer = slack.handshake(signed(body, signature=theirs))
    assert answer.content == b"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
    assert slack.handshake(signed(body)) is None
    assert slack.handshake(signed(raw("text"))) is None


def test_a_retry_is_the_same_event(slack):
    first, again = envelope(raw("text")), envelope(raw("text"), X_Slack_Retry_Num="1")
    assert slack.dedup_key(first) == slack.dedup_key(again) == "event:Ev00000001"
    assert slack.dedup_key(envelope(b"payload=%7B%7D")) == ""


# ── What comes in ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_message_in_a_shared_channel_begins_a_thread(slack):
    assert parsed(slack, "text") == [
        InboundMessage(
            external_id=PARENT,
            sender=CAROL,
            text="Hello @U0DESKBOT, see order (https://shop.example/x?a=1&b=2) & https://a.example",
            sent_at=datetime(2026, 5, 28, 20, 26, 40, 100, tzinfo=UTC),
            files=[],
            thread_id=PARENT,
            to=[],
            notices=[],
            details={"workspace": "T0THEIRS"},
        )
    ]


def test_an_answer_belongs_to_its_thread(slack):
    (message,) = parsed(slack, "thread")
    assert (message.external_id, message.thread_id) == ("C0SHARED1:1780000060.000200", PARENT)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<!here> <!subteam^S1|@support> <#C1|general> <#C2>", "@here @support #general #C2"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
    ],
)
def test_slacks_special_words_are_read_as_anybody_would(written, read):
    assert mrkdwn.read(written) == read


def test_alone_with_the_app_is_another_address(slack):
    (message,) = parsed(slack, "direct")
    assert (message.sender, message.thread_id) == (ALONE, "")


def test_what_a_colleague_answers_in_slack_is_ours(slack):
    (message,) = parsed(slack, "colleague_answers")
    assert message.is_echo
    assert list(message.to) == [CAROL]
    assert parsed(slack, "colleague_talks") == []


def test_in_our_own_workspace_everybody_is_a_customer(slack):
    event = json.loads(raw("colleague_talks"))
    event["is_ext_shared_channel"] = False
    (message,) = slack.parse(envelope(event))
    assert not message.is_echo


def test_our_own_message_comes_back_as_a_receipt(slack):
    assert parsed(slack, "own") == [DeliveryUpdate(DeliveryState.SENT, external_id=PARENT, delivery_key="d" * 32)]


@pytest.mark.parametrize("name", ["other_bot", "unfurled", "joined", "reaction_by_us", "unknown"])
def test_what_no_customer_said_is_passed_over(slack, name):
    assert parsed(slack, name) == []


def test_files_are_named_by_id_and_address(slack):
    (message,) = parsed(slack, "files")
    address = "https://files.slack.com/files-pri/T-F/download/receipt.pdf"
    assert list(message.files) == [
        RemoteFile("receipt.pdf", "application/pdf", url=address, reference="F0FILE001", size=34567),
        RemoteFile("audio.m4a", "audio/mp4", url=address, reference="F2", size=34567, seconds=7, role=FileRole.VOICE),
    ]


def test_files_that_slack_does_not_give_are_said(slack):
    assert parsed(slack, "file_elsewhere")[0].text == "https://docs.example/d/1"
    assert list(parsed(slack, "file_gone")[0].notices) == ["unsupported"]
    assert parsed(slack, "file_to_ask_for")[0].files[0].reference == "F9"


def test_an_edit_is_one(slack):
    at = datetime(2026, 5, 28, 20, 28, 10, tzinfo=UTC)
    assert parsed(slack, "edited") == [MessageEdited(PARENT, "two < three", at=at)]


@pytest.mark.parametrize("name", ["deleted", "deleted_with_thread"])
def test_what_was_deleted_goes(slack, name):
    (gone,) = parsed(slack, name)
    assert (type(gone), gone.external_id) == (MessageDeleted, PARENT)


def test_reactions_come_and_go(slack):
    (put,), (gone,) = parsed(slack, "reaction"), parsed(slack, "reaction_removed")
    assert isinstance(put, Reaction)
    assert (put.target_id, put.sender, put.emoji, put.is_removed) == (PARENT, CAROL, "👍", False)
    assert gone.is_removed
    assert parsed(slack, "reaction_own_emoji")[0].emoji == ":party_parrot:"


def test_a_touched_button_says_what_stood_on_it(slack):
    body = (PAYLOADS / "touched.txt").read_bytes()
    (message,) = slack.parse(envelope(body, content_type="application/x-www-form-urlencoded"))
    assert (message.text, message.choice, message.sender) == ("Good", Choice("csat:5", "Good"), CAROL)
    assert (message.quoted_id, message.thread_id) == (PARENT, "C0SHARED1:1779999000.000001")


def test_a_form_without_payload_is_nothing(slack):
    assert slack.parse(envelope(b"command=/x", content_type="application/x-www-form-urlencoded")) == []


@given(ODD, ODD)
def test_no_json_is_too_odd(one, other):
    for kind in READERS:
        for subtype in ("", "file_share", "message_changed", "message_deleted"):
            event = {"type": kind, "subtype": subtype, "channel": "C1", "user": "U1", "ts": "1.2", "text": one}
            understand({"event": {**event, "files": [other], "message": one, "item": other, "metadata": one}})
            understand({"event": {**event, "ts": one, "deleted_ts": other, "reaction": other}, "authorizations": one})
    understand({"type": "block_actions", "actions": [one], "user": other, "channel": one, "message": other})


# ── What goes out ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_answer_goes_to_the_thread_in_slacks_marks(slack, outside):
    outside.answer(SENT)
    receipt = slack.send(outbound(CAROL, "**Hi** _you_ & [us](https://a.example/?a&b)\n> 1 < 2", thread_id=PARENT))
    assert receipt.external_id == "C0SHARED1:1780000200.000900"
    assert outside.last.url == "https://slack.com/api/chat.postMessage"
    assert outside.last.headers == {"Authorization": "Bearer xoxb-1"}
    assert outside.last.json == {
        "channel": "C0SHARED1",
        "text": "*Hi* _you_ &amp; <https://a.example/?a&amp;b|us>\n> 1 &lt; 2",
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": "delivery", "event_payload": {"key": "d" * 32}},
        "thread_ts": "1780000000.000100",
    }


def test_nothing_private_follows_a_thread_into_a_channel(slack, outside):
    outside.answer({**SENT, "channel": "D0CAROL01"})
    slack.send(outbound(ALONE, thread_id=PARENT))
    assert outside.last.json["channel"] == "U0CAROL01"
    assert "thread_ts" not in outside.last.json
    outside.answer({**SENT, "channel": "D0CAROL01"})
    slack.send(outbound(ALONE, thread_id="D0CAROL01:5.6"))
    assert outside.last.json["thread_ts"] == "5.6"


def test_answers_to_touch_stand_below_the_text(slack, outside):
    outside.answer(SENT)
    slack.send(outbound(CAROL, "x" * 3500, quick_replies=[QuickReply("csat:5", "Good")]))
    *sections, actions = outside.last.json["blocks"]
    assert [len(one["text"]["text"]) for one in sections] == [3000, 500]
    assert actions == {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "reply-0",
                "text": {"type": "plain_text", "text": "Good"},
                "value": "csat:5",
            }
        ],
    }


def file(name, content):
    return OutboundFile(name, "text/plain", len(content), read=lambda: content)


def test_files_go_up_first_and_are_shown_together(slack, outside):
    outside.answer({"ok": True, "channel": {"id": "D0CAROL01"}})
    for number in (1, 2):
        outside.answer(
            {"ok": True, "upload_url": f"https://files.slack.com/upload/v1/{number}", "file_id": f"F{number}"}
        )
        outside.answer(b"OK")
    shares = {"private": {"D0CAROL01": [{"ts": "9.9"}]}}
    outside.answer({"ok": True, "files": [{"id": "F1", "shares": shares}]})
    receipt = slack.send(outbound(ALONE, "*Both*", files=[file("a.txt", b"one"), file("b.txt", b"three")]))
    assert receipt.external_id == "D0CAROL01:9.9"
    opened, asked, uploaded, _again, _up, completed = outside.calls
    assert opened.json == {"users": "U0CAROL01"}
    assert asked.options["params"] == {"filename": "a.txt", "length": "3"}
    assert (uploaded.options["content"], uploaded.headers) == (b"one", {})
    assert completed.json == {
        "files": [{"id": "F1", "title": "a.txt"}, {"id": "F2", "title": "b.txt"}],
        "channel_id": "D0CAROL01",
        "initial_comment": "_Both_",
    }


def test_a_file_that_slack_shows_later_has_an_id_of_its_own(slack, outside):
    outside.answer({"ok": True, "upload_url": "https://files.slack.com/upload/v1/1", "file_id": "F1"})
    outside.answer(b"OK")
    outside.answer({"ok": True, "files": [{"id": "F1"}]})
    assert slack.send(outbound(CAROL, "", files=[file("a.txt", b"one")], thread_id=PARENT)).external_id == "file:F1"
    assert outside.last.json["channel_id"] == "C0SHARED1"
    assert outside.last.json["thread_ts"] == "1780000000.000100"


def test_without_an_address_to_upload_to_it_is_tried_again(slack, outside):
    outside.answer({"ok": True})
    with pytest.raises(TemporaryFailure):
        slack.send(outbound(CAROL, "", files=[file("a.txt", b"one")]))


def test_an_upload_that_broke_off_may_be_repeated(slack, outside):
    outside.answer({"ok": True, "upload_url": "https://files.slack.com/upload/v1/1", "file_id": "F1"})
    outside.fail(UnknownOutcome("cut"))
    with pytest.raises(TemporaryFailure):
        slack.send(outbound(CAROL, "", files=[file("a.txt", b"one")]))


@pytest.mark.parametrize("error", [*PROBLEMS, "something_new"])
def test_every_error_has_its_class(slack, outside, error):
    outside.answer({"ok": False, "error": error})
    with pytest.raises((AccountFailure, PermanentFailure, TemporaryFailure)) as caught:
        slack.send(outbound(CAROL))
    assert caught.value.code == error
    wanted = PROBLEMS[error].trouble if error in PROBLEMS else Trouble.TRANSIENT
    assert caught.value.trouble is wanted


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        ("token_revoked", Trouble.AUTH),
        ("missing_scope", Trouble.AUTH),
        ("not_in_channel", Trouble.RECIPIENT),
        ("msg_too_long", Trouble.PAYLOAD),
        ("ratelimited", Trouble.RATE),
        ("internal_error", Trouble.TRANSIENT),
    ],
)
def test_errors_are_of_the_class_that_the_reference_names(error, trouble):
    assert PROBLEMS[error].trouble is trouble


def test_slack_names_how_long_to_wait(slack, outside):
    outside.answer(b"", status=429, retry_after="30")
    with pytest.raises(TemporaryFailure) as caught:
        slack.send(outbound(CAROL))
    assert (caught.value.retry_after, caught.value.trouble) == (30, Trouble.RATE)


def test_a_strange_success_is_doubt(slack, outside):
    outside.answer(b"<html>")
    with pytest.raises(UnknownOutcome):
        slack.send(outbound(CAROL))


# ── Files, profile, reactions ────────────────────────────────────────────────────────────────────────────────────────
def test_only_slack_sees_the_token(slack, outside):
    outside.answer(b"bytes", content_type="application/pdf")
    slack.fetch(RemoteFile("a.pdf", "application/pdf", url="https://files.slack.com/f/a.pdf", reference="F1"))
    assert outside.last.headers == {"Authorization": "Bearer xoxb-1"}
    outside.answer({"ok": True, "file": {"url_private_download": "https://evil.example/a.pdf"}})
    with pytest.raises(PermanentFailure):
        slack.fetch(
            RemoteFile("a.pdf", "application/pdf", url="https://files.slack.com.evil.example/a", reference="F1")
        )
    assert outside.last.url.endswith("/files.info")


def test_a_file_of_a_shared_channel_is_asked_for_first(slack, outside):
    outside.answer({"ok": True, "file": {"url_private_download": "https://files.slack.com/f/a.pdf"}})
    outside.answer(b"bytes")
    assert slack.fetch(RemoteFile("a.pdf", "application/pdf", reference="F9")).content == b"bytes"
    assert outside.calls[0].options["params"] == {"file": "F9"}


def test_a_sign_in_page_is_no_file(slack, outside):
    outside.answer(b"<html>", content_type="text/html; charset=utf-8")
    with pytest.raises(AccountFailure):
        slack.fetch(RemoteFile("a.pdf", "application/pdf", url="https://files.slack.com/f/a.pdf", reference="F1"))


def test_the_profile_claims_an_address_and_proves_none(slack, outside):
    profile = {"real_name": "Carol Kim", "email": "Carol@Theirs.example", "image_192": "https://avatars.example/c.png"}
    outside.answer({"ok": True, "user": {"id": "U0CAROL01", "locale": "ko-KR", "tz": "Asia/Seoul", "profile": profile}})
    news = slack.profile(CAROL)
    assert (news.name, news.language, news.facts) == ("Carol Kim", "ko", {"tz": "Asia/Seoul"})
    assert [one.value for one in news.claims] == ["carol@theirs.example"]
    assert not news.proven
    assert outside.last.options["params"]["user"] == "U0CAROL01"


def test_one_reaction_of_ours_takes_the_place_of_another(slack, outside):
    outside.answer({"ok": True, "user_id": "U0DESKBOT"})
    given = [{"name": "eyes", "users": ["U0DESKBOT"]}, {"name": "tada", "users": ["U0CAROL01"]}]
    outside.answer({"ok": True, "message": {"reactions": given}})
    outside.answer({"ok": True})
    outside.answer({"ok": True})
    slack.react(CAROL, PARENT, "👍")
    removed, added = outside.calls[-2:]
    assert removed.json == {"channel": "C0SHARED1", "timestamp": "1780000000.000100", "name": "eyes"}
    assert (added.url.rpartition("/")[2], added.json["name"]) == ("reactions.add", "+1")


def test_an_emoji_without_a_name_is_refused(slack, outside):
    with pytest.raises(PermanentFailure):
        slack.react(CAROL, PARENT, "🦖")
    assert outside.calls == []


@pytest.mark.parametrize("sign", mrkdwn.EMOJI.values())
def test_every_emoji_offered_has_a_name_that_leads_back(sign):
    assert mrkdwn.emoji_of(mrkdwn.name_of(sign)) == sign


# ── Connecting ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_manifest_names_our_address_and_what_we_listen_to(slack):
    (_words, manifest), (_more, url) = slack.handover()
    said = json.loads(manifest)["settings"]
    assert said["event_subscriptions"]["request_url"] == said["interactivity"]["request_url"] == url
    assert {event.partition(".")[0] for event in said["event_subscriptions"]["bot_events"]} == set(READERS)


def test_the_check_asks_who_we_are(slack, outside):
    outside.answer({"ok": False, "error": "invalid_auth"})
    with pytest.raises(AccountFailure) as caught:
        slack.check()
    assert caught.value.advice


def test_the_form_knows_what_cannot_be_one():
    assert SlackForm({"signing_secret": "0123456789abcdef" * 2, "bot_token": "xoxb-" + "1a2b-" * 10}).is_valid()
    assert set(SlackForm({"signing_secret": "x", "bot_token": "xapp-1"}).errors) == {"signing_secret", "bot_token"}


@pytest.mark.parametrize("value", ["U0CAROL01", VALUE])
def test_an_id_is_an_address(slack, value):
    assert slack.address_of(f" {value}").value == value


@pytest.mark.parametrize("value", ["", "carol", "C0SHARED1"])
def test_a_name_is_none(slack, value):
    with pytest.raises(ValueError, match=r".*"):
        slack.address_of(value)
