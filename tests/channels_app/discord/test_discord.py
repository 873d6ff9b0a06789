"""Discord: what its events say, which of them are for us, what goes out."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from channels_app.connectors.discord.api import PROBLEMS
from channels_app.connectors.discord.forms import DiscordForm
from channels_app.connectors.discord.inbound import READERS, Scene, bot_of, key_of, nonce_of, understand
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
    TypingUpdate,
    Window,
)
from tests.channels_app.outside import connector, envelope, hook, outbound
from tests.channels_app.test_tolerant import ODD

PAYLOADS = Path(__file__).parent / "payloads"
TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAwOQ.Gabcde.secret"
BOT, CHANNEL, DIRECT = "1000000000000000009", "2000000000000000001", "2000000000000000002"
CAROL = Address("discord", "1000000000000000001", raw="1000000000000000001", is_verified=True, is_local=True)
API = "https://discord.com/api/v10"
# Appendix A of the protocol reference, computed with pynacl.
PUBLIC_KEY = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
BODY = rb'{"a":"\u00e4","n":1}'
SIGNATURE = (
    "407dfd63974e853e1352185e345d52cfe6ae7990c6763e65b35e244c9a2e8d0b"
    "3b274b319404585146d20ac685d93645732951f99cca20f1b61ec475ae72e80c"
)


@pytest.fixture
def discord():
    return connector("discord", secrets={"bot_token": TOKEN}, public_key=PUBLIC_KEY, channels=CHANNEL)


def raw(name):
    return (PAYLOADS / f"{name}.json").read_bytes()


def parsed(discord, name):
    return list(discord.parse(envelope(raw(name))))


def signed(body, *, stamp="1780000000", signature=None):
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    made = signature if signature is not None else key.sign(stamp.encode() + body).hex()
    return hook(body, X_Signature_Ed25519=made, X_Signature_Timestamp=stamp)


# ── At the door ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_discord_signed_comes_in(discord):
    discord.authenticate(signed(BODY, signature=SIGNATURE))


@pytest.mark.parametrize(
    "request_",
    [
        signed(BODY + b" ", signature=SIGNATURE),
        signed(BODY, stamp="1780000001", signature=SIGNATURE),
        signed(BODY, signature=SIGNATURE[:-2]),
        signed(BODY, signature="no hex"),
        signed(BODY, signature=""),
    ],
)
def test_what_was_changed_on_the_way_does_not(discord, request_):
    with pytest.raises(Rejected):
        discord.authenticate(request_)
    assert discord.handshake(request_).status_code == 401


def test_without_a_key_nothing_does():
    assert connector("discord").handshake(signed(BODY)).status_code == 401


def test_a_ping_is_answered_and_all_else_goes_on(discord):
    assert json.loads(discord.handshake(signed(raw("ping"))).content) == {"type": 1}
    assert discord.handshake(signed(raw("interaction_by_hook"))) is None
    answer = discord.acknowledge(envelope(raw("interaction_by_hook")))
    assert json.loads(answer.content) == {"type": 6}


def test_an_event_has_one_key_however_it_came(discord):
    keys = {name: discord.dedup_key(envelope(raw(name))) for name in ("direct", "edited", "interaction", "reaction")}
    assert keys["direct"] == "message:4000000000000000001"
    assert keys["interaction"] == discord.dedup_key(envelope(raw("interaction_by_hook")))
    assert keys["edited"].startswith("event:sess1:")
    assert len(set(keys.values())) == 4
    assert discord.dedup_key(envelope(b"[]")) == ""


# ── What comes in ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_direct_message(discord):
    (message,) = parsed(discord, "direct")
    assert message == InboundMessage(
        external_id=f"{DIRECT}:4000000000000000001",
        sender=Address("discord", CAROL.value, raw=CAROL.value, name="Carol", is_verified=True, is_local=True),
        text="Hello :party:",
        sent_at=datetime(2026, 5, 28, 20, 26, 40, 123000, tzinfo=UTC),
        files=[],
        notices=[],
        details={},
    )


def test_in_a_server_it_is_another_address_with_the_name_used_there(discord):
    (message,) = parsed(discord, "server")
    assert (message.sender.value, message.sender.name) == (f"{CHANNEL}:{CAROL.value}", "Carol of Moment")


def test_elsewhere_only_what_names_us_counts(discord):
    (message,) = parsed(discord, "server_naming_us")
    assert message.text == f"@desk ask @Carol in #{CHANNEL}"
    assert parsed(discord, "server_elsewhere") == []


def test_an_answer_names_what_it_answers(discord):
    assert parsed(discord, "reply")[0].quoted_id == f"{DIRECT}:4000000000000000000"


def test_what_was_passed_on_is_the_text(discord):
    (message,) = parsed(discord, "forwarded")
    assert (message.text, message.quoted_id, message.details) == ("passed on", "", {"forwarded": "yes"})


@pytest.mark.parametrize(
    ("name", "file"),
    [
        (
            "files",
            RemoteFile(
                "영수증.pdf",
                "application/pdf",
                url="https://cdn.discordapp.com/attachments/1/2/r.pdf?ex=1",
                size=34567,
            ),
        ),
        (
            "voice",
            RemoteFile(
                "voice-message.ogg",
                "audio/ogg",
                url="https://cdn.discordapp.com/attachments/1/2/v.ogg",
                size=4000,
                seconds=7,
                role=FileRole.VOICE,
            ),
        ),
        (
            "sticker",
            RemoteFile(
                "749054660769218631.png",
                "image/png",
                url="https://media.discordapp.net/stickers/749054660769218631.png",
                role=FileRole.STICKER,
            ),
        ),
    ],
)
def test_files_are_named_by_address(discord, name, file):
    assert list(parsed(discord, name)[0].files) == [file]


def test_what_cannot_be_shown_is_said(discord):
    assert list(parsed(discord, "sticker_vector")[0].notices) == ["unsupported"]


def test_our_own_message_comes_back_as_a_receipt(discord):
    receipt = DeliveryUpdate(DeliveryState.SENT, external_id=f"{DIRECT}:4000000000000000001", delivery_key="d" * 32)
    assert parsed(discord, "own") == [receipt]


@pytest.mark.parametrize("name", ["other_bot", "joined", "unfolded", "reaction_by_us", "unknown", "ping"])
def test_what_no_customer_said_is_passed_over(discord, name):
    assert parsed(discord, name) == []


def test_edits_and_deletions(discord):
    at = datetime(2026, 5, 28, 20, 27, 40, tzinfo=UTC)
    assert parsed(discord, "edited") == [MessageEdited(f"{DIRECT}:4000000000000000001", "two", at=at)]
    assert parsed(discord, "deleted") == [MessageDeleted(f"{DIRECT}:4000000000000000001")]
    assert [gone.external_id for gone in parsed(discord, "deleted_many")] == [f"{CHANNEL}:1", f"{CHANNEL}:2"]


def test_reactions_come_and_go(discord):
    target = f"{DIRECT}:4000000000000000001"
    assert parsed(discord, "reaction") == [Reaction(target, CAROL, "🔥")]
    assert parsed(discord, "reaction_removed") == [Reaction(target, CAROL, "🔥", is_removed=True)]
    assert parsed(discord, "reaction_server_emoji")[0].emoji == ":party:"


def test_typing_is_seen(discord):
    assert parsed(discord, "typing") == [TypingUpdate(CAROL)]


@pytest.mark.parametrize("name", ["interaction", "interaction_by_hook"])
def test_a_button_says_what_stood_on_it(discord, name):
    (message,) = parsed(discord, name)
    assert (message.external_id, message.text, message.choice) == (
        "interaction:6000000000000000001",
        "Good",
        Choice("csat:5", "Good"),
    )
    assert (message.quoted_id, message.language) == (f"{DIRECT}:4000000000000000009", "ko")


@given(ODD, ODD)
def test_no_json_is_too_odd(one, other):
    for name in READERS:
        known = {"id": "1", "channel_id": "2", "user_id": "3", "message_id": "4", "type": 0, "author": {"id": "5"}}
        for inner in (
            "attachments",
            "mentions",
            "message_snapshots",
            "sticker_items",
            "emoji",
            "data",
            "author",
            "ids",
        ):
            understand({"t": name, "d": {**known, inner: one, "content": other, "flags": one}}, Scene(BOT))
        understand({"t": name, "d": one}, Scene(BOT))
    understand({"type": 3, "id": "1", "user": one, "data": other, "message": one}, Scene(BOT))


# ── Nonces and tokens ────────────────────────────────────────────────────────────────────────────────────────────────
@given(st.uuids(), st.integers(0, 99))
def test_a_nonce_leads_back_to_our_key(uuid, number):
    key = uuid.hex + (f"-{number}" if number else "")
    assert len(nonce_of(key)) <= 25
    assert key_of(nonce_of(key)) == key


@pytest.mark.parametrize("nonce", ["", "1234567890123456789", "~", "x" * 22 + "~123"])
def test_nonces_of_others_lead_nowhere(nonce):
    assert key_of(nonce) == ""


def test_a_token_begins_with_the_bots_id():
    assert bot_of(TOKEN) == BOT
    assert bot_of("") == bot_of("!!!.x.y") == bot_of("/////w.x.y") == ""


# ── What goes out ────────────────────────────────────────────────────────────────────────────────────────────────────
SENT = {"id": "4000000000000000050", "channel_id": DIRECT}


def test_alone_goes_through_the_channel_of_two(discord, outside):
    outside.answer({"id": DIRECT, "type": 1})
    outside.answer(SENT)
    receipt = discord.send(outbound(CAROL, "**Hi**", quoted_id=f"{DIRECT}:4"))
    assert receipt.external_id == f"{DIRECT}:4000000000000000050"
    opened, sent = outside.calls
    assert (opened.url, opened.json) == (f"{API}/users/@me/channels", {"recipient_id": CAROL.value})
    assert (sent.method, sent.url) == ("POST", f"{API}/channels/{DIRECT}/messages")
    assert sent.headers == {"Authorization": f"Bot {TOKEN}"}
    assert sent.json == {
        "content": "**Hi**",
        "nonce": "3d3d3d3d3d3d3d3d3d3d3Q",
        "enforce_nonce": True,
        "allowed_mentions": {"parse": [], "replied_user": True},
        "message_reference": {"message_id": "4", "fail_if_not_exists": False},
    }


def test_in_a_server_goes_to_the_channel(discord, outside):
    outside.answer(SENT)
    discord.send(outbound(Address("discord", f"{CHANNEL}:{CAROL.value}"), quoted_id=f"{DIRECT}:4"))
    assert outside.last.url == f"{API}/channels/{CHANNEL}/messages"
    assert "message_reference" not in outside.last.json


def test_files_go_out_together_with_the_text(discord, outside):
    outside.answer(SENT)
    files = [OutboundFile(f"{name}.txt", "text/plain", 3, read=lambda: b"abc") for name in "ab"]
    discord.send(outbound(Address("discord", f"{CHANNEL}:1"), "Both", files=files))
    body = json.loads(outside.last.form["payload_json"])
    assert body["content"] == "Both"
    assert body["attachments"] == [{"id": 0, "filename": "a.txt"}, {"id": 1, "filename": "b.txt"}]
    assert outside.last.options["files"] == {
        "files[0]": ("a.txt", b"abc", "text/plain"),
        "files[1]": ("b.txt", b"abc", "text/plain"),
    }


def test_answers_to_touch_stand_in_rows_of_five(discord, outside):
    outside.answer(SENT)
    replies = [QuickReply(f"csat:{number}", str(number)) for number in range(6)]
    discord.send(outbound(Address("discord", f"{CHANNEL}:1"), quick_replies=replies))
    first, second = outside.last.json["components"]
    assert [len(row["components"]) for row in (first, second)] == [5, 1]
    assert second["components"] == [{"type": 2, "style": 2, "label": "5", "custom_id": "csat:5"}]


def test_a_long_text_goes_out_in_parts_with_nonces_of_their_own(discord):
    parts = discord.parts(outbound(CAROL, "word " * 900))
    assert len(parts) == 3
    assert all(len(part.text) <= 2000 for part in parts)
    assert len({nonce_of(part.delivery_key) for part in parts}) == 3


@pytest.mark.parametrize(
    ("status", "code", "error", "trouble"),
    [
        (401, 0, AccountFailure, Trouble.AUTH),
        (403, 50007, PermanentFailure, Trouble.RECIPIENT),
        (403, 50001, PermanentFailure, Trouble.RECIPIENT),
        (403, 50013, PermanentFailure, Trouble.RECIPIENT),
        (404, 10003, PermanentFailure, Trouble.RECIPIENT),
        (400, 50035, PermanentFailure, Trouble.PAYLOAD),
        (413, 40005, PermanentFailure, Trouble.PAYLOAD),
        (400, 999, PermanentFailure, Trouble.PAYLOAD),
        (429, 0, TemporaryFailure, Trouble.RATE),
        (400, 40003, TemporaryFailure, Trouble.RATE),
        (502, 0, TemporaryFailure, Trouble.TRANSIENT),
    ],
)
def test_every_refusal_has_its_class(discord, outside, status, code, error, trouble):
    outside.answer({"code": code, "message": "no"}, status=status)
    with pytest.raises(error) as caught:
        discord.send(outbound(Address("discord", f"{CHANNEL}:1")))
    assert caught.value.trouble is trouble
    assert TOKEN not in str(caught.value)


def test_who_takes_no_messages_is_out_of_reach():
    assert PROBLEMS["50007"].is_unreachable
    assert not PROBLEMS["50013"].is_unreachable


def test_discord_names_how_long_to_wait(discord, outside):
    outside.answer({"message": "You are being rate limited.", "retry_after": 0.65, "global": False}, status=429)
    with pytest.raises(TemporaryFailure) as caught:
        discord.send(outbound(Address("discord", f"{CHANNEL}:1")))
    assert caught.value.retry_after == 0.65
    outside.answer(b"<html>", status=429, retry_after="7")
    with pytest.raises(TemporaryFailure) as caught:
        discord.send(outbound(Address("discord", f"{CHANNEL}:1")))
    assert caught.value.retry_after == 7


def test_one_reaction_of_ours_takes_the_place_of_another(discord, outside):
    given = [{"emoji": {"name": "👀"}, "me": True}, {"emoji": {"name": "🎉"}, "me": False}]
    outside.answer({"id": "4", "reactions": given})
    outside.answer(b"", status=204)
    outside.answer(b"", status=204)
    discord.react(CAROL, f"{DIRECT}:4", "🔥")
    removed, added = outside.calls[1:]
    assert (removed.method, removed.url) == (
        "DELETE",
        f"{API}/channels/{DIRECT}/messages/4/reactions/%F0%9F%91%80/@me",
    )
    assert (added.method, added.url) == ("PUT", f"{API}/channels/{DIRECT}/messages/4/reactions/%F0%9F%94%A5/@me")


def test_typing_is_shown_where_they_wrote(discord, outside):
    outside.answer(b"", status=204)
    discord.show_typing(CAROL, Window(), last_id=f"{DIRECT}:4")
    assert (outside.last.method, outside.last.url) == ("POST", f"{API}/channels/{DIRECT}/typing")


def test_files_are_fetched_without_the_token(discord, outside):
    outside.answer(b"bytes", content_type="application/pdf")
    assert discord.fetch(RemoteFile("a.pdf", "application/pdf", url="https://cdn.discordapp.com/a")).content == b"bytes"
    assert outside.last.headers == {}


def test_the_profile_has_name_and_picture(discord, outside):
    outside.answer({"id": CAROL.value, "username": "carol", "global_name": "Carol", "avatar": "abc"})
    news = discord.profile(Address("discord", f"{CHANNEL}:{CAROL.value}"))
    assert (news.name, news.picture.url) == ("Carol", f"https://cdn.discordapp.com/avatars/{CAROL.value}/abc.png")
    assert outside.last.url == f"{API}/users/{CAROL.value}"


# ── Connecting ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("flags", "is_fine"), [(1 << 18, True), (1 << 19, True), (1 << 13, False)])
def test_the_check_sees_that_contents_are_withheld(discord, outside, flags, is_fine):
    outside.answer({"id": BOT})
    outside.answer({"id": BOT, "flags": flags})
    if is_fine:
        discord.check()
    else:
        with pytest.raises(PermanentFailure) as caught:
            discord.check()
        assert caught.value.advice


def test_the_invitation_names_the_bot(discord):
    (_words, invitation), (_more, url) = discord.handover()
    assert f"client_id={BOT}" in invitation
    assert url == discord.account.hook_url


def test_the_form_knows_what_cannot_be_one():
    form = DiscordForm({"bot_token": TOKEN, "channels": f" {CHANNEL},\n{DIRECT} ", "public_key": PUBLIC_KEY.upper()})
    assert form.is_valid()
    assert form.cleaned_data["channels"] == f"{CHANNEL}\n{DIRECT}"
    assert form.cleaned_data["public_key"] == PUBLIC_KEY
    assert set(DiscordForm({"bot_token": "x", "channels": "#general", "public_key": "x"}).errors) == {
        "bot_token",
        "channels",
        "public_key",
    }


def test_an_id_is_an_address(discord):
    assert discord.address_of(f"{CHANNEL}:{CAROL.value} ").value == f"{CHANNEL}:{CAROL.value}"
    with pytest.raises(ValueError, match=r".*"):
        discord.address_of("carol#1234")
