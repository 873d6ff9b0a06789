"""Mail services: their web hooks in, their API's answers out. Payloads are made up after the services' documentation."""

import hashlib
import hmac
import json
from base64 import b64encode

import pytest
import requests

from channels_app.connectors.email import esp, outbound
from channels_app.connectors.email.accounts import MailAccount
from channels_app.contract import (
    AccountFailure,
    Address,
    OutboundMessage,
    PermanentFailure,
    TemporaryFailure,
    UnknownOutcome,
)
from channels_app.models import Channel, Envelope
from conversations.actions import delivery as delivering
from conversations.actions import replies
from conversations.models import Delivery, Message
from conversations.reach import routes_of
from tests.channels_app.email.conftest import DESK, mail

pytestmark = pytest.mark.django_db

KEY = "mailgun-key"


@pytest.fixture
def hook(support):
    """A channel that a service posts to: `hook("mailgun", KEY)` is its address."""

    def make(service, key, **config):
        settings = {"address": DESK, "incoming": "esp", "outgoing": "esp", "esp": service, **config}
        secrets = {"esp_webhook_key": key, "esp_api_key": "api-key"}
        channel = Channel.objects.create(kind="email", name="Mail", config=settings, secrets=secrets)
        return f"/hooks/{channel.token}/"

    return make


def signed(key=KEY, token="tok-1"):
    stamp = "1780000000"
    signature = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {"timestamp": stamp, "token": token, "signature": signature}


def from_mailgun(client, address, raw, **more):
    fields = {**signed(), "sender": "carol@mail.example", "recipient": DESK, "body-mime": raw.decode(), **more}
    return client.post(address, fields)


def test_mailguns_raw_mail_is_kept_then_placed(client, hook):
    assert from_mailgun(client, hook("mailgun", KEY), mail(text="안녕하세요").as_bytes()).status_code == 200
    message = Message.objects.get()
    assert (message.text.strip(), message.identity.value) == ("안녕하세요", "carol@mail.example")
    assert b"body-mime" in bytes(Envelope.objects.get().body)


def test_a_wrong_signature_stores_nothing(client, hook):
    address = hook("mailgun", KEY)
    assert from_mailgun(client, address, mail().as_bytes(), signature="0" * 64).status_code == 403
    assert not Envelope.objects.exists()


def test_a_channel_without_a_key_takes_no_hooks(client, hook):
    assert from_mailgun(client, hook("mailgun", ""), mail().as_bytes()).status_code == 403
    assert not Envelope.objects.exists()


def test_a_channel_that_is_no_services_takes_no_hooks(client, mailbox):
    assert from_mailgun(client, f"/hooks/{mailbox.token}/", mail().as_bytes()).status_code == 403


def test_postmarks_mail_needs_its_password(client, hook):
    address = hook("postmark", "user:pass")
    payload = {"MessageID": "uuid-1", "FromFull": {"Email": "carol@mail.example"}, "OriginalRecipient": DESK}
    payload["RawEmail"] = mail(text="Hello from Postmark").as_string()
    body = json.dumps(payload)
    assert client.post(address, body, content_type="application/json").status_code == 403
    allowed = {"Authorization": "Basic " + b64encode(b"user:pass").decode()}
    assert client.post(address, body, content_type="application/json", headers=allowed).status_code == 200
    assert Message.objects.get().text.strip() == "Hello from Postmark"


@pytest.fixture
def sent(client, hook, bob, monkeypatch):
    """A reply that went out by Mailgun's API: (address of the hook, the delivery, what was posted)."""
    posted = []

    def post(self, **call):
        posted.append(call)
        return _response(200, {"id": "<x@moment.example>", "message": "Queued. Thank you."})

    monkeypatch.setattr(requests.Session, "request", post)
    address = hook("mailgun", KEY, esp_sender_domain="moment.example")
    from_mailgun(client, address, mail(Message_ID="<q@mail.example>").as_bytes())
    question = Message.objects.get()
    reply = replies.reply(question.conversation, by=bob, text="Soon", route=routes_of(question.conversation)[0])
    Delivery.objects.update(not_before="2020-01-01T00:00Z")
    delivering.deliver(reply.deliveries.get().pk)
    return address, reply.deliveries.get(), posted


def _response(status, body):
    answer = requests.Response()
    answer.status_code = status
    answer._content = json.dumps(body).encode()
    answer.headers["Content-Type"] = "application/json"
    answer.request = requests.Request("POST", "https://api.example/").prepare()
    return answer


def test_a_reply_goes_out_with_our_own_id_and_our_mark(sent):
    _, delivery, posted = sent
    assert (delivery.state, delivery.detail) == ("sent", "")
    data = {name.lower(): value for name, value in dict(posted[0]["data"]).items()}
    assert data["h:message-id"] == f"<{delivery.external_id}>"
    assert data["h:in-reply-to"] == "<q@mail.example>"
    assert delivery.key.hex in json.dumps(data, default=str)


def news(delivery, event, **more):
    about = {"event": event, "timestamp": 1780000001.5, "recipient": "carol@mail.example", "id": "ev-1"}
    about |= {"user-variables": {"delivery": delivery.key.hex}, "message": {"headers": {"message-id": "x"}}, **more}
    return json.dumps({"signature": signed(token=f"t-{event}"), "event-data": about})


def test_news_of_delivery_and_failure_reach_the_delivery(client, sent):
    address, delivery, _ = sent
    assert client.post(address, news(delivery, "delivered"), content_type="application/json").status_code == 200
    delivery.refresh_from_db()
    assert delivery.state == "delivered"
    assert Message.objects.count() == 2


def test_a_refused_mail_fails_with_the_servers_words(client, sent):
    address, delivery, _ = sent
    status = {"code": 550, "message": "5.1.1 no such user", "description": ""}
    failed = news(delivery, "failed", severity="permanent", reason="bounce", **{"delivery-status": status})
    client.post(address, failed, content_type="application/json")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.needs_attention) == ("failed", True)
    assert "no such user" in delivery.detail


def test_a_mail_that_is_merely_late_or_opened_changes_nothing(client, sent):
    address, delivery, _ = sent
    client.post(address, news(delivery, "failed", severity="temporary"), content_type="application/json")
    client.post(address, news(delivery, "opened"), content_type="application/json")
    delivery.refresh_from_db()
    assert delivery.state == "sent"


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (401, AccountFailure),
        (429, TemporaryFailure),
        (503, TemporaryFailure),
        (400, PermanentFailure),
        (None, UnknownOutcome),
    ],
)
def test_what_the_service_answers_becomes_a_failure(monkeypatch, status, failure):
    def request(self, **call):
        if status is None:
            raise requests.ConnectionError("reset")
        return _response(status, {"message": "no"})

    monkeypatch.setattr(requests.Session, "request", request)
    account = MailAccount(
        address=DESK, outgoing="esp", esp="mailgun", esp_api_key="k", esp_sender_domain="moment.example"
    )
    message = OutboundMessage("ab" * 16, Address("email", "carol@mail.example"), "Hello", subject="x")
    with pytest.raises(failure) as caught:
        esp.send(account, outbound.for_service(account, message))
    assert type(caught.value) is failure
